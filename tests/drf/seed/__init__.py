"""The guide of the viewsets, chapter by chapter, as tests; its models are an app of their own."""
