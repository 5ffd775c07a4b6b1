"""Inputs that calls in Python, R and Julia fetch, as far as well-known functions say so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fairlead.analysis.download_inputs import url_input
from fairlead.analysis.grades import Input
from fairlead.analysis.source_inputs import source_input
from fairlead.analysis.version_grades import grade_version, step_input
from fairlead.build.model import Step
from fairlead.shell import Invocation
from fairlead.syntax import ast
from fairlead.syntax.source import Token

if TYPE_CHECKING:
    from fairlead.analysis.models import Models

_PYTHON_CODE = re.compile(
    r"(?P<call>from_pretrained|snapshot_download|hf_hub_download|load_dataset|SentenceTransformer|CrossEncoder|pipeline|"
    r"load_model|WhisperModel|torch\.hub\.load|hub\.load|nltk\.download|download_and_prepare|urlretrieve|"
    r"spacy\.cli\.download|install\.packages|install_github|install_git|install_version|install_cran|BiocManager::install|Pkg\.add|YOLO|"
    r"get_encoding|encoding_for_model)\s*\(\s*(?:\w+\s*=\s*)?(?P<args>c\([^)]*\)|\[[^\]]*\]|['\"][^'\"]*['\"])(?P<rest>[^)]*)"
)
_QUOTED = re.compile(r"['\"]([^'\"]+)['\"]")


def code_inputs(models: Models, step: Step) -> Iterator[Input]:
    """What a RUN in another language than the shell fetches, as far as well-known calls say so."""
    run = step.instruction
    if not isinstance(run, ast.Run) or not run.heredocs:
        return
    for heredoc in run.heredocs:
        first = heredoc.content.partition("\n")[0]
        reader = run.rest.text.split()
        if "python" in first or any("python" in word for word in reader) or "Rscript" in first:
            yield from _calls(models, step, heredoc.body, "python")


def called_inputs(models: Models, step: Step, invocation: Invocation, program: str) -> Iterator[Input]:
    """Calls in the code that `python -c` and `Rscript -e` are given."""
    for word in invocation.args:
        if "(" in word.text:
            yield from _calls(models, step, word.token, "R" if program.startswith("R") else program)


def _calls(models: Models, step: Step, token: Token, program: str) -> Iterator[Input]:
    for match in _PYTHON_CODE.finditer(token.text):
        call = match["call"]
        if call == "install_git":
            url = match["args"].strip("'\"")
            ref = re.search(r"(?:ref|branch)\s*=\s*['\"]([^'\"]+)", match["rest"])
            yield source_input(
                models, step, token.slice(match.start("args") + 1, match.end("args") - 1), url, ref[1] if ref else "",
                manager=program,
            )  # fmt: skip
            continue
        if call == "urlretrieve" or "://" in match["args"]:
            for url in re.finditer(r"https?://[^'\"\s)]+", match["args"] + match["rest"]):
                start = token.text.find(url[0])
                yield url_input(models, step, token.slice(start, start + len(url[0])), url[0], manager=program)
            continue
        revision = re.search(r"revision\s*=\s*['\"]([^'\"]+)['\"]|version\s*=\s*['\"]([^'\"]+)['\"]", match["rest"])
        version = next((group for group in revision.groups() if group), "") if revision else ""
        is_package = call in (
            "install.packages",
            "install_github",
            "install_version",
            "install_cran",
            "BiocManager::install",
            "Pkg.add",
        )
        for name in _QUOTED.finditer(match["args"]):
            text = name[1]
            if (
                text.startswith(("/", "./"))
                or (call == "pipeline" and "/" not in text)
                or (call == "load_model" and ("." in text or "/" in text))
            ):
                continue
            asked = version
            if call == "install_github" and "@" in text:
                text, _, asked = text.partition("@")
            grade, why = grade_version(asked, text)
            if not asked:
                why = "no version" if is_package else "no revision"
            start = match.start("args") + name.start(1)
            yield step_input(
                step, "package" if is_package else "data", text, grade, why,
                token.slice(start, start + len(name[1])), program, asked,
            )  # fmt: skip
