"""Pages."""


class Website:
    def __init__(self, recorder):
        self.recorder = recorder

    def show(self, page):
        self.recorder.record(page)
        return f"<h1>{page}</h1>"
