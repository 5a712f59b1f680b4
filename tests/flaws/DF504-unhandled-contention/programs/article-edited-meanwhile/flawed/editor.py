"""The editor's desk."""

from articles import Articles


class Editor:
    def __init__(self, engine):
        self.articles = Articles(engine)

    def comment(self, title, remark):
        """Write a remark below the article; returns how many characters it has then."""
        return self.articles.append(title, f"[{remark}]")
