"""Ratings: one of each user for each object, its average and count kept right whoever rates at once."""
