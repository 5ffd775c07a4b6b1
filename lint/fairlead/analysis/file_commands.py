"""What the programs do that make, copy, move, delete and re-own files: coreutils, findutils and their like in busybox.

Sources: the manuals of GNU coreutils and findutils, and of busybox where it differs.
"""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

from fairlead.analysis.commands import Call, Handler, Interpreter, Output, Place
from fairlead.analysis.filesystem import (
    REST,
    UNKNOWN_NODE,
    Directory,
    File,
    Filesystem,
    Inode,
    Node,
    Owner,
    Unknown,
    is_rest,
)
from fairlead.knowledge.files import is_system_directory
from fairlead.shell import UNKNOWN, Options, OptionSpec, Part, ShellWord, parse_options, unwrap
from fairlead.syntax.source import Token

# modes that most files have anyway
_MOST_HAVE = re.compile(r"[ugoa,]*[+=]?[ugoa]*\+?(?:r|X|rX)+(?:,[ugoa]*[+=](?:r|X|rX)+)*")
_PROGRAM = re.compile(r"[\w.+\[-]+", re.ASCII)
_MAX_BUSYBOX = 8 << 20
_SYMBOLIC = re.compile(r"([ugoa]*)((?:[-+=](?:[rwxXst]*|[ugo]))+)")


def _options(call: Call, *with_value: str) -> Options:
    return parse_options(call.args, OptionSpec(frozenset(with_value)))


def remove(run: Interpreter, call: Call) -> None:
    """`rm`, `unlink`, `rmdir`, `shred -u`."""
    options = _options(call, "-n", "-s")
    name = call.invocation.name
    if name == "shred" and not options.has("-u", "--remove"):
        return
    deep = name == "rm" and options.has("-r", "-R", "--recursive")
    for place in run.places(call.command, options.operands):
        if place.path is None:
            if UNKNOWN in place.text or (call.command.cwd is None and not place.text.startswith("/")):
                run.deletes_unknown = True
            if not place.text.endswith("*"):
                run.doubt("what is deleted is not known")
            continue
        if not options.has("-f", "--force") and run.is_missing(place.path):
            continue
        node = run.fs.find(place.path, follow=False)
        if not deep and _is_kept(node, name or ""):
            run.failed = run.failed or not isinstance(node, Directory) or not node.maybe
            continue
        above = run.fs.find(posixpath.dirname(place.path))
        if node is not None and isinstance(above, Directory) and not run.may_write(above):
            run.failed = True
        elif place.path != "/":
            run.fs.remove(place.path, place.token)
            if name == "rmdir" and options.has("-p", "--parents"):
                _remove_above(run, place)


def _is_kept(node: Node | Unknown | None, name: str) -> bool:
    """Whether `rm` without -r or `rmdir` leaves what is at a path."""
    if name == "rmdir":
        return isinstance(node, File) or (isinstance(node, Directory) and bool(node.children))
    return isinstance(node, Directory)


def _remove_above(run: Interpreter, place: Place) -> None:
    """`rmdir -p`: the directories that the word names above the last, until one is not empty."""
    path = place.path or "/"
    for _ in range(len(posixpath.normpath(place.text).strip("/").split("/")) - 1):
        path = posixpath.dirname(path)
        if _is_kept(run.fs.find(path, follow=False), "rmdir"):
            run.failed = True
            return
        run.fs.remove(path, place.token)
    # it goes on to the root
    run.failed = run.failed or place.text.startswith("/")


def make_directory(run: Interpreter, call: Call) -> None:
    """`mkdir`."""
    options = _options(call, "-m", "--mode", "-Z")
    mode = parse_mode(options.value("-m", "--mode") or "777", 0o777, is_directory=True)
    for place in run.places(call.command, options.operands):
        if place.path is None:
            run.doubt_all("the name of a directory that is made is not known")
        elif not options.has("-p", "--parents") and (_is_certain(run, place.path) or not run.can_hold(place.path)):
            run.failed = True
        elif options.has("-m", "--mode") and run.fs.find(place.path) is None:
            above = posixpath.dirname(place.path)
            run.directory(above, place.token)
            uid, gid = run.owner
            run.fs.directory(place.path, place.token, mode=0o777 if mode is None else mode, uid=uid, gid=gid)
        elif run.directory(place.path, place.token) is None:
            run.failed = True


def _is_certain(run: Interpreter, path: str) -> bool:
    """Whether something is certainly at a path."""
    node = run.fs.find(path, follow=False)
    return isinstance(node, File | Directory) and not node.maybe


def touch(run: Interpreter, call: Call) -> None:
    """`touch`: another time of change stores the file again."""
    options = _options(call, "-r", "--reference", "-d", "--date", "-t")
    follow = not options.has("-h", "--no-dereference")
    for place in run.places(call.command, options.operands):
        if place.path is None:
            run.doubt_all("the name of a file that is touched is not known")
            continue
        node = run.fs.find(place.path, follow=follow)
        real = run.fs.real(place.path, follow=follow) or place.path
        if isinstance(node, File) and node.kind != "rest":
            if not (run.may_write(node) or run.may_change(node)):
                run.failed = True
                continue
            run.put_all(real, replace(node, stamp=object()), place.token)
        elif not isinstance(node, Directory) and follow and not options.has("-c", "--no-create"):
            run.create(real, None if isinstance(node, Unknown) else 0, place.token)
            if isinstance(node, Unknown):
                run.doubt_at(real, f"whether {place.path} is there, which is touched, is not known")


def is_directory(run: Interpreter, place: Place) -> bool:
    """Whether a destination is a directory; what a base image has is judged by the usual names."""
    if place.path is None:
        return place.is_directory
    node = run.fs.find(place.path)
    if isinstance(node, Unknown):
        return place.is_directory or is_system_directory(place.path)
    return isinstance(node, Directory) or (node is None and place.is_directory and run.fs.supposes(place.path))


