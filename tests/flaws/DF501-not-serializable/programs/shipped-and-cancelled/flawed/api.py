"""The HTTP interface, for customers and for the warehouse."""

from fastapi import FastAPI, HTTPException

import orders

app = FastAPI()


@app.post("/orders", status_code=201)
def order(product: str):
    return {"number": orders.place(app.state.path, product)}


@app.post("/orders/{number}/cancellation", status_code=204)
def cancel(number: int):
    try:
        orders.cancel(app.state.path, number)
    except orders.TooLate as error:
        raise HTTPException(409, str(error)) from error


@app.post("/orders/{number}/parcel", status_code=204)
def ship(number: int):
    try:
        orders.ship(app.state.path, number)
    except orders.TooLate as error:
        raise HTTPException(409, str(error)) from error
