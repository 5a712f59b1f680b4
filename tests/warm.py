"""Runs dryfit and pytest as forks of this process, which has imported what they begin with.

That import takes half a second, the templates of a report as much again as the rest of a small run, and the tests
run hundreds of commands. Each is sent as JSON over the socket whose file descriptor is the argument, with the files
for what it writes; its process and then its exit status are answered.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import socket
import sys

import dryfit.cli.check  # noqa: F401 - what ``python -m dryfit`` imports first
from dryfit.model.finding import RULES
from dryfit.report.html import compile_page
from dryfit.report.rule_pages import rule_body
from dryfit.run import kept_templates


def serve(line: socket.socket) -> None:
    """Fork for each command, until nobody is left who could send one."""
    while True:
        message, written, _, _ = socket.recv_fds(line, 1 << 20, 2)
        if not message:
            return
        pid = os.fork()
        if not pid:
            line.close()
            become(json.loads(message), written)
            return
        for descriptor in written:
            os.close(descriptor)
        line.send(b"%d" % pid)
        line.send(b"%d" % os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def become(asked: dict[str, object], written: list[int]) -> None:
    """Be ``python -m dryfit``, or another module, in that folder, with these arguments and this environment."""
    for descriptor, stream in zip(written, (1, 2), strict=True):
        os.dup2(descriptor, stream)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(asked["env"])
    os.chdir(asked["cwd"])
    sys.path[0] = os.getcwd()
    sys.argv = [asked["module"], *asked["arguments"]]
    runpy.run_module(asked["module"], run_name="__main__", alter_sys=True)


def warm_up() -> None:
    """Have ready what a report is made with, and leave no work to the garbage collectors of those who come."""
    templates = compile_page(kept_templates()).environment
    for name in templates.list_templates(extensions=["jinja"]):
        templates.get_template(name)
    rule_body(RULES[0].id)
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    warm_up()
    serve(socket.socket(fileno=int(sys.argv[1])))