def _sources_and_destination(
    run: Interpreter, call: Call, options: Options, *, into: str | None = None
) -> tuple[list[Place], Place | None, bool]:
    """The operands of cp, mv, ln and install: sources, destination, and whether that is a directory."""
    operands = options.operands
    target = into if into is not None else options.value("-t", "--target-directory")
    if target is not None:
        word = next(iter(options.value_words.get("-t", options.value_words.get("--target-directory", []))), None)
        token = word.token if word is not None else call.token
        found = run.fs.real(target if target.startswith("/") else f"{call.command.cwd or ''}/{target}")
        return list(run.places(call.command, operands)), Place(found, target + "/", token), True
    if len(operands) < 2:
        return [], None, False
    sources = list(run.places(call.command, operands[:-1]))
    destination = next(run.places(call.command, operands[-1:]), None)
    if destination is None:
        return sources, None, False
    plain = options.has("-T", "--no-target-directory")
    return sources, destination, not plain and (len(sources) > 1 or is_directory(run, destination))


def _is_alone(run: Interpreter, options: Options, *flags: str) -> bool:
    """Whether there is but one word, where a command needs a source and a destination."""
    if options.has(*flags) or len(options.operands) != 1:
        return False
    texts = run.texts(options.operands[0])
    return texts is not None and len(texts) == 1 and not texts[0][1]


def copy(run: Interpreter, call: Call) -> None:
    """`cp`, and `rsync` between local directories."""
    is_rsync = call.invocation.name == "rsync"
    options = _options(call, "-t", "--target-directory", "-S", "--suffix", "--exclude", "--include", "-e", "--rsh")
    sources, destination, into = _sources_and_destination(run, call, options)
    if _is_alone(run, options, "-t", "--target-directory"):
        run.failed = True
        return
    if destination is None or destination.path is None or (is_rsync and options.has("--exclude", "--include")):
        run.doubt_all("where files are copied to is not known")
        return
    deep = options.has("-r", "-R", "-a", "--recursive", "--archive")
    keep = options.has("-a", "-p", "--archive") or any(flag.startswith("--preserve") for flag in options.flags)
    follow = options.has("-L", "-H", "--dereference") or not (deep or options.has("-P", "-d", "--no-dereference"))
    run.replaces = options.has("-f", "--force")
    linked: dict[Inode, Inode] | None = None
    if options.has("-a", "-d", "--archive") or any("links" in flag for flag in options.values("--preserve")):
        linked = {}
    elif deep and run.is_busybox:
        # busybox keeps further names with -r as well
        linked = {}
    for source in sources:
        contents = source.text.endswith("/.") or source.text in (".", "..") or (is_rsync and source.text.endswith("/"))
        if source.path is None:
            run.doubt("which files are copied is not known")
            continue
        if run.is_missing(source.path):
            continue
        node = run.fs.find(source.path, follow=follow or contents or source.text.endswith("/"))
        name = posixpath.basename(source.path)
        path = destination.path if contents or not into else f"{destination.path.rstrip('/')}/{name}"
        if is_rest(name) and isinstance(node, File):
            path = f"{destination.path.rstrip('/')}/{name}"
        if node is None or (isinstance(node, Directory) and not deep) or not _replaceable(run, node, path):
            run.failed = run.failed or not isinstance(node, Unknown)
            continue
        if isinstance(node, File) and (contents or (destination.is_directory and not into)):
            run.failed = True
            continue
        if options.has("-u", "--update") and _is_newer(run, path, node):
            continue
        if options.has("-n", "--no-clobber") and not isinstance(run.fs.find(path), Directory | None):
            continue
        if isinstance(node, File) and run.fs.find(path) is node and path == (run.fs.real(source.path) or source.path):
            # it is the same file
            run.failed = True
            continue
        if isinstance(node, Directory) and not _may_hold(run, node, source.path, path):
            continue
        if options.has("-l", "--link") and isinstance(node, File):
            _link(run, source.path, node, path, call.token)
        elif options.has("-s", "--symbolic-link"):
            run.fs.put(path, _symlink(run, source.text), call.token)
        else:
            # what is copied is looked at as it was before
            within = (Filesystem(run.fs.branch()), source.path) if options.has("-L", "--dereference") else None
            run.fs.branch()
            _copy_node(run, node, path, call.token, deep=deep, keep=keep, follow=within, linked=linked)


def _may_hold(run: Interpreter, node: Directory, source: str, path: str) -> bool:
    """Whether a directory can be copied to a path; where that is below itself, all but its copy is, which then fails."""
    link = run.fs.find(path, follow=False)
    if run.fs.find(path) is node or (isinstance(link, File) and not isinstance(run.fs.find(path), Directory | Unknown)):
        # the same directory, or a link that leads nowhere in its place
        run.failed = True
        return False
    below_itself = f"{run.fs.real(path)}/".startswith(f"{run.fs.real(source)}/")
    run.failed = run.failed or below_itself
    target = run.fs.find(path)
    run.left_out = target if below_itself and isinstance(target, Directory) else None
    return True


def _is_newer(run: Interpreter, path: str, node: Node | Unknown) -> bool:
    """Whether what `cp -u` would replace is as new as its source: what a step writes is newer than the context."""
    old = run.fs.find(path)
    if not isinstance(old, File) or not isinstance(node, File):
        return False
    of_context = [isinstance(one.stamp, tuple) and one.stamp[:1] == ("context",) for one in (node, old)]
    if old.stamp != node.stamp and of_context != [True, False]:
        run.doubt("which of two files is newer is not known")
    return old.stamp == node.stamp or of_context == [True, False]


def _replaceable(run: Interpreter, node: Node | Unknown, path: str, *, moved: bool = False) -> bool:
    """Whether something can be put at a path: a directory takes the place of no file, and a file of no directory."""
    old = run.fs.find(path, follow=not moved)
    if isinstance(old, Directory) and (not isinstance(node, Directory) or (moved and bool(old.children))):
        return False
    if isinstance(old, File) and isinstance(node, Directory):
        return False
    return run.can_hold(path)


