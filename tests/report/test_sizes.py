"""How far figures are known, in a table and in a sentence."""

from __future__ import annotations

from fairlead.analysis.weight import Figure
from fairlead.report.sizes import figure, figure_words


def test_how_far_a_figure_is_known() -> None:
    assert (figure(Figure(45_600)), figure_words(Figure(45_600))) == ("45.6 kB", "45.6 kB")
    estimate = Figure(45_600, about=True)
    assert (figure(estimate), figure_words(estimate)) == ("~46 kB", "about 46 kB")
    part = Figure(45_600, unknown=True)
    assert (figure(part), figure_words(part)) == ("45.6 kB +?", "at least 45.6 kB")
    nothing = Figure(unknown=True)
    assert (figure(nothing), figure_words(nothing)) == ("?", "an unknown number of bytes")
    assert (figure(Figure(97)), figure_words(Figure(97))) == ("97 B", "97 bytes")
    assert (figure(Figure(996, about=True)), figure_words(Figure(996, about=True))) == ("~1.0 kB", "about 1.0 kB")
    assert figure(Figure(about=True)) == "~0 B"
