"""Files that list what a program installs: their names, and how a line says which version.

Sources: the manuals of asdf (.tool-versions), mise, Ansible Galaxy (requirements.yml), pre-commit (rev), vcstool (.repos),
Jenkins' plugin installation manager, .NET ("dotnet tool restore"), nvm, pyenv, rbenv, nodenv and fnm (version files).
"""

from __future__ import annotations

import re
from dataclasses import dataclass


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


@dataclass(frozen=True)
class Listed:
    """A command that installs what a file lists.

    Attributes:
        program: the program.
        subcommand: its first operands, "" for none.
        item: one entry of the file, with the groups `name` and `version`.
        files: the names that are looked for where no option names one.
        options: the options that name the file.
        needs: options without which the files of that name are not read.
        stdin: whether the file may come through standard input.
        refs: whether versions are branches, tags and commits.
        exact: whether a version without an operator is one version and no series.
        valued: other options with a value.
    """

    program: str
    subcommand: str
    item: re.Pattern[str]
    files: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    stdin: bool = False
    refs: bool = False
    exact: bool = False
    valued: frozenset[str] = frozenset()


_TOOL_VERSIONS = re.compile(r"^[ \t]*(?P<name>[\w.:/@-]+)[ \t]+(?P<version>[^\s#]+)", re.MULTILINE)
_MISE = re.compile(
    r"^[ \t]*(?P<name>[\w.:/@\"-]+)[ \t]*=[ \t]*(?:\{[^}\n]*version[ \t]*=[ \t]*)?\[?[ \t]*(?P<version>\"[^\"]+\")",
    re.MULTILINE,
)
_GALAXY = re.compile(
    r"^[ \t]*-[ \t]+(?:(?:name|src|source|role)[ \t]*:[ \t]*)?(?P<name>[^\s#]*[^\s#:])(?=\s|$)"
    r"(?:(?:\n(?![ \t]*-)[ \t]+(?!version)\w+:.*)*\n[ \t]+version[ \t]*:[ \t]*(?P<version>[^\s#]+))?",
    re.MULTILINE,
)
_HOOKS = re.compile(
    r"^[ \t]*-[ \t]+repo:[ \t]*(?P<name>\S*://\S+)\n(?:[ \t]*#.*\n)*[ \t]+rev:[ \t]*(?P<version>[^\s#]+)", re.MULTILINE
)
_REPOS = re.compile(
    r"^[ \t]+(?P<name>[\w./-]+):[ \t]*\n(?:[ \t]+(?:type|url):.*\n)+(?:[ \t]+version:[ \t]*(?P<version>[^\s#]+))?",
    re.MULTILINE,
)
_PLUGINS = re.compile(r"^[ \t]*(?P<name>[\w.-]+)(?::(?P<version>[^\s:#]+))?", re.MULTILINE)
_TOOLS = re.compile(r"\"(?P<name>[\w.-]+)\"\s*:\s*\{\s*\"version\"\s*:\s*\"(?P<version>[^\"]+)\"")
_VERSION_FILE = re.compile(r"(?P<name>)^[ \t]*(?P<version>\S+)", re.MULTILINE)

LISTS: tuple[Listed, ...] = (
    Listed("asdf", "install", _TOOL_VERSIONS, (".tool-versions",), exact=True),
    Listed("mise", "install", _MISE, ("mise.toml", ".mise.toml"), valued=_words("-j --jobs -C --cd -E --env")),
    Listed("ansible-galaxy", "install", _GALAXY, options=("-r", "--role-file", "--requirements-file"), exact=True,
           valued=_words("-p --roles-path --collections-path -s --server")),
    Listed("ansible-galaxy", "collection install", _GALAXY, options=("-r", "--requirements-file"), exact=True,
           valued=_words("-p --collections-path -s --server")),
    Listed("ansible-galaxy", "role install", _GALAXY, options=("-r", "--role-file"), exact=True,
           valued=_words("-p --roles-path -s --server")),
    Listed("dotnet", "tool restore", _TOOLS, (".config/dotnet-tools.json", "dotnet-tools.json"), options=("--tool-manifest",),
           exact=True, valued=_words("--configfile --add-source -v --verbosity")),
    Listed("pre-commit", "install-hooks", _HOOKS, (".pre-commit-config.yaml",), options=("-c", "--config"), refs=True),
    Listed("pre-commit", "install", _HOOKS, (".pre-commit-config.yaml",), needs=("--install-hooks",), refs=True,
           valued=_words("-t --hook-type -c --config")),
    Listed("vcs", "import", _REPOS, options=("--input",), stdin=True, refs=True, valued=_words("-w --workers")),
    Listed("jenkins-plugin-cli", "", _PLUGINS, options=("-f", "--plugin-file"), exact=True,
           valued=_words("-d --plugin-download-directory --war -p --plugins")),
    Listed("pyenv", "install", _VERSION_FILE, (".python-version",)),
    Listed("rbenv", "install", _VERSION_FILE, (".ruby-version",)),
    Listed("nodenv", "install", _VERSION_FILE, (".node-version",)),
    Listed("fnm", "install", _VERSION_FILE, (".nvmrc", ".node-version")),
)  # fmt: skip
"""Every such command."""

LISTS_BY_PROGRAM: dict[str, tuple[Listed, ...]] = {
    program: tuple(listed for listed in LISTS if listed.program == program)
    for program in {listed.program for listed in LISTS}
}
"""Program to its commands."""
