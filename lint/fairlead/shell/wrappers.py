"""The program that is really run behind sudo, env, exec and the like, and the options that it gets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from fairlead.shell.words import Command, Part, ShellWord, Values

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_PYTHON = re.compile(r"python(?:\d(?:\.\d+)?)?")
_PHP = re.compile(r"php[\d.]*")
# wrapper to those of its options that take a value
_WRAPPERS: dict[str, frozenset[str]] = {
    "sudo": frozenset(("-u", "--user", "-g", "--group", "-h", "-p", "-C", "-r", "-t", "-D", "-R", "-T", "-U")),
    "doas": frozenset(("-u", "-C")),
    "env": frozenset(("-u", "--unset", "-C", "--chdir")),
    "exec": frozenset(("-a",)),
    "command": frozenset(),
    "builtin": frozenset(),
    "nohup": frozenset(),
    "time": frozenset(("-f", "--format", "-o", "--output")),
    "nice": frozenset(("-n", "--adjustment")),
    "ionice": frozenset(("-c", "-n", "-p")),
    "stdbuf": frozenset(("-i", "-o", "-e")),
    "setarch": frozenset(),
    "linux32": frozenset(),
    "linux64": frozenset(),
    "eatmydata": frozenset(),
    "fakeroot": frozenset(("-s", "-i", "-l")),
    "xvfb-run": frozenset(("-n", "-e", "-f", "-s", "-w", "-p", "--server-args", "--server-num", "--error-file")),
    "timeout": frozenset(("-k", "-s", "--kill-after", "--signal")),
    "gosu": frozenset(),
    "su-exec": frozenset(),
    "busybox": frozenset(),
    "setpriv": frozenset(("--reuid", "--regid", "--groups")),
    "tini": frozenset(("-p", "-e")),
    "tini-static": frozenset(("-p", "-e")),
    "docker-init": frozenset(("-p", "-e")),
    "dumb-init": frozenset(("-r", "--rewrite")),
    "catatonit": frozenset(),
    "with-contenv": frozenset(),
    "s6-setuidgid": frozenset(),
    "setuser": frozenset(),
}
_LEADING_OPERANDS = {"timeout": 1, "gosu": 1, "su-exec": 1, "setarch": 1, "s6-setuidgid": 1, "setuser": 1}


@dataclass(eq=False)
class Invocation:
    """The program that a command runs.

    Attributes:
        command: the command.
        name: the program without directory; None where it is not known or there is none.
        word: the word that names it.
        args: its arguments.
        env: the variables that hold for it.
    """

    command: Command
    name: str | None
    word: ShellWord | None
    args: tuple[ShellWord, ...]
    env: Values


def is_wrapper(name: str) -> bool:
    """Whether a program, without directory, starts the one that its arguments name, as `sudo` and `tini` do."""
    return name in _WRAPPERS


def unwrap(command: Command) -> Invocation:
    """See through sudo, env, gosu, tini, `python -m`, `php composer.phar` ...; the name comes without directory."""
    known = command.unwrapped
    # every model asks this of every command, but while a script is read a command may get more words
    if known is not None and known[0] is command.words:
        return known[1]
    found = _unwrap(command)
    command.unwrapped = command.words, found
    return found


def _unwrap(command: Command) -> Invocation:
    words = command.words
    env = dict(command.env)
    for _ in range(8):
        name = _base(words)
        options = _WRAPPERS.get(name or "")
        if name is None or options is None or len(words) < 2:
            break
        rest = _behind(name, words[1:], options, env)
        if not rest or (name == "command" and words[1].text in ("-v", "-V")):
            break
        words = rest
    name = _base(words)
    args = _with_options(words[1:])
    if name is not None and _PYTHON.fullmatch(name):
        module = next((at for at, word in enumerate(args) if word.text == "-m"), None)
        leading = args[:module] if module is not None else ()
        if module is not None and len(args) > module + 1 and _are_options(leading):
            return Invocation(command, args[module + 1].value, args[module + 1], args[module + 2 :], env)
    if name is not None and _PHP.fullmatch(name):
        script = next((at for at, word in enumerate(args) if not word.text.startswith("-")), None)
        if script is not None and _base(args[script:]) in ("composer.phar", "composer"):
            return Invocation(command, "composer", args[script], args[script + 1 :], env)
    return Invocation(command, name, words[0] if words else None, args, env)


def _are_options(words: Sequence[ShellWord]) -> bool:
    """Whether words before `-m` are options of Python: else a script stands before it, whose option it is."""
    at = 0
    while at < len(words):
        if not words[at].text.startswith("-"):
            return False
        at += 2 if words[at].text in ("-W", "-X", "--check-hash-based-pycs") else 1
    return True


def _with_options(words: Sequence[ShellWord]) -> tuple[ShellWord, ...]:
    """The words, those of a variable that holds options each on its own: `uv sync $OPTIONS`."""
    found: list[ShellWord] = []
    for word in words:
        parts = word.parts
        if len(parts) == 1 and parts[0].kind == "variable" and not parts[0].quoted and " -" in f" {parts[0].text}":
            found.extend(
                ShellWord(word.token, (Part("variable", text, True, parts[0].token, parts[0].name),))
                for text in (parts[0].text or "").split()
            )
        else:
            found.append(word)
    return tuple(found)


def _base(words: Sequence[ShellWord]) -> str | None:
    value = words[0].value if words else None
    return value.rpartition("/")[2] if value else None


def _behind(
    name: str, args: tuple[ShellWord, ...], with_value: frozenset[str], env: dict[str, str | None]
) -> tuple[ShellWord, ...]:
    at = 0
    operands = _LEADING_OPERANDS.get(name, 0)
    while at < len(args):
        text = args[at].pattern
        if text == "--":
            at += 1
            break
        if text.startswith("-") and text != "-":
            at += 2 if text in with_value else 1
            continue
        assignment = _ASSIGNMENT.fullmatch(text) if name in ("env", "sudo") else None
        if assignment:
            env[assignment[1]] = None if args[at].value is None else assignment[2]
            at += 1
            continue
        if operands:
            operands -= 1
            at += 1
            continue
        break
    return args[at:]


@dataclass(frozen=True)
class OptionSpec:
    """Which options take a value: `-t` and `--target-release`, each with its dashes."""

    with_value: frozenset[str]


@dataclass(eq=False)
class Options:
    """Arguments split into options and operands.

    Attributes:
        flags: option to the values given, in order; None for one without a value.
        words: option to the word that holds it.
        operands: everything else.
    """

    flags: dict[str, list[str | None]] = field(default_factory=dict)
    words: dict[str, ShellWord] = field(default_factory=dict)
    value_words: dict[str, list[ShellWord]] = field(default_factory=dict)
    operands: tuple[ShellWord, ...] = ()

    def has(self, *names: str) -> bool:
        """Whether one of these options is given."""
        return any(name in self.flags for name in names)

    def values(self, *names: str) -> list[str]:
        """The known values given to these options."""
        return [value for name in names for value in self.flags.get(name, []) if value is not None]

    def value(self, *names: str) -> str | None:
        """The last known value given to one of these options."""
        found = self.values(*names)
        return found[-1] if found else None


def parse_options(args: Sequence[ShellWord], spec: OptionSpec) -> Options:
    """Split arguments as getopt_long does: `-oV`, `-o V`, `--opt=V`, `--opt V`, clusters such as `-yqq`, `--`."""
    options = Options()
    operands: list[ShellWord] = []
    at = 0
    while at < len(args):
        word = args[at]
        at += 1
        text = word.pattern
        if text == "--":
            operands.extend(args[at:])
            break
        if not text.startswith("-") or text == "-":
            operands.append(word)
            continue
        name, equals, value = text.partition("=")
        if text.startswith("--") or text in spec.with_value or name in spec.with_value:
            needs = not equals and name in spec.with_value and at < len(args)
            value_word = args[at] if needs else word
            _note(options, name, args[at].value if needs else (value if equals else None), word, value_word)
            at += 1 if needs else 0
            continue
        at = _cluster(options, word, text, args, at, spec)
    options.operands = tuple(operands)
    return options


def _cluster(options: Options, word: ShellWord, text: str, args: Sequence[ShellWord], at: int, spec: OptionSpec) -> int:
    for position, letter in enumerate(text[1:], 1):
        name = f"-{letter}"
        if name not in spec.with_value:
            _note(options, name, None, word, word)
            continue
        rest = text[position + 1 :]
        if rest:
            _note(options, name, rest.removeprefix("="), word, word)
        elif at < len(args):
            _note(options, name, args[at].value, word, args[at])
            at += 1
        break
    return at


def _note(options: Options, name: str, value: str | None, word: ShellWord, value_word: ShellWord) -> None:
    options.flags.setdefault(name, []).append(value)
    options.value_words.setdefault(name, []).append(value_word)
    options.words.setdefault(name, word)
