"""Inputs that calls in Python, R, Julia, PHP, Perl and Lisp fetch, as far as well-known functions say so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fairlead.analysis.dependency_inputs import project_input
from fairlead.analysis.download_inputs import kind_by_name, url_input
from fairlead.analysis.downloads import PRIVATE_HOST, reader_of
from fairlead.analysis.grades import Input, grade_ref
from fairlead.analysis.placement import working_directory
from fairlead.analysis.project_files import ProjectInstall
from fairlead.analysis.source_inputs import source_input
from fairlead.analysis.verification import HASH, Check
from fairlead.analysis.version_grades import grade_version, step_input
from fairlead.build.model import Step
from fairlead.shell import UNKNOWN, Command, Invocation, OptionSpec, parse_options
from fairlead.syntax import ast
from fairlead.syntax.source import Token

if TYPE_CHECKING:
    from fairlead.analysis.models import Models

_PYTHON_CODE = re.compile(
    r"(?P<call>from_pretrained|snapshot_download|hf_hub_download|load_dataset|SentenceTransformer|CrossEncoder|pipeline|"
    r"load_model|download_model|WhisperModel|TextEmbedding|torch\.hub\.load|hub\.load|nltk\.download|stanza\.download|"
    r"easyocr\.Reader|download_and_prepare|spacy\.cli\.download|install\.packages|install_github|install_gitlab|"
    r"install_bitbucket|install_bioc|install_url|install_git|install_version|install_cran|BiocManager::install|biocLite|"
    r"pak::pkg_install|pak::pak|Pkg\.add|YOLO|get_encoding|encoding_for_model)"
    r"\s*\(\s*(?:\w+\s*=\s*)?(?P<args>c\([^)]*\)|\[[^\]]*\]|\\?['\"][^'\"]*['\"])(?P<rest>[^)]*)"
)
_PACKAGE_CALLS = frozenset(
    (
        "install.packages", "install_github", "install_gitlab", "install_bitbucket", "install_bioc", "install_version",
        "install_cran", "BiocManager::install", "biocLite", "pak::pkg_install", "pak::pak", "Pkg.add",
    )
)  # fmt: skip
_AT_VERSION = frozenset(("install_github", "install_gitlab", "install_bitbucket", "pak::pkg_install", "pak::pak"))
_REVISION = re.compile(r"\b(?:revision|version|ref)\s*=\s*\\?['\"]([^'\"\\]+)")
# inside a word in double quotes, a quote stands behind a backslash
_QUOTED = re.compile(r"['\"]([^'\"\\]+)\\?['\"]")
_PYTHON_DOWNLOADS = re.compile(
    r"\b(?:urlretrieve|urlopen|requests\.get|httpx\.get|wget\.download|urllib\.request\.Request)\s*\(\s*(?:url\s*=\s*)?"
    r"(?P<arg>[fr]?\\?['\"](?P<url>https?://[^'\"\\]+)\\?['\"]|(?P<name>[A-Za-z_]\w*)\s*[,)])"
)
_PHP_DOWNLOADS = re.compile(
    r"\b(?P<call>copy|readfile|file_get_contents|fopen)\s*\(\s*\\?['\"](?P<url>(?:https?|ftp)://[^'\"\\]+)"
)
_PHP_HASH = re.compile(r"hash(?:_file|_equals)?\s*\(")
_PERL_INSTALL = re.compile(r"\binstall\b[\s(\\'\"]*(?P<name>[A-Z]\w*(?:::\w+)*)")
_LISP_INSTALL = re.compile(r"\bql:quickload\s+[:\"'(\\#]*(?P<name>[\w./-]+)", re.IGNORECASE)
_LISP = frozenset(("sbcl", "ros", "ccl", "clisp", "ecl", "abcl"))
_SOURCED = re.compile(r"\bsource(?:_url)?\s*\(\s*\\?['\"](?P<url>https?://[^'\"\\]+)")
_PROJECT_CALLS = {
    # what installs the dependencies of a project: the manager and the subcommand in the table of lockfiles
    "renv::restore": ("renv", "restore"),
    "Pkg.instantiate": ("julia", "instantiate"),
    "install_deps": ("remotes", "install_deps"),
    "install_dev_deps": ("remotes", "install_deps"),
    "local_install_deps": ("remotes", "install_deps"),
}
_PROJECT_CALL = re.compile(r"(?P<call>" + "|".join(re.escape(call) for call in _PROJECT_CALLS) + r")\s*\(")
_SHELL_VARIABLE = re.compile(r"\$\{?(\w+)\}?")


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


def called_inputs(
    models: Models, step: Step, command: Command, invocation: Invocation, program: str
) -> Iterator[Input]:
    """Calls in the code that `python -c`, `Rscript -e`, `php -r` and the like are given."""
    for word in invocation.args:
        if "(" not in word.text and program != "perl":
            continue
        if program == "php":
            yield from _php(models, step, command, word.token)
        elif program == "perl":
            if any(other.text.startswith("-MCPAN") for other in invocation.args):
                yield from _named(step, word.token, _PERL_INSTALL, program)
        elif program in _LISP:
            yield from _named(step, word.token, _LISP_INSTALL, program)
        else:
            yield from _calls(models, step, word.token, "R" if program.startswith("R") else program)
            yield from _of_project(models, step, command, invocation, word.token)


def is_interpreter(program: str) -> bool:
    """Whether a program is given code whose calls `called_inputs` knows."""
    return program in _LISP or re.fullmatch(r"python[\d.]*|R|Rscript|julia|ipython|php[\d.]*|perl", program) is not None


def _of_project(models: Models, step: Step, command: Command, invocation: Invocation, token: Token) -> Iterator[Input]:
    """`renv::restore()`, `Pkg.instantiate()`: what the project's own files ask for."""
    for match in _PROJECT_CALL.finditer(token.text):
        manager, subcommand = _PROJECT_CALLS[match["call"]]
        options = parse_options(invocation.args, OptionSpec(frozenset(("-e", "--eval"))))
        directory = working_directory(step, command.cwd)
        project = options.value("--project")
        if project and project.startswith("/"):
            directory = project.rstrip("/")
        where = token.slice(match.start("call"), match.end("call"))
        install = ProjectInstall(manager, match["call"], subcommand, where, options, dict(invocation.env), directory)
        found = project_input(models, step, install)
        if found is not None:
            yield found


