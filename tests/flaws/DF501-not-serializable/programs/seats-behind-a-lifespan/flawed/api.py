"""The HTTP interface of the box office."""

import os
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request
from sqlalchemy import create_engine, make_url
from sqlalchemy.orm import Session

from concerts import Concerts, SoldOut


@asynccontextmanager
async def lifespan(app):
    url = make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+psycopg")
    app.state.engine = create_engine(url)
    yield
    app.state.engine.dispose()


app = FastAPI(lifespan=lifespan)


def session(request: Request):
    """Give the request's own session."""
    with Session(request.app.state.engine) as session:
        yield session


@app.post("/concerts/{name}/reservations", status_code=201)
def reserve(name: str, seats: int, session: Annotated[Session, Depends(session)]):
    try:
        free = Concerts(session).reserve(name, seats)
    except SoldOut as error:
        raise HTTPException(409, str(error)) from error
    return {"free": free}
