"""Who the customers are and where they live."""

_ADDRESSES = {
    "ada": "12 Analytical Row, London",
    "grace": "The Compiler Building, 1906 Cobol Avenue, Second Floor, Arlington",
}


def address(name: str) -> str:
    return _ADDRESSES[name]
