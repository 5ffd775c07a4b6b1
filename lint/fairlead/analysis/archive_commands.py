"""What archivers and compressors do to files: tar, unzip, gzip and their like.

Sources: the manuals of GNU tar, bsdtar, Info-ZIP, gzip, and of busybox.
"""

from __future__ import annotations

import io
import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from fairlead.analysis.archives import (
    MAX_ARCHIVE,
    Member,
    NotAnArchive,
    decompressed_data,
    tar_members,
    zip_members,
)
from fairlead.analysis.calls import NOTHING, Call, Output
from fairlead.analysis.commands import Handler, Interpreter
from fairlead.analysis.filesystem import Directory, File, Filesystem, Inode, Node, Owner, join
from fairlead.analysis.text_commands import zcat
from fairlead.shell import Options, OptionSpec, ShellWord, parse_options
from fairlead.syntax.source import Token

if TYPE_CHECKING:
    import tarfile

_TAR_VALUED = (
    "-C", "--directory", "-f", "--file", "--strip-components", "--strip", "-T", "--files-from", "--exclude", "-X",
    "--exclude-from", "--transform", "--xform", "--owner", "--group", "--mode", "-I", "--use-compress-program", "-b",
)  # fmt: skip
_COMPRESSION_OPTIONS = ("-z", "-j", "-J", "-a", "--gzip", "--bzip2", "--xz", "--auto-compress", "--zstd", "-I")
_MAGIC = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")
_MAX_PACKED = 1 << 20
_COMPRESSED = (".gz", ".bz2", ".xz", ".lzma", ".Z", ".zst", ".tgz", ".tbz2", ".txz")


def archive_of(node: File) -> bytes:
    """The bytes of a file that is an archive.

    Raises:
        NotAnArchive: they are not known.
    """
    if node.size is not None and node.size > MAX_ARCHIVE:
        raise NotAnArchive("it is too large to be opened")
    data = node.content() if node.content is not None else None
    if data is None:
        raise NotAnArchive("its content is not known")
    return data


def unpack(
    fs: Filesystem,
    members: Sequence[Member],
    directory: str,
    cause: Token,
    *,
    owner: tuple[Owner, Owner] | None = None,
    strip: int = 0,
    mask: int = 0o7777,
    links_tell: bool = False,
    may_write: Callable[[Directory], bool] = lambda directory: True,  # noqa: ARG005
) -> bool:
    """Put the members of an archive below a directory.

    Args:
        fs: the files.
        members: what the archive holds.
        directory: absolute.
        cause: the words that say so.
        owner: user and group of all of them; None for those of the archive.
        strip: how many leading names to take off.
        mask: the permission bits that are kept.
        links_tell: whether the mode and owner of a further name's own entry hold, as they do for the builder.
        may_write: whether something can be put into a directory.

    Returns:
        Whether all could be put there.
    """
    fs.room -= len(members)
    directory = fs.real(directory) or directory
    complete = True
    for member in members if fs.room >= 0 else ():
        names = member.path.split("/")[strip:]
        if not names or (not member.path and links_tell):
            # the builder leaves the directory alone that it unpacks in, tar does not
            continue
        path = join(directory, "/".join(names))
        above = posixpath.dirname(path)
        while above != "/" and fs.find(above) is None:
            above = posixpath.dirname(above)
        holder = fs.find(above)
        if isinstance(holder, Directory) and not may_write(holder):
            complete = False
            continue
        uid, gid = owner or (member.uid, member.gid)
        bits = None if member.mode is None else member.mode & mask
        if member.kind == "directory":
            if links_tell and isinstance(fs.find(path, follow=False), File):
                fs.remove(path, cause)
            made = fs.directory(path, cause, uid=uid, gid=gid)
            if made is not None:
                made.mode, made.uid, made.gid = bits, uid, gid
        elif member.kind == "link":
            target = join(directory, "/".join(member.target.split("/")[strip:]))
            target = fs.real(target, follow=False) or target
            other = fs.find(target, follow=False)
            if isinstance(other, File):
                inode = other.inode or Inode()
                inode.names.add(target)
                linked = replace(other, inode=inode)
                if links_tell:
                    linked = replace(linked, mode=bits if other.kind == "file" else 0o777, uid=uid, gid=gid)
                for name in {target, *fs.names_of(inode)}:
                    fs.put(name, linked, cause)
                fs.put(path, linked, cause)
        else:
            bits = 0o777 if member.kind == "symlink" else bits
            # tar gives a link the time at which it makes it
            stamp = member.stamp if links_tell or member.kind != "symlink" else object()
            fs.put(path, File(member.kind, member.size, bits, uid, gid, stamp=stamp, target=member.target), cause)
    return complete


