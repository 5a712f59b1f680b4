"""What dryfit may destroy: only what carries a mark of its own, proved again each time on the very connection.

``mark`` says what a mark is, ``register`` keeps the local half of it, one file a kind of service puts the other half
into the thing itself. ``existing`` and ``hosts`` say which servers are never touched, ``adopt`` takes a database over
that its owner gives away.
"""
