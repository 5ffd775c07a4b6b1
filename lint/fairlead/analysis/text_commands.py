"""What the programs print and write that make or change the content of files: echo, cat, tee, dd, sed -i.

Sources: the manuals of GNU coreutils and sed, POSIX, and of busybox where it differs.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from dataclasses import replace

from fairlead.analysis.archives import NotAnArchive, decompressed_data
from fairlead.analysis.calls import MAX_CONTENT, NOTHING, Call, Output
from fairlead.analysis.commands import Handler, Interpreter
from fairlead.analysis.filesystem import File, Unknown
from fairlead.shell import OptionSpec, parse_options

_ENDLESS_FILES = {"/dev/zero": b"\0", "/dev/urandom": None, "/dev/random": None}
_SUFFIXES = {"": 1, "c": 1, "w": 2, "b": 512}
_SIZE = re.compile(r"(\d+)([A-Za-z]*)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "\\": "\\", "e": "\x1b"}
_DIRECTIVE = re.compile(r"%(?:(%)|([-0]?)(\d*)([sdiucxXo]))")
_BASES = {"x": "x", "X": "X", "o": "o"}


def parse_size(text: str) -> int | None:
    """Bytes that a number of dd, head and truncate stands for: `4K` is 4096, `4kB` is 4000, `2b` is 1024."""
    total = 1
    for part in text.split("x"):
        match = _SIZE.fullmatch(part)
        if match is None:
            return None
        suffix = match[2]
        factor = _SUFFIXES.get(suffix)
        if factor is None:
            place = "KMGTP".find(suffix[0].upper())
            if place < 0 or suffix[1:] not in ("", "B", "iB"):
                return None
            factor = (1000 if suffix[1:] == "B" else 1024) ** (place + 1)
        total *= int(match[1]) * factor
    return total


def echo(run: Interpreter, call: Call) -> Output:
    """`echo`: dash reads backslashes by itself and knows no -e, bash and busybox read them with -e alone."""
    words: list[str] = []
    for word in call.args:
        texts = run.texts(word)
        if texts is None:
            return Output()
        for text, is_pattern in texts:
            matched = run.fs.glob(text) if is_pattern and text.startswith("/") else None
            if is_pattern and (matched is None or not matched.complete):
                return Output()
            words.extend((matched.paths if matched is not None else ()) or (text,))
    newline, escapes = True, run.reads_backslashes
    asks = False
    while words and re.fullmatch(r"-[neE]+", words[0]):
        if set(words[0]) & set("eE"):
            if run.reads_backslashes is not False:
                return Output()
            asks = words[0].rindex("e") > words[0].rfind("E") if "e" in words[0] else False
        newline = newline and "n" not in words[0]
        words = words[1:]
    text = " ".join(words)
    if "\\" in text:
        if escapes is None:
            return Output()
        if escapes or asks:
            known = unescape(text)
            if known is None or "\\c" in text or "\\0" in text:
                return Output()
            text = known
    return printed(text + ("\n" if newline else ""))


def print_directory(_run: Interpreter, call: Call) -> Output:
    """`pwd`."""
    return Output() if call.command.cwd is None else printed(call.command.cwd + "\n")


def printed(text: str) -> Output:
    """A text as what a command prints."""
    return Output.of(text.encode("utf-8", "surrogateescape"))


def printf(run: Interpreter, call: Call) -> Output:
    """`printf` with `%s`, `%d` and the usual escapes."""
    words: list[str] = []
    for word in call.args:
        texts = run.texts(word)
        if texts is None:
            return Output()
        words.extend(text for text, _ in texts)
    if words[:1] == ["--"]:
        words = words[1:]
    if not words or words[0].startswith("-"):
        return Output()
    template, values = unescape(words[0]), words[1:]
    if template is None or "%" in _DIRECTIVE.sub("", template):
        return Output()
    if any(m[4] in _BASES for m in _DIRECTIVE.finditer(template) if m[4]) and not all(map(str.isdecimal, values)):
        return Output()
    count = sum(1 for match in _DIRECTIVE.finditer(template) if not match[1])
    out = ""
    while True:
        given = iter(values[:count])
        values = values[count:]

        def filled(match: re.Match[str], given: object = given) -> str:
            if match[1]:
                return "%"
            value = next(given, "" if match[4] in "sc" else "0")  # type: ignore[call-overload]
            if match[4] == "c":
                value = value[:1]
            elif match[4] in _BASES:
                value = format(int(value), _BASES[match[4]])
            width = int(match[3] or 0)
            return str(value.ljust(width) if match[2] == "-" else value.rjust(width, match[2] or " "))

        out += _DIRECTIVE.sub(filled, template)
        if not values or not count or len(out) > MAX_CONTENT:
            return printed(out)


def unescape(text: str) -> str | None:
    """A text with the escapes of printf and tr worked out; None where it has others."""
    out = ""
    at = 0
    while at < len(text):
        if text[at] != "\\":
            out += text[at]
            at += 1
            continue
        octal = re.match(r"\\(0?[0-7]{1,3})", text[at:])
        letter = text[at + 1 : at + 2]
        if octal:
            out += chr(int(octal[1], 8) & 0xFF)
            at += len(octal[0])
        elif letter in _ESCAPES:
            out += _ESCAPES[letter]
            at += 2
        else:
            return None
    return out


def cat(run: Interpreter, call: Call) -> Output:
    """`cat`."""
    options = parse_options(call.args, OptionSpec(frozenset()))
    if options.flags.keys() - {"-u"}:
        return Output()
    operands = options.operands
    if not operands or any(word.text == "-" for word in operands):
        return (call.stdin or Output()) if len(operands) < 2 else Output()
    if operands[0].value in _ENDLESS_FILES:
        return Output(content=_ENDLESS_FILES[operands[0].value], endless=True)
    size: int | None = 0
    content: bytes | None = b""
    for place in run.places(call.command, operands):
        run.is_missing(None if place.path is None else run.fs.real(place.path))
        found = run.read(place.path)
        size = None if size is None or found.size is None else size + found.size
        content = None if content is None or found.content is None else content + found.content
    return Output(size, content)


def zcat(run: Interpreter, call: Call) -> Output:
    """`zcat`, `gunzip -c` and their like."""
    options = parse_options(call.args, OptionSpec(frozenset()))
    source = call.stdin or Output()
    if options.operands:
        places = list(run.places(call.command, options.operands))
        source = run.read(places[0].path) if len(places) == 1 else Output()
    try:
        return Output() if source.content is None else Output.of(decompressed_data(source.content, MAX_CONTENT))
    except NotAnArchive:
        return Output()


def tee(run: Interpreter, call: Call) -> Output:
    """`tee`: writes what it reads, and prints it."""
    options = parse_options(call.args, OptionSpec(frozenset()))
    said = call.stdin or Output()
    for place in run.places(call.command, options.operands):
        if place.path is None:
            run.doubt_all("the name of a file that tee writes is not known")
        else:
            run.write(place.path, said, place.token, append=options.has("-a", "--append"))
    return said


def head(run: Interpreter, call: Call) -> Output:
    """`head`, `tail`: with -c and without."""
    options = parse_options(call.args, OptionSpec(frozenset(("-c", "-n", "--bytes", "--lines"))))
    source = call.stdin or Output()
    if options.operands:
        first = options.operands[0].value
        places = list(run.places(call.command, options.operands))
        if len(places) == 1 and run.is_missing(places[0].path):
            return NOTHING
        source = run.read(places[0].path if places else None)
        if first in _ENDLESS_FILES:
            source = Output(content=_ENDLESS_FILES[first], endless=True)
    if options.flags.keys() - {"-c", "-n", "--bytes", "--lines", "-q"}:
        return Output()
    count = options.value("-c", "--bytes")
    is_tail = call.invocation.name == "tail"
    if count is not None:
        size = parse_size(count)
        if size is None or (source.endless and is_tail):
            return Output()
        if source.endless:
            return _repeated(source.content, size)
        if source.content is not None:
            return Output.of(source.content[-size:] if is_tail and size else source.content[:size])
        return Output(None if source.size is None else min(size, source.size))
    lines = options.value("-n", "--lines") or "10"
    if is_tail and lines.startswith("+") and lines[1:].isdecimal() and source.content is not None:
        return Output.of(b"".join(source.content.splitlines(keepends=True)[max(0, int(lines) - 1) :]))
    if source.content is None or not lines.isdecimal() or (source.endless and is_tail):
        return Output()
    if source.endless:
        return _repeated(source.content, int(lines) * len(source.content)) if b"\n" in source.content else Output()
    split = source.content.splitlines(keepends=True)
    kept = split[-int(lines) :] if is_tail else split[: int(lines)]
    return Output.of(b"".join(kept if int(lines) else []))


def _repeated(unit: bytes | None, size: int) -> Output:
    if unit is None or size > MAX_CONTENT:
        return Output(size)
    return Output(size, (unit * (size // len(unit) + 1))[:size])


def seq(_run: Interpreter, call: Call) -> Output:
    """`seq` with whole numbers."""
    values = [word.value or "" for word in call.args]
    if not values or not all(re.fullmatch(r"-?\d+", value) for value in values) or len(values) > 3:
        return Output()
    numbers = list(map(int, values))
    first, step, last = (
        (1, 1, numbers[0]) if len(numbers) == 1 else (numbers[0], 1 if len(numbers) == 2 else numbers[1], numbers[-1])
    )
    if not step or abs((last - first) // step) > MAX_CONTENT // 4:
        return Output()
    return printed("".join(f"{number}\n" for number in range(first, last + (1 if step > 0 else -1), step)))


def yes(_run: Interpreter, call: Call) -> Output:
    """`yes`: prints without end."""
    words = [word.value for word in call.args]
    known = [word for word in words if word is not None]
    return Output(content=f"{' '.join(known) or 'y'}\n".encode() if len(known) == len(words) else None, endless=True)


def dd(run: Interpreter, call: Call) -> Output:
    """`dd`."""
    options: dict[str, str | None] = {}
    for word in call.args:
        name, _, value = word.pattern.partition("=")
        options[name] = None if word.value is None else value
    block = parse_size(options.get("bs") or options.get("ibs") or "512")
    count = parse_size(options["count"] or "") if "count" in options else None
    seek = parse_size(options.get("seek") or "0")
    source = call.stdin or Output()
    given = options.get("if", "")
    if given is not None and given in _ENDLESS_FILES:
        source = Output(content=_ENDLESS_FILES[given], endless=True)
    elif given:
        source = run.read(given if given.startswith("/") else f"{call.command.cwd}/{given}")
    elif "if" in options:
        source = Output()
    size = None
    skip = parse_size(options.get("skip") or "0")
    if skip and block and not source.endless:
        source = Output(
            None if source.size is None else max(0, source.size - skip * block),
            None if source.content is None else source.content[skip * block :],
        )
    if block is not None and skip is not None and ("count" not in options or count is not None):
        wanted = None if count is None else block * count
        size = wanted if source.endless else source.size
        if wanted is not None and size is not None:
            size = min(size, wanted)
    printed = Output(size)
    if size is not None and source.endless:
        printed = _repeated(source.content, size)
    elif size is not None and source.content is not None:
        printed = Output(size, source.content[:size])
    path = options.get("of")
    if "of" not in options:
        return printed
    if path is None or (call.command.cwd is None and not path.startswith("/")):
        run.doubt_all("the name of the file that dd writes is not known")
        return NOTHING
    if path == "/dev/null":
        return NOTHING
    full = path if path.startswith("/") else f"{call.command.cwd}/{path}"
    if seek and block and size is not None:
        printed = Output(seek * block + size)
    if "notrunc" in (options.get("conv") or ""):
        old = run.read(full)
        printed = Output(None if old.size is None or printed.size is None else max(old.size, printed.size))
    run.write(posixpath.normpath(full), printed, call.token)
    return NOTHING


def truncate(run: Interpreter, call: Call) -> None:
    """`truncate` and `fallocate`: bytes of a file are those that it seems to have."""
    options = parse_options(
        call.args, OptionSpec(frozenset(("-s", "--size", "-r", "--reference", "-l", "--length", "-o", "--offset")))
    )
    text = options.value("-s", "--size", "-l", "--length") or ""
    sign = text[:1] if text[:1] in ("+", "-", "<", ">", "/", "%") else ""
    number = parse_size(text[len(sign) :])
    for place in run.places(call.command, options.operands):
        if place.path is None:
            run.doubt_all("the name of a file that gets another size is not known")
            continue
        node = run.fs.find(place.path)
        if node is None and options.has("-c", "--no-create"):
            continue
        old = node.size if isinstance(node, File) else None if isinstance(node, Unknown) else 0
        if run.is_busybox and (sign or options.has("--size", "--no-create")):
            # busybox's takes a plain number alone, and no long options
            run.failed = True
            continue
        size = number if not sign else _resized(sign, number, old)
        offset = parse_size(options.value("-o", "--offset") or "0")
        if call.invocation.name == "fallocate" and size is not None:
            size = None if offset is None else size + offset
        if call.invocation.name == "fallocate" and size is not None and old is not None:
            size = max(size, old)
        if size is None:
            run.doubt(f"the size that {place.path} gets is not known")
        run.create(run.fs.real(place.path) or place.path, size, place.token)


def _resized(sign: str, number: int | None, old: int | None) -> int | None:
    if number is None or old is None:
        return None
    match sign:
        case "+":
            return old + number
        case "-":
            return max(0, old - number)
        case "<":
            return min(old, number)
        case ">":
            return max(old, number)
        case "/":
            return old - old % number if number else None
    return old + -old % number if number else None


def sed(run: Interpreter, call: Call) -> Output:
    """`sed`: with -i it writes each file anew."""
    options = parse_options(call.args, OptionSpec(frozenset(("-e", "-f", "--expression", "--file", "-l"))))
    in_place = next(
        (word for flag, word in options.words.items() if flag == "-i" or flag.startswith("--in-place")), None
    )
    scripts = options.values("-e", "--expression")
    operands = list(options.operands)
    if not options.has("-e", "-f", "--expression", "--file") and operands:
        first = operands.pop(0)
        scripts = [first.value] if first.value is not None else []
    edit = None
    if scripts and not options.has("-n", "-f", "--file", "--quiet", "-s", "-z"):
        edit = sed_program("\n".join(scripts), extended=options.has("-E", "-r", "--regexp-extended"))
    if in_place is None:
        source = call.stdin
        if operands:
            places = list(run.places(call.command, operands))
            source = run.read(places[0].path) if len(places) == 1 else None
        return _edited(source, edit)
    text = in_place.pattern
    suffix = text.partition("=")[2] if text.startswith("--") else text[text.find("i") + 1 :]
    for place in run.places(call.command, operands):
        if place.path is None:
            run.doubt("which files sed writes is not known")
            continue
        node = run.fs.find(place.path)
        # a link that is named makes way for a file
        follow = options.has("--follow-symlinks")
        real = run.fs.real(place.path, follow=follow) or place.path
        if isinstance(node, Unknown):
            run.doubt(f"the size of {place.path}, which sed writes anew, is not known")
            run.fs.put(real, File("file", None, None, None, None, stamp=object()), call.token)
        elif isinstance(node, File) and node.kind == "file":
            if suffix and not set(suffix) & set("/*"):
                run.fs.put(real + suffix, node, call.token)
            after = _edited(run.read(real), edit)
            content = after.content
            estimate = ""
            size = after.size
            if size is None and node.size is not None and not options.has("-n", "--quiet", "--silent"):
                size, estimate = node.size, "the size before sed"
            if size is None:
                run.doubt(f"the size of {place.path}, which sed writes anew, is not known")
            given = None if content is None else (lambda content=content: content)
            # busybox gives the new file its owner last, which takes set-id bits away
            mode = node.mode if node.mode is None or not run.is_busybox else node.mode & 0o777
            new = replace(node, size=size, mode=mode, source=estimate, content=given, stamp=object(), inode=None)
            run.fs.put(real, new, call.token)
    return NOTHING


def _edited(source: Output | None, edit: Callable[[str], str | None] | None) -> Output:
    if source is None or source.content is None or edit is None:
        return Output()
    try:
        after = edit(source.content.decode("utf-8"))
    except UnicodeDecodeError:
        return Output()
    return Output() if after is None else printed(after)


_MAX_REPEATS = 3
_REPEATS = re.compile(r"[*+?{]")
# a pattern with repetitions may look at a line that often: not at all, once, or more than once
LONGEST_LINE = (MAX_CONTENT, 4_000, 250)
# stands behind a text that ends with an end of line whatever the file does
_END = "\0end"
_Line = Callable[[str, int, bool], str | None]
_COMMAND = re.compile(
    r"\s*(?:(\d+(?:,\d+|,\$)?|\$)|/((?:[^/\\]|\\.)*)/)?\s*(!?)\s*(?:(d)\s*|([aic])\s*\\?\s*(.*)|(s)(.)(.*))", re.DOTALL
)


def sed_program(script: str, *, extended: bool) -> Callable[[str], str | None] | None:
    """What a sed script of simple commands (s, d, a, i, c with a line, `$` or a pattern before them) does to a text.

    None where the script has more than that. The function gives None for a text with lines so long that a pattern may
    take its time.
    """
    commands: list[_Line] = []
    for line in script.split("\n"):
        rest = line
        while rest.strip():
            parsed = _sed_command(rest, extended)
            if parsed is None:
                return None
            command, rest = parsed
            commands.append(command)

    longest = LONGEST_LINE[min(2, len(_REPEATS.findall(script)))]

    def edit(text: str) -> str | None:
        lines = text.split("\n")
        if max(map(len, lines)) > longest:
            return None
        ends = lines[-1] == ""
        if ends:
            lines.pop()
        out: list[str] = []
        for number, line in enumerate(lines, 1):
            now: str | None = line
            for command in commands:
                if now is None:
                    break
                now = command(now, number, number == len(lines))
            if now is not None:
                out.append(now)
        whole = "\n".join(out)
        return whole.replace(_END, "") + ("\n" if out and (ends or _END in whole) else "")

    return edit


def _sed_command(text: str, extended: bool) -> tuple[_Line, str] | None:
    match = _COMMAND.match(text)
    if match is None:
        return None
    pattern = None
    if match[2] is not None:
        pattern = regular_expression(match[2].replace("\\/", "/"), extended, "")
        if pattern is None:
            return None
    address, negated = match[1], bool(match[3])

    def selected(line: str, number: int, last: bool) -> bool:
        if address is None and pattern is None:
            return True
        if pattern is not None:
            return (pattern.search(line) is not None) != negated
        first, _, end = (address or "0").partition(",")
        if end:
            # a second number before the first selects one line
            inside = number >= int(first) and (end == "$" or number <= max(int(end), int(first)))
            return inside != negated
        return (last if address == "$" else number == int(first)) != negated

    if match[4]:
        rest = text[match.end() :].lstrip()
        if rest and not rest.startswith((";", "}")):
            return None
        return (lambda line, n, last: None if selected(line, n, last) else line), rest[1:]
    if match[5]:
        added = match[6].replace("\\\n", "\n")
        letter = match[5]

        def place(line: str, number: int, last: bool) -> str:
            if not selected(line, number, last):
                return line
            if last and letter != "i":
                # the text that is added has an end of line even where the file has none
                return f"{added}{_END}" if letter == "c" else f"{line}\n{added}{_END}"
            return added if letter == "c" else f"{line}\n{added}" if letter == "a" else f"{added}\n{line}"

        return place, ""
    return _substitution(match[8], match[9], extended, selected)


def _substitution(
    mark: str, text: str, extended: bool, selected: Callable[[str, int, bool], bool]
) -> tuple[_Line, str] | None:
    parts: list[str] = []
    part = ""
    at = 0
    while at < len(text) and len(parts) < 2:
        if text[at] == "\\" and at + 1 < len(text):
            part += text[at + 1] if text[at + 1] == mark else text[at : at + 2]
            at += 2
        elif text[at] == mark:
            parts.append(part)
            part = ""
            at += 1
        else:
            part += text[at]
            at += 1
    flags = re.match(r"[gIi]*", text[at:])
    if len(parts) < 2 or flags is None:
        return None
    rest = text[at + flags.end() :].lstrip()
    if rest and not rest.startswith(";"):
        return None
    pattern = regular_expression(parts[0], extended, flags[0])
    if pattern is None or re.search(r"\\[^0-9&nt\\/.$|\-\[\]\"' ]", parts[1]):
        return None

    def replaced(found: re.Match[str]) -> str:
        return re.sub(
            r"\\(\d)|\\(.)|(&)",
            lambda m: (
                (found[int(m[1])] or "") if m[1] else found[0] if m[3] else {"n": "\n", "t": "\t"}.get(m[2], m[2])
            ),
            parts[1],
            flags=re.DOTALL,
        )

    if re.search(r"\\([1-9])", parts[1]) and max(map(int, re.findall(r"\\([1-9])", parts[1]))) > pattern.groups:
        return None
    count = 0 if "g" in flags[0] else 1
    return (lambda line, n, last: pattern.sub(replaced, line, count=count) if selected(line, n, last) else line), rest[
        1:
    ]


def regular_expression(text: str, extended: bool, flags: str) -> re.Pattern[str] | None:
    """A regular expression of POSIX as one of Python; None where the two may differ."""
    if len(_REPEATS.findall(text)) > _MAX_REPEATS or re.search(r"\)[*+?{]", text):
        return None
    if "[[:" in text or "[^]" in text or "[]" in text or re.search(r"\\[bBwWsS<>`'1-9]", text):
        return None
    out = ""
    at = 0
    while at < len(text):
        character, following = text[at], text[at + 1 : at + 2]
        if character == "[":
            end = text.find("]", at + 2)
            if end < 0:
                return None
            out += text[at : end + 1].replace("\\", "\\\\")
            at = end + 1
        elif character == "\\":
            if following in "(){}|+?" and following:
                out += f"\\{following}" if extended else following
            elif following == "n":
                out += "\n"
            elif following:
                out += re.escape(following)
            else:
                return None
            at += 2
        elif character in "(){}|+?":
            out += character if extended else f"\\{character}"
            at += 1
        elif character == "*" and (not out or out.endswith("^")):
            out += "\\*"
            at += 1
        else:
            out += character
            at += 1
    try:
        # the leftmost longest match of POSIX is that of Python only where there is no choice
        return None if "|" in out.replace("\\|", "") else re.compile(out, re.IGNORECASE if flags.strip("g") else 0)
    except re.error:
        return None


def rewrite(run: Interpreter, call: Call) -> Output | None:
    """`perl -i`, `awk -i inplace`: files written anew, about as large as they were; else nothing is written."""
    words = [word.value or "" for word in call.args]
    flags = [word for word in words if word.startswith("-")]
    name = call.invocation.name
    in_place = "inplace" in words if name != "perl" else any(re.match(r"-[pnwle0]*i", flag) for flag in flags)
    if not in_place:
        if name == "perl" and not any(flag.startswith(("-e", "-n", "-p", "-v", "-le", "-ne")) for flag in flags):
            run.doubt("what perl writes is not known")
        return None
    operands = [word for word in call.args if not word.text.startswith("-")]
    for place in run.places(call.command, operands[1:]):
        node = run.fs.find(place.path) if place.path is not None else None
        if isinstance(node, File) and node.kind == "file" and place.path is not None:
            new = replace(node, content=None, source=f"the size before {name}", stamp=object())
            run.fs.put(run.fs.real(place.path) or place.path, new, call.token)
        elif place.path is None or isinstance(node, Unknown):
            run.doubt(f"which files {name} writes is not known")
    return None


HANDLERS: dict[str, Handler] = {
    "echo": echo,
    "pwd": print_directory,
    "printf": printf,
    "cat": cat,
    **dict.fromkeys(("zcat", "gzcat", "xzcat", "bzcat"), zcat),
    "tee": tee,
    "head": head,
    "tail": head,
    "seq": seq,
    "yes": yes,
    "dd": dd,
    "truncate": truncate,
    "fallocate": truncate,
    "sed": sed,
    **dict.fromkeys(("perl", "awk", "gawk"), rewrite),
}
"""Program to what it does."""