def unpack_unknown(run: Interpreter, directory: str | None, cause: Token, why: str) -> None:
    """Let a directory hold what nobody can list."""
    run.doubt(why)
    if directory is None:
        return
    made = run.directory(directory, cause)
    if made is not None:
        uid, gid = run.owner
        if uid == 0:
            # root's tar gives files the owners that the archive says
            uid, gid = None, None
        name = made.add_rest(File("rest", None, None, uid, gid, stamp=object()))
        run.fs.note(f"{directory.strip('/')}/{name}", cause)


def tar(run: Interpreter, call: Call) -> Output | None:
    """`tar`: extracts, or makes an archive of a size that nobody knows."""
    args = list(call.args)
    first = args[0].text if args else ""
    bundled = ""
    if args and not first.startswith("-") and re.fullmatch(r"[A-Za-z]+", first):
        # the old form: `tar xzf FILE`, its values follow in the order of the letters
        bundled = first
        args = _unbundled(bundled, args)
    options = parse_options(args, OptionSpec(frozenset(_TAR_VALUED)))
    directory = options.value("-C", "--directory")
    if directory is None:
        directory = "." if not options.has("-C", "--directory") else None
    cwd = call.command.cwd
    place = (
        None
        if directory is None or (cwd is None and not directory.startswith("/"))
        else join("/", directory if directory.startswith("/") else f"{cwd}/{directory}")
    )
    name = options.value("-f", "--file")
    if "O" in bundled or options.has("-O", "--to-stdout"):
        return None
    if place is not None and run.is_missing(place):
        # it can't go there
        return NOTHING
    if "x" in bundled or options.has("-x", "--extract", "--get"):
        plain = not options.has("--exclude", "--transform", "--xform", "-T", "--wildcards", "-X", "-k", "-m", "--touch")
        told = bool(set(bundled) & set("zjJa")) or options.has(*_COMPRESSION_OPTIONS)
        _extract(run, call, place, name, options, plain=plain, told=told)
    elif ("c" in bundled or options.has("-c", "--create")) and name not in (None, "-"):
        path = name if name.startswith("/") else f"{cwd}/{name}" if cwd is not None else None
        data = _packed(run, run.fs.real(place) or place, options) if place is not None else None
        if path is None:
            run.doubt_all("the name of the archive that tar makes is not known")
        else:
            run.doubt_at(join("/", path), "the size of the archive that tar makes is not known")
            compressed = options.has(*_COMPRESSION_OPTIONS) or bool(set(bundled) & set("zjJa"))
            run.create(join("/", path), None, call.token, content=None if compressed else data)
    elif ("c" in bundled or options.has("-c", "--create")) and place is not None:
        # a pipe to another tar
        data = _packed(run, run.fs.real(place) or place, options)
        run.packed_from = run.fs.real(place)
        return Output() if data is None else Output.of(data)
    elif not ("t" in bundled or options.has("-t", "--list")) and name not in (None, "-"):
        run.doubt("what tar does is not known")
    return None


def _packed(run: Interpreter, directory: str, options: Options) -> bytes | None:
    """The archive that tar prints, with files of the right sizes; None where that is not known, or too much."""
    import tarfile

    known = {"-c", "--create", "-f", "--file", "-C", "--directory", "-v", "--verbose", "-h", "-p"}
    if options.flags.keys() - known or options.has("-h"):
        return None
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for word in options.operands:
            if word.value is None or word.value.startswith("/") or set(word.value) & set("*?["):
                return None
            top = join(directory, word.value)
            if run.is_missing(top):
                return None
            for path, node in run.fs.walk(top):
                below = f"{word.value.rstrip('/')}{path[len(top.rstrip('/')) :]}"
                info = _header(run.fs, below, node)
                if info is None or buffer.tell() + info.size > _MAX_PACKED:
                    return None
                if isinstance(node, Directory) and node.supposed:
                    run.suppose(f"the base image has nothing below {path}")
                archive.addfile(info, io.BytesIO(bytes(info.size)))
    return buffer.getvalue() if options.operands and not run.fs.root.wild else None