def _copy_node(
    run: Interpreter,
    node: Node | Unknown,
    path: str,
    cause: Token,
    *,
    deep: bool,
    keep: bool,
    follow: tuple[Filesystem, str] | None = None,
    linked: dict[Inode, Inode] | None = None,
) -> None:
    """Copy an entry; `follow` is where it is, if the links below it are followed; `linked` keeps further names."""
    uid, gid = run.owner
    run.fs.room -= 1
    if run.fs.room < 0:
        run.doubt("more files are copied than are followed here")
        return
    if isinstance(node, Unknown):
        _copy_unknown(run, path, cause, deep=deep)
        return
    if isinstance(node, Directory):
        _copy_directory(run, node, path, cause, keep=keep, follow=follow, linked=linked)
        return
    if node.kind == "rest":
        directory = run.directory(posixpath.dirname(path), cause)
        if node.size is None:
            run.doubt(f"what is copied to {path.rstrip(REST)} is not known")
        if directory is not None:
            directory.add_rest(replace(node, stamp=object(), maybe=False))
        return
    if run.fs.root.wild:
        run.suppose(f"{path} is copied as it was before programs ran that are not known")
    old = run.fs.find(path, follow=node.kind == "symlink")
    if node.kind == "symlink" and run.is_busybox and not run.replaces and run.fs.find(path, follow=False) is not None:
        # busybox puts a link in place of nothing
        run.failed = True
        return
    stamp: object = object()
    if keep:
        stamp = _cut(node.stamp) if run.is_busybox else node.stamp
    inode = None if node.inode is None or linked is None else linked.setdefault(node.inode, Inode())
    if node.inode is not None and linked is None and deep and run.is_busybox is None:
        run.doubt("whether cp keeps further names of files is not known")
    new = replace(node, stamp=stamp, maybe=False, inode=inode)
    if not run.may(node, 4):
        run.failed = True
        return
    if keep and not run.may_give(node):
        new = replace(new, uid=uid, gid=gid, mode=None if node.mode is None else node.mode & 0o1777)
    if not keep:
        mode = node.mode if node.mode is None or node.kind == "symlink" else node.mode & ~run.umask
        new = replace(new, uid=uid, gid=gid, mode=mode)
        if isinstance(old, File) and old.kind == node.kind == "file":
            new = replace(new, uid=old.uid, gid=old.gid, mode=old.mode)
    real = run.fs.real(path, follow=node.kind != "symlink") or path
    if isinstance(old, File) and old.kind == node.kind == "file" and old.inode is not None:
        # it is written where it is, under all its names
        new = replace(new, inode=old.inode)
    run.put_all(real, new, cause)


def _cut(stamp: object) -> object:
    """The stamp of a copy with the time in microseconds, as busybox's cp keeps it: those of files that a step made."""
    inner = stamp
    while isinstance(inner, tuple):
        if inner[0] in ("context", "member", "cut"):
            # times that have been cut, or are full seconds
            return stamp
        inner = inner[1]
    return "cut", stamp


def _copy_unknown(run: Interpreter, path: str, cause: Token, *, deep: bool) -> None:
    run.doubt(f"what is copied to {path} is not known")
    if not deep:
        run.create(path, None, cause)
        return
    made = run.directory(path, cause)
    if made is not None:
        uid, gid = run.owner
        made.add_rest(File("rest", None, None, uid, gid, stamp=object()))


def _copy_directory(
    run: Interpreter,
    node: Directory,
    path: str,
    cause: Token,
    *,
    keep: bool,
    follow: tuple[Filesystem, str] | None,
    linked: dict[Inode, Inode] | None,
) -> None:
    existed = isinstance(run.fs.find(path), Directory)
    made = run.directory(path, cause)
    if made is None:
        return
    if not existed:
        # a directory of the base image has other things in it, its copy has them too
        made.open, made.supposed = node.open, node.supposed or made.supposed
        made.mode = node.mode if keep or node.mode is None else node.mode & ~run.umask
        made.uid, made.gid = (node.uid, node.gid) if keep and run.may_give(node) else run.owner
    elif keep and node.mode is not None and made.mode is not None and run.may_give(node):
        made.mode, made.uid, made.gid = node.mode, node.uid, node.gid
    if node.open:
        run.doubt(f"what the base image has, copied to {path}, is not known")
    elif run.fs.root.wild:
        run.doubt(f"what programs have written is copied to {path}")
    for name, below in list(node.children.items()):
        place = None if follow is None else (follow[0], f"{follow[1]}/{name}")
        found = below if place is None else place[0].find(place[1])
        if found is not None and found is not run.left_out:
            below_path = f"{path.rstrip('/')}/{name}"
            _copy_node(run, found, below_path, cause, deep=True, keep=keep, follow=place, linked=linked)


def move(run: Interpreter, call: Call) -> None:
    """`mv`: what is moved is the same file with the same time, in another layer."""
    options = _options(call, "-t", "--target-directory", "-S", "--suffix")
    sources, destination, into = _sources_and_destination(run, call, options)
    if _is_alone(run, options, "-t", "--target-directory"):
        run.failed = True
        return
    if destination is None or destination.path is None:
        run.doubt_all("where files are moved to is not known")
        return
    for source in sources:
        if source.path is None:
            run.doubt("which files are moved is not known")
            continue
        if run.is_missing(source.path):
            continue
        node = run.fs.find(source.path, follow=False)
        path = f"{destination.path.rstrip('/')}/{posixpath.basename(source.path)}" if into else destination.path
        if node is None or path == source.path or path.startswith(f"{source.path}/"):
            run.failed = run.failed or path != source.path
            continue
        if options.has("-n", "--no-clobber") and isinstance(run.fs.find(path, follow=False), File):
            continue
        if not _replaceable(run, node, path, moved=True) or (
            isinstance(node, File) and destination.is_directory and not into
        ):
            run.failed = True
            continue
        if isinstance(node, Unknown):
            _copy_node(run, node, path, call.token, deep=False, keep=False)
            continue
        if isinstance(node, Directory) and node.open:
            run.doubt(f"what the base image has, moved to {path}, is not known")
        brought = run.fs.causes_below(source.path)
        run.fs.remove(source.path, source.token)
        run.fs.put(path, node, call.token)
        run.moved.append((source.path, run.fs.real(path, follow=False) or path))
        for below, cause in brought.items():
            run.fs.note(path + below, cause)
        _rename_inodes(run, source.path, path, node)


