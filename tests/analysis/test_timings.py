"""Seconds of steps from the progress logs of builds."""

from __future__ import annotations

import json

import pytest

from fairlead.analysis.keys import BuildState, keys
from fairlead.analysis.timings import TimingsError, measure, weigh
from fairlead.build.builder import build
from fairlead.build.model import Build, Step
from fairlead.syntax.parser import parse
from fairlead.syntax.source import Source

TWO_STAGES = """\
FROM node:22 AS build
WORKDIR /
WORKDIR /app
COPY package.json ./
RUN npm ci
FROM build AS test
RUN npm test
FROM nginx
COPY --from=build /app /srv
COPY --from=test /app/report /srv/report
"""
PLAIN = """\
#0 building with "default" instance using docker driver

#1 [internal] load build definition from Dockerfile
#1 transferring dockerfile: 200B done
#1 DONE 0.0s

#5 [build 1/5] FROM docker.io/library/node:22@sha256:0000
#5 DONE 3.1s

#6 [build 2/5] WORKDIR /app
#6 DONE 0.1s

#7 [build 3/5] COPY package.json ./
#7 CACHED

#8 [build 4/5] RUN npm ci
#8 0.532 npm warn DONE 99.9s
#8 ...

#9 [stage-2 1/3] FROM docker.io/library/nginx
#9 DONE 1.0s

#8 [build 4/5] RUN npm ci
#8 12.10 added 3 packages
#8 DONE 12.4s

#10 [test 1/1] RUN npm test
#10 DONE 5.0s

#11 [stage-2 2/3] COPY --from=build /app /srv
#11 DONE 0.2s
"""


def made(text: str) -> tuple[Build, list[Step]]:
    model = build(parse(Source("Dockerfile", text.encode())))
    return model, [key.step for key in keys(BuildState(model))]


def seconds(log: str, text: str) -> tuple[dict[int, float], list[int]]:
    model, steps = made(text)
    costs, missing = measure(log, model, steps)
    assert costs.unit == "seconds"
    gone = {step.line for step in missing}
    return {step.line: costs[step] for step in steps if step.line not in gone}, sorted(gone)


def test_plain() -> None:
    assert seconds(PLAIN, TWO_STAGES) == ({3: 0.1, 5: 12.4, 7: 5.0, 9: 0.2}, [4, 10])


def test_a_log_of_a_service_has_times_before_the_lines() -> None:
    log = "".join(f"2026-01-01T10:00:00.0000000Z {line}\r\n" for line in PLAIN.splitlines())
    assert seconds(log, TWO_STAGES)[0] == {3: 0.1, 5: 12.4, 7: 5.0, 9: 0.2}


def test_one_stage_has_no_name_and_the_slowest_platform_counts() -> None:
    log = (
        "#4 [linux/amd64 2/2] RUN make\n#4 DONE 3.0s\n#5 [linux/arm64 2/2] RUN make\n#5 DONE 30.0s\n"
        "#6 [stage-1 2/2] RUN make\n#6 DONE 90.0s\n"
    )
    assert seconds(log, "FROM gcc\nRUN make\n") == ({2: 30.0}, [])


def test_a_step_of_another_kind_is_another_build() -> None:
    assert seconds("#4 [2/2] COPY . .\n#4 DONE 3.0s\n", "FROM gcc\nRUN make\n") == ({}, [2])


def vertex(name: str, *runs: tuple[str, str], cached: bool = False) -> str:
    states: list[dict[str, object]] = [{"digest": name, "name": name}]
    states += [
        {"digest": name, "name": name, "started": f"2026-01-01T10:{start}Z", "completed": f"2026-01-01T10:{end}Z"}
        | ({"cached": True} if cached else {})
        for start, end in runs
    ]
    return "".join(json.dumps({"vertexes": [state]}) + "\n" for state in states)


def test_raw_json() -> None:
    log = (
        '{"statuses": [{"id": "x"}]}\n'
        + vertex("[build 4/5] RUN npm ci", ("00:00.123456789", "00:10.123456789"), ("00:05", "00:12.123456789"))
        + vertex("[build 3/5] COPY package.json ./", ("00:00", "00:00"), cached=True)
        + vertex("[test 1/1] RUN npm test", ("01:00", "01:30"), ("02:00", "02:01"))
    )
    found, missing = seconds(log, TWO_STAGES)
    assert found == pytest.approx({5: 12.0, 7: 31.0}, abs=0.01)
    assert missing == [3, 4, 9, 10]


@pytest.mark.parametrize("log", ["", "hello\n", "#1 [internal] load\n#1 DONE 0.1s\n", '{"vertexes": [1]}\n', "{x\n"])
def test_what_is_no_log(log: str) -> None:
    model, steps = made(TWO_STAGES)
    with pytest.raises(TimingsError):
        measure(log, model, steps)


def test_weights() -> None:
    _, steps = made(
        'FROM a\nCOPY . .\nRUN apt-get install -y x && echo\nRUN make\nRUN ./x\nRUN rm -f y\nRUN ["npm", "run", "a"]\n'
    )
    costs = weigh(steps)
    assert (costs.unit, [costs[step] for step in steps]) == ("weight", [1.0, 20.0, 40.0, 10.0, 1.0, 40.0])
