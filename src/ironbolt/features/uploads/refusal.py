"""What is raised where a file is not taken."""


class Refused(Exception):
    """A file is not taken; the text says why, for the client."""
