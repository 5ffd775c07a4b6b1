"""Fairlead: a linter and static analyzer for Dockerfiles.

The names in `__all__` are the public API; nothing else is promised. Each is imported when it is first asked for, since
a rule or a plug-in needs few of them and the models take longer to import than a file to check.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fairlead.analysis.accounts import (
        SparseLog,
    )
    from fairlead.analysis.cache import (
        CommitCount,
        DetouredFile,
        EarlyArgument,
        EarlyInstall,
        IgnoredSource,
        LateInstall,
    )
    from fairlead.analysis.cache_mounts import (
        MissingMount,
    )
    from fairlead.analysis.context_use import (
        ContextModel,
        UselessPattern,
        VolatileContext,
        WholeContext,
    )
    from fairlead.analysis.dead_weight import (
        DeadWeight,
        Held,
    )
    from fairlead.analysis.development import (
        DevelopmentInstall,
    )
    from fairlead.analysis.downloads import (
        RemoteScript,
        UnverifiedDownload,
    )
    from fairlead.analysis.effects import (
        Download,
        Removal,
        Write,
    )
    from fairlead.analysis.grades import (
        GRADES,
        Input,
        Locked,
    )
    from fairlead.analysis.idle import (
        Idle,
    )
    from fairlead.analysis.inputs import (
        Image,
    )
    from fairlead.analysis.kept import (
        KeptArchive,
        KeptRepository,
        LargeFile,
        Noise,
        WholeStage,
    )
    from fairlead.analysis.layers import (
        CopiedCache,
        Leftover,
        RemovedPackage,
    )
    from fairlead.analysis.models import (
        Models,
    )
    from fairlead.analysis.open_packages import (
        OpenPackages,
        open_packages,
    )
    from fairlead.analysis.owned_code import (
        OwnedCode,
        owned_code,
    )
    from fairlead.analysis.packages import (
        Operation,
        Package,
        index_mounted,
    )
    from fairlead.analysis.recommended import (
        configures_no_recommends,
        needed_of_recommended,
        recommended_sizes,
        recommenders,
        skips_recommended,
    )
    from fairlead.analysis.remotes import (
        ChangingRemote,
        RemoteSource,
    )
    from fairlead.analysis.repeats import (
        RepeatedIndex,
        RepeatedPackages,
    )
    from fairlead.analysis.shell_form import (
        ShellForm,
        shell_forms,
    )
    from fairlead.analysis.sizes import (
        Size,
        readable_bytes,
    )
    from fairlead.analysis.startup import (
        StartupCommand,
    )
    from fairlead.analysis.startup_changes import (
        StartupChange,
    )
    from fairlead.analysis.toolchains import (
        Built,
        ShippedJdk,
        ShippedToolchain,
        ShippedTools,
    )
    from fairlead.analysis.unlocked import (
        UnlockedInstall,
        unlocked_installs,
    )
    from fairlead.analysis.users import (
        RootUser,
        root_user,
    )
    from fairlead.analysis.volumes import (
        UnkeptData,
        VolumeWrite,
    )
    from fairlead.analysis.wording import (
        enumerated,
    )
    from fairlead.build.dockerignore import (
        DockerIgnore,
        DockerIgnoreError,
    )
    from fairlead.build.image import (
        ImageReference,
    )
    from fairlead.build.model import (
        Build,
        Dependency,
        Mount,
        Origin,
        Stage,
        Step,
    )
    from fairlead.build.scope import (
        readable,
    )
    from fairlead.finding import (
        Finding,
        Fix,
        JsonValue,
        Profile,
        Related,
        Severity,
        TextEdit,
    )
    from fairlead.knowledge.base_images import (
        has_versions,
        is_official,
        is_rolling,
        is_without_latest,
        names_release,
        tags_releases,
    )
    from fairlead.knowledge.documentation import (
        DOCUMENTED,
    )
    from fairlead.knowledge.installers import (
        has_only_newest,
        instead_of,
        is_gone,
    )
    from fairlead.knowledge.package_weights import (
        is_light,
    )
    from fairlead.knowledge.releases import (
        FRONT_ENDS,
        follows_others,
        is_kept_at_newest,
        is_settled,
    )
    from fairlead.knowledge.repositories import (
        floating_repository,
        is_of_channel,
        is_rebuilt_daily,
        may_name_channel,
    )
    from fairlead.knowledge.secrets import (
        is_of_another_service,
        is_placeholder,
        is_public_password,
        is_secret_file,
        is_secret_name,
        secret_in,
    )
    from fairlead.rule import (
        Example,
        Rule,
    )
    from fairlead.shell import (
        Command,
        Dialect,
        Script,
        ShellWord,
    )
    from fairlead.syntax.ast import (
        Add,
        Arg,
        Cmd,
        CommandInstruction,
        Copy,
        Dockerfile,
        Entrypoint,
        Env,
        Expose,
        FileInstruction,
        Flag,
        From,
        Healthcheck,
        Instruction,
        Label,
        Onbuild,
        Pair,
        Run,
        User,
        Workdir,
    )
    from fairlead.syntax.expansion import (
        Expansion,
        ExpansionError,
        expand_word,
    )
    from fairlead.syntax.source import (
        Position,
        Range,
        Source,
        Token,
    )

__version__ = "0.1.0"

__all__ = [
    "DOCUMENTED",
    "FRONT_ENDS",
    "GRADES",
    "Add",
    "Arg",
    "Build",
    "Built",
    "ChangingRemote",
    "Cmd",
    "Command",
    "CommandInstruction",
    "CommitCount",
    "ContextModel",
    "CopiedCache",
    "Copy",
    "DeadWeight",
    "Dependency",
    "DetouredFile",
    "DevelopmentInstall",
    "Dialect",
    "DockerIgnore",
    "DockerIgnoreError",
    "Dockerfile",
    "Download",
    "EarlyArgument",
    "EarlyInstall",
    "Entrypoint",
    "Env",
    "Example",
    "Expansion",
    "ExpansionError",
    "Expose",
    "FileInstruction",
    "Finding",
    "Fix",
    "Flag",
    "From",
    "Healthcheck",
    "Held",
    "Idle",
    "IgnoredSource",
    "Image",
    "ImageReference",
    "Input",
    "Instruction",
    "JsonValue",
    "KeptArchive",
    "KeptRepository",
    "Label",
    "LargeFile",
    "LateInstall",
    "Leftover",
    "Locked",
    "MissingMount",
    "Models",
    "Mount",
    "Noise",
    "Onbuild",
    "OpenPackages",
    "Operation",
    "Origin",
    "OwnedCode",
    "Package",
    "Pair",
    "Position",
    "Profile",
    "Range",
    "Related",
    "RemoteScript",
    "RemoteSource",
    "Removal",
    "RemovedPackage",
    "RepeatedIndex",
    "RepeatedPackages",
    "RootUser",
    "Rule",
    "Run",
    "Script",
    "Severity",
    "ShellForm",
    "ShellWord",
    "ShippedJdk",
    "ShippedToolchain",
    "ShippedTools",
    "Size",
    "Source",
    "SparseLog",
    "Stage",
    "StartupChange",
    "StartupCommand",
    "Step",
    "TextEdit",
    "Token",
    "UnkeptData",
    "UnlockedInstall",
    "UnverifiedDownload",
    "UselessPattern",
    "User",
    "VolatileContext",
    "VolumeWrite",
    "WholeContext",
    "WholeStage",
    "Workdir",
    "Write",
    "__version__",
    "configures_no_recommends",
    "enumerated",
    "expand_word",
    "floating_repository",
    "follows_others",
    "has_only_newest",
    "has_versions",
    "index_mounted",
    "instead_of",
    "is_gone",
    "is_kept_at_newest",
    "is_light",
    "is_of_another_service",
    "is_of_channel",
    "is_official",
    "is_placeholder",
    "is_public_password",
    "is_rebuilt_daily",
    "is_rolling",
    "is_secret_file",
    "is_secret_name",
    "is_settled",
    "is_without_latest",
    "may_name_channel",
    "names_release",
    "needed_of_recommended",
    "open_packages",
    "owned_code",
    "readable",
    "readable_bytes",
    "recommended_sizes",
    "recommenders",
    "root_user",
    "secret_in",
    "shell_forms",
    "skips_recommended",
    "tags_releases",
    "unlocked_installs",
]

_MODULES = {
    "DOCUMENTED": "fairlead.knowledge.documentation",
    "FRONT_ENDS": "fairlead.knowledge.releases",
    "GRADES": "fairlead.analysis.grades",
    "Add": "fairlead.syntax.ast",
    "Arg": "fairlead.syntax.ast",
    "Build": "fairlead.build.model",
    "Built": "fairlead.analysis.toolchains",
    "ChangingRemote": "fairlead.analysis.remotes",
    "Cmd": "fairlead.syntax.ast",
    "Command": "fairlead.shell",
    "CommandInstruction": "fairlead.syntax.ast",
    "CommitCount": "fairlead.analysis.cache",
    "ContextModel": "fairlead.analysis.context_use",
    "CopiedCache": "fairlead.analysis.layers",
    "Copy": "fairlead.syntax.ast",
    "DeadWeight": "fairlead.analysis.dead_weight",
    "Dependency": "fairlead.build.model",
    "DetouredFile": "fairlead.analysis.cache",
    "DevelopmentInstall": "fairlead.analysis.development",
    "Dialect": "fairlead.shell",
    "DockerIgnore": "fairlead.build.dockerignore",
    "DockerIgnoreError": "fairlead.build.dockerignore",
    "Dockerfile": "fairlead.syntax.ast",
    "Download": "fairlead.analysis.effects",
    "EarlyArgument": "fairlead.analysis.cache",
    "EarlyInstall": "fairlead.analysis.cache",
    "Entrypoint": "fairlead.syntax.ast",
    "Env": "fairlead.syntax.ast",
    "Example": "fairlead.rule",
    "Expansion": "fairlead.syntax.expansion",
    "ExpansionError": "fairlead.syntax.expansion",
    "Expose": "fairlead.syntax.ast",
    "FileInstruction": "fairlead.syntax.ast",
    "Finding": "fairlead.finding",
    "Fix": "fairlead.finding",
    "Flag": "fairlead.syntax.ast",
    "From": "fairlead.syntax.ast",
    "Healthcheck": "fairlead.syntax.ast",
    "Held": "fairlead.analysis.dead_weight",
    "Idle": "fairlead.analysis.idle",
    "IgnoredSource": "fairlead.analysis.cache",
    "Image": "fairlead.analysis.inputs",
    "ImageReference": "fairlead.build.image",
    "Input": "fairlead.analysis.grades",
    "Instruction": "fairlead.syntax.ast",
    "JsonValue": "fairlead.finding",
    "KeptArchive": "fairlead.analysis.kept",
    "KeptRepository": "fairlead.analysis.kept",
    "Label": "fairlead.syntax.ast",
    "LargeFile": "fairlead.analysis.kept",
    "LateInstall": "fairlead.analysis.cache",
    "Leftover": "fairlead.analysis.layers",
    "Locked": "fairlead.analysis.grades",
    "MissingMount": "fairlead.analysis.cache_mounts",
    "Models": "fairlead.analysis.models",
    "Mount": "fairlead.build.model",
    "Noise": "fairlead.analysis.kept",
    "Onbuild": "fairlead.syntax.ast",
    "OpenPackages": "fairlead.analysis.open_packages",
    "Operation": "fairlead.analysis.packages",
    "Origin": "fairlead.build.model",
    "OwnedCode": "fairlead.analysis.owned_code",
    "Package": "fairlead.analysis.packages",
    "Pair": "fairlead.syntax.ast",
    "Position": "fairlead.syntax.source",
    "Profile": "fairlead.finding",
    "Range": "fairlead.syntax.source",
    "Related": "fairlead.finding",
    "RemoteScript": "fairlead.analysis.downloads",
    "RemoteSource": "fairlead.analysis.remotes",
    "Removal": "fairlead.analysis.effects",
    "RemovedPackage": "fairlead.analysis.layers",
    "RepeatedIndex": "fairlead.analysis.repeats",
    "RepeatedPackages": "fairlead.analysis.repeats",
    "RootUser": "fairlead.analysis.users",
    "Rule": "fairlead.rule",
    "Run": "fairlead.syntax.ast",
    "Script": "fairlead.shell",
    "Severity": "fairlead.finding",
    "ShellForm": "fairlead.analysis.shell_form",
    "ShellWord": "fairlead.shell",
    "ShippedJdk": "fairlead.analysis.toolchains",
    "ShippedToolchain": "fairlead.analysis.toolchains",
    "ShippedTools": "fairlead.analysis.toolchains",
    "Size": "fairlead.analysis.sizes",
    "Source": "fairlead.syntax.source",
    "SparseLog": "fairlead.analysis.accounts",
    "Stage": "fairlead.build.model",
    "StartupChange": "fairlead.analysis.startup_changes",
    "StartupCommand": "fairlead.analysis.startup",
    "Step": "fairlead.build.model",
    "TextEdit": "fairlead.finding",
    "Token": "fairlead.syntax.source",
    "UnkeptData": "fairlead.analysis.volumes",
    "UnlockedInstall": "fairlead.analysis.unlocked",
    "UnverifiedDownload": "fairlead.analysis.downloads",
    "UselessPattern": "fairlead.analysis.context_use",
    "User": "fairlead.syntax.ast",
    "VolatileContext": "fairlead.analysis.context_use",
    "VolumeWrite": "fairlead.analysis.volumes",
    "WholeContext": "fairlead.analysis.context_use",
    "WholeStage": "fairlead.analysis.kept",
    "Workdir": "fairlead.syntax.ast",
    "Write": "fairlead.analysis.effects",
    "configures_no_recommends": "fairlead.analysis.recommended",
    "enumerated": "fairlead.analysis.wording",
    "expand_word": "fairlead.syntax.expansion",
    "floating_repository": "fairlead.knowledge.repositories",
    "follows_others": "fairlead.knowledge.releases",
    "has_only_newest": "fairlead.knowledge.installers",
    "has_versions": "fairlead.knowledge.base_images",
    "index_mounted": "fairlead.analysis.packages",
    "instead_of": "fairlead.knowledge.installers",
    "is_gone": "fairlead.knowledge.installers",
    "is_kept_at_newest": "fairlead.knowledge.releases",
    "is_light": "fairlead.knowledge.package_weights",
    "is_of_another_service": "fairlead.knowledge.secrets",
    "is_of_channel": "fairlead.knowledge.repositories",
    "is_official": "fairlead.knowledge.base_images",
    "is_placeholder": "fairlead.knowledge.secrets",
    "is_public_password": "fairlead.knowledge.secrets",
    "is_rebuilt_daily": "fairlead.knowledge.repositories",
    "is_rolling": "fairlead.knowledge.base_images",
    "is_secret_file": "fairlead.knowledge.secrets",
    "is_secret_name": "fairlead.knowledge.secrets",
    "is_settled": "fairlead.knowledge.releases",
    "is_without_latest": "fairlead.knowledge.base_images",
    "may_name_channel": "fairlead.knowledge.repositories",
    "names_release": "fairlead.knowledge.base_images",
    "needed_of_recommended": "fairlead.analysis.recommended",
    "open_packages": "fairlead.analysis.open_packages",
    "owned_code": "fairlead.analysis.owned_code",
    "readable": "fairlead.build.scope",
    "readable_bytes": "fairlead.analysis.sizes",
    "recommended_sizes": "fairlead.analysis.recommended",
    "recommenders": "fairlead.analysis.recommended",
    "root_user": "fairlead.analysis.users",
    "secret_in": "fairlead.knowledge.secrets",
    "shell_forms": "fairlead.analysis.shell_form",
    "skips_recommended": "fairlead.analysis.recommended",
    "tags_releases": "fairlead.knowledge.base_images",
    "unlocked_installs": "fairlead.analysis.unlocked",
}
"""Where each public name comes from. A test holds it to `__all__` and to what type checkers are told above."""

if not TYPE_CHECKING:  # with a function that gives every name, a type checker would believe in every name

    def __getattr__(name: str) -> object:
        """Import a public name, once."""
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        import importlib

        value = getattr(importlib.import_module(_MODULES[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
