"""The HTTP interface of the auction house, which keeps its auctions in memory."""

from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException

from auctions import Auctions, TooLow


@asynccontextmanager
async def lifespan(app):
    app.state.bids = {}
    yield


app = FastAPI(lifespan=lifespan)


@app.post("/lots/{lot}/bids", status_code=201)
def bid(lot: str, cents: int):
    try:
        highest = Auctions(app.state.bids).bid(lot, cents)
    except TooLow as error:
        raise HTTPException(409, str(error)) from error
    return {"bids": highest}
