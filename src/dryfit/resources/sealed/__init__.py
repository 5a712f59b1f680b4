"""``--sealed``: while tests run, connections lead to declared resources and to this machine's loopback, nowhere else.

``seal`` puts the process into a network namespace of its own where the kernel allows that (``namespace``); what is
declared is reached through a process outside of it (``relay``). Elsewhere Python's own sockets are held (``hook``).
"""
