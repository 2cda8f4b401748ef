"""Policies: how a data set is judged and handled, one small YAML file a concern.

A policy is where thresholds live. Nothing here touches data: these are the pydantic models of the
files below ``include/policies/<dataset>/`` and their loader, which names every fault of a file at
once with its line. One module a policy; import the model from there
(``from assay.policy.drift import DriftPolicy``).
"""

from assay.policy._base import GatePolicy, Model, OptionalGatePolicy, Policy, Role, level_text
from assay.policy._load import load_policy
from assay.policy._organisation import load_organisation

__all__ = [
    "GatePolicy",
    "Model",
    "OptionalGatePolicy",
    "Policy",
    "Role",
    "level_text",
    "load_organisation",
    "load_policy",
]