def _calls(models: Models, step: Step, token: Token, program: str) -> Iterator[Input]:
    yield from _python_downloads(models, step, token, program)
    for match in _SOURCED.finditer(token.text):
        where = token.slice(match.start("url"), match.end("url"))
        yield url_input(models, step, where, match["url"], kind="script", manager=program, reader="R")
    for match in _PYTHON_CODE.finditer(token.text):
        call = match["call"]
        if call == "install_git":
            url = match["args"].strip("'\"\\")
            ref = re.search(r"(?:ref|branch)\s*=\s*\\?['\"]([^'\"\\]+)", match["rest"])
            yield source_input(
                models, step, token.slice(match.start("args"), match.end("args")), url, ref[1] if ref else "",
                manager=program,
            )  # fmt: skip
            continue
        if "://" in match["args"]:
            for url in re.finditer(r"https?://[^'\"\s)\\]+", match["args"] + match["rest"]):
                start = token.text.find(url[0])
                yield url_input(models, step, token.slice(start, start + len(url[0])), url[0], manager=program)
            continue
        revision = _REVISION.search(match["rest"])
        version = revision[1] if revision else ""
        is_package = call in _PACKAGE_CALLS
        for name in _QUOTED.finditer(match["args"]):
            text = name[1]
            if (
                text.startswith(("/", "./"))
                or (call == "pipeline" and "/" not in text)
                or (call == "load_model" and ("." in text or "/" in text))
            ):
                continue
            asked = version
            if call in _AT_VERSION and "@" in text:
                text, _, asked = text.partition("@")
            is_ref = call in _AT_VERSION and not call.startswith("pak::")
            grade, why = grade_ref(asked) if is_ref else grade_version(asked, text)
            if not asked:
                why = "no version" if is_package else "no revision"
            start = match.start("args") + name.start(1)
            yield step_input(
                step, "package" if is_package else "data", text, grade, why,
                token.slice(start, start + len(name[1])), program, asked,
            )  # fmt: skip


def _python_downloads(models: Models, step: Step, token: Token, program: str) -> Iterator[Input]:
    """`urlretrieve("https://...")`, and with a name that the same code gives an address."""
    text = token.text
    for match in _PYTHON_DOWNLOADS.finditer(text):
        start, end = match.span("url")
        if match["name"]:
            value = re.search(rf"\b{re.escape(match['name'])}\s*=\s*[fr]?(['\"])(https?://.*?)\1", text)
            if value is None:
                continue
            start, end = value.span(2)
        url = _filled(step, text[start:end])
        if not PRIVATE_HOST.search(url):
            yield url_input(models, step, token.slice(start, end), url, manager=program)


def _filled(step: Step, url: str) -> str:
    """A URL with the shell's variables put in, and `UNKNOWN` for those and the fields that nobody knows."""
    known = _SHELL_VARIABLE.sub(lambda match: step.env.get(match[1]) or UNKNOWN, url)
    return re.sub(r"\{[^{}]*\}", UNKNOWN, known)


def _php(models: Models, step: Step, command: Command, token: Token) -> Iterator[Input]:
    """`php -r "copy('https://...', 'file');"`, which the images of PHP can do without another program."""
    check = _php_check(step)
    for match in _PHP_DOWNLOADS.finditer(token.text):
        url = _filled(step, match["url"])
        kind = kind_by_name(url, "")
        reader = reader_of(step, command) if match["call"] in ("readfile", "fopen", "file_get_contents") else None
        if kind == "download" and reader is not None:
            kind = "script"
        checked = kind in ("download", "script")
        yield url_input(
            models, step, token.slice(match.start("url"), match.end("url")), url, kind=kind, manager="php",
            check=check if checked else None,
            reader=reader[1] if kind == "script" and reader is not None else "",
        )  # fmt: skip


def _php_check(step: Step) -> Check | None:
    """What code of PHP in the same RUN compares the hash of a file with."""
    text = step.script.token.text if step.script is not None else ""
    if not _PHP_HASH.search(text):
        return None
    literal = HASH.search(text)
    if literal is not None:
        return Check("checksum", literal[0].lower(), step)
    known = [value for name in _SHELL_VARIABLE.findall(text) if (value := step.env.get(name)) and HASH.fullmatch(value)]
    return Check("checksum", known[0].lower(), step) if known else Check("published", "", step)


def _named(step: Step, token: Token, pattern: re.Pattern[str], program: str) -> Iterator[Input]:
    """Packages that a call names without a version."""
    for match in pattern.finditer(token.text):
        where = token.slice(match.start("name"), match.end("name"))
        yield step_input(step, "package", match["name"], "floating", "no version", where, program)
