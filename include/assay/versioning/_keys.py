"""What the hosts of a registry share: its keys, by fingerprints in it, and the catalog, by its id.

A host with another registry key would give the same batches other ids, one with another pseudonym
key would give the same people other pseudonyms, and one with another catalog would know nothing of
the leases, pins and heads of the others: each is refused before it writes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Final, TypeVar

from assay.errors import RegistryError
from assay.records.keys import AcceptedKey
from assay.versioning._git import Change, GitRemote, View
from assay.versioning._history import WatchedHistory
from assay.versioning._migration import LAYOUT, has_earlier_layout, plan_migration
from assay.versioning._process import RegistryUnavailable

T = TypeVar("T")
Fence = Callable[[], object]

_FILE: Final = ".assay/keys.json"
_ACCEPTED: Final = ".assay/accepted_keys.json"
_CATALOG: Final = "catalog"


class KeyedWriter:
    """Writes to the registry by the key that it was made with, on a history that wasn't rewound."""

    def __init__(self, git: GitRemote, history: WatchedHistory, fingerprint: str) -> None:
        self._git = git
        self._history = history
        self._fingerprint = fingerprint

    def view(self) -> View:
        """The newest head, by which something may be written or removed.

        A host with another key or catalog is refused, and so is a history that was rewound.
        """
        view = self._history.view()
        refuse_other_key(view, "registry", self._fingerprint)
        self._refuse_other_catalog(view)
        return view

    def has_other_catalog(self, view: View) -> bool:
        """Whether hosts with another catalog than this one's write to the registry."""
        mine, known = self._history.identity, _load(view).get(_CATALOG)
        return None not in {mine, known} and mine != known

    def _refuse_other_catalog(self, view: View) -> None:
        if self.has_other_catalog(view):
            raise RegistryError(
                "this catalog isn't the one that the registry's other hosts share",
                got=f"catalog {self._history.identity}",
                expected=f"catalog {_load(view)[_CATALOG]}",
                do="Set ASSAY_CATALOG_URL to the one that they share. Is that one lost? `assay "
                "catalog rebuild --accept-history --reason WHY` goes on with this one, on record.",
            )

    def write(
        self,
        compute: Callable[[View], tuple[Change | None, T]],
        at: datetime,
        fence: Fence | None = None,
        look: Callable[[], View] | None = None,
    ) -> T:
        """Commit what ``compute`` makes of the newest head, if the fence doesn't raise.

        See :meth:`GitRemote.write`. ``look`` gives that head; only a history that follows from the
        last one seen by default.
        """

        def checked_compute(view: View) -> tuple[Change | None, T]:
            refuse_other_key(view, "registry", self._fingerprint)
            if look is None:
                self._refuse_other_catalog(view)
            if look is None and has_earlier_layout(view):
                raise _EarlierLayout
            if fence is not None:
                fence()
            change, result = compute(view)
            return change and self._with_key(view, change), result

        if look is not None:
            return self._git.write(checked_compute, at, look)
        for _ in range(2):
            with suppress(_EarlierLayout):
                return self._git.write(
                    checked_compute, at, self._history.view, self._history.pushed
                )
            self.migrate(at)
        raise RegistryUnavailable("other hosts put the registry back to an earlier layout")

    def migrate(self, at: datetime) -> bool:
        """Carry the registry over to the present layout; whether it wasn't in it."""
        return self._git.write(plan_migration, at, self._history.view, self._history.pushed)

    def _with_key(self, view: View, change: Change) -> Change:
        first = {} if view.head is not None else LAYOUT
        change = replace(change, files={**first, **change.files})
        change = with_key(view, change, "registry", self._fingerprint)
        identity = self._history.identity
        return change if identity is None else with_key(view, change, _CATALOG, identity)

    def with_catalog(self, view: View, change: Change) -> Change:
        """A change after which this host's catalog is the one of the registry."""
        known = {**_load(view), _CATALOG: self._history.identity or ""}
        return replace(change, files={**change.files, _FILE: _rendered(known)})


