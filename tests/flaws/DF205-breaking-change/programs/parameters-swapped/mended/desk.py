import ledger


def transfer(mine: str, theirs: str) -> int:
    ledger.move(source=mine, target=theirs)
    return len(ledger.MOVED)
