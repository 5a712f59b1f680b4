"""The desk where repaired things are fetched."""


class Desk:
    def __init__(self, notices):
        self.notices = notices
        self.told = set()

    async def repaired(self, ticket):
        """Tell the owner, once; whoever works on the thing may call this."""
        if ticket in self.told:
            return
        self.told.add(ticket)
        try:
            await self.notices.ready(ticket)
        except BaseException:
            self.told.discard(ticket)
            raise
