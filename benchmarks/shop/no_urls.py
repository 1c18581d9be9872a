"""No paths, for what has none of Django's."""

urlpatterns: list[object] = []
