"""One file a provider: who starts a resource's server.

A provider is a module of this package with an object ``provider`` in it; its file's name is the provider's name in
``[tool.dryfit.resources]`` (see ``dryfit.resources.kind.Provider``).
"""
