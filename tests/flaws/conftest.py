"""The programs are run by dryfit, each in a session of its own; they are not tests of this suite."""

collect_ignore_glob = ["*/programs/*"]
