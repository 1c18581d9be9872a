"""How the table of ratings came to be."""
