"""The management commands of Ironbolt."""