def _rename_inodes(run: Interpreter, old: str, new: str, node: Node) -> None:
    if isinstance(node, File):
        if node.inode is not None:
            node.inode.names.add(new)
        return
    for path, below in run.fs.walk(new):
        if isinstance(below, File) and below.inode is not None:
            below.inode.names.discard(old + path[len(new) :])
            below.inode.names.add(path)


def link(run: Interpreter, call: Call) -> None:
    """`ln`, `link`."""
    options = _options(call, "-t", "--target-directory", "-S", "--suffix")
    operands = options.operands
    if len(operands) == 1:
        operands = (*operands, ShellWord(operands[0].token, ()))
    texts = [run.texts(word) for word in operands]
    symbolic, forced = options.has("-s", "--symbolic"), options.has("-f", "--force")
    if any(text is None for text in texts):
        run.doubt_all("the name of a link is not known")
        return
    sources, destination, into = _sources_and_destination(run, call, replace_operands(options, operands))
    if destination is None or destination.path is None:
        run.doubt_all("the name of a link is not known")
        return
    if options.has("-n", "-T", "--no-dereference", "--no-target-directory") and len(sources) == 1:
        node = run.fs.find(destination.path, follow=False)
        into = into and isinstance(node, Directory)
    for source in sources:
        path = destination.path
        if into:
            path = f"{path.rstrip('/')}/{posixpath.basename(source.text.rstrip('/'))}"
        old = run.fs.find(path, follow=False)
        if isinstance(old, Directory) or (isinstance(old, File) and not forced) or not run.can_hold(path):
            run.failed = run.failed or old is None or (isinstance(old, File | Directory) and not old.maybe)
            continue
        if symbolic:
            if source.path != path or old is None:
                run.fs.put(path, _symlink(run, source.text), call.token)
            continue
        node = run.fs.find(source.path, follow=False) if source.path is not None else None
        if isinstance(node, File) and source.path is not None:
            _link(run, run.fs.real(source.path, follow=False) or source.path, node, path, call.token)
        elif isinstance(node, Directory | None):
            run.failed = True
            if isinstance(node, Directory) and isinstance(old, File) and run.is_busybox:
                # busybox takes away what is there before it finds that directories have one name
                run.fs.remove(path, call.token)
        elif isinstance(node, Unknown):
            run.create(path, None, call.token)
            run.doubt(f"the size of {source.text}, which gets a further name, is not known")


def replace_operands(options: Options, operands: Sequence[ShellWord]) -> Options:
    """The options with other operands; an empty word stands for the working directory."""
    options.operands = tuple(operands)
    return options


def _symlink(run: Interpreter, target: str) -> File:
    uid, gid = run.owner
    return File("symlink", 0, 0o777, uid, gid, stamp=object(), target=target)


def _link(run: Interpreter, source: str, node: File, path: str, cause: Token) -> None:
    inode = node.inode or Inode()
    shared = replace(node, inode=inode)
    inode.names.add(source)
    run.fs.put(source, shared, cause)
    run.fs.put(path, shared, cause)


def install(run: Interpreter, call: Call) -> None:
    """`install`: copies with a mode (0755) and an owner of its own."""
    options = _options(call, "-m", "--mode", "-o", "--owner", "-g", "--group", "-t", "--target-directory", "-S")
    mode = parse_mode(options.value("-m", "--mode") or "755", 0, is_directory=False)
    uid, gid = run.owner
    owner, group = options.value("-o", "--owner"), options.value("-g", "--group")
    if owner is not None:
        uid = run.user(owner)[0]
    if group is not None:
        gid = run.group(group)
    if options.has("-d", "--directory"):
        for place in run.places(call.command, options.operands):
            if place.path is not None:
                made = run.fs.directory(place.path, place.token)
                if made is not None:
                    made.mode, made.uid, made.gid = mode, uid, gid
        return
    sources, destination, into = _sources_and_destination(run, call, options)
    if destination is None or destination.path is None:
        run.doubt_all("where files are installed is not known")
        return
    for source in sources:
        node = run.fs.find(source.path) if source.path is not None else UNKNOWN_NODE
        if options.has("-D") and not into:
            # GNU install makes the directories before it looks for the file
            run.fs.directory(posixpath.dirname(destination.path), call.token)
        if node is None or isinstance(node, Directory):
            continue
        path = destination.path
        if into:
            path = f"{path.rstrip('/')}/{posixpath.basename(source.path or source.text)}"
        if isinstance(run.fs.find(path), Directory) or not (options.has("-D") or run.can_hold(path)):
            continue
        if destination.is_directory and not into:
            continue
        if isinstance(node, Unknown) or node.size is None:
            run.doubt(f"the size of {source.text} is not known")
        size = node.size if isinstance(node, File) else None
        content = node.content if isinstance(node, File) else None
        run.fs.put(path, File("file", size, mode, uid, gid, stamp=object(), content=content), call.token)


def parse_mode(
    text: str,
    old: int | None,
    *,
    is_directory: bool,
    umask: int = 0,
    by: Literal["builder", "busybox", "gnu"] = "gnu",
) -> int | None:
    """The permission bits that a mode of chmod(1) gives to a file that has `old`; None where they are not known.

    Args:
        text: the mode, octal or symbolic.
        old: the bits before.
        is_directory: whether it is for a directory.
        umask: the bits that a symbolic mode without `u`, `g`, `o` or `a` leaves alone.
        by: who reads it. GNU's leaves set-id bits of a directory alone that are not named; the builder's is
            tonistiigi/dchapes-mode.
    """
    # set-id bits of a directory that GNU's chmod keeps
    kept = (old or 0) & 0o6000 if by == "gnu" and is_directory else 0
    if re.fullmatch(r"[0-7]+", text):
        return int(text, 8) & 0o7777 | (kept if len(text) < 5 else 0)
    if old is None:
        return None
    bits = old
    for clause in text.split(","):
        match = _SYMBOLIC.fullmatch(clause)
        if match is None:
            return None
        who = match[1] or "a"
        allowed = 0o7777 if match[1] else 0o7777 & ~umask
        for operator, letters in re.findall(r"([-+=])([rwxXstugo]*)", match[2]):
            had_x = old if by == "builder" else bits
            given = _bits(letters, who, bits, is_directory or bool(had_x & 0o111), sticky_of=_STICKY[by]) & allowed
            if operator == "+":
                bits |= given
            elif operator == "-":
                bits &= ~given
            else:
                mask = sum(0o7 << shift for shift in _shifts(who))
                if not (kept or (by == "builder" and letters and set(letters) <= set("ugo"))):
                    mask |= sum(bit for letter, bit in _SET_ID if letter in who or "a" in who)
                bits = (bits & ~mask) | given
    return bits


