"""The Django REST Framework door; import from its modules, each named for what it holds."""
