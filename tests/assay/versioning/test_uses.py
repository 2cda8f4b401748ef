"""Uses are kept like versions: once, for ever, and never without what they come from."""

from __future__ import annotations

import multiprocessing
import random
import signal
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from assay.errors import HistoryRewound, InputError, RegistryError
from assay.records.histories import SeenHistory
from assay.records.uses import USE_KINDS, Origin, Output, SnapshotPart, Use
from assay.records.versions import Acceptance
from assay.versioning import Registry, render_verification
from assay.versioning._layout import entry_of, use_file

AT = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)
DIGEST = "d" * 64


def training_run(name: str = "4f1d", number: int = 1, **more: Any) -> Use:
    part = SnapshotPart(dataset="flights", number=number, digest=DIGEST)
    given = {"subject": "late_arrival", "author": "assay", "at": AT, "reads": (part,)}
    return Use(kind="training_run", id=name, **{**given, **more})


def model_version(run: Use, number: int = 1) -> Use:
    return Use(
        kind="model_version", id=f"late_arrival@{number}", subject="late_arrival", author="assay",
        at=AT, of=(run.origin,),
    )  # fmt: skip


def test_a_use_is_recorded_once_and_its_first_author_and_time_stay(bench: Any) -> None:
    bench.both("2013-02-04")
    first = bench.registry.record_use(training_run())
    again = training_run(author="ann", at=AT + timedelta(hours=1))
    assert bench.registry.record_use(again) == first == training_run()
    assert bench.registry.find_use("training_run", "4f1d") == first
    assert bench.registry.find_use("report", "4f1d") is None
    version = bench.registry.record_use(model_version(first))
    assert bench.registry.uses() == (version, first)
    assert bench.registry.uses("training_run") == (first,)
    assert bench.git("log", "-1", "--format=%s") == (
        "Record model_version late_arrival@1 of late_arrival"
    )


def test_the_same_id_with_other_content_is_an_error(bench: Any) -> None:
    bench.both("2013-02-04")
    bench.registry.record_use(training_run())
    head = bench.git("rev-parse", "main")
    with pytest.raises(RegistryError, match=r"details: training_run 4f1d is on record, and says"):
        bench.registry.record_use(training_run(details={"rows": "10"}))
    assert bench.git("rev-parse", "main") == head


@pytest.mark.parametrize(
    ("use", "missing"),
    [
        (training_run(number=2), "flights@2"),
        (model_version(training_run("none")), "training_run none"),
        (
            training_run(of=(Origin.of_version("flights", "2013-02-04", "e" * 32),)),
            f"version flights/2013-02-04/{'e' * 32}",
        ),
    ],
)
def test_what_a_use_comes_from_must_be_there(bench: Any, use: Use, missing: str) -> None:
    bench.both("2013-02-04")
    with pytest.raises(RegistryError, match="comes from what the registry doesn't have") as caught:
        bench.registry.record_use(use)
    assert missing in str(caught.value)
    assert bench.registry.uses() == ()


def test_an_empty_registry_takes_a_use_that_reads_nothing(bench: Any) -> None:
    report = Use(kind="report", id="weekly.2026-01", subject="weekly", author="assay", at=AT)
    bench.registry.record_use(report)
    bench.both("2013-02-04")
    assert bench.registry.uses() == (report,)
    assert bench.registry.datasets() == ("flights",)
    assert bench.registry.verify().sound


def test_uses_of_every_kind_have_places_of_their_own() -> None:
    paths = {use_file(kind, "late_arrival@3") for kind in USE_KINDS}
    assert len(paths) == len(USE_KINDS)
    for path in paths:
        entry = entry_of(path)
        assert entry is not None
        assert use_file(entry.name.split("/")[0], entry.name.split("/")[1]) == path  # type: ignore[arg-type]


def test_no_folder_of_uses_grows_with_the_history() -> None:
    leaves = [use_file("report", f"r{i}").rsplit("/", 1)[0] for i in range(50_000)]
    assert max(map(leaves.count, set(leaves[:400]))) < 50


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a b", ".a", "a" * 201, "a\n"])
def test_a_name_that_is_no_file_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="id"):
        training_run(name)


def test_details_stay_small() -> None:
    with pytest.raises(ValueError, match="details"):
        training_run(details={"note": "x" * 501})
    with pytest.raises(ValueError, match="details"):
        training_run(details={f"n{i}": "x" for i in range(101)})


def test_an_origin_that_is_no_version_has_no_batch() -> None:
    for origin in (Origin(kind="report", id="a"), Origin(kind="version", id="flights/b")):
        with pytest.raises(InputError, match="isn't a version"):
            _ = origin.version


def test_a_mark_depends_on_the_registry_s_key(bench: Any) -> None:
    mark = bench.registry.mark("a" * 64)
    assert mark == bench.registry.mark("a" * 64) != bench.registry.mark("b" * 64)
    assert Output(dataset="late_arrivals", batch="2013-02-04", mark=mark).mark == mark
    assert mark != Registry(replace(bench.config, key=bytes(32))).mark("a" * 64)


def test_verify_reads_uses_and_finds_what_they_lack(bench: Any) -> None:
    bench.both("2013-02-04")
    run = bench.registry.record_use(training_run())
    bench.registry.record_use(model_version(run))
    sound = bench.registry.verify()
    assert sound.sound
    assert sound.uses == 2
    assert "1 snapshots, 2 uses read" in render_verification(sound)
    rewrite(bench, {use_file("training_run", "4f1d"): None, ".assay/uses/report/x.json": b"{}"})
    found = [(d.dataset, d.what) for d in bench.registry.verify().damages]
    assert ("late_arrival", "model_version late_arrival@1 comes from training_run 4f1d, which "
            "isn't there") in found  # fmt: skip
    assert any("can't be read" in what for _, what in found)
    assert len(found) == 2
    assert bench.registry.verify("airports").uses == 0


