"""Bytes in words."""

from __future__ import annotations

import pytest

from fairlead.analysis.weight import Figure
from fairlead.report.sizes import figure, figure_words, size


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1, "1 B"),
        (999, "999 B"),
        (1000, "1.00 kB"),
        (53_000, "53.0 kB"),
        (99_949, "99.9 kB"),
        (99_950, "100 kB"),
        (999_499, "999 kB"),
        (999_500, "1.00 MB"),
        (1_234_567, "1.23 MB"),
        (2_000_000_000, "2.00 GB"),
        (10**21, "1000 EB"),
    ],
)
def test_three_digits_and_the_unit_that_fits(count: int, text: str) -> None:
    assert size(count) == text


def test_how_far_a_figure_is_known() -> None:
    assert (figure(Figure(45_600)), figure_words(Figure(45_600))) == ("45.6 kB", "45.6 kB")
    estimate = Figure(45_600, about=True)
    assert (figure(estimate), figure_words(estimate)) == ("~46 kB", "about 46 kB")
    part = Figure(45_600, unknown=True)
    assert (figure(part), figure_words(part)) == ("45.6 kB +?", "at least 45.6 kB")
    nothing = Figure(unknown=True)
    assert (figure(nothing), figure_words(nothing)) == ("?", "an unknown number of bytes")
    assert figure(Figure(996, about=True)) == "~1000 B"
    assert figure(Figure(about=True)) == "~0 B"
