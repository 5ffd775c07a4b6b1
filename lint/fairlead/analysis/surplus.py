"""What ships in the final image though its container does not need it: the part that package managers bring."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fairlead.analysis.accounts import SparseLog
    from fairlead.analysis.development import DevelopmentInstall
    from fairlead.analysis.models import Models
    from fairlead.analysis.packages import Operation
    from fairlead.analysis.repeats import RepeatedIndex, RepeatedPackages
    from fairlead.analysis.toolchains import ShippedJdk, ShippedToolchain, ShippedTools


class SurplusModel:
    """Answers about what is too much; made by `Models`."""

    def __init__(self, models: Models) -> None:
        self._models = models

    def toolchain(self) -> ShippedToolchain | None:
        """The base image that is there to compile, below an image that only runs the result; None for none."""
        from fairlead.analysis.toolchains import shipped_toolchain

        return shipped_toolchain(self._models)

    def jdk(self) -> ShippedJdk | None:
        """The base image that is a JDK where a JRE would do; None for none."""
        from fairlead.analysis.toolchains import shipped_jdk

        return shipped_jdk(self._models)

    def build_tools(self) -> Iterator[ShippedTools]:
        """Packages that only a build needs, in layers of the final image."""
        from fairlead.analysis.toolchains import shipped_tools

        return shipped_tools(self._models)

    def development(self) -> Iterator[DevelopmentInstall]:
        """Installs that bring development dependencies into layers of the final image."""
        from fairlead.analysis.development import development_installs

        return development_installs(self._models)

    def repeated_indexes(self) -> Iterator[RepeatedIndex]:
        """Package indexes that several RUNs fetch."""
        from fairlead.analysis.repeats import repeated_indexes

        return repeated_indexes(self._models)

    def repeated_packages(self) -> Iterator[RepeatedPackages]:
        """Packages that are installed twice."""
        from fairlead.analysis.repeats import repeated_packages

        return repeated_packages(self._models)

    def sparse_logs(self) -> Iterator[SparseLog]:
        """Users with numbers so high that the login logs become huge."""
        from fairlead.analysis.accounts import sparse_logs

        return sparse_logs(self._models)

    def documentation(self) -> Iterator[Operation]:
        """Installs that bring documentation along."""
        from fairlead.analysis.documentation import documentation_left

        return documentation_left(self._models)
