"""What package managers, downloads, clones and account tools put into a layer.

Which files these are only their servers tell; where they go, and what a clean command takes away again, is known.
"""

from __future__ import annotations

import posixpath
from dataclasses import replace

from fairlead.analysis.calls import Call
from fairlead.analysis.commands import Handler, Interpreter
from fairlead.analysis.filesystem import REST, Directory, File, Owner, join
from fairlead.analysis.packages import cache_paths, index_size, mounted, updates_index
from fairlead.analysis.sizes import Size
from fairlead.knowledge.package_managers import INSTALLED_IN
from fairlead.knowledge.programs import WRITES_IN
from fairlead.shell import OptionSpec, parse_options
from fairlead.syntax.source import Token

_ACCOUNT_BYTES = 2_000
_ACCOUNTS = "accounts of a Debian or Alpine image"
_USERADD = (
    "-u", "--uid", "-g", "--gid", "--ingroup", "-G", "--groups", "-d", "--home", "--home-dir", "-h", "-s", "--shell",
    "-c", "--comment", "--gecos", "-b", "--base-dir", "-k", "--skel", "-K", "-p", "--password", "-e", "-f",
    "-Z", "-R", "-P",
)  # fmt: skip
# subcommands that take away what is not needed
_PRUNES = frozenset(("prune", "autoclean", "autoprune"))
_QUIET_KINDS = frozenset(("config", "--version", "version", "show", "list", "search", "info", "help", "policy"))


def put_rest(
    run: Interpreter, directory: str, size: int | None, source: str, cause: Token, *, replaces: bool = False
) -> None:
    """Let a directory hold files that nobody can list; `replaces` where they take the place of earlier ones."""
    made = run.directory(directory, cause)
    if made is None:
        return
    uid, gid = run.owner
    node = File("rest", size, None, uid, gid, stamp=object(), source=source)
    if replaces and REST in made.children:
        name = REST
        made.children[name] = node
    else:
        name = made.add_rest(node)
    real = run.fs.real(directory) or directory
    run.fs.note(f"{real.strip('/')}/{name}", cause)


def manage_packages(run: Interpreter, call: Call) -> None:
    """A call of a package manager."""
    operation = call.operation
    if operation is None:
        return
    name = operation.manager.name
    token = operation.token
    if operation.kind in ("install", "upgrade"):
        files = [package.word for package in operation.packages if package.local]
        run.unpacked.extend((p.path, token) for p in run.places(call.command, files) if p.path is not None)
        run.doubt(f"the size of what {name} installs is not known")
        place = INSTALLED_IN.get(name, "/usr")
        if operation.options.has("-g", "--global"):
            place = "/usr/local/lib/node_modules"
        if not place.startswith("/"):
            place = f"{call.command.cwd}/{place}" if call.command.cwd is not None else ""
        if place:
            put_rest(run, join("/", place), None, "", token)
    elif operation.subcommand in _PRUNES:
        run.deletes_unknown = True
        run.doubt(f"what {name} {operation.subcommand} deletes is not known")
    elif operation.kind == "other" and operation.subcommand not in _QUIET_KINDS and operation.subcommand:
        run.doubt_all(f"what {name} {operation.subcommand} writes is not known")
    elif operation.kind == "clean":
        for path in run.cleaned.get(id(call.original), ()):
            clean(run, path, token)
        return
    elif operation.kind == "remove":
        run.deletes_unknown = True
        run.doubt(f"what {name} removes is not known")
    for path, cache in cache_paths(operation):
        fills = updates_index(operation) if cache.index else operation.kind in ("install", "upgrade")
        if not fills or mounted(operation.step, path):
            continue
        size = index_size(operation) if cache.index else Size(complete=False)
        if not size.complete:
            run.doubt_at(path, f"the size of what {name} leaves in {path} is not known")
        put_rest(run, path, size.known, size.source, token, replaces=cache.index)


def clean(run: Interpreter, path: str, cause: Token) -> None:
    """Empty a directory, as the clean command of a package manager does."""
    node = run.fs.find(path)
    if isinstance(node, Directory):
        for name in list(node.children):
            run.fs.remove(f"{path.rstrip('/')}/{name}", cause)


def clone(run: Interpreter, call: Call) -> None:
    """`git clone`; other subcommands change what is there in ways that nobody can tell."""
    at = next((at for at, word in enumerate(call.args) if not word.text.startswith("-")), None)
    subcommand = call.args[at].value if at is not None else None
    if subcommand in ("config", "log", "rev-parse", "describe", "status", "ls-remote", "diff", "show", "branch", None):
        return
    why = f"the size of what git {subcommand} writes is not known"
    cloned = run.cloned.get(id(call.original), ())
    if not cloned:
        run.doubt(why)
    for path in cloned:
        run.doubt_at(path, why)
        put_rest(run, path, None, "", call.token)
        if not any(word.text in ("--bare", "--mirror") for word in call.args):
            put_rest(run, f"{path.rstrip('/')}/.git", None, "", call.token)


def download(run: Interpreter, call: Call) -> None:
    """`curl` and `wget`: the files that they write, of sizes that only the server knows."""
    for path in run.downloaded.get(id(call.original), ()):
        if path is None:
            run.doubt_all("the name of the file that is downloaded is not known")
        elif not path.startswith("/dev/"):
            run.doubt_at(path, "the size of what is downloaded is not known")
            run.create(path, None, call.token)


