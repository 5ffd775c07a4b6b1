"""What becomes of the files that a build downloads: code that runs at once, code that nothing verifies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fairlead.analysis.effects import Download
from fairlead.analysis.evaluation import never_runs
from fairlead.analysis.verification import VERIFIERS, check_after, names_of, names_of_added
from fairlead.build.model import Step
from fairlead.build.remote import parse_remote
from fairlead.shell import UNKNOWN, Command, base_name, dialect_of, is_posix_like, unwrap
from fairlead.syntax import ast
from fairlead.syntax.source import Span, Token

if TYPE_CHECKING:
    from fairlead.analysis.models import Models

_INTERPRETERS = re.compile(r"(?:ba|da|a|z|k)?sh|python[\d.]*|perl|ruby|node|php[\d.]*|pwsh|lua|Rscript")
# what is not code, or is itself a means to verify
_NOT_CODE = re.compile(
    r"\.(?:asc|sig|sha\d*(?:sum)?|md5|gpg|key|pub|pem|crt|cer|repo|list|sources|txt|json|xml|ya?ml|conf|ini|html?|md|csv|ttf|"
    r"otf|woff2?|png|jpe?g|svg|\w*rc|sum|sums|minisig|sigstore|bundle|ico|css|patch|diff)(?:$|[?#])|"
    # signed by its makers; DuckDB checks that when it loads one
    r"\.duckdb_extension(?:\.gz)?$",
    re.IGNORECASE,
)
# what a test, an analysis or a fuzzer reads, packed or not
_SAMPLES = re.compile(
    r"\.(?:fastq|fq|fasta|fa|fna|faa|ffn|gff3?|gtf|vcf|bcf|bam|sam|bed|msh|nii|pdb|mtx|dict)"
    r"(?:\.(?:gz|bz2|xz|zst|zip))?(?:$|[?#])|corpus|corpora|testcases?[._-]|/(?:tests?|test[-_]?data|[\w-]+-tests)/",
    re.IGNORECASE,
)
_DATA = re.compile(r"\.(?:mmdb|sql|csv|tsv|jsonl?|txt|h5|hmm|dat)(?:\.(?:gz|bz2|xz|zst|zip))?(?:$|[?#])", re.IGNORECASE)
_KEY_PLACE = re.compile(r"/(?:keyrings|trusted\.gpg\.d)/|\.(?:asc|gpg|key|pem|crt)$")
_CODE = re.compile(
    r"\.(?:tar|tgz|tbz2?|txz|tar\.\w+|zip|gz|bz2|xz|zst|7z|deb|rpm|apk|jar|war|whl|gem|phar|sh|run|bin|appimage|py|pl|rb|js|so|"
    r"exe|msi|dll|tar\.gz)(?:$|[?#/])",
    re.IGNORECASE,
)
PRIVATE_HOST = re.compile(r"^[a-z]+://(?:localhost|127\.|\[?::1|host\.docker\.internal|169\.254\.)", re.IGNORECASE)
# `-k` among the short options of curl that take no value
_INSECURE_FLAGS = re.compile(r"-[#0-46BGIJLMNORSZafgijlnpqsv]*k")
# a commit or the hash of a file, as in archives of a commit and on files.pythonhosted.org
CONTENT_HASH = re.compile(r"(?<![0-9a-f])[0-9a-f]{40}(?:[0-9a-f]{20,24})?(?![0-9a-f])")
_VERSION = re.compile(
    r"\d+\.\d+|\d+u\d+|\d{4,}|[0-9a-f]{12,}|(?<![A-Za-z/])v\d|(?:download|tags?|archive|releases?)/v\d|/v\d+(?!\d|/)|[-_/]\d+(?:[-_./]|$)|"
    r"[A-Za-z]\d{2,}[a-z]?(?=[-_.])|(?:alpha|beta|rc)\d+(?=[-_.])|" + UNKNOWN
)
# digits that say no version: architectures, formats, hash functions
NO_VERSION = re.compile(
    r"(?:debian|ubuntu|centos|rhel|el|fedora|opensuse|sles|rocky|almalinux|oracle|amazonlinux)[-_/]?\d+(?:\.\d+)*(?=/|$)|x86[_-]64|x86|x64|amd64|arm64v8|arm64|aarch64|arm32v\d|armv\d\w*|armhf|i[3-6]86|ppc64le|ppc64el|s390x?|riscv64|"
    r"(?:win|windows|linux|mac|macos|osx)[-_]?(?:32|64)(?![0-9])|[-_](?:32|64)[-_]?bit|md5|sha[-_]?\d+|base64|utf-?8|"
    r"\d+\.x(?![a-z0-9])|bz2|bzip2|gpg2|(?<=/)s3(?=/)|log4j2|python[23](?![.\d])|win32",
    re.IGNORECASE,
)
_SCRIPT_VERSION = re.compile(rf"\d+\.\d+|[-_/]v?{UNKNOWN}(?!\.x)")
_FULL_VERSION = re.compile(r"\d+([._])\d+\1\d+")
_SHORT_COMMIT = re.compile(r"(?<![0-9A-Za-z])(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,11}(?![0-9A-Za-z])")
# `/org/team/main/tool/3327.v8/tool-3327.v8.jar`: a Maven repository has the version twice, and no branches
_VERSION_TWICE = re.compile(r"/(\d+\.\w[\w.+-]*)/[^/]*-\1[^/]*$")
# `/1.0-SNAPSHOT/tool-1.0-20240508.153334-1.jar`: the one build of a snapshot
_SNAPSHOT_BUILD = re.compile(r"-\d{8}\.\d{6}-\d+[.-]")
# a release that is called a snapshot is none of those that move
_SNAPSHOT_RELEASE = re.compile(r"/releases/download/v?\d[^/]*-SNAPSHOT/")
_ALWAYS_MOVES = re.compile(r"last[A-Z]\w+|SNAPSHOT")
# with the permanent links of Jenkins and TeamCity to whichever build was the last
FLOATING_WORD = re.compile(
    r"(?:^|(?<!/pool)[/_.-])(?:latest|LATEST|master|main|nightly|HEAD|trunk|snapshot|SNAPSHOT|"
    r"last(?:Build|(?:Successful|Stable|Completed)Build|Successful|Pinned|Finished))(?:$|[/_.?-])"
)
# a branch by its full name, whatever it is called
_BRANCH = re.compile(r"/refs/heads/[^/]")
# asked for what a branch or a release is now: to rebuild when it changes, not for its content
METADATA = re.compile(r"^https://api\.github\.com/repos/[^?]*/(?:git/refs?|branches|commits|releases)(?:/|$|\?)")


@dataclass(eq=False)
class RemoteScript:
    """Downloaded text that an interpreter runs at once.

    Attributes:
        download: the download.
        interpreter: the command that runs it.
        name: the interpreter.
        versioned: the URL names a full version, or the script is told which version to install.
        idle: whether only other build arguments make the step run it.
    """

    download: Download
    interpreter: Command
    name: str
    versioned: bool
    idle: bool


@dataclass(eq=False)
class UnverifiedDownload:
    """A downloaded program or archive that nothing verifies.

    Attributes:
        token: the URL's word.
        url: with `UNKNOWN` for parts that are not known.
        floating: no version in the URL: its content can change.
        moving: the word by which the URL says that its content moves: `latest`, `master`, `HEAD`; "" for none.
        insecure: it is not fetched through TLS, or the certificate is not checked.
        unchecked: it is fetched through TLS, and the certificate is not checked.
        step: the step.
        idle: whether only other build arguments make the step fetch it.
    """

    token: Token
    url: str
    floating: bool
    moving: str
    insecure: bool
    unchecked: bool
    step: Step
    idle: bool


def remote_scripts(models: Models, step: Step) -> Iterator[RemoteScript]:
    """Downloads of a RUN that go straight into an interpreter."""
    seen: set[tuple[Span, ...]] = set()
    for download in models.downloads(step):
        # the script of a `sh -c` is read as its word and as commands
        if not download.to_stdout or download.token.spans in seen:
            continue
        reader = reader_of(step, download.command)
        if reader is not None:
            seen.add(download.token.spans)
            command, name = reader
            idle = never_runs(download.command, step.scope.declared)
            yield RemoteScript(download, command, name, _is_versioned(download, command), idle)


def _is_versioned(download: Download, reader: Command) -> bool:
    """Whether a script is one version's by its URL, or gets a version as an argument or a variable."""
    path = without_host(download.url)
    if not moving_word(path) and (_SCRIPT_VERSION.search(path) or CONTENT_HASH.search(path)):
        return True
    start = download.token.spans[0].start
    words = [word.pattern for word in reader.args if not _holds(word.token, start)]
    for at, word in enumerate(words):
        option, _, value = word.partition("=")
        if re.fullmatch(r"--?[\w-]*(?:ver|version|toolchain)|-v", option):
            value = value or "".join(words[at + 1 : at + 2])
            if value and not FLOATING_WORD.fullmatch(value) and value != "stable":
                return True
        if re.fullmatch(rf"(?:[A-Za-z][\w-]*-)?v?(?:\d+(?:\.\d+[\w.+-]*)?|{UNKNOWN})", word):
            return True
    return any(
        name.endswith("_VERSION") and name.removesuffix("_VERSION").lower() in download.url.lower()
        for name, value in reader.env.items()
        if value is None or re.search(r"\d+\.\d", value)
    )


