"""Scripts from the network, and downloads that nothing verifies."""

from __future__ import annotations

import pytest

from fairlead.analysis.models import Models
from fairlead.build.builder import build
from fairlead.config import Settings
from fairlead.engine import check_source
from fairlead.finding import Severity
from fairlead.registry import Registry
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source


def models(text: str) -> Models:
    dockerfile = parse(Source("Dockerfile", text.encode()))
    assert dockerfile.problems == ()
    return Models(build(dockerfile))


def scripts(command: str, head: str = "") -> list[tuple[str, bool]]:
    """The interpreters that run downloaded text, each with whether a version is named."""
    found = models(f"FROM debian:12\n{head}RUN {command}\n")
    return [
        (script.name, script.versioned) for step in found.build.runs() for script in found.inputs.remote_scripts(step)
    ]


def unverified(command: str) -> list[tuple[bool, bool]]:
    """Of each download that nothing verifies: the URL names no version, and it is fetched without TLS."""
    found = models(f"FROM debian:12\nRUN {command}\n")
    return [(item.floating, item.insecure) for step in found.build.runs() for item in found.inputs.unverified(step)]


@pytest.mark.parametrize(
    ("command", "versioned"),
    [
        ("curl -s https://e.com/install.sh | sh", False),
        ("curl -s https://deb.nodesource.com/setup_20.x | bash -", False),
        ("curl -s https://e.com/tool/v0.39.5/install.sh | bash", True),
        ("curl -s https://e.com/tool-1.2/latest/install.sh | bash", False),
        ("curl -s https://e.com/i.sh | sh -s -- -y --default-toolchain 1.85", True),
        ("curl -s https://e.com/i.sh | sh -s -- -y --default-toolchain stable", False),
        ("curl -s https://e.com/i.sh | sh -s -- --version=2.1.0", True),
        ("curl -s https://e.com/i.sh | sh -s -- -b /usr/bin v1.60.3", True),
        ("curl -s https://e.com/i.sh | bash -s tool-v1.2.3", True),
        ("curl -s https://e.com/i.sh | bash -s -- 18", True),
        ("curl -s https://e.com/i.sh | bash /dev/stdin -v latest", False),
        ("curl -s https://e.com/i.sh | python3 - -y", False),
    ],
)
def test_whether_a_script_is_of_one_version(command: str, versioned: bool) -> None:
    assert [found for _, found in scripts(command)] == [versioned]


def test_a_version_that_a_variable_gives() -> None:
    command = "curl -s https://install.poetry.example.com | python3 -"
    assert scripts(command, "ENV POETRY_VERSION=1.8.2\n") == [("python3", True)]
    assert scripts(command, "ENV POETRY_VERSION=1\n") == [("python3", False)]
    assert scripts(command, "ENV OTHER_VERSION=1.8.2\n") == [("python3", False)]
    assert scripts("curl -s https://e.com/i.sh | sh -s -- $V", "ARG V\n") == [("sh", True)]


def test_what_a_program_reads_first_is_not_run_as_it_is() -> None:
    assert scripts('bash -c "wget $(curl -s https://e.com/index.json | jq -r .url)"', 'SHELL ["bash", "-c"]\n') == []
    assert scripts('bash -c "$(curl -s https://e.com/i.sh)"', 'SHELL ["bash", "-c"]\n') == [("bash", False)]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://e.com/tool.tgz", [(True, False)]),
        ("https://e.com/tool-1.2.tgz", [(False, False)]),
        ("http://e.com/tool-1.2.tgz", [(False, True)]),
        ("https://e.com/tools-13114758_latest.zip", [(False, False)]),
        ("https://e.com/tools-latest.zip", [(True, False)]),
        ("ftp://e.com/reads_1.fastq.gz", []),
        ("https://e.com/x_seed_corpus.zip", []),
        ("https://e.com/master/tests/in.tar.gz", []),
    ],
)
def test_downloads_that_nothing_verifies(url: str, expected: list[tuple[bool, bool]]) -> None:
    assert unverified(f"curl -fsSLO {url}") == expected


def test_a_key_is_known_by_where_it_goes() -> None:
    assert unverified("curl -fsSL https://e.com/gpg.bin -o /etc/apt/keyrings/e.asc") == []
    assert unverified("curl -fsSL https://e.com/gpg.bin -o /opt/e.bin") != []


