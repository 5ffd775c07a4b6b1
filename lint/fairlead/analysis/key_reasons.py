"""Why a step is not taken from the cache: what its key has that the one of the build before had not, in words."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from fairlead.build.remote import parse_remote
from fairlead.build.scope import readable
from fairlead.syntax import ast

if TYPE_CHECKING:
    from fairlead.analysis.keys import StepKey

_PATHS_SHOWN = 3
_SHOWN, _LONGEST = 60, 160
_COPY_OPTIONS = ("--chown", "--chmod", "--exclude", "--parents", "--unpack", "--keep-git-dir", "--link")
_RUN_OPTIONS = ("--network", "--security", "--device", "the host name")


class Reason(NamedTuple):
    """A part of a key that differs.

    Attributes:
        part: its name: parent, command, shell, environment, arguments, user, workdir, mounts, options, files, base,
            stage or remote.
        detail: what differs, for people.
        line: the line of the step that is meant, where it is another one.
        paths: the files that differ.
    """

    part: str
    detail: str
    line: int | None = None
    paths: tuple[str, ...] = ()


def explain(steps: Iterable[StepKey]) -> None:
    """Write into each step that is not cached why that is so; `continued` must have been asked."""
    for key in steps:
        if key.verdict == "cached":
            continue
        reasons: list[Reason] = []
        if key.before is None:
            reasons.append(Reason("command", "this step is new"))
        else:
            reasons.extend(_differences(key.before, key))
        if key.upon and not key.step.stands_alone:
            why = f"what is built upon a directory, here the named context {key.upon}, is never found again"
            reasons.append(Reason("base", why))
        above = _changed_above(key)
        if above is not None:
            said = "is rebuilt" if above.verdict == "rebuilt" else "may be rebuilt"
            reasons.append(Reason("parent", f"a step above it {said}", above.line))
        for source in key.takes_from:
            if source.verdict != "cached":
                said = "other files may come" if key.verdict == "unknown" else "other files come"
                reasons.append(Reason("stage", f"{said} from stage {source.step.stage.label}", source.line))
        if key.unread:
            reasons = [reason for reason in reasons if reason.part != "files"]
            reasons.append(Reason("files", f"{_changed(list(key.unread))} can't be read"))
        if key.verdict == "unknown" and _fetches(key):
            reasons.append(Reason("remote", "only the server knows whether this is what it was"))
        elif key.verdict == "unknown" and not reasons:
            reasons.append(Reason("files", "the build context is not known"))
        if not reasons and key.above is not None:
            # what is above comes from the cache too, but from another build
            reasons.append(Reason("parent", "the step above it is not the one of the build before", key.above.line))
        key.reasons = tuple(reasons) or (Reason("base", "the base image is another one"),)


def _changed_above(key: StepKey) -> StepKey | None:
    """The nearest step above that is not cached; a COPY --link depends on none, but carries on what is above it."""
    if key.step.stands_alone:
        return None
    above = key.above
    while above is not None and above.verdict == "cached" and above.step.stands_alone:
        above = above.above
    return above if above is not None and above.verdict != "cached" else None


def _differences(before: StepKey, after: StepKey) -> Iterator[Reason]:
    if before.step is after.step:
        # the same model: only the context goes on
        if before.parts.get("files") != after.parts.get("files"):
            yield from _files(before, after)
        return
    for part, value in after.parts.items():
        old = before.parts.get(part, "")
        if old == value:
            continue
        if part == "environment":
            yield from _variables(before, after)
        elif part == "files":
            yield from _files(before, after)
        else:
            yield Reason(part, "; ".join(_said(part, before, after)) or "another one")
    was, is_ = (key.step.stage.root.resolved.pattern for key in (before, after))
    if after.above is None and before.above is None and was != is_ and not after.step.stands_alone:
        yield Reason("base", f"{readable(was)} -> {readable(is_)}")


def _said(part: str, before: StepKey, after: StepKey) -> Iterator[str]:
    """What is another in a part that both steps have, for people."""
    old, new = before.parts.get(part, ""), after.parts.get(part, "")
    instruction = after.step.instruction
    if part == "mounts":
        texts = [
            " ".join(flag.token.text for flag in key.step.instruction.flags if flag.name == "mount")
            for key in (before, after)
        ]
        yield _change(*texts) if texts[0] != texts[1] else "what a variable in them stands for"
    elif part == "options":
        names = _RUN_OPTIONS if isinstance(instruction, ast.Run) else _COPY_OPTIONS
        pairs = itertools.zip_longest(json.loads(old), json.loads(new), fillvalue="")
        found = [(was, is_) for was, is_ in pairs]
        for at, (was, is_) in enumerate(found):
            if was != is_:
                yield f"{names[min(at, len(names) - 1)]}: {_option(was)} -> {_option(is_)}"
    elif part == "shell":
        yield _change(*(" ".join(json.loads(value)) for value in (old, new)))
    elif part == "command" and isinstance(instruction, ast.Copy | ast.Add):
        (place, names_), (new_place, new_names) = json.loads(old), json.loads(new)
        if place != new_place:
            yield f"the destination: {readable(place)} -> {readable(new_place)}"
        if names_ != new_names:
            sources = (" ".join(name[-1] or name[0] or "." for name in given) for given in (names_, new_names))
            yield f"the name of what is copied: {' -> '.join(map(readable, sources))}"
    else:
        yield _change(readable(old), readable(new))


def _option(value: object) -> str:
    """The value of a flag."""
    if isinstance(value, list):
        return " ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value or "none")


def _change(old: str, new: str) -> str:
    """Two texts, of long ones what differs with a little around it."""
    one, two = old.split(), new.split()
    if one == two:
        return "only blanks differ, which count"
    same = 0
    while same < min(len(one), len(two)) and one[same] == two[same]:
        same += 1
    end = 0
    while end < min(len(one), len(two)) - same and one[-1 - end] == two[-1 - end]:
        end += 1
    shown = []
    for words in (one, two):
        text = " ".join(words)
        if len(text) > _SHOWN:
            first, last = max(same - 2, 0), len(words) - max(end - 2, 0)
            text = _short(
                " ".join((["..."] if first else []) + words[first:last] + (["..."] if last < len(words) else []))
            )
        shown.append(text or "none")
    return " -> ".join(shown)


def _variables(before: StepKey, after: StepKey) -> Iterator[Reason]:
    arguments = {
        pair.key
        for key in (before, after)
        for step in key.step.stage.all_steps()
        if isinstance(step.instruction, ast.Arg)
        for pair in step.instruction.pairs
    }
    old, new = dict(before.step.env), dict(after.step.env)
    names = [name for name in {**old, **new} if old.get(name) != new.get(name) or (name in old) != (name in new)]
    for name in names:
        part = "arguments" if name in arguments else "environment"
        was, is_ = (repr(values[name]) if name in values else "unset" for values in (old, new))
        yield Reason(part, f"{name}: {was} -> {is_}")
    if not names:
        yield Reason("environment", "the variables are set in another order")


def _files(before: StepKey, after: StepKey) -> Iterator[Reason]:
    for source in {**before.files, **after.files}:
        old, new = before.files.get(source), after.files.get(source)
        if old is None or new is None:
            yield Reason("files", f"{source} was not copied" if old is None else f"{source} is not copied any more")
        elif old.digest != new.digest:
            paths = new.differences(old)
            yield Reason("files", _changed(paths) or source, paths=tuple(paths))
    if not after.files and not before.files:
        yield Reason("files", "other content")


def _changed(paths: list[str]) -> str:
    more = len(paths) - _PATHS_SHOWN
    return ", ".join(paths[:_PATHS_SHOWN]) + (f" and {more} more" if more > 0 else "")


def continued(earlier: Sequence[StepKey], later: Sequence[StepKey]) -> None:
    """Find the step of the earlier build that each step of the later one continues: its place in the same stage."""
    if len(earlier) == len(later) and all(was.step is is_.step for was, is_ in zip(earlier, later, strict=True)):
        for was, is_ in zip(earlier, later, strict=True):
            if is_ is not was:
                is_.before = was
        return
    from difflib import SequenceMatcher

    before, after = _by_stage(earlier), _by_stage(later)
    for label, new in after.items():
        old = before.get(label, [])
        matcher = SequenceMatcher(None, [_text(key) for key in old], [_text(key) for key in new], autojunk=False)
        for _, first, last, begin, end in matcher.get_opcodes():
            for was, is_ in zip(old[first:last], new[begin:end], strict=False):
                if was.parts.keys() == is_.parts.keys():
                    is_.before = was


def _by_stage(found: Iterable[StepKey]) -> dict[str, list[StepKey]]:
    stages: dict[str, list[StepKey]] = {}
    for key in found:
        stages.setdefault(key.step.stage.label, []).append(key)
    return stages


def _text(key: StepKey) -> str:
    return f"{key.step.instruction.keyword} {key.parts['command']}"


def _fetches(key: StepKey) -> bool:
    instruction = key.step.instruction
    return isinstance(instruction, ast.Add) and any(
        parse_remote(key.step.resolve(source.word.value).pattern) is not None for source in instruction.sources
    )


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3].rpartition(" ")[0] + " ..."
