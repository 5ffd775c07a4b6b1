"""Inputs that are objects of storage services and images, copied by programs such as aws, gsutil, rclone and skopeo."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fairlead.analysis.download_inputs import url_input
from fairlead.analysis.grades import Grade, Input
from fairlead.analysis.image_inputs import grade_reference
from fairlead.analysis.version_grades import step_input
from fairlead.build.image import parse_image_reference
from fairlead.build.model import Step
from fairlead.knowledge.fetchers import STORES_BY_PROGRAM, Store
from fairlead.shell import UNKNOWN, Invocation, OptionSpec, ShellWord, parse_options

if TYPE_CHECKING:
    from fairlead.analysis.models import Models


def stored_inputs(models: Models, step: Step, invocation: Invocation) -> Iterator[Input]:
    """What a call of such a program brings in."""
    name = invocation.name or ""
    for store in STORES_BY_PROGRAM.get(name, ()):
        yield from _stored(models, step, invocation, store)
    if name == "az":
        yield from _az_blob(step, invocation)


def _stored(models: Models, step: Step, invocation: Invocation, store: Store) -> Iterator[Input]:
    """Objects of a storage service that are copied to the image; the last operand is where to."""
    wanted = store.subcommand.split()
    operands = parse_options(invocation.args, OptionSpec(store.valued)).operands
    if [word.value for word in operands[: len(wanted)]] != wanted:
        return
    operands = operands[len(wanted) :]
    fetches_alone = store.program in (
        "aria2c",
        "axel",
        "http",
        "fetch",
        "lwp-download",
        "lynx",
        "lftp",
        "oras",
        "crane",
    )
    sources = operands if fetches_alone else operands[:-1]
    if store.program == "s3cmd" and len(operands) == 1:
        sources = operands
    if store.program == "crane":
        sources = operands[:1]
    for word in sources:
        text = word.pattern
        if not re.match(store.remote, text):
            continue
        if text.startswith(("http://", "https://", "ftp://")) and store.program != "azcopy":
            yield url_input(models, step, word.token, text, manager=store.program)
        elif store.program in ("skopeo", "crane", "oras"):
            reference = parse_image_reference(text.removeprefix("docker://"))
            grade, why = grade_reference(reference)
            if UNKNOWN in text and not reference.digest:
                grade, why = "unknown", "a variable decides"
            yield step_input(
                step,
                "image",
                text.removeprefix("docker://"),
                grade,
                why,
                word.token,
                store.program,
                reference.tag,
                build=models.build,
                words=word.text,
                digest=reference.digest,
            )
        else:
            yield _object(models, step, store, word, text)


def _object(models: Models, step: Step, store: Store, word: ShellWord, text: str) -> Input:
    grade: Grade
    if re.search(r"gs://.*#\d{10,}", text) or "versionid=" in text.lower():
        grade, why = "immutable", "a version of the object"
    elif UNKNOWN in text:
        grade, why = "unknown", "a variable decides"
    elif re.search(r"\d+\.\d+|\d{8}|[0-9a-f]{40}", text):
        grade, why = "versioned", "a version in the name"
    else:
        grade, why = "floating", "no version in the name"
    return step_input(step, "data", text, grade, why, word.token, store.program, build=models.build, words=word.text)


def _az_blob(step: Step, invocation: Invocation) -> Iterator[Input]:
    options = parse_options(
        invocation.args,
        OptionSpec(
            frozenset(
                [
                    "-c",
                    "--container-name",
                    "-n",
                    "--name",
                    "-f",
                    "--file",
                    "--account-name",
                    "-s",
                    "--source",
                    "-d",
                    "--destination",
                    "--pattern",
                ]
            )
        ),
    )
    words = [word.value for word in options.operands[:3]]
    if words[:2] != ["storage", "blob"] or len(words) < 3 or words[2] not in ("download", "download-batch", "copy"):
        return
    given = [
        value
        for names in (("-c", "--container-name"), ("-n", "--name"), ("-s", "--source"))
        if (value := options.value(*names))
    ]
    token = options.operands[2].token
    yield step_input(step, "data", "/".join(given) or "blob", "floating", "no version in the name", token, "az")
