"""What the repository around a Dockerfile tells: its name and owner, the images that it makes, the arguments it gives.

Only files are read, no program is run: the configuration of git, and the files in the directories above that hold
commands of builds (a Makefile, a bake or Compose file, a workflow).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from fairlead.build.image import ImageReference

_BUILD_FILES = (
    "[Mm]akefile", "GNUmakefile", "*.mk", "*.sh", "docker-bake*", "docker-compose*.y*ml", "compose*.y*ml",
    "cloudbuild*.y*ml", "Taskfile*", "justfile", "Jenkinsfile*", "azure-pipelines*.y*ml", ".gitlab-ci*.y*ml",
    ".circleci/config.yml", ".github/workflows/*.y*ml", "README*",
)  # fmt: skip
# what says how containers run: Compose files, manifests of Kubernetes and Nomad, charts, units of systemd, guides
_RUN_FILES = re.compile(
    r".*\.(?:ya?ml|tpl|nomad|hcl|container|toml)|README(?:\.\w+)?|[Mm]akefile|.*\.sh", re.IGNORECASE
)
_MOST_ENTRIES = 5000
_MOST_FILES = 200
_MOST_BYTES = 500_000
_ORIGIN = re.compile(r'\[remote "origin"\](.*?)(?=^\[|\Z)', re.DOTALL | re.MULTILINE)
_ADDRESS = re.compile(r"^[ \t]*url[ \t]*=[ \t]*(\S+)", re.MULTILINE)
_OWNER_AND_NAME = re.compile(r"(?:://[^/\s]+/|^[^/:\s]+:)([^/\s]+)/(?:\S*/)?([^/\s]+?)(?:\.git)?/?$")
_SUFFIX = re.compile(r"(?:org|hq|inc|labs?)$")


class Repository:
    """The git repository that a file is in, as far as its files tell.

    Args:
        path: the file; it need not exist.
    """

    def __init__(self, path: str) -> None:
        self._given = path
        self._file = Path(path).absolute()

    @cached_property
    def top(self) -> Path | None:
        """The directory that has `.git`; None where the file is in no repository."""
        return next((above for above in self._file.parents if (above / ".git").exists()), None)

    @property
    def path(self) -> str:
        """The file below the top of the repository, with slashes; as it was given where it is in none."""
        return self._file.relative_to(self.top).as_posix() if self.top is not None else self._given

    @cached_property
    def address(self) -> str:
        """The address of the remote `origin`, "" where git's configuration has none."""
        if self.top is None:
            return ""
        section = _ORIGIN.search(_text(_git_directory(self.top) / "config"))
        found = _ADDRESS.search(section[1]) if section is not None else None
        return found[1] if found is not None else ""

    def names(self, address: str = "") -> tuple[str, ...]:
        """The owner and the name of the repository, that of its directory where it has no remote.

        Args:
            address: where it is, if git's configuration does not say so.
        """
        found = _OWNER_AND_NAME.search(self.address or address)
        if found is not None:
            return found.groups()
        return (self.top.name,) if self.top is not None else ()

    def owns(self, image: ImageReference, address: str = "") -> bool:
        """Whether an image is of the owner of the repository, or of the project, by the first component of its name.

        `tool/base` is the project's in `tool-project/tool`; `tool/tool` may be what a repository of that name is about.

        Args:
            image: the image.
            address: where the repository is, if git's configuration does not say so.
        """
        found = _OWNER_AND_NAME.search(self.address or address)
        space, slash, rest = image.repository.partition("/")
        if found is None or not slash:
            return False
        return _plain(found[1]) == _plain(space) or (found[2].lower() == space.lower() != rest.lower())

    def is_of_owner(self, address: str, own: str = "") -> bool:
        """Whether another repository is of the same owner; not this one itself.

        Args:
            address: its address.
            own: where this one is, if git's configuration does not say so.
        """
        found, other = _OWNER_AND_NAME.search(self.address or own), _OWNER_AND_NAME.search(address)
        if found is None or other is None:
            return False
        return found[1].lower() == other[1].lower() and found[2].lower() != other[2].lower()

    def is_itself(self, address: str, own: str = "") -> bool:
        """Whether an address is that of this repository.

        Args:
            address: the address.
            own: where this one is, if git's configuration does not say so.
        """
        other = _OWNER_AND_NAME.search(address)
        own_names = tuple(map(str.lower, self.names(own)))
        return other is not None and tuple(map(str.lower, other.groups())) == own_names

    def is_namesake(self, address: str, own: str = "") -> bool:
        """Whether another repository has the name of this one, or is of an owner of that name.

        Args:
            address: its address.
            own: where this one is, if git's configuration does not say so.
        """
        found, other = _OWNER_AND_NAME.search(self.address or own), _OWNER_AND_NAME.search(address)
        if found is None or other is None or self.is_itself(address, own):
            return False
        return found[2].lower() in (other[1].lower(), other[2].lower())

    def makes(self, image: ImageReference) -> bool:
        """Whether a file of the directories above builds or pushes an image of that name."""
        name = re.escape(image.short_name)
        last = re.escape(image.repository.rpartition("/")[2])
        named = rf"(?:(?:docker\.io/)?{name}|[^\s\"']*\$[^\s\"']*/{last})(?=$|[\s:\"',\])@])"
        built = re.compile(
            rf"(?:(?<!\S)-t|--tag|\btags?[\"']?\s*[:=]|\bimages[\"']?\s*:|\bpush\s|^\s*(?:export\s+)?\w*IMAGE\w*\s*[:?]?=)"
            rf"[\s=\"'\[-]*{named}",
            re.MULTILINE,
        )
        service = re.compile(rf"^( +)image:\s*[\"']?{named}.*$", re.MULTILINE)
        return any(
            built.search(text) or any(_has_build(text, match) for match in service.finditer(text))
            for text in self._build_files
        )

    def replaces(self, image: ImageReference) -> bool:
        """Whether a file of the directories above gives the builder a named context in place of an image."""
        name = re.escape(image.context_name)
        option = re.compile(rf"--build-context[= \t]+[\"']?{name}=")
        entry = re.compile(
            rf"^\s*(?:-\s*)?[\"']?{name}[\"']?\s*[=:]\s*[\"']?(?:docker-image://|target:|service:|oci-layout://)",
            re.MULTILINE,
        )
        return any(option.search(text) or entry.search(text) for text in self._build_files)

    def gives(self, argument: str) -> bool:
        """Whether a file of the directories above gives a build argument a value."""
        name = re.escape(argument)
        option = re.compile(rf"--build-arg[= \t]+[\"']?{name}\b")
        entry = re.compile(rf"^\s*(?:-\s*)?[\"']?{name}[\"']?\s*[:=]\s*\S", re.MULTILINE)
        return any(option.search(text) or ("args" in text and entry.search(text)) for text in self._build_files)

    def says(self, pattern: re.Pattern[str]) -> bool:
        """Whether a pattern is found in a file that says how containers are run, anywhere in the repository."""
        return self.top is not None and any(pattern.search(_text(path)) for path in _run_files(self.top))

    @cached_property
    def _build_files(self) -> tuple[str, ...]:
        if self.top is None:
            return ()
        return tuple(_text(path) for path, _ in zip(self._found(self.top), range(_MOST_FILES), strict=False))

    def _found(self, top: Path) -> Iterator[Path]:
        for above in self._file.parents:
            for pattern in _BUILD_FILES:
                yield from sorted(above.glob(pattern))
            if above == top:
                return


