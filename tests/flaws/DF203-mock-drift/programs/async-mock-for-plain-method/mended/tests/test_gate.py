import asyncio
from unittest.mock import Mock

from gate import Gate
from hours import Hours


def test_visitors_come_in():
    hours = Mock()
    hours.is_open.return_value = True
    assert asyncio.run(Gate(hours).enter("ann", "mon")) == "welcome ann"
    hours.is_open.assert_called_once_with("mon")


def test_nobody_comes_in_on_sundays():
    assert asyncio.run(Gate(Hours()).enter("ann", "sun")) == "closed"
