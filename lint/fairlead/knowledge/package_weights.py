"""Packages that weigh next to nothing, by the pages of PyPI and npm and the package lists of the distributions."""

from __future__ import annotations

_COMMANDS = frozenset(
    "apt-transport-https apt-utils bzip2 ca-certificates curl diffutils dirmngr file findutils gettext-base gnupg gnupg1 gnupg2 "
    "gpg gzip jq less lsb-release nano patch procps sed sudo tar unzip wget which xz xz-utils zip".split()
)
"""Commands of a distribution of 3 MB at the most, by their packages in Debian, Alpine and Fedora."""
_LIGHT = {
    "pip": frozenset(
        "ansicolors argcomplete autopep8 certifi click colorama coloredlogs configobj crudini docopt dumb-init envtpl flake8 flask flask-cors "
        "gitpython gunicorn isort j2cli jinja2 jinja2-cli jmespath ninja nose paho-mqtt parse pexpect pika pip "
        "psutil ptyprocess pyjwt pymongo pymysql pyserial python-dateutil python-dotenv python-engineio python-socketio "
        "pytz pyyaml redis requests schedule setuptools simplejson six slackclient supervisor tabulate termcolor toml tqdm "
        "uvicorn waitress websocket-client websockets werkzeug wheel xmltodict yapf yq".split()
    ),
    "dnf": _COMMANDS,
    "apk": _COMMANDS,
    "apt-get": _COMMANDS,
    "npm": frozenset(("corepack", "localtunnel", "n", "npm", "yarn")),
}


def is_light(manager: str, package: str) -> bool:
    """Whether a package, or its archive, is with all that it needs hardly more than 2 or 3 MB.

    Args:
        manager: the program that installs it, such as `pip`.
        package: its name, in any case.
    """
    return package.lower() in _LIGHT.get(manager, ())
