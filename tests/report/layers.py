"""Layers built by hand, for the reports on them."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.analysis.contents import Change, Confidence, Layer, with_waste


def file(path: str, count: int | None, source: str = "") -> Change:
    return Change(path, "added", "file", count, 0o644, 0, 0, source=source)


def deleted(path: str) -> Change:
    return Change(path, "deleted", "file")


def layer(
    line: int | None,
    instruction: str,
    *changes: Change,
    confidence: Confidence = "exact",
    stage: str = "app",
    notes: Sequence[str] = (),
) -> Layer:
    known = [change.bytes for change in changes if change.bytes is not None]
    total = sum(known) if known or confidence != "unknown" else None
    return Layer(instruction, line, stage, total, confidence, changes, notes=tuple(notes))


def typical() -> list[Layer]:
    """An exact layer, an estimate, one in part and one wholly unknown, and every kind of dead weight."""
    return with_waste(
        [
            layer(2, "WORKDIR /app", Change("app", "added", "dir", 0, 0o755, 0, 0)),
            layer(
                3,
                "RUN pip install flask",
                file("root/.cache/pip", 31_000_000, "pip keeps what it downloads"),
                file("usr/local/lib/python3/site-packages", 45_000_000, "the wheels of PyPI"),
                confidence="about",
            ),
            layer(4, "COPY . .", file("app/data.bin", 50_000), file("app/main.py", 3_000), file("app/old.py", 400)),
            layer(
                5,
                "RUN rm data.bin && chown app main.py && make",
                deleted("app/data.bin"),
                Change("app/main.py", "modified", "file", 3_000, 0o644, 1000, 0),
                file("app/old.py", 500),
                confidence="unknown",
                notes=["what make writes"],
            ),
            layer(6, "RUN ./configure", confidence="unknown", notes=["what ./configure writes"]),
        ]
    )
