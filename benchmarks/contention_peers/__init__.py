"""What finds bugs of contention on a real PostgreSQL: dryfit's controller, frontrun, plain threads."""
