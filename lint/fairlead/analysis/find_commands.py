"""What find and xargs do to the files that they find.

Sources: the manuals of GNU findutils, and of busybox where it differs.
"""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from fairlead.analysis.calls import Call, Output, Place
from fairlead.analysis.commands import Handler, Interpreter
from fairlead.analysis.filesystem import Directory, Node, Unknown
from fairlead.shell import OptionSpec, Part, ShellWord, parse_options, unwrap

_Predicate = Callable[[str, Node, int], bool]


def find(run: Interpreter, call: Call) -> Output | None:
    """`find`: with -delete or -exec it does what it says to what it finds; else it prints it."""
    roots, tests = _roots(call.args)
    places = list(run.places(call.command, roots)) if roots else []
    if not roots and call.command.cwd is not None:
        places = [Place(call.command.cwd, ".", call.token)]
    actions = [word.pattern for word in tests]
    acts = any(word in ("-delete", "-exec", "-execdir", "-ok") for word in actions)
    wanted = _predicate([word.value for word in tests])
    found: list[str] = []
    known = wanted is not None
    for place in places:
        if place.path is None:
            known = False
            continue
        if isinstance(run.fs.find(place.path), Directory | Unknown) and run.fs.supposes(place.path) and acts:
            run.suppose(f"the base image has nothing below {place.path}")
        depth = place.path.rstrip("/").count("/")
        walked = list(run.fs.walk(place.path))
        known = known and not any(isinstance(node, Directory) and node.open for _, node in walked)
        if "-delete" in actions:
            if wanted is not None:
                _delete(run, call, [path for path, _ in walked], depth, wanted)
            continue
        found.extend(
            path for path, node in walked if wanted is not None and wanted(path, node, path.count("/") - depth)
        )
    if not acts:
        return Output(paths=tuple(found) if known else None)
    if wanted is None:
        run.doubt("which files find acts upon is not known")
        return None
    if not known and not ("-delete" in actions or "rm" in actions):
        run.doubt("which files find acts upon is not known")
    _act(run, call, tests, found)
    return None


def _delete(run: Interpreter, call: Call, paths: Sequence[str], depth: int, wanted: _Predicate) -> None:
    """What `-delete` does: what is in a directory goes before it, so that it may be empty then."""
    for path in reversed(paths):
        node = run.fs.find(path, follow=False)
        if isinstance(node, Unknown) or node is None or not wanted(path, node, path.count("/") - depth):
            continue
        if not isinstance(node, Directory) or not node.children:
            run.fs.remove(path, call.token)
        else:
            run.failed = True


def _roots(args: Sequence[ShellWord]) -> tuple[list[ShellWord], list[ShellWord]]:
    at = 0
    while at < len(args) and args[at].text in ("-H", "-L", "-P"):
        at += 1
    start = at
    while at < len(args) and not args[at].text.startswith(("-", "(", "!", "\\")):
        at += 1
    return list(args[start:at]), list(args[at:])


def _predicate(words: list[str | None]) -> _Predicate | None:
    """The tests of find as one function of path, entry and depth; None where one of them is not understood."""
    at = 0

    def alternatives() -> _Predicate | None:
        nonlocal at
        found = [together()]
        while at < len(words) and words[at] in ("-o", "-or"):
            at += 1
            found.append(together())
        known = [one for one in found if one is not None]
        return None if len(known) < len(found) else lambda p, n, d: any(one(p, n, d) for one in known)

    def together() -> _Predicate | None:
        nonlocal at
        found: list[_Predicate] = []
        while at < len(words) and words[at] not in ("-o", "-or", ")"):
            if words[at] in ("-a", "-and"):
                at += 1
                continue
            one = single()
            if one is None:
                return None
            found.append(one)
        return lambda p, n, d: all(one(p, n, d) for one in found)

    def single() -> _Predicate | None:
        nonlocal at
        word = words[at]
        at += 1
        if word in ("!", "-not"):
            inner = single() if at < len(words) else None
            return None if inner is None else _not(inner)
        if word == "(":
            inner = alternatives()
            at += 1
            return inner
        if word == "-empty":
            return _is_empty
        if word in ("-delete", "-print", "-print0", "-depth", "-xdev", "-mount", "-noleaf", "-ls"):
            return lambda *_: True
        if word in ("-exec", "-execdir", "-ok"):
            while at < len(words) and words[at] not in (";", "+"):
                at += 1
            at += 1
            return lambda *_: True
        value = words[at] if at < len(words) else None
        at += 1
        return None if value is None or word is None else _test(word, value)

    return alternatives()


def _not(test: _Predicate) -> _Predicate:
    return lambda p, n, d: not test(p, n, d)


def _is_empty(_path: str, node: Node, _depth: int) -> bool:
    if isinstance(node, Directory):
        return not node.children
    return node.kind == "file" and node.size == 0


