import ledger


def join(member: str) -> int:
    return ledger.credit(member, 100)


def leave(member: str, *, banned: bool = False) -> int:
    if banned:
        ledger.revoke(member)
        return 0
    return ledger.revoke_all(member)
