"""The box office on the web."""

from fastapi import FastAPI, HTTPException

import box_office

app = FastAPI()


@app.post("/events/{name}/tickets")
async def buy(name: str) -> None:
    async with app.state.sessions() as session:
        if not await box_office.buy(session, name):
            raise HTTPException(409, "sold out")
