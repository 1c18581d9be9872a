"""The bookstore: the reference shop of Ironbolt, one catalogue served through two doors."""
