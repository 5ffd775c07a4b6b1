"""The instruction AST: one class for each instruction of the Dockerfile language, every part with its exact place.

Texts are as written, before variables are expanded: the values that hold at a step are the build model's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from fairlead.syntax.source import Source, Token


@dataclass(eq=False)
class Word:
    """One argument.

    Attributes:
        token: the text as it stands in the file, quotes included.
        value: what the parser makes of it: a JSON string is decoded, anything else is the text itself.
    """

    token: Token
    value: str


@dataclass(eq=False)
class Flag:
    """A builder flag such as `--from=build`.

    Attributes:
        token: the whole flag as written.
        name: without the dashes.
        value: after the `=`, quotes and escapes removed; None where there is no `=`.
        value_token: the value as written; empty, and at the flag's end, where there is none.
    """

    token: Token
    name: str
    value: str | None
    value_token: Token


@dataclass(eq=False)
class Heredoc:
    """A here-document of a RUN, COPY or ADD.

    Attributes:
        name: the delimiter without quotes; for COPY and ADD also the name of the file.
        fd: the file descriptor before `<<`, 0 where none is written.
        expand: whether variables in the content are expanded (no quotes in the delimiter word).
        chomp: `<<-`: leading tabs are taken off.
        content: the lines of the body as they stand in the file.
        body: the same with its place; empty where the body has no lines.
        end_line: the line of the terminator.
    """

    name: str
    fd: int
    expand: bool
    chomp: bool
    content: str
    body: Token
    end_line: int


@dataclass(eq=False)
class Comment:
    """A whole-line comment; `text` is what follows the `#`, stripped."""

    line: int
    text: str
    token: Token


@dataclass(eq=False)
class Directive:
    """A parser directive (`syntax`, `escape` or `check`) at the head of the file."""

    name: str
    value: str
    line: int
    token: Token


@dataclass(frozen=True)
class SyntaxProblem:
    """Why the builder would refuse the file.

    Attributes:
        text: what the builder says.
        line: the line the builder names, counted from 1 (0 for an empty file, as the builder counts it).
        place: what the problem is about, None where there is nothing to point at.
        expected: what should stand there instead.
        phase: `parse` when the file cannot be taken apart, `instruction` when an instruction is not valid.
    """

    text: str
    line: int
    place: Token | None = None
    expected: str = ""
    phase: Literal["parse", "instruction"] = "parse"


@dataclass(eq=False)
class Instruction:
    """An instruction of a kind that has no class of its own (an unknown keyword), and the base of all others.

    Attributes:
        keyword: in upper case.
        keyword_token: as written.
        token: the whole logical line, continuations taken out, heredoc bodies not included.
        flags: the builder flags in their order.
        rest: what follows keyword and flags, stripped.
        json_form: whether the arguments are a JSON array.
        words: the arguments as the parser splits them.
        heredocs: the here-documents that belong to the instruction.
        start_line: the first line, counted from 1.
        end_line: the last line, heredoc terminators and swallowed blank or comment lines included.
        comments: the comment lines directly above, and those inside the instruction.
    """

    keyword: str
    keyword_token: Token
    token: Token
    flags: tuple[Flag, ...]
    rest: Token
    json_form: bool
    words: tuple[Word, ...]
    heredocs: tuple[Heredoc, ...]
    start_line: int
    end_line: int
    comments: tuple[Comment, ...] = ()

    def flag(self, name: str) -> Flag | None:
        """The last flag of that name, or None."""
        found = None
        for flag in self.flags:
            if flag.name == name:
                found = flag
        return found

    def flag_values(self, name: str) -> tuple[str, ...]:
        """The values of a flag that may be repeated."""
        return tuple(flag.value for flag in self.flags if flag.name == name and flag.value is not None)

    def flag_true(self, name: str) -> bool:
        """Whether a boolean flag is set."""
        flag = self.flag(name)
        return flag is not None and (flag.value or "true").lower() == "true"


@dataclass(eq=False)
class From(Instruction):
    """`FROM [--platform=P] IMAGE [AS NAME]`: `image` and `name` as written, before expansion."""

    image: Word = field(kw_only=True)
    name: Word | None = field(kw_only=True)

    @property
    def platform(self) -> Flag | None:
        """The `--platform` flag."""
        return self.flag("platform")


@dataclass(eq=False)
class Mount:
    """A `RUN --mount`.

    Attributes:
        flag: the flag it was written as.
        options: key (lower case, aliases folded: source, target, readonly) to its raw value; "" for a bare key.
        type: bind, cache, tmpfs, secret or ssh; as written, lower case, bind where it is not given.
    """

    flag: Flag
    options: dict[str, str]
    type: str

    @property
    def target(self) -> str:
        """Where it is mounted, raw; "" when not given."""
        return self.options.get("target", "")

    @property
    def source(self) -> str:
        """What is mounted, raw; "" when not given."""
        return self.options.get("source", "")

    @property
    def from_(self) -> str:
        """The stage or image it is taken from; "" when not given."""
        return self.options.get("from", "")

    @property
    def from_token(self) -> Token:
        """The words of `from_`; all of the value where quotes make it hard to say which they are."""
        token = self.flag.value_token
        found = list(re.finditer(r"(?:^|,)from=([^,]*)", token.text, re.IGNORECASE))
        if not found or set(token.text) & set("\"'"):
            return token
        return token.slice(found[-1].start(1), found[-1].end(1))


class CommandInstruction(Instruction):
    """What RUN, CMD, ENTRYPOINT and SHELL share: a command line in shell form or in exec (JSON) form."""

    @property
    def argv(self) -> tuple[Word, ...]:
        """The arguments of the exec form; empty in shell form."""
        return self.words if self.json_form else ()


@dataclass(eq=False)
class Run(CommandInstruction):
    """`RUN`: `script` is the text that the shell gets, as one token; None in exec form.

    When the whole command is one heredoc word, the script is the heredoc's body; when there are heredocs beside a
    command, the script is the command with the bodies after it, as the builder hands them to the shell.

    Attributes:
        script: the text for the shell.
        script_heredoc: the heredoc whose body is the script.
        mounts: the mounts in their order.
    """

    script: Token | None = field(kw_only=True)
    script_heredoc: Heredoc | None = field(kw_only=True)
    mounts: tuple[Mount, ...] = field(kw_only=True)

    @property
    def network(self) -> str:
        """The network mode: default, none or host."""
        flag = self.flag("network")
        return (flag.value or "default") if flag else "default"

    @property
    def security(self) -> str:
        """The security mode: sandbox or insecure."""
        flag = self.flag("security")
        return (flag.value or "sandbox") if flag else "sandbox"


class Cmd(CommandInstruction):
    """`CMD`."""


class Entrypoint(CommandInstruction):
    """`ENTRYPOINT`."""


class Shell(CommandInstruction):
    """`SHELL`."""


@dataclass(eq=False)
class FileSource:
    """One source of a COPY or ADD: a path, a URL, or a heredoc that gives the content."""

    word: Word
    heredoc: Heredoc | None


@dataclass(eq=False)
class FileInstruction(Instruction):
    """What COPY and ADD share."""

    sources: tuple[FileSource, ...] = field(kw_only=True)
    destination: Word = field(kw_only=True)

    @property
    def chown(self) -> Flag | None:
        """The `--chown` flag."""
        return self.flag("chown")

    @property
    def chmod(self) -> Flag | None:
        """The `--chmod` flag."""
        return self.flag("chmod")

    @property
    def link(self) -> bool:
        """Whether `--link` is set."""
        return self.flag_true("link")

    @property
    def exclude(self) -> tuple[str, ...]:
        """The `--exclude` patterns."""
        return self.flag_values("exclude")


class Copy(FileInstruction):
    """`COPY`."""

    @property
    def from_(self) -> Flag | None:
        """The `--from` flag."""
        return self.flag("from")

    @property
    def parents(self) -> bool:
        """Whether `--parents` is set."""
        return self.flag_true("parents")


class Add(FileInstruction):
    """`ADD`."""

    @property
    def checksum(self) -> str | None:
        """The raw `--checksum`."""
        flag = self.flag("checksum")
        return flag.value if flag else None

    @property
    def keep_git_dir(self) -> bool:
        """Whether `--keep-git-dir` is set."""
        return self.flag_true("keep-git-dir")

    @property
    def unpack(self) -> bool | None:
        """`--unpack`, None where it is not given."""
        return self.flag_true("unpack") if self.flag("unpack") else None


@dataclass(eq=False)
class Pair:
    """`key=value` of an ENV, LABEL or ARG.

    Attributes:
        token: the whole pair as written.
        key: the name, raw.
        value: the value, raw (quotes kept); None for an ARG without default.
        key_token: the name's place.
        value_token: the value's place; empty, and at the pair's end, where there is none.
        legacy: the old form `ENV key value`.
    """

    token: Token
    key: str
    value: str | None
    key_token: Token
    value_token: Token
    legacy: bool = False


@dataclass(eq=False)
class PairInstruction(Instruction):
    """What ENV, LABEL and ARG share."""

    pairs: tuple[Pair, ...] = field(kw_only=True)


class Env(PairInstruction):
    """`ENV`."""


class Label(PairInstruction):
    """`LABEL`."""


class Arg(PairInstruction):
    """`ARG`."""


@dataclass(eq=False)
class Healthcheck(CommandInstruction):
    """`HEALTHCHECK`: `type` is NONE or CMD; `script` is the command's text in shell form."""

    type: str = field(kw_only=True)
    script: Token | None = field(kw_only=True)

    @property
    def argv(self) -> tuple[Word, ...]:
        """The arguments of the exec form, without the type; empty in shell form."""
        return self.words[1:] if self.json_form else ()


