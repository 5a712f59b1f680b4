"""How sphinx builds the documentation: `make docs`."""

from dryfit import __version__

project = "dryfit"
author = "The dryfit authors"
project_copyright = "2026, the dryfit authors"
release = __version__

extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]

html_theme = "alabaster"
html_theme_options = {"description": "Where the modules of a Python program do not fit together"}
html_show_sphinx = False
