def find(name):
    return {"name": name, "email": f"{name}@example.com"}
