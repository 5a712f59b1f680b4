"""What a customer pays and what the shop earns, in cents."""

import tax


def bill(basket):
    pays = tax.gross(basket)
    earns = sum(line["price"] for line in basket["lines"])
    return {"pays": pays, "earns": earns}
