"""What is known of base images by their names."""

from __future__ import annotations

import re

_WINDOWS = re.compile(
    r"(?:^|[/:._-])(?:nanoserver|windowsservercore|servercore|windows|iis|dotnet/framework)(?:$|[/:._-])"
)


def is_windows_image(registry: str, repository: str, tag: str, digest: str = "") -> bool:  # noqa: ARG001 - one signature
    """Whether an image is a Windows image, judging by its name.

    Microsoft's own images say so in the repository (`windows/servercore`, `dotnet/framework/runtime`) or in the tag
    (`8.0-nanoserver-ltsc2022`).
    """
    return _WINDOWS.search(f"{repository}:{tag}".lower()) is not None