def unverified(models: Models, step: Step) -> Iterator[UnverifiedDownload]:
    """Programs and archives that a step fetches and that nothing verifies."""
    if isinstance(step.instruction, ast.Add):
        yield from _added(step, step.instruction)
        return
    script = step.script
    if script is None or any(VERIFIERS.fullmatch(unwrap(command).name or "") for command in script.commands):
        return
    for download in models.downloads(step):
        if reader_of(step, download.command) is not None and download.to_stdout:
            continue
        if not _is_code(download.url) and not _is_run(step, download):
            continue
        if download.command.substitution or (download.to_stdout and not _unpacked(download.command)):
            continue
        if is_ignorable(download.url) or (download.path is not None and _KEY_PLACE.search(download.path)):
            continue
        if not download.to_stdout and check_after(step, names_of(step, download)) is not None:
            continue
        unchecked, idle = _skips_tls(download.command), never_runs(download.command, step.scope.declared)
        yield _unverified(download.token, download.url, step, unchecked=unchecked, idle=idle)


def _unverified(token: Token, url: str, step: Step, *, unchecked: bool, idle: bool) -> UnverifiedDownload:
    plain = url.lower().startswith(("http://", "ftp://"))
    moving, floating = moving_word(without_host(url)), is_floating(url)
    return UnverifiedDownload(token, url, floating, moving, plain or unchecked, unchecked and not plain, step, idle)


