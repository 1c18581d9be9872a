"""Soft delete: what is deleted is marked, hidden everywhere, and can be brought back."""