def add_user(run: Interpreter, call: Call) -> None:
    """`useradd`, `adduser`, `groupadd`, `addgroup`: some lines in the files of accounts, and a home directory."""
    program = call.invocation.name or ""
    options = parse_options(call.args, OptionSpec(frozenset(_USERADD)))
    names = [word.value for word in options.operands]
    is_group = program in ("groupadd", "addgroup") or options.has("--group")
    if run.is_missing("/etc/group" if is_group else "/etc/passwd"):
        return
    for file in ("group",) if is_group else ("passwd", "group", "shadow"):
        _grow(run, f"/etc/{file}", call.token)
    if not names or names[0] is None:
        return
    name = names[0]
    number = options.value("-u", "--uid") if not is_group else options.value("-g", "--gid")
    known: Owner = int(number) if number is not None and number.isdecimal() else name
    if is_group:
        if len(names) == 1:
            run.accounts.made[f":{name}"] = (known, known)
        return
    group = options.value("-g", "--gid", "-G" if program == "adduser" else "-g", "--ingroup")
    gid = run.group(group) if group is not None and not options.has("--no-user-group") else known
    if options.has("-G") and options.value("-g", "--gid", "--ingroup") is None and program == "adduser":
        gid = run.group(options.value("-G") or name)
    run.accounts.made[name] = (known, gid)
    run.accounts.made.setdefault(f":{name}", (known, gid))
    makes_home = options.has("-m", "--create-home") or (
        program == "adduser" and not options.has("-H", "--no-create-home") and not options.has("-D", "--system", "-S")
    )
    home = options.value("-d", "--home", "--home-dir", *(("-h",) if program == "adduser" else ())) or f"/home/{name}"
    if makes_home or (program == "adduser" and options.has("-D", "-S", "--system") and not options.has("-H")):
        above = posixpath.dirname(home)
        if run.fs.find(home) is None:
            run.fs.directory(above, call.token)
            run.fs.directory(home, call.token, uid=known, gid=gid)


def _grow(run: Interpreter, path: str, cause: Token) -> None:
    node = run.fs.find(path)
    size = node.size + 60 if isinstance(node, File) and node.size is not None else _ACCOUNT_BYTES
    run.create(path, size, cause, source=_ACCOUNTS)


def install_files(run: Interpreter, call: Call) -> None:
    """`dpkg -i` and `rpm -i`: packages that lie there as files."""
    name = call.invocation.name or ""
    run.doubt_all(f"what {name} writes is not known")
    options = parse_options(call.args, OptionSpec(frozenset(("--root", "--prefix", "--dbpath", "--force"))))
    if options.has("-i", "--install", "-U", "--upgrade"):
        places = run.places(call.command, options.operands)
        run.unpacked.extend((place.path, call.token) for place in places if place.path is not None)


def change_user(run: Interpreter, call: Call) -> None:
    """`usermod`, `userdel`, `passwd` and their like: the files of accounts are written anew."""
    for file in ("group",) if (call.invocation.name or "").startswith("group") else ("passwd", "group", "shadow"):
        node = run.fs.find(f"/etc/{file}")
        size = node.size if isinstance(node, File) and node.size is not None else _ACCOUNT_BYTES
        run.create(f"/etc/{file}", size, call.token, source=_ACCOUNTS)


def write_in_its_place(run: Interpreter, call: Call) -> None:
    """A program that writes files in a directory of its own."""
    name = call.invocation.name or ""
    directory = WRITES_IN[name]
    if directory.startswith("~"):
        directory = run.home.rstrip("/") + directory[1:]
    put_rest(run, directory, None, "", call.token)
    run.doubt_at(directory, f"the size of what {name} writes in {directory} is not known")


def make_temporary(run: Interpreter, call: Call) -> None:
    """`mktemp`: an empty file, whatever is written into it later."""
    put_rest(run, "/tmp", 0, "", call.token)  # noqa: S108  # a path of the image


def set_capabilities(run: Interpreter, call: Call) -> None:
    """`setcap`: the file is stored again."""
    for place in run.places(call.command, call.args[1:]):
        node = run.fs.find(place.path) if place.path is not None else None
        if isinstance(node, File) and node.kind == "file" and place.path is not None:
            run.put_all(run.fs.real(place.path) or place.path, replace(node, stamp=object()), place.token)
        elif place.path is None or not isinstance(node, Directory):
            run.doubt("the size of the file that gets capabilities is not known")


def load_libraries(run: Interpreter, call: Call) -> None:
    """`ldconfig`: its cache is written anew."""
    run.create("/etc/ld.so.cache", 20_000, call.token, source="the cache of a Debian image")


HANDLERS: dict[str, Handler] = {
    "package manager": manage_packages,
    "git": clone,
    "curl": download,
    "wget": download,
    **dict.fromkeys(("useradd", "adduser", "groupadd", "addgroup"), add_user),
    **dict.fromkeys(
        ("usermod", "userdel", "groupmod", "groupdel", "passwd", "chpasswd", "chsh", "deluser", "delgroup"), change_user
    ),
    **dict.fromkeys(WRITES_IN, write_in_its_place),
    "mktemp": make_temporary,
    "setcap": set_capabilities,
    **dict.fromkeys(("dpkg", "rpm"), install_files),
    "ldconfig": load_libraries,
}
"""Program to what it does."""
