"""Numbers without a gap."""

NEXT = "UPDATE counters SET last = last + 1 WHERE name = %s RETURNING last"


def next_number(connection, name):
    return connection.execute(NEXT, (name,)).fetchone()[0]
