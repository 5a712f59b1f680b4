import ledger


def transfer(mine: str, theirs: str) -> int:
    ledger.move(mine, theirs)
    return len(ledger.MOVED)
