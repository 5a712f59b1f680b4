"""The way of an injected fault: where it is raised, wrapped and caught, by what the interpreter itself tells."""
