def price(product: str):
    return {"tea": 4.2, "cup": 9.0}[product]
