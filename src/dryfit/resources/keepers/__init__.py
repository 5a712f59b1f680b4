"""Scripts that a supervisor runs in a server's place: each keeps something alive elsewhere, and ends it with itself."""
