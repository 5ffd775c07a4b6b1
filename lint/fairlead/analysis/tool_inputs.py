"""Inputs that single programs fetch: version managers, small package managers, model and data stores, build wrappers."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from fairlead.analysis.download_inputs import url_input
from fairlead.analysis.grades import Grade, Input, deciding_pair, is_commit
from fairlead.analysis.image_inputs import grade_reference
from fairlead.analysis.placement import context_path, working_directory
from fairlead.build.image import parse_image_reference
from fairlead.build.model import Step
from fairlead.knowledge.fetchers import BY_PROGRAM, STORES_BY_PROGRAM, Fetcher, Store
from fairlead.shell import UNKNOWN, Command, Invocation, Options, OptionSpec, ShellWord, parse_options, unwrap
from fairlead.syntax import ast
from fairlead.syntax.source import Token

if TYPE_CHECKING:
    from fairlead.analysis.models import Models

_VARIABLE = re.compile(r"\$\{?(\w+)")
_EXACT = re.compile(
    r"[v=]?\d+\.\d+(?:\.\d+)+.*|[v=]?\d{4}[.-]\d{2}[.-]\d{2}.*|(?:nightly|beta)-\d{4}-\d{2}-\d{2}.*|[0-9a-f]{40}"
)
_LOCAL = re.compile(r"(?:\.{1,2})?/|~|.*\.(?:tgz|tar|nupkg|vsix|gem|rock)$|file:")
_NPX = ("npx", "pnpx", "bunx")
_PYTHON_CODE = re.compile(
    r"(?P<call>from_pretrained|snapshot_download|hf_hub_download|load_dataset|SentenceTransformer|CrossEncoder|pipeline|"
    r"load_model|WhisperModel|torch\.hub\.load|hub\.load|nltk\.download|download_and_prepare|urlretrieve|"
    r"spacy\.cli\.download|install\.packages|install_github|install_version|install_cran|BiocManager::install|Pkg\.add|YOLO|"
    r"get_encoding|encoding_for_model)\s*\(\s*(?:\w+\s*=\s*)?(?P<args>c\([^)]*\)|\[[^\]]*\]|['\"][^'\"]*['\"])(?P<rest>[^)]*)"
)
_QUOTED = re.compile(r"['\"]([^'\"]+)['\"]")


def tool_inputs(models: Models, step: Step) -> Iterator[Input]:
    """What the commands of a RUN fetch with programs that are no package managers of a project."""
    script = step.script
    if script is None:
        return
    wrappers: set[str] = set()
    for command in script.commands:
        invocation = unwrap(command)
        name = invocation.name or ""
        for fetcher in BY_PROGRAM.get(name, ()):
            yield from _fetched(models, step, command, invocation, fetcher)
        for store in STORES_BY_PROGRAM.get(name, ()):
            yield from _stored(models, step, invocation, store)
        if name == "pacman":
            yield from _pacman(models, step, invocation)
        elif name == "corepack":
            yield from _corepack(models, step, command, invocation)
        elif name in ("gradlew", "mvnw") and name not in wrappers:
            wrappers.add(name)
            yield from _wrapper(models, step, command, invocation, name)
        elif name in ("az",):
            yield from _az_blob(models, step, invocation)
        elif re.fullmatch(r"python[\d.]*|R|Rscript|julia|ipython", name):
            yield from _code(models, step, invocation, name)


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


def _make(
    step: Step, kind: str, name: str, grade: Grade, why: str, token: Token, manager: str, version: str = "",
    models: Models | None = None, words: str = "", file: str = "", digest: str = "",
) -> Input:  # fmt: skip
    argument = None
    if models is not None and "$" in words:
        argument = deciding_pair(models.build, step.stage, step, _VARIABLE.findall(words))
    return Input(
        kind, name, grade, why, token, step.stage, step, manager=manager, version=version, argument=argument, file=file,  # type: ignore[arg-type]  # a Kind
        digest=digest or (version if is_commit(version) else ""), needed=step.stage.needed,
    )  # fmt: skip


def _fetched(models: Models, step: Step, command: Command, invocation: Invocation, fetcher: Fetcher) -> Iterator[Input]:
    wanted = fetcher.subcommand.split()
    args = invocation.args
    if fetcher.program in (*_NPX, "uvx") or fetcher.subcommand in ("exec", "dlx", "tool run", "run"):
        args = _up_to_program(args, fetcher, len(wanted))
    options = parse_options(args, OptionSpec(fetcher.valued))
    operands = options.operands
    if fetcher.subcommand.startswith("--"):
        if not any(word.text == fetcher.subcommand for word in args):
            return
    elif [word.value for word in operands[: len(wanted)]] != wanted:
        return
    operands = operands[len(wanted) if not fetcher.subcommand.startswith("--") else 0 :]
    if (
        not wanted
        and operands
        and fetcher.program in ("n", "cpm", "emerge", "xbps-install")
        and not _really(fetcher, args, options)
    ):
        return
    if fetcher.program == "go":
        return
    if fetcher.program == "npm" and fetcher.subcommand in ("init",) and options.has("-y", "--yes"):
        return
    given = _explicit_packages(options, fetcher)
    if given:
        operands = given
    elif _is_of_project(models, step, command, fetcher, operands, options):
        return
    manager = fetcher.program
    if not operands:
        if fetcher.default and not options.has("-r", "--requirement", "-f", "--file"):
            version = (
                "a version that the program chooses"
                if fetcher.default == "browsers"
                else "the newest version on that day"
            )
            token = invocation.word.token if invocation.word is not None else command.token
            yield _make(step, fetcher.kind, fetcher.default, "floating", version, token, manager)
        return
    for at, word in enumerate(operands if fetcher.several else operands[:1]):
        following = operands[at + 1] if at + 1 < len(operands) else None
        for text in _texts(word):
            if _LOCAL.match(text) or (text.startswith("-") and len(text) > 1):
                continue
            yield _one(models, step, fetcher, options, word, text, following)


def _really(fetcher: Fetcher, args: tuple[ShellWord, ...], options: Options) -> bool:
    """Whether a program without subcommands is called to install."""
    if fetcher.program == "xbps-install":
        return bool(options.operands)
    return not options.has("--help", "--version", "--sync", "--unmerge", "-C", "--depclean", "--info", "--config")


def _up_to_program(args: tuple[ShellWord, ...], fetcher: Fetcher, skip: int) -> tuple[ShellWord, ...]:
    """The arguments up to the program that is run: what follows it is its own."""
    at, seen = 0, 0
    while at < len(args):
        text = args[at].text
        if text == "--":
            at += 1
            continue
        if text.startswith("-"):
            at += 2 if text in fetcher.valued else 1
            continue
        seen += 1
        at += 1
        if seen > skip:
            break
    return args[:at]


def _explicit_packages(options: Options, fetcher: Fetcher) -> tuple[ShellWord, ...]:
    """What `npx --package X` and `uvx --from X` name."""
    if fetcher.program not in (*_NPX, "npm", "pnpm", "yarn", "uvx", "uv", "pipx"):
        return ()
    return tuple(
        word for option in ("-p", "--package", "--from", "--spec") if not (fetcher.program in ("uvx", "uv") and option == "-p")
        for word in options.value_words.get(option, ())
    )  # fmt: skip


def _is_of_project(
    models: Models, step: Step, command: Command, fetcher: Fetcher, operands: tuple[ShellWord, ...], options: Options
) -> bool:
    """Whether `npx tool` runs what the project has installed, as far as that can be told."""
    if fetcher.program not in _NPX and (fetcher.program, fetcher.subcommand) != ("npm", "exec"):
        return False
    if options.has("--no-install", "--no"):
        return True
    if not operands or "@" in operands[0].pattern[1:] or options.has("-y", "--yes"):
        return False
    name = operands[0].value
    cwd = working_directory(step, command.cwd)
    if name is None or models.context is None or cwd is None:
        # most calls run what package.json asks for; nobody can tell
        return True
    for directory in (cwd, posixpath.dirname(cwd)):
        for manifest in ("package.json", "package-lock.json", "yarn.lock", "pnpm-lock.yaml"):
            place = context_path(models, step, posixpath.join(directory, manifest))
            text = models.context.text(place, limit=32 << 20) if place is not None else None
            if text is not None and re.search(
                rf"['\"/]{re.escape(name)}['\"@:]|^{re.escape(name)}@", text, re.MULTILINE
            ):
                return True
    return context_path(models, step, posixpath.join(cwd, "package.json")) is None


def _texts(word: ShellWord) -> list[str]:
    fields = word.fields()
    return [word.pattern] if fields is None else fields


def _one(
    models: Models,
    step: Step,
    fetcher: Fetcher,
    options: Options,
    word: ShellWord,
    text: str,
    following: ShellWord | None,
) -> Input:
    if "://" in text and fetcher.kind != "repository":
        return url_input(models, step, word.token, text, manager=fetcher.program)
    name, version = _version(fetcher, options, text, following)
    words = word.text + (following.text if following is not None and fetcher.style == "next" else "")
    grade, why = _grade(version, text)
    if fetcher.style == "self":
        name = fetcher.note or text
        if not version or version in ("stable", "lts", "latest", "node", "--lts"):
            grade, why = "floating", f"{version or 'no version'} is another version tomorrow"
    elif fetcher.style == "none" and fetcher.note.startswith("rust"):
        grade, why = "versioned", "comes with the version of the Rust toolchain"
    elif fetcher.kind == "repository":
        grade, why = "floating", "the repository moves"
    elif fetcher.kind == "data" and fetcher.style == "none" and UNKNOWN not in text:
        grade, why = "floating", "nothing names a version"
    elif fetcher.program == "corepack" and "+" in version:
        grade, why = "immutable", "a hash in the version, which corepack checks"
    elif fetcher.program in ("huggingface-cli", "hf") and version and grade == "floating":
        why = f"the branch {version} moves"
    if fetcher.kind == "data" and version in ("", "main", "latest") and grade == "floating":
        why = "no revision, so the newest on that day" if not version else why
    return _make(step, fetcher.kind, name, grade, why, word.token, fetcher.program, version, models, words)


def _version(fetcher: Fetcher, options: Options, text: str, following: ShellWord | None) -> tuple[str, str]:
    """Name and version of what an operand names."""
    match fetcher.style:
        case "at":
            head, _, version = text[1:].partition("@")
            name = text[:1] + head
            if "==" in name:
                name, _, version = name.partition("==")
            return name, version
        case "colon":
            name, _, version = text.partition(":")
            return name, version
        case "semicolon":
            name, _, version = text.rpartition(";")
            return (name, version) if name else (text, "")
        case "dash":
            found = re.fullmatch(rf"(.+?)[-@^:]((?:\d|{UNKNOWN}).*|stable|beta|devel)", text)
            return (found[1], found[2]) if found else (text, "")
        case "dot":
            found = re.fullmatch(r"([\w-]+?)[.=](\d.*)", text)
            return (found[1], found[2]) if found else (text, "")
        case "next":
            return text, following.pattern if following is not None else ""
        case "option":
            given = options.value(*fetcher.option)
            return text, given if given is not None else (UNKNOWN if options.has(*fetcher.option) else "")
        case "self":
            return text, text
    return text, ""


def _grade(version: str, text: str) -> tuple[Grade, str]:
    if not text.strip(UNKNOWN):
        return "unknown", "a variable decides"
    if UNKNOWN in version:
        return "unknown", "a variable decides the version"
    if is_commit(version):
        return "immutable", "a full commit"
    if not version:
        return "floating", "no version, so the newest on that day"
    if _EXACT.fullmatch(version) or (_EXACT.search(version) and not set(version) & set("^~*<>x")):
        return "versioned", f"the version {version}"
    return "floating", f"{version} leaves the version open"


def _stored(models: Models, step: Step, invocation: Invocation, store: Store) -> Iterator[Input]:
    """Objects of a storage service that are copied to the image; the last operand is where to."""
    wanted = store.subcommand.split()
    operands = parse_options(invocation.args, OptionSpec(store.valued)).operands
    if [word.value for word in operands[: len(wanted)]] != wanted:
        return
    operands = operands[len(wanted) :]
    fetches_alone = store.program in (
        "aria2c",
        "axel",
        "http",
        "fetch",
        "lwp-download",
        "lynx",
        "lftp",
        "oras",
        "crane",
    )
    sources = operands if fetches_alone else operands[:-1]
    if store.program == "s3cmd" and len(operands) == 1:
        sources = operands
    if store.program == "crane":
        sources = operands[:1]
    for word in sources:
        text = word.pattern
        if not re.match(store.remote, text):
            continue
        if text.startswith(("http://", "https://", "ftp://")) and store.program != "azcopy":
            yield url_input(models, step, word.token, text, manager=store.program)
        elif store.program in ("skopeo", "crane", "oras"):
            reference = parse_image_reference(text.removeprefix("docker://"))
            grade, why = grade_reference(reference)
            if UNKNOWN in text and not reference.digest:
                grade, why = "unknown", "a variable decides"
            yield _make(
                step,
                "image",
                text.removeprefix("docker://"),
                grade,
                why,
                word.token,
                store.program,
                reference.tag,
                models,
                word.text,
                digest=reference.digest,
            )
        else:
            yield _object(models, step, store, word, text)


def _object(models: Models, step: Step, store: Store, word: ShellWord, text: str) -> Input:
    if re.search(r"gs://.*#\d{10,}", text) or "versionid=" in text.lower():
        return _make(
            step, "data", text, "immutable", "a version of the object", word.token, store.program, "", models, word.text
        )
    if re.search(r"\d+\.\d+|\d{8}|[0-9a-f]{40}", text) and UNKNOWN not in text:
        why = "the name has a version, whose content can be replaced"
        return _make(step, "data", text, "versioned", why, word.token, store.program, "", models, word.text)
    if UNKNOWN in text:
        return _make(
            step, "data", text, "unknown", "a variable decides", word.token, store.program, "", models, word.text
        )
    return _make(
        step, "data", text, "floating", "the name has no version", word.token, store.program, "", models, word.text
    )


def _az_blob(models: Models, step: Step, invocation: Invocation) -> Iterator[Input]:
    options = parse_options(
        invocation.args,
        OptionSpec(
            frozenset(
                [
                    "-c",
                    "--container-name",
                    "-n",
                    "--name",
                    "-f",
                    "--file",
                    "--account-name",
                    "-s",
                    "--source",
                    "-d",
                    "--destination",
                    "--pattern",
                ]
            )
        ),
    )
    words = [word.value for word in options.operands[:3]]
    if words[:2] != ["storage", "blob"] or len(words) < 3 or words[2] not in ("download", "download-batch", "copy"):
        return
    given = [
        value
        for names in (("-c", "--container-name"), ("-n", "--name"), ("-s", "--source"))
        if (value := options.value(*names))
    ]
    token = options.operands[2].token
    yield _make(step, "data", "/".join(given) or "blob", "floating", "the name has no version", token, "az")


def _pacman(models: Models, step: Step, invocation: Invocation) -> Iterator[Input]:
    """Flags say what pacman does: `-S` installs, `-u` upgrades what is there."""
    from fairlead.analysis.package_inputs import is_snapshot

    options = parse_options(
        invocation.args,
        OptionSpec(
            frozenset(["-b", "--dbpath", "-r", "--root", "--config", "--cachedir", "--overwrite", "--ignore", "--arch"])
        ),
    )
    flags = set(options.flags)
    if not flags & {"-S", "--sync"} or flags & {
        "-c",
        "--clean",
        "-s",
        "--search",
        "-i",
        "--info",
        "-p",
        "--print",
        "-l",
    }:
        return
    snapshot = is_snapshot(models, step)
    grade: Grade = "versioned" if snapshot else "floating"
    first = options.words.get("-S") or options.words.get("--sync")
    if flags & {"-u", "--sysupgrade"} and first is not None:
        why = (
            "brings everything to the state of a snapshot"
            if snapshot
            else "brings everything to what is newest on that day"
        )
        yield _make(step, "upgrade", f"pacman {first.text}", grade, why, first.token, "pacman")
    for word in options.operands:
        for text in _texts(word):
            if not text.strip(UNKNOWN):
                yield _make(
                    step,
                    "package",
                    word.text,
                    "unknown",
                    "a variable decides which packages",
                    word.token,
                    "pacman",
                    "",
                    models,
                    word.text,
                )
            else:
                name, _, version = text.partition("=")
                why = "from a snapshot of the repository" if snapshot else "no version, so the newest on that day"
                given: Grade = grade
                if version:
                    given, why = "versioned", f"the version {version}"
                yield _make(step, "package", name, given, why, word.token, "pacman", version, models, word.text)


def _corepack(models: Models, step: Step, command: Command, invocation: Invocation) -> Iterator[Input]:
    """`corepack enable`: package.json says which version of Yarn or pnpm, else the newest that corepack knows comes."""
    operands = [word.value for word in invocation.args if not word.text.startswith("-")]
    if operands[:1] != ["enable"] or invocation.word is None or _prepares(step):
        return
    names = [name for name in operands[1:] if name] or ["yarn and pnpm"]
    cwd = working_directory(step, command.cwd)
    place = version = ""
    for other in [step, *(s for s in step.stage.all_steps() if s is not step)]:
        directory = cwd if other is step else other.workdir
        found = context_path(models, step.stage.steps[-1], f"{directory}/package.json") if directory else None
        text = models.context.text(found) if found is not None and models.context is not None else None
        version = _package_manager(text) if text is not None else ""
        if version:
            place = found or ""
            break
    token = invocation.word.token
    if not version:
        why = (
            "package.json names no packageManager"
            if models.context is not None
            else "package.json may name a version; it is not known"
        )
        grade: Grade = "floating" if models.context is not None else "unknown"
        yield _make(step, "tool", " and ".join(names), grade, why, token, "corepack")
        return
    name, _, asked = version.partition("@")
    if "+" in asked:
        yield _make(
            step,
            "tool",
            name,
            "immutable",
            "packageManager has a hash, which corepack checks",
            token,
            "corepack",
            asked,
            file=place,
            digest=asked.partition("+")[2],
        )
    else:
        yield _make(
            step,
            "tool",
            name,
            "versioned",
            f"packageManager names the version {asked}",
            token,
            "corepack",
            asked,
            file=place,
        )


def _prepares(step: Step) -> bool:
    """Whether a version is named besides: `corepack prepare pnpm@9.1.0 --activate`."""
    return any(
        re.search(r"corepack\s+(?:prepare|install|use)\s+\S*\w@", other.instruction.token.text) is not None
        for other in step.stage.all_steps()
    )


def _package_manager(text: str) -> str:
    try:
        data: Any = json.loads(text)
    except ValueError:
        return ""
    value = data.get("packageManager") if isinstance(data, dict) else None
    return value if isinstance(value, str) else ""


_PROPERTIES = {
    "gradlew": ("gradle/wrapper/gradle-wrapper.properties", "Gradle"),
    "mvnw": (".mvn/wrapper/maven-wrapper.properties", "Maven"),
}


def _wrapper(models: Models, step: Step, command: Command, invocation: Invocation, name: str) -> Iterator[Input]:
    """The distribution that `./gradlew` and `./mvnw` download at their first call."""
    for other in step.stage.all_steps():
        if other is step:
            break
        if re.search(rf"\b{name}\b", other.instruction.token.text) and isinstance(other.instruction, ast.Run):
            return
    file, title = _PROPERTIES[name]
    cwd = working_directory(step, command.cwd)
    written = invocation.word.value if invocation.word is not None else None
    directory = posixpath.dirname(written) if written else ""
    base = directory if directory.startswith("/") else posixpath.join(cwd, directory) if cwd is not None else None
    place = context_path(models, step, posixpath.join(base, file)) if base is not None else None
    text = models.context.text(place) if place is not None and models.context is not None else None
    token = invocation.word.token if invocation.word is not None else command.token
    if text is None or place is None:
        looked = (
            "is not in the build context" if models.context is not None else "is not known without the build context"
        )
        yield _make(step, "tool", title, "unknown", f"{posixpath.basename(file)} {looked}", token, name)
        return
    url = re.search(r"^distributionUrl\s*=\s*(\S+)", text, re.MULTILINE)
    checksum = re.search(r"^distributionSha256Sum\s*=\s*([0-9a-fA-F]{64})", text, re.MULTILINE)
    address = url[1].replace("\\:", ":") if url else title
    if checksum:
        yield _make(
            step,
            "tool",
            address,
            "immutable",
            "the wrapper checks its checksum",
            token,
            name,
            file=place,
            digest=checksum[1],
        )
    else:
        yield _make(
            step,
            "tool",
            address,
            "versioned",
            f"{posixpath.basename(file)} names a version and no checksum",
            token,
            name,
            file=place,
        )


def _code(models: Models, step: Step, invocation: Invocation, program: str) -> Iterator[Input]:
    """Calls in the code that `python -c` and `Rscript -e` are given."""
    for word in invocation.args:
        if "(" in word.text:
            yield from _calls(models, step, word.token, "R" if program.startswith("R") else program)


def _calls(models: Models, step: Step, token: Token, program: str) -> Iterator[Input]:
    for match in _PYTHON_CODE.finditer(token.text):
        call = match["call"]
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
            grade, why = _grade(asked, text)
            if not asked:
                why = (
                    "no version, so the newest on that day" if is_package else "no revision, so the newest on that day"
                )
            start = match.start("args") + name.start(1)
            yield _make(
                step, "package" if is_package else "data", text, grade, why, token.slice(start, start + len(name[1])), program, asked,
            )  # fmt: skip
