"""The class-based views guide as tests: one file a chapter, its code as printed, its line range above each block."""