def _header(fs: Filesystem, name: str, node: Node) -> tarfile.TarInfo | None:
    import tarfile

    if node.mode is None or node.maybe or not isinstance(node.uid, int) or not isinstance(node.gid, int):
        return None
    info = tarfile.TarInfo(name)
    info.mode, info.uid, info.gid = node.mode, node.uid, node.gid
    if isinstance(node, File):
        # a time of its own for each state of a file, of which the content stays out
        info.mtime = fs.moment(node.stamp)
    if isinstance(node, Directory):
        info.type = tarfile.DIRTYPE
        return None if node.open else info
    if node.kind == "symlink":
        info.type, info.linkname = tarfile.SYMTYPE, node.target
        return info
    if node.kind != "file" or node.size is None or node.inode is not None:
        return None
    info.size = node.size
    return info


def _unbundled(letters: str, args: list[ShellWord]) -> list[ShellWord]:
    rest = args[1:]
    found: list[ShellWord] = []
    for letter in letters:
        if letter in "fCTXb" and rest:
            found.extend((_flag(args[0], letter), rest.pop(0)))
        else:
            found.append(_flag(args[0], letter))
    return [*found, *rest]


def _flag(word: ShellWord, letter: str) -> ShellWord:
    part = replace(word.parts[0], text=f"-{letter}", kind="literal")
    return ShellWord(word.token, (part,))


def _extract(
    run: Interpreter,
    call: Call,
    directory: str | None,
    name: str | None,
    options: Options,
    *,
    plain: bool,
    told: bool,
) -> None:
    node = None
    strip = options.value("--strip-components", "--strip")
    operands = options.operands
    if name not in (None, "-") and (name.startswith("/") or call.command.cwd is not None):
        path = join("/", name if name.startswith("/") else f"{call.command.cwd}/{name}")
        node = run.fs.find(path)
        run.unpacked.append((path, call.token))
    elif name in (None, "-") and call.stdin is not None and (piped := call.stdin.content) is not None:
        node = File("file", len(piped), content=lambda: piped)
    wanted = [word.value for word in operands]
    if not isinstance(node, File) or not plain or None in wanted or (strip is not None and not strip.isdecimal()):
        unpack_unknown(run, directory, call.token, "what the archive holds is not known")
        return
    try:
        data = archive_of(node)
        if not data:
            run.failed = True
            return
        if not told and data.startswith(_MAGIC) and isinstance(run.fs.find("/bin/busybox"), File):
            unpack_unknown(run, directory, call.token, "whether this busybox finds out the compression is not known")
            return
        members = tar_members(data) or []
        packed_from = f"{run.packed_from}/" if name in (None, "-") and run.packed_from is not None else None
        if packed_from and directory is not None and f"{run.fs.real(directory)}/".startswith(packed_from):
            unpack_unknown(run, directory, call.token, "what tar reads while it is written is not known")
            return
    except NotAnArchive as error:
        unpack_unknown(run, directory, call.token, f"what the archive {name} holds is not known: {error}")
        return
    names = [one.strip("/").removeprefix("./") for one in wanted if one is not None]
    if names:
        held = {m.path for m in members}
        if not run.is_busybox:
            # for busybox a directory has to be a member of its own
            held |= {above for path in held for above in _directories(path)}
        # what is there is unpacked all the same
        run.failed = run.failed or not held.issuperset(names)
        members = [m for m in members if any(m.path == one or m.path.startswith(f"{one}/") for one in names)]
    if len(members) > run.fs.room:
        unpack_unknown(run, directory, call.token, "more files are unpacked than are followed here")
    elif directory is not None:
        uid, gid = run.owner
        # root's tar keeps the owners and modes of the archive, anybody else's gives files their own
        own = uid != 0 or options.has("-o", "--no-same-owner")
        keeps_mode = options.has("-p", "--preserve-permissions", "--same-permissions") or uid == 0
        keeps_mode = keeps_mode and not options.has("--no-same-permissions")
        complete = unpack(
            run.fs,
            members,
            directory,
            call.token,
            strip=int(strip or 0),
            owner=(uid, gid) if own else None,
            mask=0o7777 if keeps_mode else 0o777 & ~run.umask,
            may_write=run.may_write,
        )
        run.failed = run.failed or not complete


