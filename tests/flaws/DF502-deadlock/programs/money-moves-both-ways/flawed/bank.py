"""A bank on the web."""

import os
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

import accounts


@asynccontextmanager
async def lifespan(app):
    engine = create_async_engine(os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.begin() as connection:
        await connection.run_sync(accounts.Base.metadata.create_all)
    app.state.sessions = async_sessionmaker(engine, expire_on_commit=False)
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.put("/accounts/{name}")
async def deposit(name: str, amount: int) -> None:
    async with app.state.sessions.begin() as session:
        session.add(accounts.Account(name=name, balance=amount))


@app.post("/accounts/{source}/to/{target}")
async def transfer(source: str, target: str, amount: int) -> dict[str, bool]:
    async with app.state.sessions() as session:
        return {"moved": await accounts.move(session, amount, source, target)}
