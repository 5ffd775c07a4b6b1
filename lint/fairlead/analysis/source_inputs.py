"""Inputs that are checkouts of repositories: `git clone`, ADD of a repository, Subversion and Mercurial."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from fairlead.analysis.effects import absolute
from fairlead.analysis.grades import Grade, Input, deciding_pair, grade_ref, is_commit
from fairlead.build.model import Step
from fairlead.knowledge.programs import CHECKOUT_VALUED, GIT_CLONE_VALUED, GIT_VALUED
from fairlead.shell import UNKNOWN, Command, OptionSpec, ShellWord, parse_options, unwrap
from fairlead.syntax import ast
from fairlead.syntax.source import Token

if TYPE_CHECKING:
    from fairlead.analysis.models import Models

_GIT = re.compile(r"(?:git|ssh)://|[\w.-]+@[\w.-]+:|git\+", re.IGNORECASE)
_HTTP = re.compile(r"https?://", re.IGNORECASE)
_VARIABLE = re.compile(r"\$\{?(\w+)")
_MANIFESTS = {
    "repo": (("-u", "--manifest-url"), ("-b", "--manifest-branch")),
    "west": (("-m", "--manifest-url"), ("--mr", "--manifest-rev")),
}  # fmt: skip


def is_repository(url: str) -> bool:
    """Whether ADD clones what a URL names rather than fetches it.

    BuildKit's util/gitutil: SSH and git addresses, and HTTP ones whose path ends in `.git`.
    """
    path = url.partition("#")[0].partition("?")[0]
    return _GIT.match(url) is not None or (_HTTP.match(url) is not None and path.endswith(".git"))


def source_inputs(models: Models, step: Step) -> Iterator[Input]:
    """The checkouts that an ADD or the commands of a RUN make."""
    if isinstance(step.instruction, ast.Add):
        for source in step.instruction.sources:
            url = step.resolve(source.word.value).pattern
            if source.heredoc is None and is_repository(url):
                yield _added(models, step, source.word.token, url, step.instruction.checksum)
        return
    script = step.script
    for command in script.commands if script is not None else ():
        invocation = unwrap(command)
        if invocation.name == "git":
            yield from _git(models, step, command)
        elif invocation.name in ("svn", "hg"):
            yield from _other(step, command, invocation.name)
        elif invocation.name in _MANIFESTS:
            yield from _manifest(models, step, command, invocation.name)


def remote_reference(url: str) -> tuple[str, str]:
    """Address and ref of a repository as package managers write it: `git+https://host/x.git@v1#egg=x`, `x.git#v1`."""
    address, _, fragment = url.removeprefix("git+").partition("#")
    ref = ""
    host_at = address.find("://")
    at = address.rfind("@")
    if at > address.find("/", host_at + 3 if host_at >= 0 else 0) > 0:
        address, ref = address[:at], address[at + 1 :]
    elif fragment and "=" not in fragment:
        ref = fragment.removeprefix("semver:")
    return address.partition("?")[0], ref


def source_input(
    models: Models,
    step: Step,
    token: Token,
    url: str,
    ref: str,
    *,
    manager: str,
    names: str = "",
    graded: str | None = None,
) -> Input:
    """The input that a checkout is.

    Args:
        models: the models.
        step: the step that makes it.
        token: the words that name it.
        url: the repository, with `UNKNOWN` for parts that are not known.
        ref: the branch, tag or commit that is taken in the end, "" for the default branch.
        manager: the program that makes it.
        names: the text in which the variables stand that decide the ref.
        graded: the text from which the ref comes, where it is the outcome of a command.
    """
    grade: Grade
    if graded is not None:
        grade, why = "unknown", f"a command decides the commit: {graded}"
        if re.search(r"tag|describe|latest|ls-remote|rev-list|curl", graded):
            grade, why = "floating", "the newest tag at that time"
    else:
        grade, why = grade_ref(ref)
    argument = deciding_pair(models.build, step.stage, step, _VARIABLE.findall(names or token.text))
    if grade == "unknown" and argument is not None:
        why = f"{argument.key} has no value before the build"
    return Input(
        "source", url, grade, why, token, step.stage, step, manager=manager, version=ref,
        digest=ref if is_commit(ref) else "", argument=argument, needed=step.stage.needed,
    )  # fmt: skip


def _added(models: Models, step: Step, token: Token, url: str, checksum: str | None) -> Input:
    address, _, fragment = url.partition("#")
    address, _, query = address.partition("?")
    asked = {name: values[-1] for name, values in parse_qs(query).items()}
    ref = fragment.partition(":")[0] or next((asked[key] for key in ("ref", "tag", "branch") if key in asked), "")
    if "tag" in asked and not fragment:
        ref = f"refs/tags/{asked['tag']}"
    if "branch" in asked and not fragment:
        ref = f"refs/heads/{asked['branch']}"
    pinned = step.resolve(checksum).text if checksum else asked.get("checksum", asked.get("commit"))
    if pinned is not None and re.fullmatch(r"[0-9a-f]{7,64}", pinned):
        ref = pinned
    return source_input(models, step, token, address, ref, manager="")


def _git(models: Models, step: Step, command: Command) -> Iterator[Input]:
    found = _subcommand(step, command)
    if found is None:
        return
    name, args, directory = found
    if name == "clone":
        options = parse_options(args, OptionSpec(GIT_CLONE_VALUED))
        if not options.operands:
            return
        url = options.operands[0]
        if options.has("--bundle-uri") or _is_local(url.pattern):
            return
        branch = _last(
            options.value_words.get("-b", [])
            + options.value_words.get("--branch", [])
            + options.value_words.get("--revision", [])
        )
        where = options.operands[1].value if len(options.operands) > 1 else _directory_of(url.pattern)
        yield _checkout(models, step, command, url, branch, absolute(step, command, where) if where else None)
    elif name in ("fetch", "pull"):
        yield from _fetched(models, step, command, args, directory)


def _fetched(
    models: Models, step: Step, command: Command, args: tuple[ShellWord, ...], directory: str | None
) -> Iterator[Input]:
    """`git init && git remote add origin URL && git fetch origin REF && git checkout FETCH_HEAD`."""
    options = parse_options(args, OptionSpec(GIT_CLONE_VALUED))
    if not options.operands:
        return
    remote = options.operands[0]
    url: ShellWord | None = remote if "/" in remote.pattern or UNKNOWN in remote.pattern else None
    if url is None:
        url = _remote_added(step, remote.pattern)
    if url is None or _is_local(url.pattern):
        return
    ref = options.operands[1] if len(options.operands) > 1 else None
    yield _checkout(models, step, command, url, ref, directory or command.cwd)


def _remote_added(step: Step, remote: str) -> ShellWord | None:
    found = None
    for other in step.script.commands if step.script is not None else ():
        called = _subcommand(step, other) if unwrap(other).name == "git" else None
        if called is not None and called[0] == "remote" and called[1] and called[1][0].value == "add":
            operands = [word for word in called[1][1:] if not word.text.startswith("-")]
            if len(operands) > 1 and operands[0].pattern == remote:
                found = operands[1]
    return found


def _checkout(
    models: Models, step: Step, command: Command, url: ShellWord, branch: ShellWord | None, where: str | None
) -> Input:
    """The input of a clone or fetch, at the ref that the same script checks out in the end."""
    ref = branch
    fetched: ShellWord | None = None
    for other in _later(step, command, where):
        called = _subcommand(step, other) if unwrap(other).name == "git" else None
        if called is None:
            continue
        name, args, directory = called
        if name == "clone" and where is None:
            break
        place = directory or other.cwd
        if where is not None and place is not None and place != where:
            # a directory below may be a repository of its own, as those of submodules are
            continue
        if name == "fetch":
            operands = parse_options(args, OptionSpec(GIT_CLONE_VALUED)).operands
            fetched = operands[1] if len(operands) == 2 else None
        # git clone URL && git fetch origin COMMIT && git checkout FETCH_HEAD
        of_fetch = fetched if any(word.pattern == "FETCH_HEAD" for word in args) else None
        ref = of_fetch or _checked_out(name, args) or ref
    text = ref.pattern if ref is not None else ""
    if text.startswith("--"):
        text = text.partition("=")[2]
    if ref is not None and not text and ref.variables():
        # git refuses an empty name: the step runs where a build gives one
        text = UNKNOWN
    graded = None
    if ref is not None and UNKNOWN in text:
        graded = _command_of(step, ref)
    return source_input(
        models,
        step,
        url.token,
        url.pattern,
        text,
        manager="git",
        names=ref.text if ref is not None else " ",
        graded=graded,
    )


def _later(step: Step, command: Command, where: str | None) -> Iterator[Command]:
    """The commands that run behind one: those of the script, and where the directory is known those of later steps."""
    script = step.script
    commands = script.commands if script is not None else ()
    yield from commands[commands.index(command) + 1 :]
    if where is None:
        return
    steps = step.stage.steps
    at = next((at for at, other in enumerate(steps) if other.instruction is step.instruction), len(steps))
    for other in steps[at + 1 :]:
        if isinstance(other.instruction, ast.Run) and "git" in other.instruction.token.text:
            script = other.script
            yield from (found for found in (script.commands if script is not None else ()) if found.cwd is not None)


def _command_of(step: Step, ref: ShellWord) -> str | None:
    """The command whose outcome a ref is."""
    if any(part.kind == "command" for part in ref.parts):
        return ref.text
    for command in step.script.commands if step.script is not None else ():
        for assignment in command.assignments:
            parts = assignment.value.parts if assignment.value is not None else ()
            if assignment.name in ref.variables() and any(part.kind == "command" for part in parts):
                return assignment.value.text if assignment.value is not None else None
    return None


def _checked_out(name: str, args: tuple[ShellWord, ...]) -> ShellWord | None:
    """What `git checkout`, `git reset --hard` and `git switch` bring the tree to; None for files and new branches."""
    if name not in ("checkout", "reset", "switch"):
        return None
    texts = [word.pattern for word in args]
    if "--" in texts:
        args = args[: texts.index("--")]
    options = parse_options(args, OptionSpec(frozenset(("-b", "-B", "-c", "-C", "--orphan"))))
    if not options.operands or options.operands[0].pattern in (".", "FETCH_HEAD", "-") or len(options.operands) > 1:
        return None
    if name == "reset" and not options.has("--hard"):
        return None
    return options.operands[0]


def _subcommand(step: Step, command: Command) -> tuple[str, tuple[ShellWord, ...], str | None] | None:
    """The subcommand of a call of git, its arguments, and the directory that `-C` names."""
    args = unwrap(command).args
    at = 0
    directory: str | None = None
    while at < len(args) and args[at].text.startswith("-"):
        option = args[at].text
        at += 1
        if option in GIT_VALUED and at < len(args):
            if option == "-C":
                value = args[at].value
                directory = absolute(step, command, value) if value else None
            at += 1
    if at >= len(args) or args[at].value is None:
        return None
    return args[at].value or "", args[at + 1 :], directory


def _is_local(url: str) -> bool:
    return url.startswith(("/", "./", "../", "file:")) or url == "."


def _directory_of(url: str) -> str | None:
    name = posixpath.basename(url.rstrip("/")).removesuffix(".git")
    return name if name and UNKNOWN not in name else None


def _last(words: list[ShellWord]) -> ShellWord | None:
    return words[-1] if words else None


def _manifest(models: Models, step: Step, command: Command, manager: str) -> Iterator[Input]:
    """The repository that names many others: `repo init -u URL -b BRANCH`, `west init -m URL --mr REVISION`."""
    of_url, of_ref = _MANIFESTS[manager]
    options = parse_options(unwrap(command).args, OptionSpec(frozenset((*of_url, *of_ref, "--manifest-name", "--mf"))))
    url = _last([word for option in of_url for word in options.value_words.get(option, ())])
    if url is None or not options.operands or options.operands[0].value != "init":
        return
    ref = _last([word for option in of_ref for word in options.value_words.get(option, ())])
    text = ref.pattern if ref is not None else ""
    yield source_input(
        models, step, url.token, url.pattern, text, manager=manager, names=ref.text if ref is not None else " "
    )


def _other(step: Step, command: Command, manager: str) -> Iterator[Input]:
    """Subversion and Mercurial; a revision never changes."""
    options = parse_options(unwrap(command).args, OptionSpec(CHECKOUT_VALUED[manager]))
    operands = options.operands
    if len(operands) < 2 or operands[0].value not in ("checkout", "co", "export", "clone"):
        return
    url = operands[1]
    address, at, revision = url.pattern.rpartition("@")
    revision = options.value("-r", "--revision", "--rev", "-u", "--updaterev") or (
        revision if at and "/" not in revision else ""
    )
    if revision and revision.upper() != "HEAD":
        grade: Grade = "immutable" if manager == "svn" and revision.isdigit() else grade_ref(revision)[0]
        why = f"the revision {revision}"
    else:
        grade, why = "floating", "the newest revision at that time"
    if "/tags/" in url.pattern and grade == "floating":
        grade, why = "versioned", "a tag, which can be written to"
    yield Input(
        "source", address if at and "/" not in revision else url.pattern, grade, why, url.token, step.stage, step,
        manager=manager, version=revision, needed=step.stage.needed,
    )  # fmt: skip
