"""Who shops and who works in the shop; Django's own user model stays in place."""