def _is_run(step: Step, download: Download) -> bool:
    """Whether the file is made executable or lies where programs are."""
    path = download.path
    if path is None or step.script is None or not_code(download.url):
        return False
    if re.match(r"/(?:usr/)?(?:local/)?s?bin/", path):
        return True
    name = path.rpartition("/")[2]
    return any(
        unwrap(command).name in ("chmod", "install", "sh", "bash", "dpkg", "rpm")
        and any((word.value or "").endswith(name) for word in command.args)
        for command in step.script.commands
    )


def is_floating(url: str) -> bool:
    """Whether a URL names no version, so that what it gives can change."""
    path = without_host(url)
    return moving_word(path) != "" or not has_version(path)


def moving_word(path: str) -> str:
    """The word by which the path of a URL says that its content moves, such as `latest`; "" for none.

    Beside a full version it is a part of the name: `x-1.2.3-latest-toolchain.tar.xz`, `/main/release/1.2.3/x.tar.gz`;
    so it is in a Maven repository, `/main/tool/33.v8/tool-33.v8.jar`. But what lies in a directory `latest` is
    gone with the next one. A snapshot, and the last build of a server, move whatever version they are of.
    """
    if _BRANCH.search(path):
        return "refs/heads"
    if _SNAPSHOT_BUILD.search(path) or _SNAPSHOT_RELEASE.search(path):
        return ""
    for match in FLOATING_WORD.finditer(path):
        word = match[0].strip("/_.-?")
        whole = match[0].startswith("/") and (match[0].endswith("/") or match.end() == len(path))
        dated = re.search(r"\d{6,}$", path[: match.start()]) or _SHORT_COMMIT.search(path, match.end() - 1)
        below = _VERSION_TWICE.search(path, match.end() - 1)
        versioned = (_FULL_VERSION.search(path) or below) and not (whole and word.lower() == "latest")
        if _ALWAYS_MOVES.fullmatch(word) or not (versioned or (dated and not whole)):
            return word
    return ""


def without_host(url: str) -> str:
    """A URL from its path on."""
    return re.sub(r"^[a-z]+://[^/]*", "", url)


