"""The registry: versions, snapshots and pointers of every data set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from assay.errors import RegistryError
from assay.lake import private_folder
from assay.records.histories import HeldVersion
from assay.records.keys import AcceptedKey
from assay.records.versions import (
    VERDICTS,
    Acceptance,
    BatchVersion,
    Derivation,
    Judgement,
    Pointer,
    Snapshot,
)
from assay.versioning._accepted import plan_acceptance
from assay.versioning._changes import (
    Release,
    plan_commit,
    plan_judgement,
    plan_release,
    plan_rollback,
    same_version,
)
from assay.versioning._files import load_stored, with_nonce, write_document
from assay.versioning._git import Change, View
from assay.versioning._keys import Fence, plan_key, refuse_other_key
from assay.versioning._layout import checked
from assay.versioning._reader import LINEAGE
from assay.versioning._records import load_version
from assay.versioning._tombstones import refuse_removed
from assay.versioning._uses import UseRecords
from assay.versioning._verify import (
    Copies,
    Damage,
    Verification,
    verify_registry,
    verify_version,
)

Verdicts = Mapping[str, tuple[datetime, Mapping[str, Any]]]
"""Gate → when it judged, and its verdict as JSON."""


class Registry(UseRecords):
    """Batch versions in DVC, and Git's word on which of them are released.

    Every method may be called by any number of processes at once, on any machines, and may be
    killed at any line: called again it finds what is done and does the rest.

    Parameters
    ----------
    config : RegistryConfig
        Remotes and key; see :func:`embedded` for the ones below a home.
    """

    def commit(
        self,
        dataset: str,
        batch: str,
        derivation: Derivation,
        objects: Mapping[str, Path],
        *,
        at: datetime,
        counts: Mapping[str, int] | None = None,
        verdicts: Verdicts | None = None,
    ) -> BatchVersion:
        """Make a candidate version: upload its objects, then record it.

        A version that the registry has is returned as it is and nothing is written.

        Parameters
        ----------
        derivation : Derivation
            What it derives from: gives the version its id, and goes into the object ``lineage``
            (never into Git, where a hash of a small input would confirm guesses of it).
        objects : mapping of str to Path
            Name → file: ``data``, ``observed``, ``state``, ``report`` … Each file holds the
            :meth:`nonce` of its name; a ``.json`` file that lacks it gets it in a copy.
        at : datetime
            When, with a zone.
        counts : mapping of str to int, optional
            Rows by disposition; they are in Git.
        verdicts : mapping, optional
            The verdicts so far; they become the object ``verdicts``.

        Raises
        ------
        RegistryError
            If the registry was made with another key, if a file lacks its nonce, or if the version
            exists with other bytes in a file that isn't JSON: then something that changes the bytes
            is missing from the derivation.
        RegistryUnavailable
            If a remote doesn't answer; calling again continues.
        """
        if own := {LINEAGE, VERDICTS} & set(objects):
            raise RegistryError("this object is written by commit itself", got=sorted(own)[0])
        self._writer.view()
        version = self.version_id(dataset, batch, derivation)
        lineage = {"dataset": dataset, "batch": batch, **derivation.model_dump(mode="json")}
        with private_folder(self._scratch / "commits") as folder:
            files = {n: with_nonce(p, self.nonce(version, n), folder) for n, p in objects.items()}
            files[LINEAGE] = write_document(
                lineage, self.nonce(version, LINEAGE), folder / "lineage.json"
            )
            wanted = BatchVersion(
                dataset=dataset,
                batch=batch,
                version=version,
                objects={n: load_stored(f, n, self.nonce(version, n)) for n, f in files.items()},
                counts=dict(counts or {}),
                at=at,
            )
            if verdicts:
                judgement = self._judgement(dataset, batch, version, verdicts, folder)
                wanted = wanted.with_judgement(judgement)
            view = self._git.view()
            refuse_removed(view, dataset, batch, version)
            known = load_version(view, dataset, batch, version)
            if known is not None:
                return same_version(known, wanted)
            for name, file in files.items():
                self._objects.add(file, wanted.objects[name])
        return self._writer.write(lambda view: plan_commit(view, wanted), at)

    def judge(
        self,
        dataset: str,
        batch: str,
        version: str,
        verdicts: Verdicts,
        *,
        at: datetime,
        fence: Fence | None = None,
    ) -> BatchVersion:
        """Put the verdicts on a version beside it, in place of what was there.

        The same verdicts change nothing, whenever they were given; ``fence`` is as for
        :meth:`release`.
        """
        judgement = self._judgement(dataset, batch, version, verdicts)
        return self._writer.write(
            lambda view: plan_judgement(view, dataset, batch, version, judgement), at, fence
        )

    def release(
        self,
        dataset: str,
        batch: str,
        version: str,
        *,
        reason: str,
        author: str,
        at: datetime,
        forced: bool = False,
        verdicts: Verdicts | None = None,
        fence: Fence | None = None,
    ) -> Snapshot:
        """Make the next snapshot: the pointer's, with this version for this batch.

        Releases that run at once merge, in whatever order they arrive; one whose version the
        pointer's snapshot holds already makes none and returns that snapshot.

        Parameters
        ----------
        reason, author : str
            On record for ever; no personal data but the author's user id.
        forced : bool
            Whether a person releases it against a verdict.
        verdicts : mapping, optional
            The verdicts, put beside the version by the same change.
        fence : callable, optional
            Raises where the caller may no longer release the batch. It is asked about every head
            that the change is computed on, after that head was read: if another process is given
            the batch later than that and releases it, the head has moved, the push is refused and
            the fence asked again. So a process that slept here can't put an older version over a
            newer one.

        Raises
        ------
        RegistryError
            If the version was never committed, or the registry was made with another key.
        """
        order = Release(
            dataset=checked("dataset", dataset),
            batch=checked("batch", batch),
            version=checked("version", version),
            reason=_on_record("reason", reason),
            author=_on_record("author", author),
            at=at,
            forced=forced,
            judgement=self._judgement(dataset, batch, version, verdicts) if verdicts else None,
        )
        return self._writer.write(lambda view: plan_release(view, order), at, fence)

    def rollback(
        self, dataset: str, number: int, *, reason: str, author: str, at: datetime
    ) -> Pointer:
        """Point to a snapshot that is there, on record; the snapshots themselves stay.

        Rolling back to where the pointer is changes nothing. The next release builds on the
        snapshot that the pointer names, under the next free number.

        Raises
        ------
        RegistryError
            If there is no such snapshot.
        """
        reason, author = _on_record("reason", reason), _on_record("author", author)
        return self._writer.write(
            lambda view: plan_rollback(view, dataset, number, reason=reason, author=author, at=at),
            at,
        )

    def agree(self, name: str, fingerprint: str, *, at: datetime) -> None:
        """Make sure that this host has the same key as all others; the first one's counts.

        Parameters
        ----------
        name : str
            Which key: ``pseudonym v1``.
        fingerprint : str
            A digest that reveals nothing of the key.

        Raises
        ------
        RegistryError
            If the registry knows another fingerprint under this name, or another version of the
            key and nobody has accepted this one.
        """
        if not refuse_other_key(self._writer.view(), name, fingerprint):
            self._writer.write(lambda view: plan_key(view, name, fingerprint), at)

    def accept_key(
        self, name: str, fingerprint: str, *, reason: str, author: str, at: datetime
    ) -> None:
        """Let a later version of a key be used from now on, on record; refuse any other one."""
        accepted = AcceptedKey(
            name=name, fingerprint=fingerprint, at=at,
            reason=_on_record("reason", reason), author=_on_record("author", author),
        )  # fmt: skip
        self._writer.write(lambda view: plan_key(view, name, fingerprint, accepted), at)

    def migrate(self, *, at: datetime) -> bool:
        """Carry a registry of an earlier layout over to the present one, in one commit.

        The commit is pushed only if all reads as before; the history isn't rewritten. The first
        write to the registry does the same.

        Returns
        -------
        bool
            Whether it had an earlier layout.
        """
        return self._writer.migrate(at)

    def accept_history(self, *, reason: str, author: str, at: datetime) -> Acceptance | None:
        """Go on from the history as it is now, though it doesn't follow from the last one seen.

        It is on record in the registry and with the witness. Snapshots go on above the highest
        number that was ever given. From then on the registry is this catalog's.

        Returns
        -------
        Acceptance or None
            None where nothing was lost, and the registry was this catalog's already.
        """
        reason, author = _on_record("reason", reason), _on_record("author", author)
        last, problem = self._history.state()
        if problem is None and not self._writer.has_other_catalog(self._git.view()):
            return None
        highest = {name: h.highest for name, h in last.holdings.items() if h.highest}

        def compute(view: View) -> tuple[Change | None, Acceptance]:
            made = Acceptance(
                source=last.head, target=view.head, highest=highest,
                catalog=self._history.identity, reason=reason, author=author, at=at,
            )  # fmt: skip
            change, made = plan_acceptance(view, made)
            return change and self._writer.with_catalog(view, change), made

        made = self._writer.write(compute, at, look=self._git.view)
        self._history.accept(made)
        return made

    def verify_version(
        self, version: BatchVersion, copies: Copies | None = None
    ) -> tuple[Damage, ...]:
        """Hash every object of one version again, as :meth:`verify` does."""
        return verify_version(self, version, copies)

    def verify(
        self,
        dataset: str | None = None,
        copies: Copies | None = None,
        held: Iterable[HeldVersion] = (),
    ) -> Verification:
        """Hash every object of every version again, in the remote itself, and check all records.

        Parameters
        ----------
        dataset : str, optional
            Only this data set.
        copies : callable, optional
            (Version, object name) → files that may hold the same bytes. With it, damaged objects
            are put back from the first copy that is whole, this machine's cache included.
        held : iterable of HeldVersion
            Versions that the catalog knows: what the registry lacks of them is damage.

        Raises
        ------
        RegistryUnavailable
            If a remote doesn't answer: that is no damage.
        """
        return verify_registry(self, dataset, copies, held)

    def _judgement(
        self,
        dataset: str,
        batch: str,
        version: str,
        verdicts: Verdicts,
        folder: Path | None = None,
    ) -> Judgement:
        """Upload verdicts as an object."""
        if folder is None:
            self._writer.view()
            with private_folder(self._scratch / "commits") as own:
                return self._judgement(dataset, batch, version, verdicts, own)
        nonce = self.nonce(version, VERDICTS)
        bodies = {gate: body for gate, (_, body) in verdicts.items()}
        about = {"dataset": dataset, "batch": batch, "verdicts": bodies}
        file = write_document(about, nonce, folder / "verdicts.json")
        stored = load_stored(file, VERDICTS, nonce)
        self._objects.add(file, stored)
        return Judgement(stored=stored, judged={g: at for g, (at, _) in verdicts.items()})


def _on_record(name: str, text: str) -> str:
    if not text.strip():
        raise RegistryError(f"a release or rollback needs its {name}", got=text)
    return text
