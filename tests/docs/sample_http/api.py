"""What customers ask over HTTP."""

import catalog
import ledger
import orders
from fastapi import FastAPI, HTTPException

app = FastAPI()


@app.post("/orders", status_code=201)
def order(wanted: dict[str, str]) -> dict[str, object]:
    if wanted["product"] not in catalog.PRICES:
        raise HTTPException(404, "no such product")
    orders.order(wanted["customer"], wanted["product"])
    return show(wanted["customer"])


@app.get("/orders/{customer}")
def show(customer: str) -> dict[str, object]:
    if customer not in ledger.entries:
        raise HTTPException(404, "no such order")
    return {"customer": customer, "amount": ledger.entries[customer]}
