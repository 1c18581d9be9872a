"""The same routes, once for each peer, written as its own documentation advises for speed."""
