"""Who reads: a person in a role, or a task."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from assay.policy.access import PIPELINE


@dataclass(frozen=True)
class Reader:
    """Who reads, in which role and for which purpose.

    Parameters
    ----------
    role, purpose : str or None
        None where nobody said so: a data set with an access policy is then closed.
    user : str
        User id.
    groups : frozenset of str
        Names of the user's groups.
    is_task : bool
        Whether a task reads, and no person.
    """

    role: str | None
    purpose: str | None
    user: str
    groups: frozenset[str] = field(default=frozenset())
    is_task: bool = False


def person(
    role: str | None = None,
    purpose: str | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Reader:
    """The user of this process, by default in the role and for the purpose that are set.

    ``ASSAY_ROLE`` and ``ASSAY_PURPOSE`` set them.
    """
    return Reader(
        role or environ.get("ASSAY_ROLE") or None,
        purpose or environ.get("ASSAY_PURPOSE") or None,
        getpass.getuser(),
        _groups(),
    )


def task(purpose: str) -> Reader:
    """A task: it reads as ``pipeline``, and the log names the user that it runs as."""
    return Reader(PIPELINE, purpose, getpass.getuser(), is_task=True)


def _groups() -> frozenset[str]:
    import grp

    found = set()
    for number in {os.getgid(), *os.getgroups()}:
        try:
            found.add(grp.getgrgid(number).gr_name)
        except KeyError:  # a group without a name
            continue
    return frozenset(found)
