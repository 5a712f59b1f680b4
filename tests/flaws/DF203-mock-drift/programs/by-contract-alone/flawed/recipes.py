"""What can be cooked."""


def find(name):
    return {"name": name, "minutes": 20}