def _test(word: str, value: str) -> _Predicate | None:
    """One test of find that has a value."""
    if word in ("-name", "-iname", "-path", "-wholename"):
        ignores_case, whole = word == "-iname", word.endswith(("path", "wholename"))
        pattern = value.lower() if ignores_case else value

        def named(path: str, _node: Node, _depth: int) -> bool:
            text = path if whole else posixpath.basename(path)
            return fnmatch.fnmatchcase(text.lower() if ignores_case else text, pattern)

        return named
    if word == "-type":
        kinds = value.split(",")

        def of_kind(_path: str, node: Node, _depth: int) -> bool:
            return ("d" if isinstance(node, Directory) else {"file": "f", "symlink": "l"}.get(node.kind)) in kinds

        return of_kind
    if word in ("-uid", "-gid", "-user", "-group") and (value.isdecimal() or value == "root"):
        number = 0 if value == "root" else int(value)
        of_group = word in ("-gid", "-group")
        return lambda _p, node, _d: (node.gid if of_group else node.uid) == number
    if word == "-perm" and (match := re.fullmatch(r"([-/]?)([0-7]{1,4})", value)):
        bits = int(match[2], 8)

        def has_mode(_path: str, node: Node, _depth: int) -> bool:
            mode = node.mode or 0
            return bool(mode & bits) if match[1] == "/" else mode & bits == bits if match[1] else mode == bits

        return has_mode
    if word in ("-maxdepth", "-mindepth") and value.isdecimal():
        sign = 1 if word == "-maxdepth" else -1

        def so_deep(_path: str, _node: Node, depth: int) -> bool:
            return sign * depth <= sign * int(value)

        return so_deep
    return None


def _act(run: Interpreter, call: Call, tests: Sequence[ShellWord], found: list[str]) -> None:
    texts = [word.pattern for word in tests]
    for at, text in enumerate(texts):
        if text in ("-exec", "-execdir", "-ok"):
            end = next((i for i in range(at + 1, len(tests)) if texts[i] in (";", "\\;", "+")), len(tests))
            each = texts[end : end + 1] != ["+"]
            run_on_paths(run, call, list(tests[at + 1 : end]), found, each=each)


_SHOW = frozenset(
    ("ls", "echo", "grep", "file", "stat", "du", "wc", "cat", "test", "basename", "dirname", "which", "readlink", "[")
)


def run_on_paths(run: Interpreter, call: Call, words: list[ShellWord], paths: Sequence[str], *, each: bool) -> None:
    """Do what a command does that gets paths in place of `{}`, or as its last arguments: `-exec rm {} +`.

    Args:
        run: the interpreter.
        call: the find or xargs.
        words: the command and its own arguments.
        paths: what it gets.
        each: whether the command runs once for each of them.
    """
    name = (words[0].value or "").rpartition("/")[2] if words else ""
    handler = run.handlers.get(name)
    if name in _SHOW or not paths:
        return
    if handler is None or name in ("find", "xargs"):
        run.doubt(f"what {name or 'a command'} does with the files that it gets is not known")
        return
    placed = any("{}" in word.pattern for word in words)
    for some in [(path,) for path in paths] if each else [tuple(paths)]:
        given = [_literal(call, path) for path in some]
        args: list[ShellWord] = []
        for word in words:
            if word.pattern == "{}":
                args.extend(given)
            elif "{}" in word.pattern and len(some) == 1:
                args.append(_literal(call, word.pattern.replace("{}", some[0])))
            else:
                args.append(word)
        command = replace(call.command, words=tuple(args if placed else [*args, *given]), redirections=())
        handler(run, Call(command, call.original, unwrap(command), None))


def _literal(call: Call, text: str) -> ShellWord:
    return ShellWord(call.token, (Part("literal", text, True, call.token),))


def xargs(run: Interpreter, call: Call) -> None:
    """`xargs`, as far as it is known what it reads."""
    spec = OptionSpec(frozenset(("-n", "-I", "-P", "-d", "-L", "-s", "-a", "--max-args", "--max-procs", "--delimiter")))
    options = parse_options(_before_command(call.args, spec), spec)
    words = list(call.args[len(_before_command(call.args, spec)) :])
    if call.stdin is not None and call.stdin.paths is not None and not options.has("-I"):
        run_on_paths(run, call, words, call.stdin.paths, each=False)
        return
    listed = call.stdin.content if call.stdin is not None else None
    if listed is not None and not options.flags.keys() - {"-n", "-0", "-r", "--max-args", "--null"}:
        text = listed.decode("utf-8", "surrogateescape")
        given = text.split("\0") if options.has("-0", "--null") else text.split()
        if not set(text) & set("'\"\\"):
            count = options.value("-n", "--max-args")
            if count in (None, "1"):
                run_on_paths(run, call, words, [one for one in given if one], each=count is not None)
                return
    replaced = options.value("-I")
    if call.stdin is not None and call.stdin.paths is not None and replaced == "{}":
        run_on_paths(run, call, words, call.stdin.paths, each=True)
        return
    name = (words[0].value or "").rpartition("/")[2] if words else "echo"
    if name not in ("echo", "ls", "grep", "cat", "file", "test", "basename", "dirname", "which", "readlink", "strip"):
        run.doubt(f"which files {name} gets from xargs is not known")


def _before_command(args: tuple[ShellWord, ...], spec: OptionSpec) -> tuple[ShellWord, ...]:
    at = 0
    while at < len(args) and args[at].pattern.startswith("-"):
        at += 2 if args[at].pattern in spec.with_value else 1
    return args[:at]


HANDLERS: dict[str, Handler] = {
    "find": find,
    "xargs": xargs,
}
"""Program to what it does."""
