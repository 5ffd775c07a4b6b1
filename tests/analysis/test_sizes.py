"""Bytes in words."""

from __future__ import annotations

import pytest

from fairlead.analysis.sizes import readable_bytes


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
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
    assert readable_bytes(count) == text
    assert readable_bytes(count, brief=True) == text.replace(" bytes", " B").replace(" byte", " B")


def test_an_estimate_has_two_digits() -> None:
    counts = (0, 97, 994, 996, 1_240, 19_900_000, 153_200_000)
    assert [readable_bytes(count, about=True) for count in counts] == [
        "0 bytes", "97 bytes", "990 bytes", "1.0 kB", "1.2 kB", "20 MB", "150 MB",
    ]  # fmt: skip
