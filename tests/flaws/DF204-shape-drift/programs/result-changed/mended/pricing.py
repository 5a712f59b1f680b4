from decimal import Decimal


def price(product: str):
    return {"tea": Decimal("4.20"), "cup": Decimal(9)}[product]
