"""What the Bolt door costs by itself: over the bare server, for a class, for authentication, in memory."""
