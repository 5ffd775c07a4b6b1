"""Shell text to commands, with tree-sitter's Bash grammar."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from fairlead.shell import expand
from fairlead.shell.dialect import shell_options
from fairlead.shell.words import (
    Assignment,
    Command,
    Guard,
    Loop,
    Part,
    Pipeline,
    Redirection,
    ShellWord,
    Values,
)
from fairlead.syntax.source import Token

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_MAX_DEPTH = 60
# an `a && b` of which the left side asks a question: b is meant not to run at times
_TESTS = frozenset(("test", "[", "[[", "grep", "egrep", "fgrep", "command", "which", "type", "hash", "cmp", "diff"))
_GIVES_UP = frozenset(("exit", "false", "return", "kill"))
_REDIRECTS = frozenset(("file_redirect", "heredoc_redirect", "herestring_redirect"))
_GROUPS = frozenset(
    ("subshell", "compound_statement", "for_statement", "c_style_for_statement", "while_statement", "if_statement",
     "case_statement")
)  # fmt: skip
_parser: list[Parser] = []


def _parse(data: bytes) -> Node:
    if not _parser:
        # imported at the first script: a third of the start-up time of a run without any
        import tree_sitter
        import tree_sitter_bash

        _parser.append(tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language())))
    return _parser[0].parse(data).root_node


class _Place(NamedTuple):
    """Where a command stands; see the attributes of Command."""

    conditional: bool = False
    condition: bool = False
    negated: bool = False
    subshell: bool = False
    substitution: bool = False
    loop: bool = False
    function: str = ""
    depth: int = 0
    loops: tuple[Loop, ...] = ()
    guards: tuple[Guard, ...] = ()

    def guarded(self, *guards: Guard) -> _Place:
        """The same place, where a command may not run."""
        return self._replace(conditional=True, guards=(*self.guards, *guards))


@dataclass
class _State:
    """What a script changes as it runs."""

    values: dict[str, str | None]
    cwd: str | None
    options: frozenset[str]

    def copy(self) -> _State:
        return _State(dict(self.values), self.cwd, self.options)

    def merge(self, branch: _State) -> None:
        """Take in a branch that may or may not have run: what it changed is not known any more."""
        for name in branch.values:
            if branch.values[name] != self.values.get(name, None) or name not in self.values:
                self.values[name] = None
        if branch.cwd != self.cwd:
            self.cwd = None
        self.options &= branch.options


class Reader:
    """Reads one script."""

    def __init__(self, token: Token, values: Values, cwd: str | None, options: frozenset[str]) -> None:
        self.commands: list[Command] = []
        self._token = token
        self._state = _State(dict(values), cwd, options)
        self._operator: str | None = None
        self._pipelines: list[Pipeline] = []
        text = token.text
        if text.isascii():
            self._data, self._offsets = text.encode("ascii"), None
        else:
            self._data = text.encode("utf-8", "replace")
            offsets = [at for at, c in enumerate(text) for _ in c.encode("utf-8", "replace")]
            self._offsets = [*offsets, len(text)]
        root = _parse(self._data)
        self.has_errors = root.has_error
        self._statements(root, _Place())

    def _slice(self, start: int, end: int) -> Token:
        if self._offsets is None:
            return self._token.slice(start, end)
        return self._token.slice(self._offsets[start], self._offsets[end])

    def _of(self, node: Node) -> Token:
        return self._slice(node.start_byte, node.end_byte)

    @contextmanager
    def _isolated(self) -> Iterator[None]:
        """A subshell: what it changes is gone after it."""
        before, self._state = self._state, self._state.copy()
        try:
            yield
        finally:
            self._state = before

    @contextmanager
    def _branch(self) -> Iterator[None]:
        before, self._state = self._state, self._state.copy()
        try:
            yield
        finally:
            branch, self._state = self._state, before
            before.merge(branch)

    def _statements(self, node: Node, place: _Place) -> None:
        """The statements of a body, with the separators between them."""
        for child in node.children:
            if child.is_named:
                self._statement(child, place)
            elif child.type in (";", "&", ";;", "\n"):
                self._operator = ";" if child.type == ";;" else child.type

    def _statement(self, node: Node, place: _Place) -> None:
        if place.depth > _MAX_DEPTH:
            self.has_errors = True
            return
        place = place._replace(depth=place.depth + 1)
        handler = _HANDLERS.get(node.type)
        if handler is not None:
            getattr(self, handler)(node, place)
        elif node.type in ("comment", "heredoc_body", "heredoc_end", "variable_name"):
            return
        else:
            # an error node, or a kind of statement without a meaning of its own: what stands in it counts
            self._statements(node, place)

    def _command(self, node: Node, place: _Place) -> None:
        before = len(self.commands)
        assignments: list[Assignment] = []
        redirections: list[Redirection] = []
        pieces: list[Node] = []
        for child in node.children:
            if child.type == "variable_assignment" and not pieces:
                assignments.append(self._assignment(child, place))
            elif child.type in _REDIRECTS:
                redirections.extend(self._redirects(child, place, pieces))
            else:
                pieces.append(child)
        words = self._words(pieces, place)
        self._emit(node, words, assignments, redirections, place, before)

    def _emit(
        self,
        node: Node,
        words: list[ShellWord],
        assignments: list[Assignment],
        redirections: list[Redirection],
        place: _Place,
        before: int,
    ) -> None:
        env: Values = self._state.values
        changes = {a.name: _assigned(a, env) for a in assignments}
        kept = bool(changes) and (not words or words[0].value in ("export", "declare", "local", "readonly", "typeset"))
        env = {**env, **changes} if changes else dict(env)
        command = Command(
            tuple(words), tuple(assignments), tuple(redirections), self._of(node), env, self._state.cwd, self._operator,
            place.conditional, place.condition, place.negated, place.subshell, place.substitution, place.loop,
            place.function, self._state.options,
        )  # fmt: skip
        command.loops, command.guards = place.loops, place.guards
        if self._pipelines:
            command.pipeline = self._pipelines[-1]
        # a command stands before those of its own substitutions
        self.commands.insert(before, command)
        self._operator = None
        if kept:
            self._state.values.update(changes)
        self._effects(command)

    def _effects(self, command: Command) -> None:
        name, args = command.name, command.args
        if name == "cd" or name == "pushd":
            operands = [word for word in args if not word.text.startswith("-") or word.text == "-"]
            self._state.cwd = self._joined(operands[0].value if operands else None)
        elif name == "popd":
            self._state.cwd = None
        elif name == "set":
            self._state.options = shell_options((word.value or "" for word in args), self._state.options)
        elif name in ("unset", "read"):
            for word in args:
                if word.value and word.value.isidentifier():
                    self._state.values[word.value] = None

    def _joined(self, directory: str | None) -> str | None:
        if directory is None or directory in ("", "-") or directory.startswith("~"):
            return None
        if directory.startswith("/"):
            return "/" + posixpath.normpath(directory).lstrip("/")
        if self._state.cwd is None:
            return None
        return "/" + posixpath.normpath(f"{self._state.cwd}/{directory}").lstrip("/")

    def _declaration(self, node: Node, place: _Place) -> None:
        before = len(self.commands)
        assignments = []
        words = []
        for child in node.children:
            token = self._of(child)
            if child.type == "variable_assignment":
                assignment = self._assignment(child, place)
                assignments.append(assignment)
                words.append(ShellWord(token, (Part("literal", token.text, False, token),)))
            elif child.type in ("word", "variable_name") or not child.is_named:
                words.append(ShellWord(token, (Part("literal", token.text, False, token),)))
            else:
                words.append(self._word([child], place))
        self._emit(node, words, assignments, [], place, before)

    def _bare_assignments(self, node: Node, place: _Place) -> None:
        before = len(self.commands)
        nodes = [node] if node.type == "variable_assignment" else [n for n in node.children if n.is_named]
        assignments = [self._assignment(n, place) for n in nodes if n.type == "variable_assignment"]
        self._emit(node, [], assignments, [], place, before)

    def _assignment(self, node: Node, place: _Place) -> Assignment:
        name = node.child_by_field_name("name") or node.children[0]
        value = node.child_by_field_name("value")
        append = any(child.type == "+=" for child in node.children)
        word = self._word([value], place) if value is not None else None
        if word is None:
            end = self._slice(node.end_byte, node.end_byte)
            word = ShellWord(end, ())
        name_text = self._of(name).text if name.type == "variable_name" else ""
        return Assignment(name_text, word, append, self._of(node))

    def _words(self, pieces: list[Node], place: _Place) -> list[ShellWord]:
        """Words from nodes; nodes without a blank between them are one word."""
        groups: list[list[Node]] = []
        for piece in pieces:
            if groups and groups[-1][-1].end_byte == piece.start_byte:
                groups[-1].append(piece)
            else:
                groups.append([piece])
        return [self._word(group, place) for group in groups]

    def _word(self, nodes: list[Node], place: _Place) -> ShellWord:
        parts: list[Part] = []
        for node in nodes:
            found = self._parts(node, place, quoted=False)
            if parts and found and _is_dollar(parts[-1]) and found[0].kind == "literal" and not found[0].quoted:
                # behind a substitution the grammar cuts `$NAME` in two
                whole = Token.joined([parts.pop().token, found.pop(0).token])
                found[:0] = expand.text(whole, self._state.values, quoted=False)
            parts.extend(found)
        return ShellWord(self._slice(nodes[0].start_byte, nodes[-1].end_byte), tuple(parts))

    def _parts(self, node: Node, place: _Place, *, quoted: bool) -> list[Part]:
        kind = node.type
        if place.depth > _MAX_DEPTH:
            self.has_errors = True
            return [Part("command", None, quoted, self._of(node))]
        if kind in ("string", "translated_string"):
            return self._string(node, place)
        if kind in ("concatenation", "command_name", "array"):
            deeper = place._replace(depth=place.depth + 1)
            return self._gapped(node, node.start_byte, node.end_byte, deeper, quoted=quoted)
        token = self._of(node)
        if kind in ("simple_expansion", "expansion"):
            self._substitutions(node, place)
            return [expand.variable(token, self._state.values, quoted=quoted)]
        if kind == "command_substitution":
            self._substitution(node, place)
            return [Part("command", None, quoted, token)]
        if kind == "process_substitution":
            self._substitution(node, place)
            return [Part("process", None, quoted, token)]
        if kind == "arithmetic_expansion":
            return [Part("arithmetic", None, quoted, token)]
        if kind == "raw_string":
            return [Part("literal", token.text[1:-1], True, token.slice(1, len(token) - 1))]
        if kind == "ansi_c_string":
            return [_ansi_part(token)]
        return expand.text(token, self._state.values, quoted=quoted)

    def _string(self, node: Node, place: _Place) -> list[Part]:
        start = node.start_byte + (2 if node.type == "translated_string" else 1)
        end = node.end_byte - (1 if node.children and node.children[-1].type == '"' and len(node.children) > 1 else 0)
        if start >= end:
            return [Part("literal", "", True, self._slice(start, start))]
        if node.type == "translated_string":
            return expand.text(self._slice(start, end), self._state.values, quoted=True)
        return self._gapped(node, start, end, place._replace(depth=place.depth + 1), quoted=True)

    def _gapped(self, node: Node, start: int, end: int, place: _Place, *, quoted: bool) -> list[Part]:
        """Children's parts, and as literals what stands between them."""
        parts: list[Part] = []
        at = start
        for child in node.children:
            if (
                child.type == "string_content"
                or child.end_byte <= start
                or child.start_byte >= end
                or child.type == '"'
            ):
                continue
            if quoted and not child.is_named:
                continue
            if child.start_byte > at:
                parts.extend(expand.text(self._slice(at, child.start_byte), self._state.values, quoted=quoted))
            parts.extend(self._parts(child, place, quoted=quoted))
            at = child.end_byte
        if at < end:
            parts.extend(expand.text(self._slice(at, end), self._state.values, quoted=quoted))
        return parts

    def _substitutions(self, node: Node, place: _Place) -> None:
        for child in node.children:
            if child.type in ("command_substitution", "process_substitution"):
                self._substitution(child, place)
            elif child.children and place.depth <= _MAX_DEPTH:
                self._substitutions(child, place._replace(depth=place.depth + 1))

    def _substitution(self, node: Node, place: _Place) -> None:
        operator, self._operator = self._operator, None
        pipelines, self._pipelines = self._pipelines, []
        with self._isolated():
            self._statements(
                node, place._replace(substitution=True, subshell=True, negated=False, depth=place.depth + 1)
            )
        self._operator = operator
        self._pipelines = pipelines

    def _redirects(self, node: Node, place: _Place, words: list[Node] | None) -> list[Redirection]:
        if node.type == "heredoc_redirect":
            return self._heredoc(node, place)
        descriptor = next((child for child in node.children if child.type == "file_descriptor"), None)
        fd = (
            int(self._of(descriptor).text) if descriptor is not None and self._of(descriptor).text.isdecimal() else None
        )
        operator = next((child for child in node.children if not child.is_named), None)
        targets = [child for child in node.children if child.is_named and child is not descriptor]
        groups: list[list[Node]] = []
        for target in targets:
            if groups and groups[-1][-1].end_byte == target.start_byte:
                groups[-1].append(target)
            else:
                groups.append([target])
        if words is not None:
            # `> file more words`: the grammar puts the words of the command into the redirection
            words.extend(node for group in groups[1:] for node in group)
        target_word = self._word(groups[0], place) if groups else None
        end = groups[0][-1].end_byte if groups else node.end_byte
        token = self._slice(node.start_byte, end)
        return [Redirection(self._of(operator).text if operator else "<", fd, target_word, None, token)]

    def _heredoc(self, node: Node, place: _Place) -> list[Redirection]:
        body = next((child for child in node.children if child.type == "heredoc_body"), None)
        operator = next((child for child in node.children if child.type in ("<<", "<<-")), None)
        token = self._of(body) if body is not None else self._slice(node.end_byte, node.end_byte)
        found = [Redirection(operator.type if operator else "<<", None, None, token, self._of(node))]
        for child in node.children:
            if child.type in _REDIRECTS:
                found.extend(self._redirects(child, place, None))
        return found

    def _heredoc_rest(self, redirects: list[Node], place: _Place) -> None:
        """What follows `<<EOF` on its line: `| sh`, `&& make`."""
        for redirect in redirects:
            if redirect.type != "heredoc_redirect":
                continue
            for child in redirect.children:
                if child.type in ("&&", "||", "|", "|&"):
                    self._operator = child.type
                elif child.type == "pipeline" and self._pipelines:
                    self._elements(child, place._replace(subshell=True), self._pipelines[-1])
                elif child.is_named and child.type in _HANDLERS:
                    self._statement(child, place)

    def _redirected(self, node: Node, place: _Place) -> None:
        redirects = [child for child in node.children if child.type in _REDIRECTS]
        self._with_redirects(node, node.child_by_field_name("body"), redirects, place)

    def _with_redirects(self, node: Node, body: Node | None, redirects: list[Node], place: _Place) -> None:
        pipes = [r for r in redirects if r.type == "heredoc_redirect" and _has_pipe(r)]
        if pipes:
            self._pipelines.append(Pipeline())
        before = len(self.commands)
        if body is not None:
            self._statement(body, place)
        if len(self.commands) > before:
            last = _outermost(self.commands[before:])
            found = self._attach(last, redirects, place)
            if body is not None and body.type in _GROUPS:
                for command in self.commands[before:]:
                    if not command.substitution:
                        command.shared = (*command.shared, *found)
        else:
            found = [found for redirect in redirects for found in self._redirects(redirect, place, [])]
            if found:
                self._emit(node, [], [], found, place, before)
        if pipes:
            pipeline = self._pipelines[-1]
            pipeline.elements.append(self.commands[before:])
            rest = len(self.commands)
            self._heredoc_rest(redirects, place)
            if len(pipeline.elements) == 1:
                pipeline.elements.append(self.commands[rest:])
            self._pipelines.pop()
        else:
            self._heredoc_rest(redirects, place)

    def _list(self, node: Node, place: _Place) -> None:
        chain = _chain(node)
        rescued = [False] * len(chain)
        for at in range(len(chain) - 2, -1, -1):
            operator, following = chain[at + 1][0], chain[at + 1][1]
            rescued[at] = rescued[at + 1] if operator == "&&" else not self._gives_up(following)
        asks = False
        conditional = False
        last: Command | None = None
        for at, (operator, element, redirects) in enumerate(chain):
            if operator:
                self._operator = operator
            if operator == "||":
                conditional = True
            elif operator == "&&":
                conditional = asks or (rescued[at] and at > 0)
            inner = place
            if conditional:
                inner = place.guarded(Guard(last, succeeds=operator == "&&"))
            elif operator:
                inner = place._replace(guards=(*place.guards, Guard(last, expected=True)))
            before = len(self.commands)
            if conditional:
                with self._branch():
                    self._element(element, redirects, inner)
            else:
                self._element(element, redirects, inner)
            names = {command.name for command in self.commands[before : before + 1]}
            last = self._last(before)
            asks = asks or (operator != "||" and bool(names & _TESTS))

    def _element(self, node: Node, redirects: list[Node], place: _Place) -> None:
        """An element of a list, with the redirections that stand behind it."""
        if redirects:
            self._with_redirects(node, node, redirects, place)
        else:
            self._statement(node, place)

    def _last(self, start: int) -> Command | None:
        """The command that the status of those from `start` on is; None where there is none."""
        found = [command for command in self.commands[start:] if not command.substitution]
        return found[-1] if found else None

    def _gives_up(self, node: Node) -> bool:
        words = self._of(node).text.split(None, 1)
        return bool(words) and (words[0] in _GIVES_UP or "exit " in self._of(node).text)

    def _pipeline(self, node: Node, place: _Place) -> None:
        pipeline = Pipeline()
        self._pipelines.append(pipeline)
        self._elements(node, place._replace(subshell=True), pipeline)
        self._pipelines.pop()

    def _elements(self, node: Node, place: _Place, pipeline: Pipeline) -> None:
        for child in node.children:
            if not child.is_named:
                self._operator = child.type
                continue
            front, redirects = _front(child)
            if front is not None and place.depth < _MAX_DEPTH:
                # the grammar takes `a | b >x | c` for `{ a | b; } >x | c`
                self._elements(front, place._replace(depth=place.depth + 1), pipeline)
                if pipeline.elements and pipeline.elements[-1]:
                    self._attach(_outermost(pipeline.elements[-1]), redirects, place)
                continue
            before = len(self.commands)
            with self._isolated():
                self._statement(child, place)
            pipeline.elements.append(self.commands[before:])

    def _attach(self, command: Command, redirects: list[Node], place: _Place) -> list[Redirection]:
        """Add redirections to a command; they are."""
        extra: list[Node] = []
        found = [found for redirect in redirects for found in self._redirects(redirect, place, extra)]
        command.redirections = (*command.redirections, *found)
        command.words = (*command.words, *self._words(extra, place))
        return found

    def _negated(self, node: Node, place: _Place) -> None:
        for child in node.children:
            if child.is_named:
                self._statement(child, place._replace(negated=True))

    def _subshell(self, node: Node, place: _Place) -> None:
        with self._isolated():
            self._statements(node, place._replace(subshell=True))

    def _compound(self, node: Node, place: _Place) -> None:
        self._statements(node, place)

    def _if(self, node: Node, place: _Place) -> Command | None:
        """Read an `if` or an `elif`; the command that is its condition."""
        section = place._replace(condition=True)
        start = len(self.commands)
        condition: Command | None = None
        body: list[Node] = []
        in_body = False
        for child in node.children:
            if child.type in ("elif_clause", "else_clause"):
                self._run_branch(body, place.guarded(Guard(condition)))
                body = []
                # what follows is for the case that none of the conditions before holds
                place = place.guarded(Guard(condition, succeeds=False))
                with self._branch():
                    if child.type == "elif_clause":
                        condition = self._if(child, place)
                    else:
                        self._statements(child, place)
            elif child.type == "then":
                in_body = True
                condition = self._last(start)
            elif in_body:
                body.append(child)
            elif child.is_named:
                self._statement(child, section)
            elif child.type in (";", "&", "\n"):
                self._operator = child.type
        self._run_branch(body, place.guarded(Guard(condition)))
        return condition

    def _run_branch(self, nodes: list[Node], place: _Place) -> None:
        with self._branch():
            for node in nodes:
                if node.is_named:
                    self._statement(node, place)
                elif node.type in (";", "&", "\n"):
                    self._operator = node.type

    def _while(self, node: Node, place: _Place) -> None:
        for child in node.children:
            if child.type == "do_group":
                with self._branch():
                    self._statements(child, place.guarded(Guard(None))._replace(loop=True))
            elif child.is_named:
                self._statement(child, place._replace(condition=True))

    def _for(self, node: Node, place: _Place) -> None:
        variable = node.child_by_field_name("variable")
        body = node.child_by_field_name("body")
        seen_in = False
        items: list[Node] = []
        for child in node.children:
            if child.type == "in":
                seen_in = True
            elif child is body or child.type in ("do_group", "compound_statement"):
                body = child
            elif seen_in and child.is_named:
                items.append(child)
        words = self._words(items, place)
        fields = [(field, word.has_glob) for word in words for field in word.fields() or ()]
        known = bool(words) and all(word.fields() is not None for word in words)
        certain = known and not any(is_pattern for _, is_pattern in fields)
        if variable is not None:
            value = fields[0][0] if certain and len(fields) == 1 else None
            self._state.values[self._of(variable).text] = value
        if body is None:
            return
        loops = place.loops
        loop = None
        if known and fields and variable is not None:
            patterns = frozenset(at for at, (_, is_pattern) in enumerate(fields) if is_pattern)
            loop = Loop(self._of(variable).text, tuple(field for field, _ in fields), patterns)
            loops = (*loops, loop)
        if not certain:
            place = place.guarded(Guard(None, loop=loop))
        with self._branch():
            self._statements(body, place._replace(loop=True, loops=loops))

    def _case(self, node: Node, place: _Place) -> None:
        value = node.child_by_field_name("value")
        if value is not None:
            self._parts(value, place, quoted=False)
        for item in node.children:
            if item.type != "case_item":
                continue
            with self._branch():
                in_body = False
                for child in item.children:
                    if child.type == ")":
                        in_body = True
                    elif in_body and child.is_named:
                        self._statement(child, place.guarded(Guard(None)))
                    elif in_body and child.type in (";", "&", ";;"):
                        self._operator = ";"

    def _function(self, node: Node, place: _Place) -> None:
        name = node.child_by_field_name("name")
        body = node.child_by_field_name("body")
        if body is not None:
            inside = place.guarded(Guard(None))._replace(function=self._of(name).text if name is not None else "?")
            with self._branch():
                self._statement(body, inside)

    def _test(self, node: Node, place: _Place) -> None:
        before = len(self.commands)
        words: list[ShellWord] = []
        self._test_words(node, place, words)
        self._emit(node, words, [], [], place, before)

    def _test_words(self, node: Node, place: _Place, words: list[ShellWord]) -> None:
        for child in node.children:
            if child.type.endswith("_expression") and place.depth <= _MAX_DEPTH:
                self._test_words(child, place._replace(depth=place.depth + 1), words)
            else:
                words.append(self._word([child], place))


