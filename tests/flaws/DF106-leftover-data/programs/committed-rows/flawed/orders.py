"""Orders."""

import database


class Orders:
    def __init__(self, path):
        self.connection = database.connect(path)

    def place(self, product):
        with self.connection:
            self.connection.execute("INSERT INTO orders (product) VALUES (?)", (product,))

    def products(self):
        return [product for (product,) in self.connection.execute("SELECT product FROM orders")]

    def clear(self):
        with self.connection:
            self.connection.execute("DELETE FROM orders")
