"""Comments that silence findings: Fairlead's own, hadolint's and the builder's.

| comment | silences |
|---|---|
| `# fairlead: ignore=RULE[,RULE] -- reason` above an instruction | in that instruction |
| the same on a line of its own inside a RUN or a heredoc's script | on the next line of the script |
| the same behind a command of a script | on that line |
| `# fairlead: ignore-file=RULE` | in the file |
| `# hadolint ignore=DL3008 # reason` | as `fairlead: ignore`, on comment lines of the Dockerfile |
| `# hadolint stage ignore=DL3008` above a FROM | in the stage |
| `# hadolint global ignore=DL3008` | in the file |
| `# check=skip=RuleA,RuleB` at the head of the file | in the file |
| the same above an instruction | in that instruction |

Comments above an instruction stack, and blank lines between do not part them from it, as in the builder. A finding is
in an instruction or on a line when its first word is.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from fairlead.finding import Finding
from fairlead.registry import Registry, UnknownSelector
from fairlead.syntax import ast
from fairlead.syntax.source import Token
from fairlead.syntax.suggest import nearest

_FAIRLEAD = re.compile(r"#+\s*fairlead\s*(?P<colon>:?)\s*(?P<verb>[a-z][\w-]*)\s*(?P<equals>=?)", re.IGNORECASE)
_HADOLINT = re.compile(r"#+\s*hadolint\s+(?:(?P<reach>global|stage)\s+)?ignore\s*=", re.IGNORECASE)
_CHECK = re.compile(r"#\s*check\s*=(?:[^;]*;)*?\s*skip\s*=", re.IGNORECASE)
_CODE = r"[\w*][\w./*-]*"
_CODES = re.compile(rf"\s*(?P<codes>{_CODE}(?:\s*,\s*{_CODE})*)\s*,?\s*")
_REASON = ("--", "#", "–", "—")
_VERBS = ("ignore", "ignore-file")
_WORD_ENDS = " \t;&|()"

Syntax = Literal["fairlead", "hadolint", "check"]


class Reach(NamedTuple):
    """The lines in which an ignore silences findings, first and last, and how a message calls them."""

    first: int
    last: int
    name: str


@dataclass(eq=False)
class Ignore:
    """One code in an ignore comment.

    Attributes:
        token: the code.
        syntax: whose comment it stands in.
        names: the rules that the code stands for; empty where it stands for none of ours.
        is_alias: whether the code is another linter's.
        reach: where it silences; None where it stands above nothing.
        used: whether it has silenced a finding.
    """

    token: Token
    syntax: Syntax
    names: frozenset[str]
    is_alias: bool
    reach: Reach | None
    used: bool = False

    def silences(self, finding: Finding) -> bool:
        """Whether it silences a finding."""
        if self.reach is None or not self.reach.first <= finding.start.line <= self.reach.last:
            return False
        code = self.token.text.casefold()
        aliases = [alias.casefold() for alias in finding.aliases]
        if self.syntax == "check" and code == "all":
            # the builder's checks are the ones whose names are words; `all` means all of its own
            return any(alias.isalpha() for alias in aliases)
        if self.is_alias and aliases:
            # one rule may stand for several of another linter's, and its findings say for which
            return code in aliases
        return finding.rule in self.names


class Mistake(NamedTuple):
    """An ignore comment, or a code in it, that can't be followed; `message` says why and what was probably meant."""

    place: Token
    message: str


