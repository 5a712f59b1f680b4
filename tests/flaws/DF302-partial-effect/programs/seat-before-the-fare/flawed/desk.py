"""The desk where seats are booked."""

import fares


class FullyBooked(Exception):
    """No seat is left."""


class Desk:
    def __init__(self, seats):
        self.seats = seats
        self.bookings = []

    def book(self, passenger, destination):
        if self.seats == 0:
            raise FullyBooked("no seat is left")
        self.seats -= 1
        price = fares.price(destination)
        self.bookings.append((passenger, destination, price))
        return price
