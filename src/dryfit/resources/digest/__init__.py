"""Reads the state that tests work on (databases, key spaces, directories, outboxes) and never changes it."""
