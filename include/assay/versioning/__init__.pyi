from ._anchors import Anchors
from ._config import RegistryConfig, embedded
from ._diff import diff_versions
from ._process import RegistryUnavailable
from ._registry import Registry
from ._removal import Disposal
from ._render import render_diff_json, render_diff_text
from ._rows import PartitionRows
from ._verify import Verification, render_verification

__all__ = [
    "Anchors",
    "Disposal",
    "PartitionRows",
    "Registry",
    "RegistryConfig",
    "RegistryUnavailable",
    "Verification",
    "diff_versions",
    "embedded",
    "render_diff_json",
    "render_diff_text",
    "render_verification",
]
