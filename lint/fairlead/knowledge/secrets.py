"""What names and texts of secrets look like."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_SECRET_WORDS = frozenset(
    "password passwd passphrase pswd psw pwd passwort secret secrets token apikey credential credentials".split()
)
_SECRET_PAIRS = {
    ("api", "key"), ("access", "key"), ("secret", "key"), ("private", "key"), ("encryption", "key"), ("signing", "key"),
    ("auth", "key"), ("master", "key"), ("account", "key"), ("ssh", "key"), ("deploy", "key"), ("db", "pass"),
    ("root", "pass"), ("user", "pass"), ("admin", "pass"), ("auth", "pass"), ("key", "pass"), ("smtp", "pass"),
    ("database", "pass"), ("mysql", "pass"), ("postgres", "pass"), ("redis", "pass"), ("mail", "pass"), ("pg", "pass"),
}  # fmt: skip
# what follows or stands before the secret's word and makes the name mean something about it, not the secret
_ABOUT = frozenset(
    "file files path dir directory folder url uri endpoint host port name names id ids user username mode sock socket ttl "
    "type length expiry expires expiration lifetime header algorithm alg enabled enable disabled disable required require "
    "policy size count limit interval version fingerprint public pub allow empty no use max min min skip validate check "
    "issuer audience scope scopes field format regex pattern timeout cookie env var variable provider store backend "
    "manager generator hash prefix suffix rotation server service manager class package rounds strength mount arn "
    "ref location encoding label prompt reset change changed policy minlength maxlength expire days commit sha sha256 checksum ref tag branch".split()
)
# what these bundlers take from the environment they write into pages that everybody loads: Create React App, Vite, Vue CLI,
# Gatsby, Angular (@ngx-env); Next.js, Nuxt, Expo and SvelteKit have PUBLIC in the name
_FOR_PAGES = re.compile(r"(?:REACT_APP|VITE|VUE_APP|GATSBY|NG_APP)_")
# services in which a program logs in, and files that a password opens: it is not the program's own account
_SERVICES = frozenset(
    "db database sql mysql mariadb postgres postgresql pg pgsql mongo mongodb mongoose redis valkey amqp rabbitmq rabbit smtp "
    "smarthost relay mail email imap ldap s3 minio jdbc jdbcsource jdbccache jms broker elastic elasticsearch opensearch kafka oracle mssql "
    "clickhouse neo4j couchdb influxdb activemq key keystore truststore store cert certificate proxy".split()
)
_DATABASE = re.compile(r"sql|maria|postg|timescale|mongo|redis|oracle|couch|influx|neo4j|database|\bdb\b")
_ASKS_FOR_ANOTHER = re.compile(
    r".*(?:change|replace)[-_ ]?(?:me|this|it)\b.*|changeme.*|(?:super|my|your)?[-_]?(?:secret|jwt)[-_]?(?:key|token|secret)?|insecure.*"
)
_PLACEHOLDERS = frozenset(
    "true false yes no on off none null nil undefined dummy placeholder x xx xxx xxxx unused fake todo tbd 0 1 required "
    "optional disabled not-set not_set notset unset empty default random generated generate manual auto foo bar foobar baz "
    # what clients of a model on one's own machine must send, and nobody looks at
    "cafebabe deadbeef minioadmin ollama lm-studio sk-no-key-required".split()
)
# how OpenPGP names a public key
_FINGERPRINT = re.compile(r"(?:0x)?(?:[0-9A-F]{4}[ -]?){9,10}|(?:0x)?[0-9A-F]{16}")
_DENIAL = re.compile(
    r"^\$[({]|not[-_ ]?an?[-_ ]?(?:secret|password|token|key)|^your(?:[-_ ]|$)|^\[.*\]$|^<.*>$|^\{.*\}$|(?:example|^demo)[-_]?key$|placeholder|dummy|"
    r"here$|not[-_ ]?used|(?:build|buildtime|collectstatic|ci|test)[-_ ]?only|^(?:for|only)[-_ ]"
)
_PASSWORD_WORDS = frozenset("password passwd passphrase pswd psw pwd passwort pass".split())
# what everybody tries first, and what a value says that is there for a test: nobody gains by reading it in the image
_WELL_KNOWN = frozenset(
    "password passwd passw0rd pass root toor admin administrator secret changeme change-me change_me postgres postgresql mysql "
    "mariadb mongo redis guest user username test tester testing demo example sample local dev development benchmark qwerty "
    "letmein welcome 123 1234 12345 123456 1234567 12345678 123456789 1234567890 111111 mysecretpassword my-secret-pw".split()
)
_OF_A_TEST = re.compile(
    r"(?:my|the)?[-_]?(?:test|testing|demo|example|sample|benchmark|bench|dev|development|local|default|root|admin|user)"
    r"(?:[-_]?(?:db|user|app|root|admin|my|sql|postgres))*[-_]?(?:password|passwd|pass|pwd|pw|secret)?[-_]?\d{0,4}!?|"
    r"[a-z_-]*password[-_]?\d{0,4}!?|p[a@]ss(?:w[o0]{1,2}r?d|wd)?[-_@]?\d{0,4}!?"
)
_TOKEN = re.compile(
    r"(?:AKIA|ASIA)[0-9A-Z]{16}(?![0-9A-Z])"
    r"|gh[pousr]_[A-Za-z0-9]{36}"
    r"|github_pat_[A-Za-z0-9_]{40,}"
    r"|glpat-[A-Za-z0-9_-]{20}"
    r"|xox[baprs]-[A-Za-z0-9-]{20,}"
    r"|sk_live_[A-Za-z0-9]{20,}"
    r"|npm_[A-Za-z0-9]{36}"
    r"|AIza[0-9A-Za-z_-]{35}"
    r"|-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"
)
_URL_PASSWORD = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@'\"$]*:([^\s/:@'\"${}<>]{3,})@[A-Za-z0-9]")
_SECRET_FILES = re.compile(
    r"(?:^|/)(?:id_(?:rsa|dsa|ecdsa|ed25519)|\.netrc|_netrc|\.git-credentials|\.pypirc|\.aws/credentials|\.pgpass"
    r"|\.vault-token|service[-_]account\.json|kubeconfig|\.kube/config)$"
)


def is_secret_name(name: str) -> bool:
    """Whether a variable of that name holds a secret, not something about one (`DB_PASSWORD_FILE`, `TOKEN_TTL`)."""
    words = [word.lower() for word in _WORDS.findall(name)]
    if _ABOUT & set(words) or _FOR_PAGES.match(name):
        return False
    if _SECRET_WORDS & set(words):
        return True
    return any(pair in _SECRET_PAIRS for pair in pairwise(words))


def is_placeholder(value: str, name: str = "") -> bool:
    """Whether a value is evidently no secret: nothing, a switch, a path, a key's fingerprint, or a word that says so.

    Args:
        value: the value.
        name: the variable that has it; `TOKEN=token` says nothing but its name.
    """
    if name and re.sub(r"[-_]", "", name.lower()) == re.sub(r"[-_<>{}]", "", value.strip().lower()):
        return name.lower() not in ("password", "passwd", "pass", "pwd")
    folded = value.strip().strip("<>*").lower()
    if _FINGERPRINT.fullmatch(value.strip()) or _DENIAL.search(value.strip().lower()):
        return True
    if len(set(folded) - {"-"}) == 1 or _DENIAL.search(folded):
        # `xxxx`, `00000000-0000`, `not-a-secret`
        return True
    return not folded or folded in _PLACEHOLDERS or folded.startswith(("/", "./", "dummy", "placeholder", "changeit"))


def is_public_password(name: str, value: str, known: Iterable[str] = ()) -> bool:
    """Whether a value is a password or key that everybody knows or that is there for a test.

    Args:
        name: the variable; of a key or a token only such a value is known to everybody as asks for another.
        value: its value.
        known: names that stand beside it, such as that of the user or of the project: they are tried first.
    """
    folded = value.strip().lower()
    if _ASKS_FOR_ANOTHER.fullmatch(folded):
        return True
    if not _PASSWORD_WORDS & {word.lower() for word in _WORDS.findall(name)}:
        return False
    # the service's own name is tried first, too
    known = (*known, *_WORDS.findall(name))
    return folded in _WELL_KNOWN or _OF_A_TEST.fullmatch(folded) is not None or folded in {k.lower() for k in known}


def is_of_another_service(name: str, about: str) -> bool:
    """Whether a password is for a service that a program logs in to, or for a file, not for the program's own users.

    Args:
        name: the variable.
        about: what the image is: names of its base image and its directory.
    """
    words = {word.lower() for word in re.findall(r"[A-Za-z][A-Za-z0-9]*", name.replace("_", " "))} & _SERVICES
    folded = about.lower()
    if not words or any(word in folded for word in words if len(word) > 2):
        return False
    # MariaDB takes MYSQL_PASSWORD, PostGIS POSTGRES_PASSWORD
    return not (_DATABASE.search(" ".join(words)) and _DATABASE.search(folded))


def secret_in(text: str) -> tuple[int, int] | None:
    """Where a text holds a token of a well-known form or a URL's password, as offsets; None where it doesn't."""
    match = _TOKEN.search(text)
    if match:
        return match.span()
    match = _URL_PASSWORD.search(text)
    return match.span(1) if match and not is_placeholder(match[1]) else None


def is_secret_file(path: str) -> bool:
    """Whether a file of that name holds a private key or credentials."""
    return _SECRET_FILES.search(path) is not None
