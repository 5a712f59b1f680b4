"""The form by which people sign up."""

from users import AddressTaken, Users


class Website:
    def __init__(self, url):
        self.users = Users(url)

    async def sign_up(self, email, name):
        """Return what is shown to whoever filled the form in."""
        try:
            await self.users.add(email.strip().lower(), name)
        except AddressTaken as error:
            return str(error)
        return f"Welcome, {name}"
