"""Which images have a version to name."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.config import Configuration
from fairlead.engine import check_paths
from fairlead.knowledge.base_images import is_official, is_rolling


def found(path: Path, text: str) -> list[str]:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    findings = check_paths((str(path),), Configuration()).findings
    return [finding.severity.value for finding in findings if finding.rule == "mutable/unpinned-base"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM python\n", ["warning"]),
        ("FROM grafana/grafana:latest\n", ["warning"]),
        ("FROM someone/tool:latest\n", ["info"]),
        (
            "FROM alpine AS f\nRUN wget -O /f.tgz https://example.com/f.tgz\nFROM node:24\nCOPY --from=f /f.tgz /\n",
            ["info"],
        ),
        ("FROM alpine AS f\nRUN apk add --no-cache curl\nFROM node:24\nCOPY --from=f /usr/bin/curl /\n", ["warning"]),
        ("FROM python\nCMD python\n", []),
        ('FROM python\nENTRYPOINT ["python", "-m", "tool"]\n', ["warning"]),
        ("FROM local_image\n", []),
        ("FROM docker.io/library/archlinux\n", []),
        ("ARG BASE=python\nFROM $BASE\n", ["warning"]),
        ("ARG BASE=someone/base\nFROM $BASE\n", ["info"]),
    ],
)
def test_images_without_a_version(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert found(tmp_path / "app" / "Dockerfile", text) == expected


def test_windows_has_no_latest(tmp_path: Path) -> None:
    file = tmp_path / "app" / "Dockerfile"
    assert found(file, "FROM mcr.microsoft.com/windows/servercore\n") == ["warning"]
    messages = [finding.message for finding in check_paths((str(file),), Configuration()).findings]
    assert any("no tag latest" in message for message in messages)
    assert found(file, "FROM mcr.microsoft.com/windows/servercore:ltsc2022\n") == []


def test_images_for_developers_are_strict(tmp_path: Path) -> None:
    assert found(tmp_path / ".devcontainer" / "Dockerfile", "FROM python\n") == []


def test_images_that_the_repository_makes(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    assert found(tmp_path / "repository" / "app" / "Dockerfile", "FROM someone/base\n") == ["info"]
    (tmp_path / "repository" / "base").mkdir()
    assert found(tmp_path / "repository" / "app" / "Dockerfile", "FROM someone/base\n") == []
    assert found(tmp_path / "repository" / "app" / "alpine" / "Dockerfile", "FROM someone/base\n") == []
    (tmp_path / "repository" / "tool" / "server").mkdir(parents=True)
    assert found(tmp_path / "repository" / "app" / "Dockerfile", "FROM someone/tool-server\n") == []
    assert found(tmp_path / "repository" / "app" / "Dockerfile", "FROM someone/tool-other\n") == ["info"]


def test_images_of_the_owner_are_for_information(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text('[remote "origin"]\n\turl = https://github.com/grafana/tool\n')
    assert found(tmp_path / "app" / "Dockerfile", "FROM grafana/base\n") == ["info"]
    assert found(tmp_path / "app" / "Dockerfile", "FROM hashicorp/base\n") == ["warning"]
    assert found(tmp_path / "app" / "Dockerfile", "FROM node\n") == ["warning"]
    assert found(tmp_path / "examples" / "app" / "Dockerfile", "FROM node\n") == ["info"]
    assert found(tmp_path / "app" / "Dockerfile", "ARG V=latest\nFROM node:$V\n") == ["warning"]
    (tmp_path / "Makefile").write_text("image:\n\tdocker build --build-arg V=24 app\n")
    assert found(tmp_path / "app" / "Dockerfile", "ARG V=latest\nFROM node:$V\n") == ["info"]


def test_names() -> None:
    assert is_official("python")
    assert not is_official("someone/python")
    assert is_rolling("kalilinux/kali-rolling")
    assert not is_rolling("someone/avoid")
