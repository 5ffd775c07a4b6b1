"""Fairlead's built-in rules."""

from __future__ import annotations

from fairlead import Rule
from fairlead_rules.bloat.archive_left import ArchiveLeft
from fairlead_rules.bloat.build_tools_in_final_image import BuildToolsInFinalImage
from fairlead_rules.bloat.context_noise_copied import ContextNoiseCopied
from fairlead_rules.bloat.deleted_in_later_layer import DeletedInLaterLayer
from fairlead_rules.bloat.dev_dependencies_in_final_image import DevDependenciesInFinalImage
from fairlead_rules.bloat.documentation_left import DocumentationLeft
from fairlead_rules.bloat.duplicate_install import DuplicateInstall
from fairlead_rules.bloat.large_file_copied import LargeFileCopied
from fairlead_rules.bloat.metadata_change_copies_files import MetadataChangeCopiesFiles
from fairlead_rules.bloat.moved_in_later_layer import MovedInLaterLayer
from fairlead_rules.bloat.overwritten_in_later_layer import OverwrittenInLaterLayer
from fairlead_rules.bloat.package_cache_left import PackageCacheLeft
from fairlead_rules.bloat.package_index_left import PackageIndexLeft
from fairlead_rules.bloat.recommended_packages import RecommendedPackages
from fairlead_rules.bloat.sparse_user_log import SparseUserLog
from fairlead_rules.bloat.version_control_in_image import VersionControlInImage
from fairlead_rules.bloat.whole_stage_copied import WholeStageCopied
from fairlead_rules.cache.argument_before_costly_step import ArgumentBeforeCostlyStep
from fairlead_rules.cache.cache_mount_available import CacheMountAvailable
from fairlead_rules.cache.copy_before_install import CopyBeforeInstall
from fairlead_rules.cache.copy_ignored_file import CopyIgnoredFile
from fairlead_rules.cache.index_update_alone import IndexUpdateAlone
from fairlead_rules.cache.ineffective_dockerignore import IneffectiveDockerignore
from fairlead_rules.cache.install_below_unneeded_copy import InstallBelowUnneededCopy
from fairlead_rules.cache.link_available import LinkAvailable
from fairlead_rules.cache.missing_dockerignore import MissingDockerignore
from fairlead_rules.cache.needless_stage_dependency import NeedlessStageDependency
from fairlead_rules.cache.unpinned_remote_add import UnpinnedRemoteAdd
from fairlead_rules.cache.volatile_context import VolatileContextTaken
from fairlead_rules.correctness.missing_healthcheck import MissingHealthcheck
from fairlead_rules.correctness.shell_form_entrypoint import ShellFormEntrypoint
from fairlead_rules.mutable.data_in_writable_layer import DataInWritableLayer
from fairlead_rules.mutable.floating_git_source import FloatingGitSource
from fairlead_rules.mutable.floating_package_repository import FloatingPackageRepository
from fairlead_rules.mutable.install_at_startup import InstallAtStartup
from fairlead_rules.mutable.interactive_image import InteractiveImage
from fairlead_rules.mutable.platform_dependent_base import PlatformDependentBase
from fairlead_rules.mutable.remote_script import RemoteScriptRun
from fairlead_rules.mutable.system_upgrade import SystemUpgrade
from fairlead_rules.mutable.tag_without_digest import TagWithoutDigest
from fairlead_rules.mutable.unlocked_install import UnlockedInstallTaken
from fairlead_rules.mutable.unpinned_base import UnpinnedBase
from fairlead_rules.mutable.unpinned_frontend import UnpinnedFrontend
from fairlead_rules.mutable.unpinned_package import UnpinnedPackage
from fairlead_rules.mutable.unverified_download import UnverifiedDownloadTaken
from fairlead_rules.mutable.volume_then_write import VolumeThenWrite
from fairlead_rules.mutable.writable_code import WritableCode
from fairlead_rules.security.root_user import RootUserRuns
from fairlead_rules.security.secret_in_build import SecretInBuild

RULES: tuple[type[Rule], ...] = (
    ArchiveLeft,
    BuildToolsInFinalImage,
    ContextNoiseCopied,
    DeletedInLaterLayer,
    DevDependenciesInFinalImage,
    DocumentationLeft,
    DuplicateInstall,
    LargeFileCopied,
    MetadataChangeCopiesFiles,
    MovedInLaterLayer,
    OverwrittenInLaterLayer,
    PackageCacheLeft,
    PackageIndexLeft,
    RecommendedPackages,
    SparseUserLog,
    VersionControlInImage,
    WholeStageCopied,
    ArgumentBeforeCostlyStep,
    CacheMountAvailable,
    CopyBeforeInstall,
    CopyIgnoredFile,
    IndexUpdateAlone,
    IneffectiveDockerignore,
    InstallBelowUnneededCopy,
    LinkAvailable,
    MissingDockerignore,
    NeedlessStageDependency,
    UnpinnedRemoteAdd,
    VolatileContextTaken,
    MissingHealthcheck,
    ShellFormEntrypoint,
    DataInWritableLayer,
    FloatingGitSource,
    FloatingPackageRepository,
    InstallAtStartup,
    InteractiveImage,
    PlatformDependentBase,
    RemoteScriptRun,
    SystemUpgrade,
    TagWithoutDigest,
    UnlockedInstallTaken,
    UnpinnedBase,
    UnpinnedFrontend,
    UnpinnedPackage,
    UnverifiedDownloadTaken,
    VolumeThenWrite,
    WritableCode,
    RootUserRuns,
    SecretInBuild,
)
"""Every built-in rule."""
