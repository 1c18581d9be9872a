"""The project's own tools, each run by a target of the Makefile."""
