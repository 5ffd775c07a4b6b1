"""What a COPY or an ADD puts into a file system.

Sources: BuildKit's frontend/dockerfile/dockerfile2llb/convert_copy.go and solver/llbsolver/file/backend.go, and
tonistiigi/fsutil's copy package, which copies: a directory's content goes into the destination, a link that is named is
followed, links below it are kept, times are kept.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from fairlead.analysis.archive_commands import archive_of, unpack
from fairlead.analysis.archives import MAX_ARCHIVE, NotAnArchive, tar_members
from fairlead.analysis.filesystem import Directory, File, Filesystem, Inode, Node, Owner, Unknown, is_rest, join
from fairlead.analysis.image_accounts import Accounts
from fairlead.analysis.mode_commands import parse_mode
from fairlead.build.context import Context, Entry, ListedSelection, has_wildcard, split_pivot
from fairlead.build.dockerignore import DockerIgnore, inside
from fairlead.build.model import Stage, Step
from fairlead.build.remote import parse_remote
from fairlead.knowledge.files import is_system_directory
from fairlead.syntax import ast
from fairlead.syntax.source import Token

_ARCHIVE_NAME = re.compile(r"\.(?:tar|tgz|tbz2?|txz|tar\.(?:gz|bz2|xz|zst))$", re.IGNORECASE)


@dataclass(eq=False)
class Copier:
    """Carries out one COPY or ADD.

    Attributes:
        fs: the files of the stage.
        step: the instruction.
        accounts: users and groups of the stage.
        unknown: what is not known and why.
        supposed: what estimates rest on.
        stored: the files that are stored even where they are there already, since nobody looks at what is below.
    """

    fs: Filesystem
    step: Step
    accounts: Accounts
    unknown: list[str] = field(default_factory=list)
    supposed: list[str] = field(default_factory=list)
    stored: list[str] = field(default_factory=list)
    _source_is_wild: bool = False
    _has_open: bool = False
    _made: dict[str, Directory] = field(default_factory=dict)
    # the names that a file with several has in what is copied at once
    _linked: dict[Inode, Inode] = field(default_factory=dict)

    def run(
        self,
        copy: ast.FileInstruction,
        context: Context | None,
        named: Mapping[str, Context],
        stages: Mapping[Stage, Directory],
    ) -> None:
        """Copy all sources in their order.

        Args:
            copy: the instruction.
            context: the build context; None where it is not known.
            named: named contexts, by name.
            stages: the files of the stages above at their end.
        """
        destination = self.step.destination
        if destination is None:
            self._doubt("where it copies to is not known")
            return
        below = self.fs
        if self.step.stands_alone:
            # copied onto nothing, and laid over what is there
            self.fs = Filesystem(Directory())
        origin = self.step.origin
        if origin is not None:
            context = named.get(origin.resolved.pattern)
        for source in copy.sources:
            token = source.word.token
            self._linked = {}
            if source.heredoc is not None:
                self._heredoc(source.heredoc, destination, len(copy.sources), token)
                continue
            path = self.step.resolve(source.word.value).text
            if path is None:
                self._doubt(f"what {source.word.value} stands for is not known")
                self._unlisted(destination, "?", token, several=len(copy.sources) > 1)
            elif isinstance(copy, ast.Add) and parse_remote(path) is not None:
                self._remote(path, destination, token)
            elif origin is not None and origin.stage in stages and origin.stage is not None:
                self._from_stage(stages[origin.stage], path, destination, token, len(copy.sources))
            elif context is None:
                what = "the build context" if origin is None else f"what {origin.resolved.pattern} holds"
                self._doubt(f"{what} is not known")
                self._unlisted(destination, path, token, several=len(copy.sources) > 1)
            else:
                self._from_context(copy, context, path, destination, token)
        if self.fs is not below:
            self._lay_over(below)

    def _doubt(self, why: str) -> None:
        if why not in self.unknown:
            self.unknown.append(why)

    def _lay_over(self, below: Filesystem) -> None:
        """Put what was copied onto nothing over the files of the stage: its directories replace links and modes."""
        copied, self.fs = self.fs, below
        # no link is on the way: what was copied has taken the place of each
        places: dict[str, Directory | None] = {}
        for path, node in copied.walk("/"):
            cause = copied.cause(path.lstrip("/")) or self.step.instruction.token
            if isinstance(node, File):
                if is_rest(posixpath.basename(path)):
                    directory = below.directory(posixpath.dirname(path), cause)
                    if directory is not None:
                        directory.add_rest(node)
                        below.note(posixpath.dirname(path), cause)
                elif node.inode is not None:
                    below.put(path, node, cause)
                    self.stored.append(path)
                else:
                    above, _, name = path.rpartition("/")
                    if above not in places:
                        places[above] = below.directory(above or "/", cause)
                    directory = places[above]
                    if directory is not None:
                        directory.children[name] = node
                        below.note(path, cause)
                    self.stored.append(path)
            elif path != "/":
                old = below.find(path, follow=False)
                if isinstance(old, File) and old.kind != "rest":
                    below.remove(path, cause)
                made = below.directory(path, cause, mode=node.mode or 0o755, uid=node.uid, gid=node.gid)
                if made is not None and made.mode is not None and isinstance(old, Directory):
                    made.mode, made.uid, made.gid = node.mode, node.uid, node.gid

    # What a file gets

    @cached_property
    def _owner(self) -> tuple[Owner, Owner] | None:
        copy = self.step.instruction
        flag = copy.chown if isinstance(copy, ast.FileInstruction) else None
        if flag is None:
            return None
        text = self.step.resolve(flag.value or "").text
        return (None, None) if text is None else builder_owner(self.accounts, text)

    @cached_property
    def _given_mode(self) -> str | None:
        """What `--chmod` says, "" where it is not known."""
        copy = self.step.instruction
        flag = copy.chmod if isinstance(copy, ast.FileInstruction) else None
        return None if flag is None else self.step.resolve(flag.value or "").text or ""

    @property
    def _implied_mode(self) -> int:
        """The mode of directories that the builder makes to copy into: a symbolic `--chmod` is not for them."""
        text = self._given_mode
        return int(text, 8) & 0o777 if text is not None and re.fullmatch(r"[0-7]+", text) else 0o755

    def _mode(self, old: int | None, *, is_directory: bool) -> int | None:
        text = self._given_mode
        return old if text is None else parse_mode(text, old, is_directory=is_directory, by="builder")

    def _adapted(self, node: File) -> File:
        uid, gid = self._owner or (node.uid, node.gid)
        mode = node.mode if node.kind == "symlink" else self._mode(node.mode, is_directory=False)
        if (uid, gid, mode) == (node.uid, node.gid, node.mode) and not (node.maybe or node.inode):
            return node
        inode = None if node.inode is None else self._linked.setdefault(node.inode, Inode())
        return replace(node, uid=uid, gid=gid, mode=mode, maybe=False, inode=inode)

    def _put(self, path: str, node: File, token: Token) -> None:
        above, _, name = path.rpartition("/")
        directory = self._made.get(above)
        if directory is None:
            directory = self._make(above or "/", token)
            if directory is None:
                return
            self._made[above] = directory
            # one note for all files of a directory
            self.fs.note(self.fs.real(above or "/") or above, token)
        if isinstance(directory.children.get(name), Directory):
            # the builder stops
            return
        new = self._adapted(node)
        if new.inode is not None:
            self.fs.put(path, new, token)
            return
        directory.children[name] = new
        if above in ("", "/") or directory is self.fs.root:
            self.fs.note(path, token)

    def _make(self, path: str, token: Token, *, mode: int | None = None) -> Directory | None:
        """The directory that is copied into, made with all above it where it is not there."""
        uid, gid = self._owner or (0, 0)
        return self.fs.directory(path, token, mode=self._implied_mode if mode is None else mode, uid=uid, gid=gid)

    def _directory(
        self, path: str, token: Token, mode: int | None, owner: tuple[Owner, Owner] = (0, 0), *, passed: bool = False
    ) -> None:
        """A directory below the one that is copied: it gets the mode and the owner of its source.

        One that is only passed on the way to what `--parents` names gets the mode alone where it is there.
        """
        existed = isinstance(self.fs.find(path, follow=False), Directory)
        made = self._make(path, token)
        if made is None or made.mode is None:
            # a directory of the base image
            return
        uid, gid = self._owner or owner
        if existed and passed:
            uid, gid = made.uid, made.gid
        else:
            mode = self._mode(mode, is_directory=True)
        if not existed or (made.mode, made.uid, made.gid) != (mode, uid, gid):
            made.mode, made.uid, made.gid = mode, uid, gid
            self.fs.note(path, token)

    # Where it comes from

    def _into(self, destination: str, name: str, *, several: bool) -> str:
        """The path of a file that is copied; a link that is the destination is followed, one in it is replaced."""
        if destination.endswith("/") or several or self._is_directory(destination):
            return join(self.fs.real(destination) or destination, name)
        return self.fs.real(destination) or destination

    def _is_directory(self, path: str) -> bool:
        node = self.fs.find(path)
        if self.step.stands_alone:
            return isinstance(node, Directory)
        return isinstance(node, Directory) or (isinstance(node, Unknown) and is_system_directory(path))

    def _holds(self, destination: str) -> bool:
        """Whether a destination is a directory, so that what comes from a directory is laid beside what is there."""
        return destination.endswith("/") or self._is_directory(destination) or is_system_directory(destination)

    def _heredoc(self, heredoc: ast.Heredoc, destination: str, count: int, token: Token) -> None:
        text = heredoc.content
        if heredoc.chomp:
            text = "".join(line.lstrip("\t") for line in text.splitlines(keepends=True))
        size: int | None = None
        data: bytes | None = None
        expanded = self.step.scope.resolve_heredoc(text) if heredoc.expand else text
        if expanded is None:
            self._doubt("a variable in the text that is copied is not known")
        else:
            data = expanded.encode("utf-8", "surrogateescape")
            size = len(data)
        path = self._into(destination, heredoc.name, several=count > 1)
        given = None if data is None else lambda: data
        stamp = ("text", heredoc.name, object() if data is None else data)
        self._put(path, File("file", size, 0o644, stamp=stamp, content=given), token)

    def _remote(self, url: str, destination: str, token: Token) -> None:
        self._doubt("the size of what a server sends is not known")
        remote = parse_remote(url)
        if remote is None or remote.kind == "repository":
            self._rest(destination, token)
            return
        name = posixpath.basename(url.partition("?")[0].partition("#")[0]) or "index"
        self._put(self._into(destination, name, several=False), File("file", None, 0o600, stamp=object()), token)

    def _unlisted(self, destination: str, source: str, token: Token, *, several: bool) -> None:
        """A source of which only the name is known."""
        name = posixpath.basename(source.rstrip("/"))
        is_file = "." in name.strip(".") and not source.endswith("/") and not has_wildcard(name)
        # `tool-1.2` is a directory as well as a file
        is_file = is_file and not name.rpartition(".")[2].isdecimal()
        if is_file and not (isinstance(self.step.instruction, ast.Add) and _ARCHIVE_NAME.search(name)):
            self._put(self._into(destination, name, several=several), File("file", None, None, stamp=object()), token)
        elif is_system_directory(destination) and is_system_directory(posixpath.dirname(source)):
            # a program
            self._put(join(destination, name), File("file", None, None, stamp=object()), token)
        elif (
            name not in ("", "?")
            and not source.endswith("/")
            and not has_wildcard(name)
            and not self._holds(destination)
        ):
            # a file without an ending, or a directory: what is at the destination is not known
            self._put(destination, File("rest", None, None, stamp=object()), token)
        else:
            self._rest(destination, token)

    def _rest(self, destination: str, token: Token, size: int | None = None, source: str = "") -> None:
        """Files that nobody can list, beside what is at the destination."""
        directory = destination.rstrip("/") or "/"
        if isinstance(self.fs.find(directory), File):
            self.fs.remove(directory, token)
        made = self._make(directory, token)
        if made is not None:
            made.add_rest(self._adapted(File("rest", size, None, stamp=object(), source=source)))
            self.fs.note(self.fs.real(directory) or directory, token)

    def _from_stage(self, root: Directory, source: str, destination: str, token: Token, count: int) -> None:
        copy = self.step.instruction
        files = Filesystem(root)
        self._source_is_wild = root.wild
        path = join("/", source)
        wanted: DockerIgnore | None = None
        if isinstance(copy, ast.Copy) and copy.parents:
            pivot, pattern = split_pivot(source)
            path, wanted = join("/", pivot), DockerIgnore([pattern])
        patterns = (
            [self.step.resolve(pattern).pattern for pattern in copy.exclude]
            if isinstance(copy, ast.FileInstruction)
            else []
        )
        unwanted = DockerIgnore(patterns) if patterns else None
        matched = files.glob(path, dots=True)
        if not matched.complete:
            self._doubt(f"which files of the other stage {source} names is not known")
            self._rest(destination, token)
        for one in matched.paths or (() if has_wildcard(path) else (path,)):
            node = files.find(one)
            several = count > 1 or (has_wildcard(path) and not matched.complete)
            self._linked = {}
            self._has_open = False
            if isinstance(node, Unknown) or node is None:
                self._doubt(f"what the other stage has at {one} is not known")
                self._unlisted(destination, source, token, several=several)
            elif isinstance(node, Directory):
                where = self.fs.real(destination) or destination
                self._make(where, token)
                if root.wild:
                    self._doubt(f"what programs of the other stage have written is copied to {where}")
                self._graft(_selected(node, "", wanted, unwanted) or Directory(), where, token)
            else:
                if node.size is None:
                    self._doubt(f"the size of {one} of the other stage is not known")
                elif root.wild:
                    self.supposed.append(f"the programs of the other stage leave {one} as it was")
                if self._is_unpacked(node) and self._unpacked(node, one, destination, token):
                    continue
                self._put(self._into(destination, posixpath.basename(one), several=several), node, token)

    def _graft(self, directory: Directory, path: str, token: Token) -> None:
        """Copy what is in a directory into one that is there."""
        self.fs.room -= len(directory.children)
        if self.fs.room < 0:
            self._doubt("more files are copied than are followed here")
            return
        if directory.open and not self._has_open:
            self._has_open = True
            self._doubt(f"what the base image of the other stage has, copied to {path}, is not known")
        if directory.maybe and not self._source_is_wild:
            self._doubt(f"whether the other stage has what is copied to {path} is not known")
        for name, node in directory.children.items():
            below = f"{path.rstrip('/')}/{name}"
            if isinstance(node, Directory):
                self._directory(below, token, node.mode, (node.uid, node.gid))
                self._graft(node, below, token)
                continue
            if node.maybe:
                self._doubt(f"whether the other stage has {name} is not known")
            if node.kind == "rest":
                if node.size is None:
                    self._doubt(f"the size of what is copied to {path} is not known")
                elif not node.source:
                    self._doubt(f"the names of what is copied to {path} are not known")
                self._rest(path, token, node.size, node.source)
                continue
            if node.size is None and node.kind in ("file", "rest"):
                self._doubt(f"the size of what is copied to {below.removesuffix('/*')} is not known")
            self._put(below, node, token)

    def _from_context(
        self, copy: ast.FileInstruction, context: Context, source: str, destination: str, token: Token
    ) -> None:
        exclude = [self.step.resolve(pattern).pattern for pattern in copy.exclude]
        parents = isinstance(copy, ast.Copy) and copy.parents
        if not exclude and not parents and self._as_a_whole(context, source, destination, token):
            return
        selection = context.listed(source, exclude=exclude, parents=parents)
        if not selection.found:
            # a step outside of the build may make it
            self._doubt(f"{source} is not in the build context: the build would fail")
            self._unlisted(destination, source, token, several=len(copy.sources) > 1)
            return
        several = len(copy.sources) > 1
        where = self.fs.real(destination) or destination
        is_directory = parents or (
            (found := context.lookup(inside(source))) is not None
            and found[1].kind == "directory"
            and not has_wildcard(source)
        )
        if is_directory:
            self._make(where, token)
        wanted = DockerIgnore([split_pivot(source)[1]]) if parents else None
        for name, path, entry in _named(context, source, selection, parents=parents):
            if name:
                passed = wanted is not None and not wanted.leaves_out(name)
                self._take(context, path, entry, join(where, name), token, passed=passed)
            elif entry.kind == "directory":
                self._make(where, token)
            else:
                base = posixpath.basename(path if has_wildcard(source) else inside(source)) or posixpath.basename(path)
                node = file_of(context, path, entry)
                if self._is_unpacked(node) and self._unpacked(node, path, destination, token):
                    continue
                file = self._into(destination, base, several=several)
                self.fs.note(file, token)
                self._put(file, node, token)

    def _as_a_whole(self, context: Context, source: str, destination: str, token: Token) -> bool:
        """Whether a source is a directory that is copied to where nothing is; it is listed when something looks in."""
        if has_wildcard(source) or self.step.stands_alone:
            return False
        found = context.lookup(inside(source))
        if found is None or found[1].kind != "directory":
            return False
        where = self.fs.real(destination) or destination
        made = self._make(where, token)
        if made is None or made.open or made.mode is None or made.children:
            return False
        made.fill(directory_of(context, found[0], self._adapted, self._of_directory))
        self.fs.note(where, token)
        return True

    def _of_directory(self, mode: int) -> tuple[int | None, Owner, Owner]:
        uid, gid = self._owner or (0, 0)
        return self._mode(mode, is_directory=True), uid, gid

    def _take(self, context: Context, path: str, entry: Entry, where: str, token: Token, *, passed: bool) -> None:
        if entry.kind == "directory":
            self._directory(where, token, entry.mode, passed=passed)
        else:
            self._put(where, file_of(context, path, entry), token)

    def _is_unpacked(self, node: File) -> bool:
        """Whether a file that is a source of its own is unpacked if it is an archive."""
        copy = self.step.instruction
        return isinstance(copy, ast.Add) and copy.unpack is not False and node.kind == "file"

    def _unpacked(self, node: File, path: str, destination: str, token: Token) -> bool:
        """Whether a file is an archive; then it is unpacked."""
        if (node.size or 0) > MAX_ARCHIVE:
            if _ARCHIVE_NAME.search(path):
                self._doubt(f"what the archive {path} holds is not known: it is too large to be opened")
                self._rest(destination, token)
                return True
            return False
        try:
            members = tar_members(archive_of(node))
        except NotAnArchive:
            if path.endswith(".zst"):
                self._doubt(f"what the archive {path} holds is not known: it is compressed with zstd")
                self._rest(destination, token)
                return True
            return False
        if members is None:
            return False
        directory = destination.rstrip("/") or "/"
        self._make(directory, token, mode=0o755)
        if len(members) > self.fs.room:
            self._doubt("more files are unpacked than are followed here")
            self._rest(destination, token)
            return True
        unpack(self.fs, members, directory, token, owner=self._owner, links_tell=True)
        return True


def _selected(
    directory: Directory, path: str, wanted: DockerIgnore | None, unwanted: DockerIgnore | None
) -> Directory | None:
    """What `--parents` and `--exclude` take of a directory; None where that is nothing."""
    if wanted is None and unwanted is None:
        return directory
    found: dict[str, Node] = {}
    for name, node in directory.children.items():
        below = f"{path}/{name}" if path else name
        taken = (wanted is None or wanted.leaves_out(below)) and not (unwanted and unwanted.leaves_out(below))
        if isinstance(node, Directory):
            inner = _selected(node, below, wanted, unwanted)
            if taken and inner is None:
                inner = Directory({}, node.mode, node.uid, node.gid, open=node.open, maybe=node.maybe)
            if inner is not None:
                found[name] = inner
        elif taken:
            found[name] = node
    if not found:
        return None
    return Directory(found, directory.mode, directory.uid, directory.gid, open=directory.open, maybe=directory.maybe)


def builder_owner(accounts: Accounts, text: str) -> tuple[Owner, Owner]:
    """User and group that the builder takes `USER[:GROUP]` for, where it makes files itself.

    A name that it does not find is root's, as is the group of `USER:`, and a number is that of the group too.
    """
    user, has_group, group = text.partition(":")
    if user.isdecimal():
        owner: tuple[Owner, Owner] = int(user), int(user)
    else:
        owner = accounts.user(user) or (0, 0) if user else (0, 0)
    if not has_group:
        return owner
    found = int(group) if group.isdecimal() else accounts.group(group) if group else 0
    return owner[0], 0 if found is None else found


def file_of(context: Context, path: str, entry: Entry) -> File:
    """A file or link of the context."""
    if entry.kind == "link":
        return File("symlink", 0, 0o777, stamp=("context", path, entry.target), target=entry.target)

    def content() -> bytes | None:
        try:
            return context.tree.read(path)
        except OSError as error:
            context.problems[path] = error.strerror or str(error)
            return None

    kind = "file" if entry.kind == "file" else "other"
    return File(kind, entry.size, entry.mode, stamp=("context", id(context), path), content=content)  # type: ignore[arg-type]


def directory_of(
    context: Context,
    path: str,
    of_file: Callable[[File], File] = lambda file: file,
    of_directory: Callable[[int], tuple[int | None, Owner, Owner]] = lambda mode: (mode, 0, 0),
) -> Directory:
    """A directory of the context as a part of a file system: each is listed when something looks into it.

    Args:
        context: the context.
        path: the directory.
        of_file: what becomes of a file.
        of_directory: mode, user and group of a directory below that has a mode.
    """

    def load() -> dict[str, Node]:
        found: dict[str, Node] = {}
        for below, entry in context.level(path):
            node: Node
            if entry.kind == "directory":
                node = directory_of(context, below, of_file, of_directory)
                node.mode, node.uid, node.gid = of_directory(entry.mode)
            else:
                node = of_file(file_of(context, below, entry))
            found[posixpath.basename(below)] = node
        return found

    return Directory(load=load)


def _named(
    context: Context, source: str, selection: ListedSelection, *, parents: bool
) -> Iterator[tuple[str, str, Entry]]:
    """Each entry with its name below the destination, "" for one that is named after its source or the destination."""
    path, files = inside(source), selection.files
    if parents:
        pivot, found, _ = source.partition("/./")
        top = (context.lookup(inside(pivot)) or ("",))[0] if found else ""
        for below, entry in files:
            yield below[len(top) :].lstrip("/"), below, entry
        return
    if has_wildcard(path):
        for place, is_match, (below, entry) in zip(selection.places, selection.matched, files, strict=True):
            yield "" if is_match else place, below, entry
        return
    found_at = context.lookup(path)
    real = found_at[0] if found_at is not None else path
    for below, entry in files:
        yield below[len(real) :].lstrip("/"), below, entry
