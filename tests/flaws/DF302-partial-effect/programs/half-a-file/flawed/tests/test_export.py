from export import Export

ANN = {"name": "Ann", "street": "Elm Street 1", "city": "Kiel"}
BOB = {"name": "Bob", "street": "Oak Lane 7", "city": "Ulm"}


def test_all_addresses_are_written(tmp_path):
    export = Export(tmp_path / "mailing.csv")
    export.write([ANN, BOB])
    assert export.path.read_text() == "Ann;Elm Street 1;Kiel\nBob;Oak Lane 7;Ulm\n"


def test_the_next_export_replaces_the_last_one(tmp_path):
    export = Export(tmp_path / "mailing.csv")
    export.write([ANN])
    export.write([BOB])
    assert export.path.read_text() == "Bob;Oak Lane 7;Ulm\n"
