import ledger


def join(member: str) -> int:
    return ledger.credit(member, 100)


def leave(member: str, *, banned: bool = False) -> int:
    points = ledger.revoke_all(member)
    return 0 if banned else points