class Suppressions:
    """All ignore comments of a file.

    Attributes:
        ignores: their codes, in the order in which they stand in the file.
        mistakes: what in a comment for Fairlead can't be followed.
    """

    def __init__(self, dockerfile: ast.Dockerfile, registry: Registry) -> None:
        """Read the comments of `dockerfile`; the registry says which rules a code stands for."""
        self._registry = registry
        self._dockerfile = dockerfile
        self._gap = range(0)
        self.ignores: list[Ignore] = []
        self.mistakes: list[Mistake] = []
        text = dockerfile.source.text.casefold()
        if "ignore" not in text and "skip" not in text and "fairlead" not in text:
            return
        self._read_directives()
        self._read_comments()
        if "fairlead" in text:
            self._read_scripts()

    def silences(self, finding: Finding, *, about: Ignore | None = None) -> bool:
        """Whether a comment silences a finding; each that does counts as used.

        Args:
            finding: the finding.
            about: the ignore that the finding is about, which can't silence it.
        """
        found = [ignore for ignore in self.ignores if ignore is not about and ignore.silences(finding)]
        for ignore in found:
            ignore.used = True
        return bool(found)

    def unused(self, enabled: frozenset[str], failed: frozenset[str]) -> Iterator[tuple[Ignore, str]]:
        """The ignores that have silenced nothing so far, and a sentence about each.

        Args:
            enabled: the names of the rules that ran.
            failed: the names of those that did not come to an end; nothing is known about their ignores.
        """
        for ignore in self.ignores:
            runs = ignore.names & enabled
            if ignore.used or not ignore.names or ignore.names & failed or (ignore.syntax != "fairlead" and not runs):
                continue
            if ignore.reach is None:
                why = "no instruction follows"
            elif not runs:
                why = "the rule is not enabled"
            else:
                why = f"there is no such finding {ignore.reach.name}"
            yield ignore, f"the ignore of {ignore.token.text} silences nothing: {why}"

    def _read_directives(self) -> None:
        for directive in self._dockerfile.directives:
            match = _CHECK.match(directive.token.text) if directive.name == "check" else None
            if match:
                self._add(directive.token, match.end(), "check", self._whole_file())

    def _read_comments(self) -> None:
        directives = {directive.line for directive in self._dockerfile.directives}
        instructions = self._dockerfile.instructions
        ends = [instruction.end_line for instruction in instructions]
        firsts: dict[int, int] = {}
        for comment in self._dockerfile.comments:
            if comment.line in directives:
                continue
            index = bisect_left(ends, comment.line)
            if index == len(instructions):
                self._read_comment(comment.token, None, None)
                continue
            instruction = instructions[index]
            if comment.line > instruction.start_line:
                self._read_comment(comment.token, self._next_script_line(comment.line, instruction), None)
                continue
            # from the first comment of the stack: findings about the comments are silenced with it
            first = firsts.setdefault(index, comment.line)
            reach = Reach(first, instruction.end_line, "in this instruction")
            self._read_comment(comment.token, reach, self._stage(index, first))

    def _stage(self, index: int, first: int) -> Reach | None:
        """The lines of the stage that an instruction begins, None where it begins none."""
        instructions = self._dockerfile.instructions
        if instructions[index].keyword != "FROM":
            return None
        following = (later.start_line - 1 for later in instructions[index + 1 :] if later.keyword == "FROM")
        return Reach(first, next(following, self._last_line()), "in this stage")

    def _last_line(self) -> int:
        return self._dockerfile.source.line_count

    def _whole_file(self) -> Reach:
        return Reach(1, self._last_line(), "in this file")

    def _next_script_line(self, line: int, instruction: ast.Instruction) -> Reach | None:
        if line not in self._gap:
            # many comment lines may stand together: their next line is looked for once
            self._gap = range(line, self._script_line_after(line, instruction))
        if self._gap.stop > instruction.end_line:
            return None
        # with the comment itself, so that findings about it are silenced with it
        return Reach(line, self._gap.stop, "on the next line")

    def _script_line_after(self, line: int, instruction: ast.Instruction) -> int:
        """The next line of an instruction that is not blank and no comment; the one behind its end if there is none."""
        for number in range(line + 1, instruction.end_line + 1):
            text = self._dockerfile.source.line_text(number).strip()
            if text and not text.startswith("#"):
                return number
        return instruction.end_line + 1

    def _read_comment(self, comment: Token, reach: Reach | None, stage: Reach | None) -> None:
        if self._read_fairlead(comment, reach):
            return
        match = _HADOLINT.match(comment.text)
        if match:
            hadolint = {"global": self._whole_file(), "stage": stage}.get((match["reach"] or "").lower(), reach)
            self._add(comment, match.end(), "hadolint", hadolint)
            return
        match = _CHECK.match(comment.text)
        if match:
            self._add(comment, match.end(), "check", reach)

    def _read_fairlead(self, comment: Token, reach: Reach | None) -> bool:
        """Read a comment for Fairlead; whether it is one."""
        match = _FAIRLEAD.match(comment.text)
        if match is None:
            return False
        verb = match["verb"].lower()
        if verb in _VERBS and match["equals"]:
            self._add(comment, match.end(), "fairlead", self._whole_file() if verb == "ignore-file" else reach)
            return True
        if not match["colon"] or not (match["equals"] or verb in _VERBS):
            # a sentence about Fairlead
            return False
        place = comment.slice(match.start("verb"), match.end("verb"))
        if verb in _VERBS:
            self.mistakes.append(Mistake(place, f"the ignore names no rule: expected {verb}=RULE"))
            return True
        suggestion = nearest(verb, _VERBS)
        hint = f"did you mean {suggestion!r}?" if suggestion else "expected 'ignore' or 'ignore-file'"
        self.mistakes.append(Mistake(place, f"unknown word {place.text!r} in a comment for Fairlead; {hint}"))
        return True

    def _add(self, comment: Token, at: int, syntax: Syntax, reach: Reach | None) -> None:
        """Take the codes that stand in a comment from offset `at` on."""
        match = _CODES.match(comment.text, at)
        if match is None:
            if syntax == "fairlead":
                place = comment.slice(0, at)
                self.mistakes.append(Mistake(place, "the ignore names no rule: expected family/name after the ="))
            return
        for code in re.finditer(_CODE, match["codes"]):
            start = match.start("codes")
            self._add_code(comment.slice(start + code.start(), start + code.end()), syntax, reach)
        rest = comment.slice(match.end()).strip()
        if syntax == "fairlead" and rest.text and not rest.text.startswith(_REASON):
            self.mistakes.append(
                Mistake(rest, "not read: rule names are parted by commas, and a reason begins with --")
            )

    def _add_code(self, code: Token, syntax: Syntax, reach: Reach | None) -> None:
        names = self._registry.resolve_alias(code.text)
        is_alias = True
        if syntax == "fairlead":
            try:
                resolved = self._registry.resolve(code.text)
            except UnknownSelector as error:
                # the rules of a plug-in that can't be loaded are not unknown to the author of the comment
                if not self._registry.errors:
                    self.mistakes.append(Mistake(code, str(error)))
                return
            is_alias = names == resolved
            names = resolved
        self.ignores.append(Ignore(code, syntax, names, is_alias, reach))

    def _read_scripts(self) -> None:
        comment_lines = {comment.line for comment in self._dockerfile.comments}
        for instruction in self._dockerfile.instructions:
            command = instruction.child if isinstance(instruction, ast.Onbuild) else instruction
            if not isinstance(command, ast.CommandInstruction) or command.json_form:
                continue
            for line in range(instruction.start_line, instruction.end_line + 1):
                if line not in comment_lines:
                    self._read_script_line(line, instruction)

    def _read_script_line(self, line: int, instruction: ast.Instruction) -> None:
        source = self._dockerfile.source
        start = source.line_span(line).start
        text = source.line_text(line)
        at = _shell_comment(text) if "fairlead" in text.casefold() else None
        if at is None:
            return
        # in shell form the line may go on behind the comment
        end = len(text.rstrip().removesuffix(self._dockerfile.escape))
        comment = Token.of_span(source, start + at, start + end)
        if text[:at].strip():
            self._read_fairlead(comment, Reach(line, line, "on this line"))
        else:
            self._read_fairlead(comment, self._next_script_line(line, instruction))


def _shell_comment(line: str) -> int | None:
    """Where a shell comment begins in one line of a script, quotes of the line respected; None where there is none."""
    quote = ""
    escaped = False
    for at, character in enumerate(line):
        if escaped:
            escaped = False
        elif character == "\\" and quote != "'":
            escaped = True
        elif quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character == "#" and (at == 0 or line[at - 1] in _WORD_ENDS):
            return at
    return None
