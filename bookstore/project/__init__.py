"""The project that puts the shop's apps together: settings, addresses, the front page and its command."""
