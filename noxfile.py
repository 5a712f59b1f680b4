"""The tests on every supported Python that is here; `nox -s weave` runs only what depends on the interpreter."""

import nox

PYTHONS = ["3.11", "3.12", "3.13", "3.14", "3.15"]

nox.options.sessions = ["tests"]
# A version that is not on this machine is skipped, and nox says so; in CI it would otherwise be an error.
nox.options.error_on_missing_interpreters = False


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """All tests, or those named after `--`."""
    install(session)
    session.run("pytest", *(session.posargs or ["-n", "2"]))


@nox.session(python=PYTHONS[1:])
def weave(session: nox.Session) -> None:
    """What depends on the interpreter's own code objects."""
    install(session)
    session.run("pytest", "-n", "2", "tests/unit/weave", *session.posargs)


def install(session: nox.Session) -> None:
    """The pinned versions, the same as in `make test`."""
    session.install("--constraint", "constraints.txt", "--editable", ".[all,dev]")
