"""What is known of files by their names."""

from __future__ import annotations

_WRITTEN_BY_PEOPLE = frozenset(
    "asc bash bashrc cfg cmd cnf conf cron crt css csv desktop env gitconfig gpg html ini js json key list md patch pem php pl "
    "policy profile properties ps1 py rb repo rsp rules service sh sources sql template timer tmpl toml txt vimrc xml yaml yml "
    "zsh zshrc".split()
)
_NAMES = frozenset("gemfile license makefile pipfile procfile rakefile readme vagrantfile".split())


def is_small(path: str) -> bool:
    """Whether a file is by its name a script or a configuration, which people write: some kilobytes."""
    directory, _, name = path.rpartition("/")
    if "." in name.lstrip("."):
        return name.rpartition(".")[2].lower() in _WRITTEN_BY_PEOPLE
    return name.startswith(".") or name.lower() in _NAMES or directory.startswith("/etc") or "entrypoint" in name


SYSTEM_DIRECTORIES = frozenset("bin boot dev etc lib lib32 lib64 proc root run sbin sys usr var/lib var/cache".split())
"""Directories in which programs look by themselves, relative to the root; `/usr/src` is none of them."""
