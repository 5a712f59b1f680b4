"""The attendant, who has a thread for the gate and another one for the clock."""


class Attendant:
    def __init__(self, garage):
        self.garage = garage

    def admit(self, plate):
        """Let a car in. Raises garage.Closed."""
        self.garage.enter(plate)
        return f"{plate} may stay until tonight"

    def lock_up(self):
        """Close the garage. Raises garage.NotEmpty."""
        self.garage.close()
        return "Good night"
