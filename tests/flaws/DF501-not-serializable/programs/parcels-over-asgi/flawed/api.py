"""The HTTP interface of a station of lockers."""

from typing import Annotated

import psycopg
from fastapi import Depends, FastAPI, HTTPException

from lockers import Full, Lockers

app = FastAPI()


def url():
    """Give the database's address; overridden by whoever serves the app."""
    raise NotImplementedError


def lockers(url: Annotated[str, Depends(url)]):
    """Give the lockers, in a transaction of the request's own."""
    with psycopg.connect(url) as connection:
        yield Lockers(connection)


@app.put("/parcels/{parcel}")
def put_in(parcel: str, lockers: Annotated[Lockers, Depends(lockers)]):
    try:
        return {"locker": lockers.put_in(parcel)}
    except Full as error:
        raise HTTPException(409, str(error)) from error
