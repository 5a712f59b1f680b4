from unittest.mock import patch

import files
import gallery


def test_the_size_of_a_picture() -> None:
    with patch.object(files, "load", return_value="äöü".encode()):
        assert gallery.size("dog.png") == "6 B"


def test_the_size_of_the_cat() -> None:
    assert gallery.size("cat.png") == "8 B"