def _directories(path: str) -> Iterator[str]:
    """The directories above a member."""
    while path := posixpath.dirname(path):
        yield path


def unzip(run: Interpreter, call: Call) -> None:
    """`unzip`."""
    options = parse_options(call.args, OptionSpec(frozenset(("-d", "-P", "-x"))))
    if options.has("-l", "-t", "-p", "-c", "-v", "-Z"):
        return
    given = options.value("-d")
    directory = given if given is not None else "." if not options.has("-d") else None
    cwd = call.command.cwd
    place = None
    if directory is not None and (directory.startswith("/") or cwd is not None):
        place = join("/", directory if directory.startswith("/") else f"{cwd}/{directory}")
    archives = list(run.places(call.command, options.operands[:1]))
    run.unpacked.extend((archive.path, call.token) for archive in archives if archive.path is not None)
    node = run.fs.find(archives[0].path) if archives and archives[0].path is not None else None
    if not isinstance(node, File) or len(options.operands) > 1 or options.has("-x", "-j"):
        unpack_unknown(run, place, call.token, "what the archive holds is not known")
        return
    try:
        members = zip_members(archive_of(node))
    except NotAnArchive as error:
        unpack_unknown(run, place, call.token, f"what the archive {archives[0].text} holds is not known: {error}")
        return
    if len(members) > run.fs.room:
        unpack_unknown(run, place, call.token, "more files are unpacked than are followed here")
    elif place is not None:
        unpack(run.fs, members, place, call.token, owner=run.owner)


def compress(run: Interpreter, call: Call) -> Output | None:
    """`gzip`, `gunzip`, `bzip2`, `xz` and their like: one file in place of another."""
    name = call.invocation.name or ""
    options = parse_options(call.args, OptionSpec(frozenset(("-S", "--suffix", "-T", "--threads"))))
    if options.has("-c", "--stdout", "-t", "-l", "--to-stdout") or not options.operands:
        unpacks = name.startswith(("gun", "bun", "un")) or options.has("-d", "--decompress")
        return zcat(run, call) if unpacks else None
    unpacks = name.startswith(("gun", "bun", "un")) or options.has("-d", "--decompress")
    suffix = {"g": ".gz", "p": ".gz", "b": ".bz2", "x": ".xz", "u": ".xz", "z": ".zst"}.get(name[:1], ".gz")
    if options.has("-r"):
        run.doubt(f"which files {name} compresses is not known")
        return None
    for place in run.places(call.command, options.operands):
        if place.path is None:
            run.doubt(f"which files {name} writes is not known")
            continue
        node = run.fs.find(place.path)
        data = None
        path = place.path + suffix
        if unpacks:
            ending = next((end for end in _COMPRESSED if place.path.endswith(end)), "")
            path = place.path.removesuffix(ending) + (".tar" if ending.startswith(".t") else "")
            try:
                data = decompressed_data(archive_of(node), MAX_ARCHIVE) if isinstance(node, File) else None
            except NotAnArchive:
                data = None
        if data is None:
            run.doubt(f"the size of what {name} makes is not known")
        if isinstance(node, Directory | None):
            continue
        if unpacks:
            run.unpacked.append((place.path, call.token))
        if not options.has("-k", "--keep") and name not in ("zstd", "unzstd"):
            run.fs.remove(place.path, place.token)
        mode, uid, gid = (node.mode, node.uid, node.gid) if isinstance(node, File) else (0o644, *run.owner)
        size = None if data is None else len(data)
        content = None if data is None else (lambda data=data: data)
        run.fs.put(path, File("file", size, mode, uid, gid, stamp=object(), content=content), place.token)
    return None


HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(("tar", "bsdtar", "gtar"), tar),
    "unzip": unzip,
    **dict.fromkeys(
        ("gzip", "gunzip", "pigz", "unpigz", "bzip2", "bunzip2", "xz", "unxz", "lzma", "unlzma", "zstd", "unzstd"),
        compress,
    ),
}
"""Program to what it does."""
