def find(name):
    return {"name": name, "mail": f"{name}@example.com"}
