"""Packages that weigh next to nothing, by the pages of PyPI and npm and the package lists of the distributions."""

from __future__ import annotations

_COMMANDS = frozenset(
    "apt-transport-https apt-utils bzip2 ca-certificates curl diffutils dirmngr file findutils gettext-base gnupg gnupg1 gnupg2 "
    "gpg gzip jq less lsb-release nano patch procps sed sudo tar unzip wget which xz xz-utils zip".split()
)
"""Commands of a distribution of 3 MB at the most, by their packages in Debian, Alpine and Fedora."""
_OF_NODE = frozenset("corepack cross-env dotenv localtunnel n nodemon npm rimraf yarn".split())
_LIGHT = {
    "pip": frozenset(
        "aiofiles ansicolors apscheduler argcomplete attrs autopep8 boto bottle certifi click cloudscraper "
        "colorama coloredlogs configobj crudini dnspython docker docopt dumb-init envtpl eventlet falcon "
        "feedparser fire flake8 flask flask-cors flask-login flask-restful gitpython gunicorn httpx hvac "
        "invoke isort itsdangerous j2cli jinja2 jinja2-cli jmespath jsonschema junit-xml kafka-python ldap3 loguru "
        "mako markdown marshmallow mock mutagen ninja nose openpyxl orjson paho-mqtt parse passlib peewee "
        "pexpect pika pip prometheus-client psutil ptyprocess pyjwt pymongo pymysql pyserial pytest "
        "python-consul python-dateutil python-dotenv python-engineio python-socketio python-telegram-bot "
        "pytz pyyaml redis requests requests-oauthlib rich schedule setuptools shyaml simplejson six "
        "slack-sdk slackclient speedtest-cli starlette supervisor tabulate termcolor toml tornado tqdm ujson "
        "uvicorn waitress watchdog websocket-client websockets werkzeug wheel xlrd xmltodict yapf yq".split()
    ),
    "dnf": _COMMANDS,
    "apk": _COMMANDS,
    "apt-get": _COMMANDS,
    "npm": _OF_NODE,
    "pnpm": _OF_NODE,
    "yarn": _OF_NODE,
    "bun": _OF_NODE,
}


def is_light(manager: str, package: str) -> bool:
    """Whether a package, or its archive, is with all that it needs hardly more than 2 or 3 MB.

    Args:
        manager: the program that installs it, such as `pip`.
        package: its name, in any case.
    """
    name, light = package.lower(), _LIGHT.get(manager, frozenset())
    return name in light or (light is _OF_NODE and name.startswith("@types/"))
