"""Shell words and commands as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from fairlead.shell.dialect import Dialect
from fairlead.syntax.source import Token

if TYPE_CHECKING:
    from fairlead.shell.wrappers import Invocation

Values = Mapping[str, str | None]
"""Variables: name to value, None for one that is set to something not known; a name that is missing is not known."""

UNKNOWN = "\0"
"""Stands for a part that is not known in `ShellWord.pattern`."""

PartKind = Literal["literal", "variable", "command", "process", "arithmetic"]


@dataclass(eq=False)
class Part:
    """A part of a word.

    Attributes:
        kind: a literal, or what is expanded.
        text: what it becomes; None where that is not known.
        quoted: whether it stands in quotes or behind a backslash, so that it is neither split nor a pattern.
        token: as written.
        name: the variable's name; "" for other kinds.
    """

    kind: PartKind
    text: str | None
    quoted: bool
    token: Token
    name: str = ""


@dataclass(eq=False)
class ShellWord:
    """A word of a command.

    Attributes:
        token: as written, quotes included.
        parts: its parts in order.
    """

    token: Token
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """As written."""
        return self.token.text

    @cached_property
    def value(self) -> str | None:
        """After quote removal and expansion of what is known; None where a part is not known."""
        texts = [part.text for part in self.parts]
        return None if None in texts else "".join(text for text in texts if text is not None)

    @cached_property
    def pattern(self) -> str:
        """The value with `UNKNOWN` for every part that is not known."""
        return "".join(UNKNOWN if part.text is None else part.text for part in self.parts)

    @property
    def prefix(self) -> str:
        """The value up to the first part that is not known."""
        return self.pattern.partition(UNKNOWN)[0]

    @property
    def literal(self) -> bool:
        """Whether nothing in it is expanded."""
        return all(part.kind == "literal" for part in self.parts)

    @property
    def quoted(self) -> bool:
        """Whether all of it stands in quotes."""
        return bool(self.parts) and all(part.quoted for part in self.parts)

    @property
    def has_glob(self) -> bool:
        """Whether an unquoted `*`, `?` or `[` makes it a file name pattern."""
        return any(not part.quoted and part.text is not None and set(part.text) & set("*?[") for part in self.parts)

    def variables(self) -> tuple[str, ...]:
        """The names of the variables in it."""
        return tuple(part.name for part in self.parts if part.name)

    def fields(self) -> list[str] | None:
        """What the shell makes of it: an unquoted variable is split at blanks. None where a part is not known."""
        if self.value is None:
            return None
        if not any(part.kind == "variable" and not part.quoted for part in self.parts):
            return [self.value]
        marked = "".join(
            (part.text or "")
            if part.kind == "variable" and not part.quoted
            else (part.text or "").replace(" ", UNKNOWN)
            for part in self.parts
        )
        return [word.replace(UNKNOWN, " ") for word in marked.split()]


@dataclass(eq=False)
class Assignment:
    """`NAME=value`; `value` is None for a name alone (`export NAME`)."""

    name: str
    value: ShellWord | None
    append: bool
    token: Token


@dataclass(eq=False)
class Redirection:
    """A redirection.

    Attributes:
        operator: `>`, `>>`, `<`, `2>` without its number, `<<`, `<<<`, `&>` ...
        fd: the number before the operator, None where none is written.
        target: the word it names; None for a heredoc.
        body: a heredoc's content.
    """

    operator: str
    fd: int | None
    target: ShellWord | None
    body: Token | None
    token: Token

    @property
    def writes(self) -> bool:
        """Whether it writes to the file that it names."""
        return self.operator in (">", ">>", ">|", "&>", "&>>")


@dataclass(eq=False)
class Pipeline:
    """Commands joined by `|`: `elements` holds the simple commands of each part, in order."""

    elements: list[list[Command]] = field(default_factory=list)

    @property
    def commands(self) -> tuple[Command, ...]:
        """All simple commands."""
        return tuple(command for element in self.elements for command in element)

    def after(self, command: Command) -> tuple[Command, ...]:
        """The commands that read, directly or not, what `command` writes."""
        for at, element in enumerate(self.elements):
            if command in element:
                return tuple(other for later in self.elements[at + 1 :] for other in later)
        return ()


@dataclass(eq=False)
class Loop:
    """A `for` over words that are known: `variable` takes each of `values` in turn.

    Attributes:
        variable: its name.
        values: the words.
        patterns: the numbers of those among them that are file name patterns.
    """

    variable: str
    values: tuple[str, ...]
    patterns: frozenset[int] = frozenset()


@dataclass(eq=False)
class Guard:
    """What decides whether a command runs.

    Attributes:
        command: the command whose success decides; None where something else does.
        succeeds: whether it has to succeed or to fail.
        expected: it may be taken for granted where nothing else is known, as in `a && b`.
        loop: where the words of a loop decide, which are file name patterns, the loop.
    """

    command: Command | None
    succeeds: bool = True
    expected: bool = False
    loop: Loop | None = None


@dataclass(eq=False)
class Command:
    """A simple command.

    Attributes:
        words: the words, the name first; empty for bare assignments.
        assignments: those before the name, and those of `export` and the like.
        redirections: in order.
        token: the whole command.
        env: the variables that hold for it.
        cwd: the directory it runs in, absolute; None where it is not known.
        operator: what joins it to the command before: `&&`, `||`, `;`, `|`, `&` or a newline; None for the first.
        conditional: it may not run although the script succeeds: in a branch, a function, right of `||`.
        condition: it is the test of an if, while or until.
        negated: `!` stands before it.
        subshell: it runs in a subshell.
        substitution: it stands in `$(...)`, backquotes or `<(...)`.
        loop: it stands in a loop's body.
        function: the function it stands in, "" for none.
        options: what `set` and the shell's arguments switched on: errexit, pipefail, nounset, xtrace.
        pipeline: the pipeline it is part of, None for none.
        nested_in: the `sh -c '...'`, `eval` or `bash <<EOF` that holds it, None for none.
        loops: the loops over known words that it stands in, the outermost first; their variables are not known in its
            words where they take several values.
        guards: all that has to be for it to run, the outermost first.
        shared: the redirections of the groups that it stands in, `{ a; b; } >f`; those are also among the
            `redirections` of the group's last command.
    """

    words: tuple[ShellWord, ...]
    assignments: tuple[Assignment, ...]
    redirections: tuple[Redirection, ...]
    token: Token
    env: Values
    cwd: str | None
    operator: str | None
    conditional: bool
    condition: bool
    negated: bool
    subshell: bool
    substitution: bool
    loop: bool
    function: str
    options: frozenset[str]
    pipeline: Pipeline | None = None
    nested_in: Command | None = None
    loops: tuple[Loop, ...] = ()
    guards: tuple[Guard, ...] = ()
    shared: tuple[Redirection, ...] = ()
    # what `unwrap` makes of the words, with these
    unwrapped: tuple[tuple[ShellWord, ...], Invocation] | None = field(default=None, init=False, repr=False)

    @property
    def name(self) -> str | None:
        """The program's name as written; None where it is not known or there is none."""
        return self.words[0].value if self.words else None

    @property
    def args(self) -> tuple[ShellWord, ...]:
        """The words after the name."""
        return self.words[1:]


@dataclass(eq=False)
class Script:
    """A script.

    Attributes:
        dialect: the language.
        token: the text.
        commands: all simple commands in the order of the text, those in substitutions, branches, functions and literal
            `sh -c` strings included; none for a language that is not read.
        has_errors: parts of it could not be read.
        options: what the shell's arguments switch on.
    """

    dialect: Dialect
    token: Token
    commands: tuple[Command, ...]
    has_errors: bool
    options: frozenset[str]