_SET_ID = (("u", 0o4000), ("g", 0o2000))
# whose mode may have the sticky bit named, besides everybody's
_STICKY = {"builder": "ug", "busybox": "", "gnu": "o"}


def _shifts(who: str) -> list[int]:
    return [shift for letter, shift in (("u", 6), ("g", 3), ("o", 0)) if letter in who or "a" in who]


def _bits(letters: str, who: str, old: int, may_execute: bool, *, sticky_of: str) -> int:
    plain = 0
    for letter in letters:
        if letter in "rwx":
            plain |= {"r": 4, "w": 2, "x": 1}[letter]
        elif letter == "X" and may_execute:
            plain |= 1
        elif letter in "ugo":
            plain |= old >> {"u": 6, "g": 3, "o": 0}[letter] & 7
    bits = sum(plain << shift for shift in _shifts(who))
    if "s" in letters:
        bits |= (0o4000 if "u" in who or "a" in who else 0) | (0o2000 if "g" in who or "a" in who else 0)
    if "t" in letters and ("a" in who or set(who) & set(sticky_of)):
        bits |= 0o1000
    return bits


def change_mode(run: Interpreter, call: Call) -> None:
    """`chmod`: a file that has the mode already is left alone, every other is stored again."""
    flags, words = _mode_arguments(call)
    if not words:
        return
    texts = run.texts(words[0])
    if texts is None or len(texts) != 1 or any(flag.startswith("--reference") for flag in flags):
        run.doubt("the mode that files get is not known")
        return
    text = texts[0][0]

    def changed(node: Node) -> Node:
        if isinstance(node, File) and node.kind == "symlink":
            return node
        if not run.may_change(node):
            run.failed = True
            return node
        by: Literal["busybox", "gnu"] = "busybox" if run.is_busybox else "gnu"
        mode = parse_mode(text, node.mode, is_directory=isinstance(node, Directory), umask=run.umask, by=by)
        if isinstance(node, File) and node.mode is None:
            run.doubt("the mode of files that is changed is not known")
            if not deep or (mode is None and _MOST_HAVE.fullmatch(text)):
                return node
            # of many files hardly all have the mode already
            return replace(node, mode=mode, stamp=object())
        return _with(node, mode=mode)

    deep = "-R" in flags or "--recursive" in flags
    _change(run, call, words[1:], changed, deep=deep, follow=True)


def _mode_arguments(call: Call) -> tuple[set[str], list[ShellWord]]:
    """Flags and the rest: `-x` is a mode, `-R` is none."""
    flags: set[str] = set()
    words: list[ShellWord] = []
    for word in call.args:
        text = word.pattern
        if text.startswith("--"):
            flags.add(text)
        elif re.fullmatch(r"-[Rcfv]+", text):
            flags.update(f"-{letter}" for letter in text[1:])
        else:
            words.append(word)
    return flags, words


def change_owner(run: Interpreter, call: Call) -> None:
    """`chown` and `chgrp`."""
    options = _options(call, "--from", "--reference")
    if options.has("--from", "--reference"):
        run.doubt("whose files change their owner is not known")
        return
    operands = options.operands
    texts = run.texts(operands[0]) if operands else None
    if texts is None or len(texts) != 1:
        run.doubt("the owner that files get is not known")
        return
    is_group = call.invocation.name == "chgrp"
    if _is_nobody(run, texts[0][0], is_group=is_group):
        run.failed = True
        return
    uid, gid = _owners(run, texts[0][0], is_group=is_group)

    def changed(node: Node) -> Node:
        own_uid, own_gid = run.owner
        may_not = own_uid != 0 and (uid not in (_SAME, node.uid) or gid not in (_SAME, node.gid, own_gid))
        if not run.may_change(node) or (may_not and not run.may_change(_STRANGERS)):
            run.failed = True
            return node
        if _may_be_same(node.uid, uid) or _may_be_same(node.gid, gid):
            run.doubt("whether files have the owner already that they get is not known")
        return re_owned(node, uid, gid)

    deep = options.has("-R", "--recursive")
    follow = not options.has("-h", "--no-dereference") and (not deep or options.has("-H", "-L"))
    through: _Through = "" if not (deep and follow) else "all" if options.has("-L") else "named"
    _change(run, call, operands[1:], changed, deep=deep, follow=follow, through=through)


def re_owned(node: Node, uid: Owner, gid: Owner) -> Node:
    """A file or directory with another owner: the kernel takes the set-id bits of a program away, whoever it was."""
    mode = node.mode
    if isinstance(node, File) and node.kind == "file" and mode is not None:
        mode &= ~0o4000
        if mode & 0o010:
            mode &= ~0o2000
    return _with(node, mode=mode, uid=uid, gid=gid)


_SAME = "\0same"
# a file that is not the step's user's
_STRANGERS = File("file", uid=-1)


def _is_nobody(run: Interpreter, text: str, *, is_group: bool) -> bool:
    """Whether a user or group is certainly not there."""
    user, _, group = ("", "", text) if is_group else _split_owner(text)
    return (bool(user) and not user.isdecimal() and run.accounts.user(user) is None) or (
        bool(group) and not group.isdecimal() and run.accounts.group(group) is None
    )


def _split_owner(text: str) -> tuple[str, str, str]:
    """User, separator and group of `USER:GROUP`; a dot may stand for the colon."""
    name, separator, group = text.partition(":")
    return text.partition(".") if not separator and "." in text and not text.startswith(".") else (name, separator, group)


def _owners(run: Interpreter, text: str, *, is_group: bool) -> tuple[Owner, Owner]:
    if is_group:
        return _SAME, run.group(text)
    name, separator, group = _split_owner(text)
    uid: Owner = _SAME
    gid: Owner = _SAME
    if name:
        uid, login = run.user(name)
        if separator and not group:
            gid = login
    if group:
        gid = run.group(group)
    return uid, gid


