from audit import Audit
from history import restore
from login import Login


def test_who_came_in_last():
    audit = Audit()
    Login(audit).enter("ada")
    Login(audit).enter("bob")
    assert audit.latest() == "bob came in"


def test_what_was_known():
    audit = Audit()
    restore(audit, ["1999-12-31 party", "2000-01-01 headache"])
    assert audit.latest() == "headache"
