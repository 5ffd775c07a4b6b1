"""Fairlead: a linter and static analyzer for Dockerfiles.

The names in `__all__` are the public API; nothing else is promised.
"""

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
    Leftover,
    RemovedPackage,
)
from fairlead.analysis.models import (
    Models,
)
from fairlead.analysis.packages import (
    Operation,
    Package,
    configures_no_recommends,
    index_mounted,
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
from fairlead.analysis.sizes import (
    Size,
    readable_bytes,
)
from fairlead.analysis.startup import (
    Idle,
    OwnedCode,
    StartupChange,
    StartupCommand,
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
from fairlead.analysis.volumes import (
    UnkeptData,
    VolumeWrite,
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
from fairlead.knowledge.documentation import (
    DOCUMENTED,
)
from fairlead.knowledge.repositories import (
    floating_repository,
    is_of_channel,
    is_rebuilt_daily,
    may_name_channel,
)
from fairlead.knowledge.secrets import (
    is_placeholder,
    is_secret_file,
    is_secret_name,
    secret_in,
)
from fairlead.knowledge.startup import (
    is_for_development,
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
    "Rule",
    "Run",
    "Script",
    "Severity",
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
    "expand_word",
    "floating_repository",
    "index_mounted",
    "is_for_development",
    "is_of_channel",
    "is_placeholder",
    "is_rebuilt_daily",
    "is_secret_file",
    "is_secret_name",
    "may_name_channel",
    "readable",
    "readable_bytes",
    "secret_in",
    "skips_recommended",
    "unlocked_installs",
]  # fmt: skip
