"""Publishing: whether the world sees a row, since when, and who said so."""
