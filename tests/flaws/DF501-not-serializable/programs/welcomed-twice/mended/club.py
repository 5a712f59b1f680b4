"""People join the club, and get a mail."""


class Club:
    def __init__(self, members, mails):
        self.members = members
        self.mails = mails

    def join(self, email):
        if self.members.add(email):
            self.mails.welcome(email)