def has_version(path: str) -> bool:
    """Whether the path of a URL names a version; a part that is not known may well be one."""
    return _VERSION.search(NO_VERSION.sub("", path)) is not None


def _is_code(url: str) -> bool:
    return not not_code(url) and _CODE.search(url) is not None


def is_sample(url: str) -> bool:
    """Whether a URL names what tests and analyses read: reads, genomes, the corpus of a fuzzer."""
    return _SAMPLES.search(url) is not None


def not_code(url: str) -> bool:
    """Whether a URL names a key, a document or data by its name."""
    return any(pattern.search(url) for pattern in (_NOT_CODE, _DATA, _SAMPLES))


def is_ignorable(url: str) -> bool:
    """Whether nothing is to be said: the URL is not known, this machine's, names its content or gives only metadata."""
    if not url.strip(UNKNOWN):
        return True
    return any(pattern.search(url) for pattern in (PRIVATE_HOST, CONTENT_HASH, METADATA))


def _skips_tls(command: Command) -> bool:
    invocation = unwrap(command)
    words = {word.text for word in invocation.args}
    if invocation.name == "curl" and any(_INSECURE_FLAGS.match(word) for word in words):
        return True
    return bool(words & {"--insecure", "--no-check-certificate"})


def _unpacked(command: Command) -> bool:
    """Whether what it prints goes into an archiver."""
    after = command.pipeline.after(command) if command.pipeline is not None else ()
    return any(unwrap(other).name in ("tar", "bsdtar", "cpio", "unzip", "gunzip", "gzip", "funzip") for other in after)


def reader_of(step: Step, command: Command) -> tuple[Command, str] | None:
    """The interpreter that runs what a command prints."""
    if command.pipeline is not None:
        for other in command.pipeline.after(command):
            name = _interpreter(other)
            if name:
                return other, name
    if command.substitution and not (command.pipeline is not None and list(command.pipeline.after(command))):
        return _outer_interpreter(step, command)
    return None


def _interpreter(command: Command) -> str:
    """The name of the interpreter that reads its standard input, "" for another command."""
    invocation = unwrap(command)
    name = base_name(invocation.name or "")
    if not _INTERPRETERS.fullmatch(name):
        return ""
    operands = [word.text for word in invocation.args if not word.text.startswith("-")]
    options = {word.text for word in invocation.args if word.text.startswith("-")}
    reads_stdin = bool(options & {"-s", "-", "--", "-s--"}) or not operands or operands[0] in ("/dev/stdin", "-")
    if options & {"-c", "-e", "-r", "-n", "-ne", "-pe", "-p", "-m", "-i", "-E", "-lc", "-ec"} or not reads_stdin:
        return ""
    return name


def _outer_interpreter(step: Step, inner: Command) -> tuple[Command, str] | None:
    """`bash <(curl ...)`, `sh -c "$(curl ...)"`, `eval "$(curl ...)"`, `. <(curl ...)`."""
    script = step.script
    at = inner.token.spans[0].start
    for command in script.commands if script is not None else ():
        if command is inner or command.substitution or not command.words:
            continue
        invocation = unwrap(command)
        name = base_name(invocation.name or "")
        for position, word in enumerate(invocation.args):
            spans = word.token.spans
            if not (spans[0].start <= at < spans[-1].end):
                continue
            kinds = {part.kind for part in word.parts if _holds(part.token, at)}
            before = invocation.args[position - 1].text if position else ""
            if name in (".", "source", "eval") and position == 0:
                return command, name
            if not _INTERPRETERS.fullmatch(name):
                continue
            if "process" in kinds or (is_posix_like(dialect_of(name)) and before.endswith("c") and before[:1] == "-"):
                return command, name
    return None


def _holds(token: Token, at: int) -> bool:
    return token.spans[0].start <= at < token.spans[-1].end


def _added(step: Step, instruction: ast.Add) -> Iterator[UnverifiedDownload]:
    if instruction.checksum:
        return
    for source in instruction.sources:
        url = step.resolve(source.word.value).pattern
        remote = parse_remote(url)
        if remote is None or remote.kind != "file" or is_ignorable(url) or not_code(url):
            continue
        if check_after(step, names_of_added(url, instruction, step.destination)) is None:
            yield _unverified(source.word.token, url, step, unchecked=False, idle=False)
