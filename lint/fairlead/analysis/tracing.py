"""What a word of a script holds when its variables are set in a `case`, an `if` or from one another.

The shell layer forgets a variable whose value depends on a branch. Of a URL that is enough to know its shape:
`url=https://host/1.2/$arch.tgz` in every branch of a `case` is a URL with a version.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from fairlead.shell import UNKNOWN, Part, Script, ShellWord

_DEPTH = 6


def traced(script: Script | None, word: ShellWord) -> str:
    """The pattern of a word, with what all assignments of its unknown variables have in common in their place."""
    if script is None or UNKNOWN not in word.pattern:
        return word.pattern
    return _collapsed(_of_parts(script, word.parts, frozenset(), {}))


def word_at(script: Script | None, start: int) -> ShellWord | None:
    """The word of a script that begins at an offset of the source."""
    for command in script.commands if script is not None else ():
        for word in command.words:
            if word.token.spans[0].start == start:
                return word
    return None


def _of_parts(script: Script, parts: Sequence[Part], seen: frozenset[str], known: dict[str, str]) -> str:
    return "".join(part.text if part.text is not None else _of_part(script, part, seen, known) for part in parts)


def _of_part(script: Script, part: Part, seen: frozenset[str], known: dict[str, str]) -> str:
    if part.kind != "variable" or not part.name or part.name in seen or len(seen) >= _DEPTH:
        return UNKNOWN
    if part.token.text.strip('"') not in (f"${part.name}", f"${{{part.name}}}"):
        # an expansion that changes the value
        return UNKNOWN
    if part.name not in known:
        known[part.name] = _value(script, part.name, seen, known)
    return known[part.name]


def _value(script: Script, name: str, seen: frozenset[str], known: dict[str, str]) -> str:
    values = [
        _of_parts(script, assignment.value.parts, seen | {name}, known)
        for command in script.commands
        for assignment in command.assignments
        if assignment.name == name and assignment.value is not None and not assignment.append
    ]
    values += _loop_words(script, name)
    values = [value for value in dict.fromkeys(values) if value]
    if not values:
        return UNKNOWN
    return values[0] if len(values) == 1 else _common(values)


def _loop_words(script: Script, name: str) -> list[str]:
    """The words that a `for` runs through, where they are plain ones."""
    loop = re.search(rf"\bfor\s+{re.escape(name)}\s+in\b([^;\n]*)(?:;|\bdo\b|\n)", script.token.text)
    if loop is None:
        return []
    words = loop[1].split()
    if any(set(word) & set("$`*(") for word in words):
        return []
    return [word.strip("'\"") for word in words]


def _common(values: list[str]) -> str:
    """What several values have in common at both ends, with the unknown between."""
    shortest = min(len(value) for value in values)
    ahead = next((at for at in range(shortest) if len({value[at] for value in values}) > 1), shortest)
    behind = next(
        (at for at in range(shortest - ahead) if len({value[-1 - at] for value in values}) > 1), shortest - ahead
    )
    before, after = values[0][:ahead], values[0][len(values[0]) - behind :]
    return f"{before}{UNKNOWN}{after}"


def _collapsed(pattern: str) -> str:
    return re.sub(f"{UNKNOWN}+", UNKNOWN, pattern)
