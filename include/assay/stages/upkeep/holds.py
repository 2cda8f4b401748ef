"""Legal holds that people place: on record in the registry, and never forgotten by a sweep."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from pydantic import ValidationError

from assay.errors import InputError
from assay.policy.retention import Hold, RetentionPolicy
from assay.records.uses import Use
from assay.stages.access import check_right, person
from assay.stages.index import follow_registry
from assay.stages.lineage._target import find_version
from assay.stages.services import Services
from assay.verdict import Frozen

_BATCH: Final = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_LONGEST: Final = 500


class Lifted(Frozen):
    """Who lifted a hold, when and why."""

    by: str
    at: datetime
    reason: str


class PlacedHold(Frozen):
    """A hold that a person placed.

    Parameters
    ----------
    covers : Hold
        What nothing may delete, why, and the last day if it has one.
    version : str, optional
        The version that it was placed on: its whole batch is held.
    lifted : Lifted, optional
        None while it holds.
    """

    id: str
    dataset: str
    covers: Hold
    version: str | None
    by: str
    at: datetime
    lifted: Lifted | None = None

    @property
    def what(self) -> str:
        """What it holds, for people."""
        batches = self.covers.batches
        if isinstance(batches, str):
            return batches
        if not isinstance(batches, tuple):
            return f"{batches.first}..{batches.last}"
        of = f" (version {self.version[:12]})" if self.version else ""
        return ", ".join(batches) + of


def place_hold(
    services: Services,
    dataset: str,
    which: str,
    *,
    reason: str,
    author: str,
    until: dt.date | None = None,
    role: str | None = None,
) -> PlacedHold:
    """Place a legal hold; placed twice, it is one hold.

    Parameters
    ----------
    which : str
        ``all``, a batch, ``first..last``, or the id of a version, whose whole batch is then held. A
        year holds its months and days.
    reason : str
        The case or order; no personal data, because it is on record for ever.
    role : str, optional
        The role that the person acts in; a data set with an access policy asks for one that may
        ``place_hold``.

    Raises
    ------
    AccessError
        If the role may not.
    InputError
        If there is no such version, or the batches or the reason can't be read.
    """
    check_right(services, dataset, "place_hold", person(role))
    follow_registry(services)
    batches, version = _batches(services, dataset, which)
    covers = _checked({"batches": batches, "reason": reason, "until": until})
    lifted = sum(1 for hold in listed_holds(services, dataset) if hold.lifted)
    details = {"reason": covers.reason, "batches": json.dumps(batches, sort_keys=True)}
    details |= {"version": version} if version else {}
    details |= {"until": until.isoformat()} if until else {}
    use = Use(
        kind="hold_placed", subject=dataset, author=author, at=services.clock(), details=details,
        id=services.registry.use_id("hold_placed", [dataset, details, lifted]),
    )  # fmt: skip
    placed = services.registry.record_use(use)
    follow_registry(services)
    return _hold(placed, None)


def lift_hold(
    services: Services,
    dataset: str,
    hold: str,
    *,
    reason: str,
    author: str,
    role: str | None = None,
) -> PlacedHold:
    """Lift a hold, on record; lifted twice, the first stays.

    Parameters
    ----------
    hold : str
        Its id, or the beginning of it.

    Raises
    ------
    AccessError
        If the role has no right to ``lift_hold``.
    InputError
        If there is no such hold in force, or several begin so.
    """
    check_right(services, dataset, "lift_hold", person(role))
    if not reason.strip() or len(reason) > _LONGEST:
        raise InputError("the reason of a lift", got=f"{len(reason)} characters",
                         expected=f"1 to {_LONGEST} characters")  # fmt: skip
    follow_registry(services)
    near = [h for h in listed_holds(services, dataset) if h.id.startswith(hold)]
    if len(near) != 1:
        raise InputError("which hold?", where=dataset, got=hold,
                         expected="the beginning of one id",
                         do=f"`assay hold list {dataset}` shows them.")  # fmt: skip
    (found,) = near
    if found.lifted is not None:
        return found
    placed = services.registry.find_use("hold_placed", found.id)
    if placed is None:
        raise InputError("the hold isn't on record", where=dataset, got=found.id)
    lifted = services.registry.record_use(
        Use(kind="hold_lifted", id=found.id, subject=dataset, of=(placed.origin,), author=author,
            at=services.clock(), details={"reason": reason})
    )  # fmt: skip
    follow_registry(services)
    return _hold(placed, lifted)


def listed_holds(services: Services, dataset: str | None = None) -> list[PlacedHold]:
    """All holds that people placed, lifted ones too, oldest first.

    They are read from the registry itself: a catalog that lags must not free what is held.
    """
    lifted = {use.id: use for use in services.registry.uses("hold_lifted")}
    placed = [u for u in services.registry.uses("hold_placed") if dataset in {None, u.subject}]
    return sorted((_hold(u, lifted.get(u.id)) for u in placed), key=lambda h: (h.at, h.id))


def with_placed_holds(
    services: Services, policies: Mapping[str, RetentionPolicy]
) -> dict[str, RetentionPolicy]:
    """Retention policies with the holds that people placed beside those that they state."""
    found = dict(policies)
    for hold in listed_holds(services):
        policy = found.get(hold.dataset)
        if hold.lifted is None and policy is not None:
            holds = (*policy.holds, hold.covers)
            found[hold.dataset] = policy.model_copy(update={"holds": holds})
    return found


def _batches(services: Services, dataset: str, which: str) -> tuple[Any, str | None]:
    """The batches as a policy writes them, and the version that leads to them."""
    if which == "all":
        return "all", None
    if _BATCH.fullmatch(which):
        return [which], None
    if ".." in which:
        first, _, last = which.partition("..")
        return {"first": first, "last": last}, None
    batch, version = find_version(services, dataset, which)
    return [batch], version


def _checked(content: dict[str, Any]) -> Hold:
    try:
        hold = Hold.model_validate(content)
    except ValidationError as error:
        fault = error.errors()[0]
        raise InputError(
            f"the hold can't be placed: {fault['msg']}", where=".".join(map(str, fault["loc"])),
            expected="all, a batch, FIRST..LAST or a version; and a reason",
        ) from None  # fmt: skip
    if not hold.reason.strip() or len(hold.reason) > _LONGEST:
        raise InputError("the reason of a hold", got=f"{len(hold.reason)} characters",
                         expected=f"1 to {_LONGEST} characters")  # fmt: skip
    return hold


def _hold(placed: Use, lifted: Use | None) -> PlacedHold:
    said = placed.details
    until = dt.date.fromisoformat(said["until"]) if "until" in said else None
    batches = json.loads(said["batches"])
    return PlacedHold(
        id=placed.id, dataset=placed.subject, version=said.get("version"), by=placed.author,
        at=placed.at, covers=_checked({"batches": batches, "reason": said["reason"],
                                       "until": until}),
        lifted=Lifted(by=lifted.author, at=lifted.at, reason=lifted.details["reason"])
        if lifted else None,
    )  # fmt: skip