@dataclass(eq=False)
class Onbuild(Instruction):
    """`ONBUILD`: `child` is the instruction that it defers."""

    child: Instruction = field(kw_only=True)


class Expose(Instruction):
    """`EXPOSE`: `words` are the ports."""


class Volume(Instruction):
    """`VOLUME`: `words` are the paths."""


class User(Instruction):
    """`USER`: `rest` is the user."""


class Workdir(Instruction):
    """`WORKDIR`: `rest` is the path."""


class Stopsignal(Instruction):
    """`STOPSIGNAL`: `rest` is the signal."""


class Maintainer(Instruction):
    """`MAINTAINER`: `rest` is the name."""


@dataclass(eq=False)
class Dockerfile:
    """A parsed file.

    Attributes:
        source: the text.
        escape: the escape token, a backslash or a backtick.
        directives: the parser directives.
        instructions: all instructions, those with problems included, in their order.
        comments: every whole-line comment, also those inside instructions.
        problems: why the builder would refuse the file, in the order in which it would find out; empty for a good file.
        empty_continuation_lines: the last lines of the instructions that have blank lines after a continuation.
    """

    source: Source
    escape: str
    directives: tuple[Directive, ...]
    instructions: tuple[Instruction, ...]
    comments: tuple[Comment, ...]
    problems: tuple[SyntaxProblem, ...]
    empty_continuation_lines: tuple[int, ...]

    def directive(self, name: str) -> Directive | None:
        """The directive of that name, or None."""
        for directive in self.directives:
            if directive.name == name:
                return directive
        return None

    @property
    def frontend(self) -> Token | None:
        """The image that `# syntax=` names: the builder takes the first word of the value; None where it names none."""
        directive = self.directive("syntax")
        if directive is None or not directive.value.strip():
            return None
        start = directive.token.text.rindex(directive.value)
        return directive.token.slice(start, start + len(directive.value.split()[0]))

    def tokens(self) -> Iterator[Token]:
        """Every token of the file that has a place."""
        for directive in self.directives:
            yield directive.token
        for comment in self.comments:
            yield comment.token
        for instruction in self.instructions:
            yield from _tokens(instruction)


def _tokens(instruction: Instruction) -> Iterator[Token]:
    yield instruction.token
    yield instruction.keyword_token
    yield instruction.rest
    for flag in instruction.flags:
        yield flag.token
        yield flag.value_token
    for word in instruction.words:
        yield word.token
    for heredoc in instruction.heredocs:
        yield heredoc.body
    if isinstance(instruction, PairInstruction):
        for pair in instruction.pairs:
            yield from (pair.token, pair.key_token, pair.value_token)
    if isinstance(instruction, Run) and instruction.script is not None:
        yield instruction.script
    if isinstance(instruction, Onbuild):
        yield from _tokens(instruction.child)