def _with(node: Node, *, mode: int | str | None = _SAME, uid: Owner = _SAME, gid: Owner = _SAME) -> Node:
    new_mode = node.mode if isinstance(mode, str) else mode
    new_uid = node.uid if uid == _SAME or _may_be_same(node.uid, uid) else uid
    new_gid = node.gid if gid == _SAME or _may_be_same(node.gid, gid) else gid
    if isinstance(node, File):
        return replace(node, mode=new_mode, uid=new_uid, gid=new_gid)
    node.mode, node.uid, node.gid = new_mode, new_uid, new_gid
    return node


def _may_be_same(old: Owner, new: Owner) -> bool:
    """Whether a name and a number may stand for the same owner; 0 is root's."""
    number, name = (old, new) if isinstance(old, int) else (new, old)
    return isinstance(number, int) and isinstance(name, str) and name != _SAME and number != 0


# whether chown -R goes through links: none, those that are named (-H), all (-L)
_Through = Literal["", "named", "all"]


def _change(
    run: Interpreter,
    call: Call,
    words: Sequence[ShellWord],
    changed: Callable[[Node], Node],
    *,
    deep: bool,
    follow: bool,
    through: _Through = "",
) -> None:
    """Change what words name.

    Args:
        run: the interpreter.
        call: the command.
        words: what it names.
        changed: what becomes of an entry.
        deep: whether what is below a directory is changed too.
        follow: whether a link that is named is followed.
        through: which links lead to directories of which what is below is changed too.
    """
    for place in run.places(call.command, words):
        if place.path is None:
            run.doubt(f"which files {call.invocation.name} changes is not known")
            continue
        into = place.is_directory
        node = run.fs.find(place.path, follow=follow or into)
        if isinstance(node, Unknown):
            run.doubt(f"what the base image has at {place.path} is not known")
            continue
        real = run.fs.real(place.path, follow=follow or into) or place.path
        if node is None:
            run.failed = run.failed or not run.fs.supposes(real)
            continue
        # a link that is named leads busybox's chmod -R to the directory alone
        link = run.fs.find(place.path, follow=False)
        leads = follow and not (through or into) and isinstance(link, File) and link.kind == "symlink"
        apply_change(run, real, changed, call.token, deep=deep and not (leads and run.is_busybox), through=through)


def apply_change(
    run: Interpreter,
    path: str,
    changed: Callable[[Node], Node],
    cause: Token,
    *,
    deep: bool,
    through: _Through = "",
    above: frozenset[str] = frozenset(),
) -> None:
    """Change the mode or owner of a file, or of a directory and all that is below it.

    Args:
        run: the interpreter.
        path: what is changed, links followed.
        changed: what becomes of an entry.
        cause: the words that say so.
        deep: whether what is below a directory is changed too.
        through: where it says something, what links below lead to is changed instead of them; with `all` that too which
            is below it.
        above: the directories on the way here, through links too.
    """
    node = run.fs.find(path, follow=False)
    if through and deep and isinstance(node, Directory):
        apply_change(run, path, changed, cause, deep=False)
        for name, child in list(node.children.items()):
            real = run.fs.real(f"{path.rstrip('/')}/{name}")
            if real is not None and real not in above:
                below = through == "all" or isinstance(child, Directory)
                apply_change(run, real, changed, cause, deep=below, through=through, above=above | {path})
        return
    if isinstance(node, File) and node.kind == "rest" and not deep and not is_rest(posixpath.basename(path)):
        run.doubt(f"whether {path} is a file is not known")
    elif isinstance(node, File):
        new = changed(node)
        if isinstance(new, File) and new is not node and not _same_metadata(new, node):
            _put_changed(run, path, new, cause)
    elif isinstance(node, Directory) and (found := run.fs.directory(path)) is not None:
        if deep and found.open:
            run.doubt(f"what the base image has below {path} is not known")
        elif deep and run.fs.root.wild:
            run.doubt(f"what programs have written below {path} is not known")
        elif deep and found.supposed:
            run.suppose(f"the base image has nothing below {path}")
        _change_directory(run, found, path, changed, cause, deep=deep)
        # of what is below it only the words that have changed that can tell
        run.fs.note(path, cause if deep else run.fs.causes.get(path.lstrip("/"), cause))


def _change_directory(
    run: Interpreter, found: Directory, path: str, changed: Callable[[Node], Node], cause: Token, *, deep: bool
) -> None:
    changed(found)
    if not deep:
        return
    for name, below in list(found.children.items()):
        if isinstance(below, Directory):
            owned = run.fs.own(found, name)
            if owned is not None:
                _change_directory(run, owned, f"{path.rstrip('/')}/{name}", changed, cause, deep=True)
            continue
        new = changed(below)
        if not isinstance(new, File) or (new.mode, new.uid, new.gid) == (below.mode, below.uid, below.gid):
            continue
        if below.kind == "rest" or below.inode is not None:
            _put_changed(run, f"{path.rstrip('/')}/{name}", new, cause)
        else:
            found.children[name] = new


def _same_metadata(new: File, old: File) -> bool:
    return (new.mode, new.uid, new.gid, new.stamp) == (old.mode, old.uid, old.gid, old.stamp)


def _put_changed(run: Interpreter, path: str, new: File, cause: Token) -> None:
    if new.kind == "rest" and new.size is None:
        run.doubt(f"the size of what is below {posixpath.dirname(path)} is not known")
    names = run.fs.names_of(new.inode) if new.inode is not None else []
    for name in {path, *names}:
        # words that have brought it in the same layer stay the ones that it comes from
        run.fs.put(name, new, run.fs.causes.get(name.lstrip("/"), cause))


_Predicate = Callable[[str, Node, int], bool]


