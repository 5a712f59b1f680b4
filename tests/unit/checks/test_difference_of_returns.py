"""What a difference between results is worth, and what is none."""

import pytest

from dryfit.checks.mock_returns import Difference, Returns
from dryfit.model.shape import Form, Shape
from dryfit.model.stand_in import ResultUse

USED = ResultUse(attributes=("name",), ways=("computed",))
TEXT = Form("str", "text")
MAPPING = Form("dict", "mapping", fields=(("id", Shape((Form("int", "number"),))),))


def differences(fake: Form, real: Form, use: ResultUse = USED) -> list[Difference]:
    return list(Returns({}).differences(Shape((fake,)), Shape((real,)), use))


def test_another_type_that_its_caller_computes_with():
    (found,) = differences(TEXT, MAPPING)
    assert (found.sub_kind, found.sure) == ("return-type", True)


def test_a_caller_that_asks_for_the_type_provides_for_others():
    (found,) = differences(TEXT, MAPPING, ResultUse(ways=("computed", "told apart")))
    assert not found.sure


@pytest.mark.parametrize("real", [Form("object", "object"), Form("type", "class")])
def test_what_marks_a_place_and_what_is_a_class_say_nothing_of_attributes(real):
    assert differences(Form("unittest.mock.Mock", "stand-in"), real) == []
    assert differences(Form("shop.Item", "object", fields=(("name", Shape((TEXT,))),)), real) == []


def test_an_attribute_that_the_real_one_lacks():
    (found,) = differences(Form("unittest.mock.Mock", "stand-in"), TEXT)
    assert found.sub_kind == "missing-attribute"
