import archive


def test_a_new_archive_has_a_page(tmp_path):
    opened = archive.Archive(tmp_path / "pages.db")
    assert opened.read("start") == "Welcome"
    opened.close()
