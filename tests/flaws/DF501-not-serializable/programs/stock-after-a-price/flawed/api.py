"""The HTTP interface of the shop."""

import os
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException, Request

import warehouse
from prices import Prices


@asynccontextmanager
async def lifespan(app):
    app.state.prices = Prices(int(os.environ["PRICES_PORT"]))
    yield


app = FastAPI(lifespan=lifespan)


@app.post("/goods/{name}/sales", status_code=201)
async def sell(name: str, number: int, request: Request):
    try:
        return {"price": await warehouse.sell(request.app.state.prices, name, number)}
    except warehouse.SoldOut as error:
        raise HTTPException(409, str(error)) from error