def find(run: Interpreter, call: Call) -> Output | None:
    """`find`: with -delete or -exec it does what it says to what it finds; else it prints it."""
    roots, tests = _roots(call.args)
    places = list(run.places(call.command, roots)) if roots else []
    if not roots and call.command.cwd is not None:
        places = [Place(call.command.cwd, ".", call.token)]
    actions = [word.pattern for word in tests]
    acts = any(word in ("-delete", "-exec", "-execdir", "-ok") for word in actions)
    wanted = _predicate([word.value for word in tests])
    found: list[str] = []
    known = wanted is not None
    for place in places:
        if place.path is None:
            known = False
            continue
        if isinstance(run.fs.find(place.path), Directory | Unknown) and run.fs.supposes(place.path) and acts:
            run.suppose(f"the base image has nothing below {place.path}")
        depth = place.path.rstrip("/").count("/")
        walked = list(run.fs.walk(place.path))
        known = known and not any(isinstance(node, Directory) and node.open for _, node in walked)
        if "-delete" in actions:
            if wanted is not None:
                _delete(run, call, [path for path, _ in walked], depth, wanted)
            continue
        found.extend(
            path for path, node in walked if wanted is not None and wanted(path, node, path.count("/") - depth)
        )
    if not acts:
        return Output(paths=tuple(found) if known else None)
    if wanted is None:
        run.doubt("which files find acts upon is not known")
        return None
    if not known and not ("-delete" in actions or "rm" in actions):
        run.doubt("which files find acts upon is not known")
    _act(run, call, tests, found)
    return None


def _delete(run: Interpreter, call: Call, paths: Sequence[str], depth: int, wanted: _Predicate) -> None:
    """What `-delete` does: what is in a directory goes before it, so that it may be empty then."""
    for path in reversed(paths):
        node = run.fs.find(path, follow=False)
        if isinstance(node, Unknown) or node is None or not wanted(path, node, path.count("/") - depth):
            continue
        if not isinstance(node, Directory) or not node.children:
            run.fs.remove(path, call.token)
        else:
            run.failed = True


def _roots(args: Sequence[ShellWord]) -> tuple[list[ShellWord], list[ShellWord]]:
    at = 0
    while at < len(args) and args[at].text in ("-H", "-L", "-P"):
        at += 1
    start = at
    while at < len(args) and not args[at].text.startswith(("-", "(", "!", "\\")):
        at += 1
    return list(args[start:at]), list(args[at:])


def _predicate(words: list[str | None]) -> _Predicate | None:
    """The tests of find as one function of path, entry and depth; None where one of them is not understood."""
    at = 0

    def alternatives() -> _Predicate | None:
        nonlocal at
        found = [together()]
        while at < len(words) and words[at] in ("-o", "-or"):
            at += 1
            found.append(together())
        known = [one for one in found if one is not None]
        return None if len(known) < len(found) else lambda p, n, d: any(one(p, n, d) for one in known)

    def together() -> _Predicate | None:
        nonlocal at
        found: list[_Predicate] = []
        while at < len(words) and words[at] not in ("-o", "-or", ")"):
            if words[at] in ("-a", "-and"):
                at += 1
                continue
            one = single()
            if one is None:
                return None
            found.append(one)
        return lambda p, n, d: all(one(p, n, d) for one in found)

    def single() -> _Predicate | None:
        nonlocal at
        word = words[at]
        at += 1
        if word in ("!", "-not"):
            inner = single() if at < len(words) else None
            return None if inner is None else _not(inner)
        if word == "(":
            inner = alternatives()
            at += 1
            return inner
        if word == "-empty":
            return _is_empty
        if word in ("-delete", "-print", "-print0", "-depth", "-xdev", "-mount", "-noleaf", "-ls"):
            return lambda *_: True
        if word in ("-exec", "-execdir", "-ok"):
            while at < len(words) and words[at] not in (";", "+"):
                at += 1
            at += 1
            return lambda *_: True
        value = words[at] if at < len(words) else None
        at += 1
        return None if value is None or word is None else _test(word, value)

    return alternatives()


def _not(test: _Predicate) -> _Predicate:
    return lambda p, n, d: not test(p, n, d)


def _is_empty(_path: str, node: Node, _depth: int) -> bool:
    if isinstance(node, Directory):
        return not node.children
    return node.kind == "file" and node.size == 0


def _test(word: str, value: str) -> _Predicate | None:
    """One test of find that has a value."""
    if word in ("-name", "-iname", "-path", "-wholename"):
        ignores_case, whole = word == "-iname", word.endswith(("path", "wholename"))
        pattern = value.lower() if ignores_case else value

        def named(path: str, _node: Node, _depth: int) -> bool:
            text = path if whole else posixpath.basename(path)
            return fnmatch.fnmatchcase(text.lower() if ignores_case else text, pattern)

        return named
    if word == "-type":
        kinds = value.split(",")

        def of_kind(_path: str, node: Node, _depth: int) -> bool:
            return ("d" if isinstance(node, Directory) else {"file": "f", "symlink": "l"}.get(node.kind)) in kinds

        return of_kind
    if word in ("-uid", "-gid", "-user", "-group") and (value.isdecimal() or value == "root"):
        number = 0 if value == "root" else int(value)
        of_group = word in ("-gid", "-group")
        return lambda _p, node, _d: (node.gid if of_group else node.uid) == number
    if word == "-perm" and (match := re.fullmatch(r"([-/]?)([0-7]{1,4})", value)):
        bits = int(match[2], 8)

        def has_mode(_path: str, node: Node, _depth: int) -> bool:
            mode = node.mode or 0
            return bool(mode & bits) if match[1] == "/" else mode & bits == bits if match[1] else mode == bits

        return has_mode
    if word in ("-maxdepth", "-mindepth") and value.isdecimal():
        sign = 1 if word == "-maxdepth" else -1

        def so_deep(_path: str, _node: Node, depth: int) -> bool:
            return sign * depth <= sign * int(value)

        return so_deep
    return None


def _act(run: Interpreter, call: Call, tests: Sequence[ShellWord], found: list[str]) -> None:
    texts = [word.pattern for word in tests]
    for at, text in enumerate(texts):
        if text in ("-exec", "-execdir", "-ok"):
            end = next((i for i in range(at + 1, len(tests)) if texts[i] in (";", "\\;", "+")), len(tests))
            each = texts[end : end + 1] != ["+"]
            run_on_paths(run, call, list(tests[at + 1 : end]), found, each=each)