def test_verify_finds_a_record_at_another_place(bench: Any) -> None:
    bench.both("2013-02-04")
    bench.registry.record_use(training_run())
    content = bench.git("show", f"main:{use_file('training_run', '4f1d')}").encode()
    rewrite(bench, {use_file("training_run", "other"): content})
    assert [d.what for d in bench.registry.verify("flights").damages] == [
        f"the record of training_run 4f1d isn't at its place: {use_file('training_run', 'other')}"
    ]


@pytest.mark.parametrize("content", [None, b"{}"], ids=["removed", "altered"])
def test_a_use_that_vanishes_or_changes_is_a_rewound_history(
    bench: Any, content: bytes | None
) -> None:
    witness = Memory()
    registry = Registry(bench.config, witness)
    bench.both("2013-02-04")
    registry.record_use(training_run())
    rewrite(bench, {use_file("training_run", "4f1d"): content})
    with pytest.raises(HistoryRewound, match=r"1 records were removed or altered.*uses"):
        registry.record_use(training_run("other"))


def test_a_fence_keeps_a_use_out(bench: Any) -> None:
    bench.both("2013-02-04")

    def closed() -> None:
        raise InputError("another process has the work")

    with pytest.raises(InputError):
        bench.registry.record_use(training_run(), fence=closed)
    assert bench.registry.uses() == ()


def test_many_processes_record_the_same_use_once(bench: Any) -> None:
    bench.both("2013-02-04")
    names = [f"run{i % 3}" for i in range(9)]

    def work(place: int, name: str) -> None:
        bench.elsewhere(str(place)).registry.record_use(training_run(name))

    fork = multiprocessing.get_context("fork")
    processes = [fork.Process(target=work, args=(i % 4, n)) for i, n in enumerate(names)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(100)
    assert [p.exitcode for p in processes] == [0] * len(names)
    assert [u.id for u in bench.registry.uses()] == ["run0", "run1", "run2"]
    assert bench.git("rev-list", "--count", "main") == "5"


def test_a_process_killed_while_it_records_is_completed_by_the_next(bench: Any) -> None:
    bench.both("2013-02-04")
    began = time.monotonic()
    bench.registry.record_use(training_run("undisturbed"))
    usual = time.monotonic() - began
    chance, fork = random.Random(7), multiprocessing.get_context("fork")
    for i in range(12):
        process = fork.Process(target=lambda i=i: bench.registry.record_use(training_run(f"r{i}")))
        process.start()
        process.join(chance.uniform(0, usual))
        process.kill()
        process.join()
        assert process.exitcode in {0, -signal.SIGKILL}
        bench.registry.record_use(training_run(f"r{i}"))
    assert len(bench.registry.uses()) == 13
    assert bench.git("rev-list", "--count", "main") == str(2 + 13)
    assert bench.git("fsck", "--strict", "--no-dangling") == ""


def rewrite(bench: Any, files: dict[str, bytes | None]) -> None:
    """Put a commit on main that writes or removes files, as no part of Assay would."""
    head = bench.git("rev-parse", "main")
    from assay.versioning._git import Change, _stream
    from assay.versioning._process import git

    change = Change(
        {p: c for p, c in files.items() if c is not None}, "by hand",
        removed=[p for p, c in files.items() if c is None],
    )  # fmt: skip
    git(bench.config.git_remote, "fast-import", "--quiet", "--force", "--done",
        given=_stream(head, change, AT))  # fmt: skip


class Memory:
    """A witness in memory."""

    def __init__(self) -> None:
        self.known = SeenHistory()

    def identity(self) -> str:
        return "catalog"

    def last(self) -> SeenHistory:
        return self.known

    def saw(self, before: str | None, now: SeenHistory) -> None:
        self.known = now

    def accepted(self, acceptance: Acceptance, now: SeenHistory) -> None:
        self.known = now


def test_what_a_model_version_keeps_stays_in_the_store(bench: Any, tmp_path: Any) -> None:
    bench.both("2013-02-04")
    registry, run = bench.registry, training_run()
    name = registry.use_id("training_run", {"model": "late_arrival", "snapshot": DIGEST})
    assert name == registry.use_id("training_run", {"snapshot": DIGEST, "model": "late_arrival"})
    assert name != registry.use_id("training_run", {"model": "late_arrival", "snapshot": "e" * 64})
    file = tmp_path / "model.bin"
    file.write_bytes(b"weights")
    with pytest.raises(RegistryError, match="doesn't hold its nonce"):
        registry.keep_objects(name, {"model": file})
    file.write_bytes(b"weights" + registry.nonce(name, "model").encode())
    kept = registry.keep_objects(name, {"model": file})
    assert registry.keep_objects(name, {"model": file}) == kept
    tomorrow, md5 = datetime.now(UTC) + timedelta(days=1), kept["model"].md5
    assert md5 in registry.removal.unneeded(tomorrow)  # nothing names it yet

    registry.record_use(run)
    registry.record_use(model_version(run).model_copy(update={"objects": kept}))

    assert md5 not in registry.removal.unneeded(tomorrow)
    assert md5 not in registry.removal.unneeded(tomorrow, [])
    assert md5 in registry.removal.needed()
    assert registry.open(kept["model"]).read_bytes() == file.read_bytes()