def severities(text: str, path: str = "Dockerfile") -> list[tuple[str, str]]:
    """The rules that find something by default, each with its severity."""
    report = check_source(Source(path, text.encode()), Settings(), Registry.load())
    return [(finding.rule.partition("/")[2], finding.severity.value) for finding in report.findings]


@pytest.mark.parametrize(
    ("url", "severity"),
    [
        ("https://e.com/releases/latest/tool.tgz", "warning"),
        ("http://e.com/tool-1.2.tgz", "warning"),
        ("https://e.com/tool.tgz", "info"),
        ("https://e.com/org/team/main/tool/3327.v868/tool-3327.v868.jar", "info"),
        ("https://e.com/org/team/main/8.2/tool.jar", "warning"),
        ("https://github.com/a/b/releases/download/latest/b.tgz", "info"),
        ("http://dl.bintray.com/a/t-1.2.deb", "info"),
        ("https://e.com/tool-1.2.tgz", "info"),
    ],
)
def test_what_a_download_is_worth(url: str, severity: str) -> None:
    text = f"FROM debian:12\nADD {url} /t\n"
    assert ("unverified-download", severity) in severities(text)
    assert ("unverified-download", "info") in severities(text, "nightly/Dockerfile")
    assert ("unverified-download", "info") in severities(text, "Dockerfile.dev")


def test_equal_downloads_of_a_step_are_one_finding() -> None:
    urls = [f"https://e.com/{name}-1.2.tgz" for name in "abc"]
    text = "FROM debian:12\nRUN " + " && ".join(f"curl -fsSLO {url}" for url in [*urls, "http://e.com/d-1.tgz"]) + "\n"
    assert [found for found in severities(text) if found[0] == "unverified-download"] == [
        ("unverified-download", "info"),
        ("unverified-download", "warning"),
    ]


def test_what_a_remote_script_is_worth() -> None:
    assert ("remote-script", "warning") in severities("FROM debian:12\nRUN curl https://e.com/i.sh | sh\n")
    assert ("remote-script", "info") in severities("FROM debian:12\nRUN curl https://e.com/i.sh | sh -s 1.2\n")
    assert ("remote-script", "info") in severities("FROM debian:12\nRUN curl -s https://get.sdkman.io | bash\n")
    assert ("remote-script", "info") in severities(
        "FROM debian:12\nRUN curl https://e.com/i.sh | sh\n", ".devcontainer/Dockerfile"
    )


def test_data_of_tests_is_added_for_years() -> None:
    assert severities("FROM debian:12\nADD https://e.com/x_seed_corpus.zip /corpus/\nRUN make\n") == []


def test_what_only_waits_among_tests_is_not_said() -> None:
    text = "FROM debian:12\nCMD service nginx start && tail -f /var/log/nginx/access.log\n"
    assert ("interactive-image", "warning") in severities(text)
    assert ("interactive-image", "warning") not in severities(text, "tests/server/Dockerfile")


@pytest.mark.parametrize(
    ("path", "moving"),
    [
        ("maven2/a/tool/1.0-SNAPSHOT/tool-1.0-SNAPSHOT.jar", "SNAPSHOT"),
        ("maven2/a/tool/1.0-SNAPSHOT/tool-1.0-20240508.153334-1-all.jar", ""),
        ("a/tool/releases/download/1.1.0-SNAPSHOT/tool-1.1.0-SNAPSHOT.war", ""),
        ("a/tool/releases/download/latest/tool.tar.gz", "latest"),
    ],
)
def test_snapshots_that_move_and_those_that_do_not(path: str, moving: str) -> None:
    found = models(f"FROM debian:12\nRUN curl -O https://e.com/{path}\n")
    assert [item.moving for step in found.build.runs() for item in found.inputs.unverified(step)] == [moving]


@pytest.mark.parametrize(
    ("arguments", "severity"), [({}, Severity.INFO), ({"CHANNEL": "beta"}, Severity.WARNING)], ids=str
)
def test_what_only_other_build_arguments_fetch(arguments: dict[str, str], severity: Severity) -> None:
    text = (
        "FROM debian:12\nARG CHANNEL=none\n"
        'RUN if [ "$CHANNEL" != none ]; then curl -fsSL https://e.com/$CHANNEL/i.sh | sh && curl -O http://e.com/a.tgz; fi\n'
    )
    settings = Settings(build_args=arguments)
    report = check_source(Source("Dockerfile", text.encode()), settings, Registry.load())
    found = {finding.rule: finding.severity for finding in report.findings}
    assert found == dict.fromkeys(("mutable/remote-script", "mutable/unverified-download"), severity)
