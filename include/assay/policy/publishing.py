"""The publishing policy: into which database released rows go, and who reads them there."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from assay.policy._base import Model, Policy, by_name


class DatabaseReader(Model):
    """As which role, and for what, a role of the database reads."""

    role: str = Field(
        min_length=1,
        description="The role of `access.yaml` whose rows and columns it sees, masked as it says.",
    )
    purpose: str = Field(min_length=1, description="One of that role's purposes.")


class PublishingPolicy(Policy):
    """Where the released snapshot of a data set is published as tables.

    A data set without this policy isn't published.
    """

    noun: ClassVar[str] = "publishing"

    connection: str = Field(
        min_length=1,
        description="The Airflow connection of the PostgreSQL database. Its user owns what is "
        "published, and needs CREATE on the database.",
    )
    keep_snapshots: int = Field(
        ge=0,
        description="How many snapshots before the pointer's stay readable, each as a view "
        "`snapshot_<number>`. What none of them holds is dropped.",
    )
    readers: dict[str, DatabaseReader] = by_name(
        "Role of the database → what it reads. The role must exist in the database, and the data "
        "set needs an access policy."
    )
