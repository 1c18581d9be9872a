"""What a project's tests need: clients that call an application in process."""

from ironbolt.testing.client import Answer, TestClient

__all__ = ["Answer", "TestClient"]
