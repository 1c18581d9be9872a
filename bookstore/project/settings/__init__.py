"""The shop's settings: `local` for development, `production` for the rest, both on top of `base`."""
