"""How several things are put into one sentence."""

from __future__ import annotations

from collections.abc import Sequence


def enumerated(names: Sequence[str], last: str = "and", most: int | None = None) -> str:
    """Names for a sentence: `a, b and c`.

    Args:
        names: one at least.
        last: the word before the last one.
        most: of more than so many, all but the first few are only counted.
    """
    if most is not None and len(names) > most:
        names = [*names[: most - 1], f"{len(names) - most + 1} more"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {last} {names[-1]}"
