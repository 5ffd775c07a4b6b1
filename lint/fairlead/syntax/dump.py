"""The AST as plain data: the fields of the builder's own parse tree."""

from __future__ import annotations

from fairlead.syntax import ast
from fairlead.syntax.parser import KEYWORDS

Json = str | int | bool | None | list["Json"] | dict[str, "Json"]


def dump(dockerfile: ast.Dockerfile) -> dict[str, Json]:
    """A file's parse tree, or the error for which the builder's parser would stop.

    A text that is not UTF-8 stands as `{"latin1": ...}`, one character a byte; an argument that is not UTF-8 stands as
    an empty instruction, as in the builder's own dump.
    """
    error = next((problem for problem in dockerfile.problems if problem.phase == "parse"), None)
    result: dict[str, Json] = {
        "path": dockerfile.source.path,
        # a parser that stops has no escape token to report: the builder's dump gives the default
        "escape": dockerfile.escape if error is None else "\\",
        "directives": [{"name": d.name, "value": _text(d.value), "line": d.line} for d in dockerfile.directives],
    }
    if error is not None:
        result["error"] = {"text": error.text, "line": error.line}
        return result
    result["instructions"] = [_instruction(instruction) for instruction in dockerfile.instructions]
    result["empty_continuation_lines"] = list(dockerfile.empty_continuation_lines)
    return result


def _instruction(instruction: ast.Instruction) -> dict[str, Json]:
    return {
        "keyword": _text(instruction.keyword),
        "start_line": instruction.start_line,
        "end_line": instruction.end_line,
        "original": _text(instruction.token.text),
        "flags": [_text(_flag_text(flag)) for flag in instruction.flags],
        "json_form": instruction.json_form,
        "args": _arguments(instruction),
        "heredocs": [
            {
                "name": _text(heredoc.name),
                "fd": heredoc.fd,
                "expand": heredoc.expand,
                "chomp": heredoc.chomp,
                "content": _text(heredoc.content),
            }
            for heredoc in instruction.heredocs
        ],
    }


def _flag_text(flag: ast.Flag) -> str:
    return f"--{flag.name}" if flag.value is None else f"--{flag.name}={flag.value}"


def _arguments(instruction: ast.Instruction) -> list[Json]:
    if isinstance(instruction, ast.Onbuild):
        child = _instruction(instruction.child)
        # the builder gives the lines and the heredocs to the outer instruction
        return [{**child, "start_line": 0, "end_line": 0, "heredocs": []}]
    if instruction.keyword not in KEYWORDS:
        # the builder's parser keeps one empty argument of an instruction that it does not know
        return [""]
    return [_argument(word.value) for word in instruction.words]


def _argument(text: str) -> Json:
    if _is_text(text):
        return text
    empty: dict[str, Json] = {
        "keyword": "", "start_line": 0, "end_line": 0, "original": "", "flags": [], "json_form": False, "args": [],
        "heredocs": [],
    }  # fmt: skip
    return empty


def _is_text(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def _text(text: str) -> Json:
    if _is_text(text):
        return text
    return {"latin1": text.encode("utf-8", "surrogateescape").decode("latin-1")}
