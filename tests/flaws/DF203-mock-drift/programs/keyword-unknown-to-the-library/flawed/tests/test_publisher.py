from pathlib import Path
from unittest.mock import patch

import publisher


def test_pages_are_published() -> None:
    with patch("shutil.copytree") as copytree:
        assert publisher.publish(Path("pages"), "blog") == "public/blog"
    copytree.assert_called_once()