_SHOW = frozenset(
    ("ls", "echo", "grep", "file", "stat", "du", "wc", "cat", "test", "basename", "dirname", "which", "readlink", "[")
)


def run_on_paths(run: Interpreter, call: Call, words: list[ShellWord], paths: Sequence[str], *, each: bool) -> None:
    """Do what a command does that gets paths in place of `{}`, or as its last arguments: `-exec rm {} +`.

    Args:
        run: the interpreter.
        call: the find or xargs.
        words: the command and its own arguments.
        paths: what it gets.
        each: whether the command runs once for each of them.
    """
    name = (words[0].value or "").rpartition("/")[2] if words else ""
    handler = run.handlers.get(name)
    if name in _SHOW or not paths:
        return
    if handler is None or name in ("find", "xargs"):
        run.doubt(f"what {name or 'a command'} does with the files that it gets is not known")
        return
    placed = any("{}" in word.pattern for word in words)
    for some in [(path,) for path in paths] if each else [tuple(paths)]:
        given = [_literal(call, path) for path in some]
        args: list[ShellWord] = []
        for word in words:
            if word.pattern == "{}":
                args.extend(given)
            elif "{}" in word.pattern and len(some) == 1:
                args.append(_literal(call, word.pattern.replace("{}", some[0])))
            else:
                args.append(word)
        command = replace(call.command, words=tuple(args if placed else [*args, *given]), redirections=())
        handler(run, Call(command, call.original, unwrap(command), None))


def _literal(call: Call, text: str) -> ShellWord:
    return ShellWord(call.token, (Part("literal", text, True, call.token),))


def xargs(run: Interpreter, call: Call) -> None:
    """`xargs`, as far as it is known what it reads."""
    spec = OptionSpec(frozenset(("-n", "-I", "-P", "-d", "-L", "-s", "-a", "--max-args", "--max-procs", "--delimiter")))
    options = parse_options(_before_command(call.args, spec), spec)
    words = list(call.args[len(_before_command(call.args, spec)) :])
    if call.stdin is not None and call.stdin.paths is not None and not options.has("-I"):
        run_on_paths(run, call, words, call.stdin.paths, each=False)
        return
    listed = call.stdin.content if call.stdin is not None else None
    if listed is not None and not options.flags.keys() - {"-n", "-0", "-r", "--max-args", "--null"}:
        text = listed.decode("utf-8", "surrogateescape")
        given = text.split("\0") if options.has("-0", "--null") else text.split()
        if not set(text) & set("'\"\\"):
            count = options.value("-n", "--max-args")
            if count in (None, "1"):
                run_on_paths(run, call, words, [one for one in given if one], each=count is not None)
                return
    replaced = options.value("-I")
    if call.stdin is not None and call.stdin.paths is not None and replaced == "{}":
        run_on_paths(run, call, words, call.stdin.paths, each=True)
        return
    name = (words[0].value or "").rpartition("/")[2] if words else "echo"
    if name not in ("echo", "ls", "grep", "cat", "file", "test", "basename", "dirname", "which", "readlink", "strip"):
        run.doubt(f"which files {name} gets from xargs is not known")


def _before_command(args: tuple[ShellWord, ...], spec: OptionSpec) -> tuple[ShellWord, ...]:
    at = 0
    while at < len(args) and args[at].pattern.startswith("-"):
        at += 2 if args[at].pattern in spec.with_value else 1
    return args[:at]


def change_directory(run: Interpreter, call: Call) -> None:
    """`cd`: fails where there is no directory."""
    for place in run.places(call.command, _options(call).operands[:1]):
        node = run.fs.find(place.path) if place.path is not None and place.text != "-" else UNKNOWN_NODE
        if isinstance(node, File) or (node is None and not run.fs.supposes(place.path or "/")):
            run.failed = True


def set_umask(run: Interpreter, call: Call) -> None:
    """`umask` with a number."""
    value = call.args[0].value if call.args else None
    if value and re.fullmatch(r"[0-7]{1,4}", value):
        run.set_umask(int(value, 8), subshell=call.command.subshell)


def busybox_install(run: Interpreter, call: Call) -> None:
    """`busybox --install [-s] [DIR]`: links of no size, of which the names depend on how busybox was made."""
    words = [word.value or "" for word in call.command.words[1:]]
    directory = next((word for word in words if not word.startswith("-")), "/bin")
    made = run.directory(directory, call.token)
    program = call.command.words[0].value or ""
    node = run.fs.find(program)
    names = busybox_names(node) if isinstance(node, File) else None
    if names is None:
        if made is not None and "-s" in words:
            uid, gid = run.owner
            made.children[REST] = File("rest", 0, None, uid, gid, stamp=object())
        return
    for name in names:
        path = f"{directory.rstrip('/')}/{name}"
        if run.fs.find(path, follow=False) is not None:
            continue
        if "-s" in words:
            run.fs.put(path, _symlink(run, program), call.token)
        elif isinstance(now := run.fs.find(program), File):
            _link(run, program, now, path, call.token)


def busybox_names(busybox: File) -> list[str] | None:
    """The programs that a busybox is, which it holds in a table of their names; None where that is not found."""
    data = busybox.content() if busybox.content is not None and (busybox.size or 0) <= _MAX_BUSYBOX else None
    start = data.find(b"\0[\0[[\0") + 1 if data is not None else 0
    if data is None or not start:
        return None
    end = data.find(b"\0\0", start)
    names = data[start:end].decode("ascii", "replace").split("\0")
    return names if all(map(_PROGRAM.fullmatch, names)) else None


HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(("rm", "unlink", "rmdir", "shred"), remove),
    "mkdir": make_directory,
    "touch": touch,
    "cp": copy,
    "rsync": copy,
    "mv": move,
    **dict.fromkeys(("ln", "link"), link),
    "install": install,
    "chmod": change_mode,
    **dict.fromkeys(("chown", "chgrp"), change_owner),
    "find": find,
    "xargs": xargs,
    "umask": set_umask,
    "cd": change_directory,
    "busybox --install": busybox_install,
}  # fmt: skip
"""Program to what it does."""
