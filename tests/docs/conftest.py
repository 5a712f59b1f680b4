collect_ignore = ["sample", "sample_http"]  # a project of its own: the docs' commands run in copies of it
