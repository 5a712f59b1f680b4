"""Shares of the coverage bar."""

from hypothesis import given
from hypothesis import strategies as st

from dryfit.report.tally import Tally

counts = st.integers(0, 5_000)


@given(counts, counts, counts, st.integers(3, 200))
def test_the_bar_is_full_and_hides_nothing(exercised: int, mocked: int, unexercised: int, cells: int) -> None:
    widths = Tally(exercised, mocked, unexercised).widths(cells)
    some = bool(exercised or mocked or unexercised)
    assert sum(widths) == (cells if some else 0)
    assert all(
        width > 0 for width, count in zip(widths, (exercised, mocked, unexercised), strict=True) if count
    )


@given(counts, st.integers(1, 5_000))
def test_a_hundred_percent_means_all(exercised: int, unexercised: int) -> None:
    assert Tally(exercised, 0, unexercised).percent < 100
    assert Tally(exercised, 0, 0).percent == 100
