"""What the shop sells: books, their authors, categories and publishers."""
