"""What the rules of the family cache advise, tried on the cache model: before it the step is repeated, after it not."""

from __future__ import annotations

import pytest

from fairlead.analysis.keys import BuildState, compare
from fairlead.build.builder import build
from fairlead.build.context import Context, MemoryTree, read_dockerignore
from fairlead.finding import Finding
from fairlead.rule import Example, Rule
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source
from fairlead.testing import findings_of
from fairlead_rules.cache.copy_before_install import CopyBeforeInstall
from fairlead_rules.cache.install_below_unneeded_copy import InstallBelowUnneededCopy
from fairlead_rules.cache.link_available import LinkAvailable
from fairlead_rules.cache.needless_stage_dependency import NeedlessStageDependency
from fairlead_rules.cache.volatile_context import VolatileContextTaken

FILES = {"package.json": '{"name": "a"}', "package-lock.json": "{}", "src/app.js": "1", ".dockerignore": "Dockerfile\n"}


def state(text: str, files: dict[str, str]) -> BuildState:
    context = Context(MemoryTree({"Dockerfile": "", **files}), read_dockerignore(files[".dockerignore"].encode()))
    return BuildState(build(parse(Source("Dockerfile", text.encode()))), context)


def verdict(text: str, step: str, *, before: dict[str, str], after: dict[str, str], then: str | None = None) -> str:
    """What becomes of the step that has some words, when the files, or the Dockerfile, change."""
    steps = compare(state(text, before), state(then or text, after))
    [found] = [key for key in steps if step in key.step.instruction.token.text]
    return found.verdict


def found(rule: type[Rule], text: str, files: dict[str, str]) -> list[Finding]:
    return findings_of(rule, Example(text, files=files))


@pytest.mark.parametrize(
    ("rule", "step", "bad", "good"),
    [
        (
            InstallBelowUnneededCopy,
            "apt-get",
            "FROM a\nWORKDIR /src\nCOPY . .\nRUN apt-get update && apt-get install -y gcc\nRUN make\n",
            "FROM a\nWORKDIR /src\nRUN apt-get update && apt-get install -y gcc\nCOPY . .\nRUN make\n",
        ),
        (
            CopyBeforeInstall,
            "npm ci",
            "FROM a\nWORKDIR /src\nCOPY . .\nRUN npm ci\n",
            "FROM a\nWORKDIR /src\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\n",
        ),
        (
            NeedlessStageDependency,
            "apt-get",
            "FROM a AS app\nCOPY . /srv\nFROM app\nRUN apt-get install -y gdb\n",
            "FROM a AS app\nRUN apt-get install -y gdb\nCOPY . /srv\nFROM app\n",
        ),
        (
            NeedlessStageDependency,
            "apk add",
            "FROM a AS b\nCOPY . /src\nRUN go build -o /out/x /src\nFROM c\nCOPY --from=b /out/x /usr/bin/\nRUN apk add d\n",
            "FROM a AS b\nCOPY . /src\nRUN go build -o /out/x /src\nFROM c\nRUN apk add d\nCOPY --from=b /out/x /usr/bin/\n",
        ),
        (
            NeedlessStageDependency,
            "--omit=dev",
            "FROM a AS b\nWORKDIR /a\nCOPY . .\nRUN npm ci && npm run build\n"
            "FROM a\nWORKDIR /a\nCOPY --from=b /a/package*.json ./\nRUN npm ci --omit=dev\nCOPY --from=b /a/dist ./dist\n",
            "FROM a AS b\nWORKDIR /a\nCOPY . .\nRUN npm ci && npm run build\n"
            "FROM a\nWORKDIR /a\nCOPY package*.json ./\nRUN npm ci --omit=dev\nCOPY --from=b /a/dist ./dist\n",
        ),
    ],
)
def test_a_change_of_a_source(rule: type[Rule], step: str, bad: str, good: str) -> None:
    changed = {**FILES, "src/app.js": "2"}
    assert found(rule, bad, FILES)
    assert found(rule, good, FILES) == []
    assert verdict(bad, step, before=FILES, after=changed) != "cached"
    assert verdict(good, step, before=FILES, after=changed) == "cached"


def test_what_a_tool_writes() -> None:
    text = "FROM a\nWORKDIR /a\nCOPY . .\nRUN npm ci && npm run build\n"
    files = {**FILES, ".gitignore": "node_modules\n"}
    [finding] = found(VolatileContextTaken, text, files)
    assert finding.evidence["written"] == ["node_modules"]
    advised = {**files, ".dockerignore": "Dockerfile\nnode_modules\n"}
    assert found(VolatileContextTaken, text, advised) == []
    written = {"node_modules/a/index.js": "1"}
    assert verdict(text, "npm ci", before=files, after={**files, **written}) == "rebuilt"
    assert verdict(text, "npm ci", before=advised, after={**advised, **written}) == "cached"


def test_another_base() -> None:
    text = "FROM debian:12\nCOPY src /srv/src\nCMD x\n"
    [finding] = found(LinkAvailable, text, FILES)
    assert "COPY --link" in finding.help
    linked = text.replace("COPY", "COPY --link")
    assert found(LinkAvailable, linked, FILES) == []
    for given, expected in ((text, "rebuilt"), (linked, "cached")):
        other = given.replace("debian:12", "debian:13")
        assert verdict(given, "/srv/src", before=FILES, after=FILES, then=other) == expected
