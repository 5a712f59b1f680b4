"""What the shop's owner does."""

from prices import Prices


class Shop:
    def __init__(self, url):
        self.prices = Prices(url)

    def change_price(self, article, euros):
        """Raises prices.NotForSale."""
        self.prices.change(article, euros * 100)

    def take_out_of_the_range(self, article):
        """Raises prices.NotForSale."""
        self.prices.withdraw(article)