def _run_files(top: Path) -> Iterator[Path]:
    """The files that say how containers are run, those near the top first; the walk has an end in big repositories."""
    waiting, entries = [top], 0
    for directory in waiting:
        try:
            inside = sorted(directory.iterdir())
        except OSError:
            continue
        entries += len(inside)
        if entries > _MOST_ENTRIES:
            return
        for path in inside:
            if path.is_dir():
                if not path.is_symlink() and not path.name.startswith(".") and path.name != "node_modules":
                    waiting.append(path)
            elif _RUN_FILES.fullmatch(path.name):
                yield path


def _git_directory(top: Path) -> Path:
    """The directory with the configuration: of a further worktree `.git` is a file that leads there."""
    directory = top / ".git"
    if directory.is_dir():
        return directory
    inner = top / _text(directory).removeprefix("gitdir:").strip()
    common = _text(inner / "commondir").strip()
    return inner / common if common else inner


def _text(path: Path) -> str:
    """The beginning of a file, "" where it can't be read."""
    try:
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            return file.read(_MOST_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""


def _plain(name: str) -> str:
    """A name as an organisation has it here and there: `rocker-org` on one site is `rocker` on another."""
    letters = re.sub(r"[^a-z0-9]", "", name.lower())
    return _SUFFIX.sub("", letters) or letters


def _has_build(text: str, image: re.Match[str]) -> bool:
    """Whether a Compose service says `build` beside its image."""
    indent = image[1]
    before = text[: image.start()].splitlines()
    after = text[image.end() :].splitlines()[1:]
    for lines in (reversed(before), after):
        for line in lines:
            if line.strip() and not line.startswith(indent):
                break
            if line.startswith(f"{indent}build:"):
                return True
    return False
