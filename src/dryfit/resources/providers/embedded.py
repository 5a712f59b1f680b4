"""The default provider: the service's own program, as a process on this machine."""

from __future__ import annotations

from dryfit.resources.launched import launched

provider = launched(lambda kind, declaration, root: kind.launch(declaration, root))
