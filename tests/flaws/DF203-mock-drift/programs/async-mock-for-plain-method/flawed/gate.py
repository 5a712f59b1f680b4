"""Who may come in."""


class Gate:
    def __init__(self, hours):
        self._hours = hours

    async def enter(self, name, day):
        return f"welcome {name}" if self._hours.is_open(day) else "closed"
