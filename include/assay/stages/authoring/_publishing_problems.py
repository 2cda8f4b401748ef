"""Every fault of a publishing policy that shows beside the access policy."""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import Problem, unknown
from assay.policy.access import AccessPolicy
from assay.policy.publishing import PublishingPolicy
from assay.stages.authoring._file_problems import DatasetFiles


def publishing_problems(files: DatasetFiles, policy: PublishingPolicy) -> Iterator[Problem]:
    """Readers whose role doesn't exist, may not read released rows, or not for that purpose."""
    access = files.policy(AccessPolicy)
    for name, reader in policy.readers.items():
        where = f"readers.{name}"
        if access is None:
            yield Problem(
                "no access policy says what this reader may see", where=where,
                do=f"Write include/policies/{files.contract.dataset}/access.yaml.",
            )  # fmt: skip
        elif reader.role not in access.roles:
            yield Problem("no such role in access.yaml", where=f"{where}.role",
                          **unknown(reader.role, list(access.roles)))  # fmt: skip
        elif "read_released" not in (role := access.roles[reader.role]).may:
            yield Problem("the role may not read released rows", where=f"{where}.role",
                          got=reader.role, expected="a role with read_released")  # fmt: skip
        elif reader.purpose not in role.purposes:
            yield Problem("the role doesn't read for this", where=f"{where}.purpose",
                          **unknown(reader.purpose, list(role.purposes)))  # fmt: skip
