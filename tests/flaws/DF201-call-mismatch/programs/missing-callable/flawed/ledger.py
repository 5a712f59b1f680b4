_BALANCES: dict[str, int] = {}


def credit(member: str, points: int) -> int:
    _BALANCES[member] = _BALANCES.get(member, 0) + points
    return _BALANCES[member]


def revoke_all(member: str) -> int:
    return _BALANCES.pop(member, 0)
