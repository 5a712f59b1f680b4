"""One file a kind of resource. Each says how its server runs, and how a worker gets a part of it for itself.

A kind is a module of this package with an object ``kind`` in it; its file's name is the kind's name in
``[tool.dryfit.resources]`` (see ``dryfit.resources.kind.Kind``).
"""
