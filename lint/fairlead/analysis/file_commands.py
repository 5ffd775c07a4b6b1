"""What the programs do that make, copy, move, delete and re-own files: coreutils, findutils and their like in busybox.

Sources: the manuals of GNU coreutils and findutils, and of busybox where it differs.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import replace

from fairlead.analysis.calls import Call, Place
from fairlead.analysis.commands import Handler, Interpreter
from fairlead.analysis.filesystem import (
    REST,
    UNKNOWN_NODE,
    Directory,
    File,
    Filesystem,
    Inode,
    Node,
    Unknown,
    is_rest,
)
from fairlead.analysis.mode_commands import parse_mode
from fairlead.knowledge.files import is_system_directory
from fairlead.shell import UNKNOWN, Options, OptionSpec, ShellWord, parse_options
from fairlead.syntax.source import Token

_PROGRAM = re.compile(r"[\w.+\[-]+", re.ASCII)
_MAX_BUSYBOX = 8 << 20


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


# options of rsync that say which files are taken
_CHOOSING = ("--exclude", "--include", "--files-from", "--exclude-from", "--include-from", "--filter")


def copy(run: Interpreter, call: Call) -> None:
    """`cp`, and `rsync` between local directories."""
    is_rsync = call.invocation.name == "rsync"
    options = _options(call, "-t", "--target-directory", "-S", "--suffix", *_CHOOSING, "-e", "--rsh")
    sources, destination, into = _sources_and_destination(run, call, options)
    if _is_alone(run, options, "-t", "--target-directory"):
        run.failed = True
        return
    if destination is None or destination.path is None or (is_rsync and options.has(*_CHOOSING)):
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
        as_directory = contents or (destination.is_directory and not into)
        if not _can_copy(run, node, source.path, path, as_directory=as_directory) or _is_kept_there(
            run, options, node, path
        ):
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
    """Whether a directory can be copied to a path; below itself it can, without that path, and `cp` fails."""
    link = run.fs.find(path, follow=False)
    if run.fs.find(path) is node or (isinstance(link, File) and not isinstance(run.fs.find(path), Directory | Unknown)):
        # the same directory, or a link that leads nowhere in its place
        run.failed = True
        return False
    below_itself = f"{run.fs.real(path)}/".startswith(f"{(run.fs.real(source) or source).rstrip('/')}/")
    run.failed = run.failed or below_itself
    target = run.fs.find(path)
    run.left_out = target if below_itself and isinstance(target, Directory) else None
    return True


def _can_copy(run: Interpreter, node: Node | Unknown, source: str, path: str, *, as_directory: bool) -> bool:
    """Whether something can be copied to a path; else `cp` fails."""
    if isinstance(node, Directory):
        return _may_hold(run, node, source, path)
    same = run.fs.find(path) is node and path == (run.fs.real(source) or source)
    if isinstance(node, File) and (as_directory or same):
        run.failed = True
        return False
    return True


def _is_kept_there(run: Interpreter, options: Options, node: Node | Unknown, path: str) -> bool:
    """Whether `-u` or `-n` leaves what is at a path."""
    if options.has("-u", "--update") and _is_newer(run, path, node):
        return True
    return options.has("-n", "--no-clobber") and not isinstance(run.fs.find(path), Directory | None)


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
    stamp: object = object()
    if keep:
        stamp = _cut(node.stamp) if run.is_busybox else node.stamp
    inode = None if node.inode is None or linked is None else linked.setdefault(node.inode, Inode())
    if node.inode is not None and linked is None and deep and run.is_busybox is None:
        run.doubt("whether cp keeps further names of files is not known")
    new = replace(node, stamp=stamp, maybe=False, inode=inode)
    if not _is_readable(run, node, path):
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


def _is_readable(run: Interpreter, node: File, path: str) -> bool:
    """Whether a file can be copied; busybox puts a link in place of nothing that is there."""
    in_the_way = node.kind == "symlink" and run.is_busybox and not run.replaces
    return run.may(node, 4) and not (in_the_way and run.fs.find(path, follow=False) is not None)


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
        if run.fs.room < 0:
            # every further copy would look at all that the copies before it have made
            return
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


def change_directory(run: Interpreter, call: Call) -> None:
    """`cd`: fails where there is no directory."""
    for place in run.places(call.command, _options(call).operands[:1]):
        node = run.fs.find(place.path) if place.path is not None and place.text != "-" else UNKNOWN_NODE
        if isinstance(node, File) or (node is None and not run.fs.supposes(place.path or "/")):
            run.failed = True


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
    "cd": change_directory,
    "busybox --install": busybox_install,
}  # fmt: skip
"""Program to what it does."""
