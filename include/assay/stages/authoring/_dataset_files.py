"""The files of one data set among those of its project: what each of them is checked against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from assay.contract import Contract
from assay.policy import Policy
from assay.policy.privacy import Drop, PrivacyPolicy
from assay.project import Project

PolicyT = TypeVar("PolicyT", bound=Policy)


@dataclass(frozen=True)
class DatasetFiles:
    """A data set's contract, all contracts by data set, and those of its policies that load."""

    project: Project
    contract: Contract
    contracts: Mapping[str, Contract]
    policies: Mapping[str, Policy]

    def policy(self, model: type[PolicyT]) -> PolicyT | None:
        """The data set's policy of a model, if it loads."""
        return next((p for p in self.policies.values() if isinstance(p, model)), None)

    @property
    def dropped(self) -> frozenset[str]:
        """Columns that no stage after ``protect`` sees."""
        privacy = self.policy(PrivacyPolicy)
        columns = privacy.columns if privacy else {}
        return frozenset(name for name, treatment in columns.items() if isinstance(treatment, Drop))
