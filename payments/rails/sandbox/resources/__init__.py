"""One file for each kind of object: its shape, what may be asked of it, and what then happens."""
