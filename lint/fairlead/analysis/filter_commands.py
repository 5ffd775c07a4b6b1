"""What the programs print that do nothing else: wc, sort, cut, grep, tr, basename, ls.

Sources: the manuals of GNU coreutils and grep, and of busybox where it differs.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence

from fairlead.analysis.calls import NOTHING, Call, Output
from fairlead.analysis.commands import Handler, Interpreter
from fairlead.analysis.filesystem import Directory, File, is_rest
from fairlead.analysis.text_commands import LONGEST_LINE, printed, regular_expression, unescape
from fairlead.shell import OptionSpec, ShellWord, parse_options


def base_name(_run: Interpreter, call: Call) -> Output:
    """`basename NAME [ENDING]`, `dirname NAME`."""
    words = [word.value for word in call.args]
    if None in words or not words or words[0] is None or words[0].startswith("-"):
        return Output()
    path = words[0]
    if call.invocation.name == "dirname":
        above = posixpath.dirname(path.rstrip("/") or path)
        return printed(f"{above.rstrip('/') or ('/' if above else '.')}\n") if len(words) == 1 else Output()
    name = posixpath.basename(path.rstrip("/")) or ("/" if path else "")
    ending = words[1] if len(words) > 1 else ""
    if ending and name != ending:
        name = name.removesuffix(ending)
    return printed(f"{name}\n") if len(words) < 3 else Output()


def _one_source(run: Interpreter, call: Call, operands: Sequence[ShellWord]) -> bytes | None:
    """The content of what a filter reads: its input, or the one file that it names."""
    if not operands:
        return None if call.stdin is None else call.stdin.content
    places = list(run.places(call.command, operands))
    return run.read(places[0].path).content if len(places) == 1 else None


def count_lines(run: Interpreter, call: Call) -> Output:
    """`wc` with one of its options, of one file."""
    options = parse_options(call.args, OptionSpec(frozenset()))
    data = _one_source(run, call, options.operands)
    flags = options.flags.keys()
    if data is None or len(flags) != 1 or not flags <= {"-l", "-c", "-w"}:
        return Output()
    number = data.count(b"\n") if "-l" in flags else len(data) if "-c" in flags else len(data.split())
    return printed(f"{number} {options.operands[0].value}\n" if options.operands else f"{number}\n")


def sort_lines(run: Interpreter, call: Call) -> Output:
    """`sort` in the order of bytes, as it is without a locale."""
    options = parse_options(call.args, OptionSpec(frozenset(("-o", "--output", "-k", "-t"))))
    if options.has("-o", "--output"):
        run.doubt_all("what sort writes is not known")
    data = _one_source(run, call, options.operands)
    if data is None or options.flags.keys() - {"-u", "-r"}:
        return Output()
    lines = data.removesuffix(b"\n").split(b"\n") if data else []
    ordered = sorted(set(lines) if options.has("-u") else lines, reverse=options.has("-r"))
    return Output.of(b"".join(line + b"\n" for line in ordered))


def cut_fields(run: Interpreter, call: Call) -> Output:
    """`cut -d X -f N`, with one field."""
    options = parse_options(call.args, OptionSpec(frozenset(("-d", "-f", "-c", "-b", "--delimiter", "--fields"))))
    data = _one_source(run, call, options.operands)
    # `-d=` is read as an option with an empty value
    mark = (options.value("-d", "--delimiter") or ("=" if options.has("-d") else "\t")).encode()
    field = options.value("-f", "--fields") or ""
    if data is None or options.has("-c", "-b", "-s") or not field.isdecimal() or field == "0":
        return Output()
    lines = data.removesuffix(b"\n").split(b"\n") if data else []
    found = [line.split(mark)[int(field) - 1 : int(field)] if mark in line else [line] for line in lines]
    return Output.of(b"".join(b"".join(one) + b"\n" for one in found))


def search(run: Interpreter, call: Call) -> Output:
    """`grep` for a plain word or a simple pattern in one file; its status is known where the file is."""
    options = parse_options(call.args, OptionSpec(frozenset(("-e", "-f", "-A", "-B", "-C", "-m"))))
    operands = list(options.operands)
    pattern = operands.pop(0).value if operands and not options.has("-e", "-f") else options.value("-e")
    known = not options.flags.keys() - {"-q", "-v", "-i", "-E", "-F", "-c", "-e", "-s"}
    data = _one_source(run, call, operands) if known and not run.fs.root.wild else None
    regex = None
    if pattern is not None and data is not None:
        is_plain = options.has("-F") or pattern.isalnum()
        text = re.escape(pattern) if is_plain else None
        regex = re.compile(text, re.IGNORECASE if options.has("-i") else 0) if text else None
        if text is None:
            regex = regular_expression(pattern, options.has("-E"), "i" if options.has("-i") else "")
    if regex is None or data is None or max(map(len, data.split(b"\n"))) > LONGEST_LINE[-1]:
        run.unsure = True
        return NOTHING if options.has("-q") else Output()
    lines = data.decode("utf-8", "surrogateescape").removesuffix("\n").split("\n") if data else []
    found = [line for line in lines if (regex.search(line) is not None) is not options.has("-v")]
    run.failed = not found
    if options.has("-q"):
        return NOTHING
    return printed(f"{len(found)}\n" if options.has("-c") else "".join(f"{line}\n" for line in found))


def translate(_run: Interpreter, call: Call) -> Output:
    """`tr` of letters and ranges."""
    words = [word.value for word in call.args]
    data = None if call.stdin is None else call.stdin.content
    deletes = words[:1] == ["-d"]
    sets = [_letters(word) for word in words[deletes:]]
    if data is None or None in sets or len(sets) != (1 if deletes else 2):
        return Output()
    first = sets[0] or b""
    if deletes:
        return Output.of(data.translate(None, first))
    second = sets[1] or b""
    if not second:
        return Output()
    # the last one stands for those that the second set lacks
    table = bytes.maketrans(first, second.ljust(len(first), second[-1:])[: len(first)])
    return Output.of(data.translate(table))


def _letters(text: str | None) -> bytes | None:
    """The bytes that a set of tr stands for."""
    named = {"[:upper:]": "A-Z", "[:lower:]": "a-z", "[:digit:]": "0-9"}
    text = named.get(text or "", text)
    plain = None if text is None or "[" in text else unescape(text)
    if not plain or not plain.isascii():
        return None
    found = re.finditer(r"(.)-(.)|.", plain, re.DOTALL)
    return "".join("".join(map(chr, range(ord(m[1]), ord(m[2]) + 1))) if m[1] else m[0] for m in found).encode()


def own_number(run: Interpreter, call: Call) -> Output:
    """`id -u`, `id -g`."""
    uid, gid = run.owner
    words = [word.value for word in call.args]
    number = uid if words == ["-u"] else gid if words == ["-g"] else None
    return printed(f"{number}\n") if isinstance(number, int) else Output()


def list_names(run: Interpreter, call: Call) -> Output:
    """`ls` of one directory or of files, printed one name a line."""
    options = parse_options(call.args, OptionSpec(frozenset()))
    if options.flags.keys() - {"-1", "-d", "-A"} or run.fs.root.wild:
        return Output()
    texts = [text for word in options.operands for text in run.texts(word) or [("", True)]]
    places = list(run.places(call.command, options.operands))
    if any(place.path is None or run.is_missing(place.path) for place in places):
        run.unsure = not run.failed
        return Output()
    nodes = [run.fs.find(place.path or "/") for place in places]
    if len(nodes) == 1 and isinstance(nodes[0], Directory) and not options.has("-d"):
        if nodes[0].open or any(is_rest(name) or node.maybe for name, node in nodes[0].children.items()):
            return Output()
        names = [name for name in nodes[0].children if options.has("-A") or not name.startswith(".")]
        return printed("".join(f"{name}\n" for name in sorted(names)))
    if not places or any(text.startswith("/") is False for text, _ in texts):
        return Output()
    if all(isinstance(node, File) for node in nodes) or options.has("-d"):
        return printed("".join(f"{place.path}\n" for place in sorted(places, key=lambda place: place.path or "")))
    return Output()


HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(("basename", "dirname"), base_name),
    "wc": count_lines,
    "sort": sort_lines,
    "cut": cut_fields,
    **dict.fromkeys(("grep", "egrep", "fgrep"), search),
    "tr": translate,
    "ls": list_names,
    "id": own_number,
}
"""Program to what it does."""
