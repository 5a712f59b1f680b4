"""What a run leaves behind: its SQLite file, which no other room reads or writes, and the list of accepted findings."""
