import accounts


def greeting(name):
    account = accounts.find(name)
    return f"Dear {account.get('title', '')} {account['name']}".replace("  ", " ")