def _has_pipe(redirect: Node) -> bool:
    return any(child.type in ("|", "|&", "pipeline") for child in redirect.children)


def _is_dollar(part: Part) -> bool:
    return part.kind == "literal" and not part.quoted and part.token.text == "$"


def _front(node: Node) -> tuple[Node | None, list[Node]]:
    """The pipeline that a pipeline's first element is, with the redirections of its last command."""
    if node.type == "pipeline":
        return node, []
    if node.type == "redirected_statement":
        body = node.child_by_field_name("body")
        redirects = [child for child in node.children if child.type in _REDIRECTS]
        if body is not None and body.type == "pipeline" and all(r.type != "heredoc_redirect" for r in redirects):
            return body, redirects
    return None, []


def _outermost(commands: list[Command]) -> Command:
    """The command that a redirection after all of them belongs to: the last that is not in a substitution."""
    for command in reversed(commands):
        if not command.substitution:
            return command
    return commands[-1]


def _chain(node: Node) -> list[tuple[str, Node, list[Node]]]:
    """A list's elements with the operator before each and the redirections behind it.

    Lists lean to the left, however long they are. The grammar takes `a && b >x || c` for `{ a && b; } >x || c`.
    """
    chain: list[tuple[str, Node, list[Node]]] = []
    redirects: list[Node] = []
    while True:
        if node.type == "redirected_statement":
            body = node.child_by_field_name("body")
            behind = [child for child in node.children if child.type in _REDIRECTS]
            if body is None or body.type != "list" or any(r.type == "heredoc_redirect" for r in behind):
                break
            node, redirects = body, [*behind, *redirects]
        if node.type != "list":
            break
        children = [child for child in node.children if child.is_named or child.type in ("&&", "||")]
        operator = next((child.type for child in children if not child.is_named), "")
        named = [child for child in children if child.is_named]
        if len(named) < 2:
            break
        chain.append((operator, named[-1], redirects))
        node, redirects = named[0], []
    chain.append(("", node, redirects))
    chain.reverse()
    return chain


def _assigned(assignment: Assignment, env: Values) -> str | None:
    value = assignment.value.value if assignment.value is not None else env.get(assignment.name)
    if assignment.append and value is not None:
        earlier = env.get(assignment.name)
        return None if earlier is None else earlier + value
    return value


def _ansi_part(token: Token) -> Part:
    text = token.text[2:-1]
    known = (
        None if "\\" in text.replace("\\n", "").replace("\\t", "") else text.replace("\\n", "\n").replace("\\t", "\t")
    )
    return Part("literal", known, True, token)


_HANDLERS: dict[str, str] = {
    "command": "_command",
    "declaration_command": "_declaration",
    "unset_command": "_declaration",
    "variable_assignment": "_bare_assignments",
    "variable_assignments": "_bare_assignments",
    "redirected_statement": "_redirected",
    "list": "_list",
    "pipeline": "_pipeline",
    "negated_command": "_negated",
    "subshell": "_subshell",
    "compound_statement": "_compound",
    "do_group": "_compound",
    "if_statement": "_if",
    "elif_clause": "_if",
    "while_statement": "_while",
    "for_statement": "_for",
    "c_style_for_statement": "_while",
    "case_statement": "_case",
    "function_definition": "_function",
    "test_command": "_test",
}
