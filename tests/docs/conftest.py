collect_ignore = ["sample"]  # a project of its own: the docs' commands run in copies of it
