"""Which keys the hosts of a registry share, by fingerprints in it.

A host with another registry key would give the same batches other ids, and one with another
pseudonym key would give the same people other pseudonyms: either is refused before it writes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Final, TypeVar

from assay.errors import RegistryError
from assay.versioning._git import Change, GitRemote, View
from assay.versioning._history import WatchedHistory
from assay.versioning._migration import LAYOUT, has_earlier_layout, plan_migration
from assay.versioning._process import RegistryUnavailable

T = TypeVar("T")
Fence = Callable[[], object]

_FILE: Final = ".assay/keys.json"


class KeyedWriter:
    """Writes to the registry by the key that it was made with, on a history that wasn't rewound."""

    def __init__(self, git: GitRemote, history: WatchedHistory, fingerprint: str) -> None:
        self._git = git
        self._history = history
        self._fingerprint = fingerprint

    def view(self) -> View:
        """The newest head, by which something may be written or removed.

        A host with another key is refused, and so is a history that was rewound.
        """
        view = self._history.view()
        refuse_other_key(view, "registry", self._fingerprint)
        return view

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
        return with_key(view, change, "registry", self._fingerprint)


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


def plan_key(view: View, name: str, fingerprint: str) -> tuple[Change | None, None]:
    """Record a fingerprint, unless it is there."""
    if refuse_other_key(view, name, fingerprint):
        return None, None
    return with_key(view, Change({}, f"Know the {name} key"), name, fingerprint), None


def with_key(view: View, change: Change, name: str, fingerprint: str) -> Change:
    """A change that records a fingerprint as well, where the registry has none of this name."""
    changed = change.files.get(_FILE)
    known = _load(view) if changed is None else dict(json.loads(changed))
    if name in known:
        return change
    text = json.dumps({**known, name: fingerprint}, sort_keys=True, indent=1) + "\n"
    return replace(change, files={**change.files, _FILE: text.encode()})


def _load(view: View) -> dict[str, str]:
    content = view.read(_FILE)
    return {} if content is None else dict(json.loads(content))
