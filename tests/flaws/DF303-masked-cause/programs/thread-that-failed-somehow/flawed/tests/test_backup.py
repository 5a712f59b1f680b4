import backup


def test_all_folders_are_packed():
    assert backup.back_up([{"a.txt": "one"}, {"b.txt": "two"}]) == ["a.txt\n3\none", "b.txt\n3\ntwo"]
