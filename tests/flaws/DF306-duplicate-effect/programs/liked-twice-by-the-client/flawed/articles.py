"""Articles that readers may like."""


class NoArticle(Exception):
    """It has no title."""


def key(title):
    if not title:
        raise NoArticle("an article has a title")
    return f"likes:{title}"
