"""The HTTP interface of the coupons."""

from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import Engine

import coupons

app = FastAPI()


def engine():
    """Give the database's engine; overridden by whoever serves the app."""
    raise NotImplementedError


@app.post("/coupons/{code}/redemptions", status_code=201)
def redeem(code: str, customer: str, engine: Annotated[Engine, Depends(engine)]):
    try:
        left = coupons.redeem(engine, code, customer)
    except coupons.UsedUp as error:
        raise HTTPException(409, str(error)) from error
    return {"left": left}
