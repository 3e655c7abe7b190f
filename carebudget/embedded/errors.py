"""What can go wrong when the embedded services start, in one sentence each."""


class CannotStart(Exception):
    """A service did not start; the message says which and what to do."""
