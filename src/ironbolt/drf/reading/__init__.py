"""Fast reads: a serializer that only shows rows becomes a compiled plan, and no instance is made."""
