"""The gateway that charges cards."""


class Gateway:
    def __init__(self, client):
        self.client = client

    def charge(self, order, cents):
        self.client.post("/charges", json={"order": order, "cents": cents}).raise_for_status()