class _EarlierLayout(Exception):  # noqa: N818 - no error: carry it over first
    """The registry has the earlier layout."""


def refuse_other_key(view: View, name: str, fingerprint: str) -> bool:
    """Whether the registry knows this fingerprint; False where it knows none of this name."""
    known = _load(view).get(name)
    if known is None or known == fingerprint:
        return known is not None
    raise RegistryError(
        f"this host's {name} key isn't the one that the registry's other hosts use",
        got=f"fingerprint {fingerprint}",
        expected=f"fingerprint {known}",
        do="Give this host the key that the others have; nothing was written.",
    )


def plan_key(
    view: View, name: str, fingerprint: str, accepted: AcceptedKey | None = None
) -> tuple[Change | None, None]:
    """Record a fingerprint, unless it is there; of a later version of a key if it is accepted.

    Raises
    ------
    RegistryError
        If another version of the key is known and nobody accepted this one, or if this one is the
        same key under another name or has a lower number than a known one.
    """
    if refuse_other_key(view, name, fingerprint):
        return None, None
    _refuse_unaccepted(load_keys(view), name, fingerprint, accepted)
    change = with_key(view, Change({}, f"Know the {name} key"), name, fingerprint)
    if accepted is not None:
        entries = [*json.loads(view.read(_ACCEPTED) or b"[]"), accepted.model_dump(mode="json")]
        content = (json.dumps(entries, sort_keys=True, indent=1) + "\n").encode()
        change = replace(change, files={**change.files, _ACCEPTED: content})
    return change, None


def load_keys(view: View) -> dict[str, str]:
    """Name → fingerprint of the keys that the registry knows: ``registry``, ``pseudonym v1`` …"""
    return {name: known for name, known in _load(view).items() if name != _CATALOG}


def load_accepted_keys(view: View) -> tuple[AcceptedKey, ...]:
    """The later versions of keys that people accepted, the earliest first."""
    entries = json.loads(view.read(_ACCEPTED) or b"[]")
    return tuple(AcceptedKey.model_validate(entry) for entry in entries)


def _refuse_unaccepted(
    known: Mapping[str, str], name: str, fingerprint: str, accepted: AcceptedKey | None
) -> None:
    kind, _, number = name.rpartition(" v")
    versions = {n: f for n, f in known.items() if kind and n.startswith(f"{kind} v")}
    if not versions:
        return
    do = f"Give this host the {kind} key that the others have; nothing was written."
    if same := next((n for n, f in versions.items() if f == fingerprint), None):
        raise RegistryError(f"the {name} key is the {same} key under another name", do=do)
    newest = max(versions, key=_number)
    if int(number) < _number(newest):
        raise RegistryError(
            f"a {name} key was never in use", expected=f"{newest}, or a later one", do=do
        )
    if accepted is None:
        raise RegistryError(
            f"nobody has accepted a {name} key: with it the same people get other pseudonyms",
            got=f"fingerprint {fingerprint}", expected=f"{newest}: fingerprint {known[newest]}",
            do=f"{do} Is it to replace {newest}? On this host: assay keys accept --reason WHY.",
        )  # fmt: skip


def _number(name: str) -> int:
    return int(name.rpartition(" v")[2])


def with_key(view: View, change: Change, name: str, fingerprint: str) -> Change:
    """A change that records a fingerprint as well, where the registry has none of this name."""
    changed = change.files.get(_FILE)
    known = _load(view) if changed is None else dict(json.loads(changed))
    if name in known:
        return change
    content = _rendered({**known, name: fingerprint})
    return replace(change, files={**change.files, _FILE: content})


def _rendered(known: Mapping[str, str]) -> bytes:
    return (json.dumps(known, sort_keys=True, indent=1) + "\n").encode()


def _load(view: View) -> dict[str, str]:
    content = view.read(_FILE)
    return {} if content is None else dict(json.loads(content))
