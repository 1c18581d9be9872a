"""The guarantees that both doors share, one a module; those that own tables are Django apps."""
