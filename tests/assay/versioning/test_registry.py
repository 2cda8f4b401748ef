import json
import subprocess
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from assay.errors import RegistryError
from assay.records.indexing import IndexState
from assay.records.versions import Derivation, SnapshotStep
from assay.versioning import Registry, RegistryConfig, embedded

AT = datetime.fromisoformat("2026-01-05T06:00:00+00:00")


def test_an_empty_registry_has_nothing(bench):
    registry = bench.registry
    assert registry.datasets() == ()
    assert registry.versions("flights") == ()
    assert registry.snapshots("flights") == ()
    assert registry.pointer("flights") is None
    assert registry.find("flights", "2013-02-04", "0" * 32) is None
    assert registry.changes(IndexState()).page(0, 10).total == 0
    with pytest.raises(RegistryError, match="no such snapshot"):
        registry.snapshot("flights")


def test_commit_makes_a_candidate_that_can_be_found_and_fetched(bench):
    version = bench.commit("2013-02-04")
    registry = bench.registry
    assert registry.find("flights", "2013-02-04", version.version) == version
    assert registry.versions("flights") == (version,)
    assert registry.versions("flights", "2013-02-05") == ()
    assert registry.datasets() == ("flights",)
    assert registry.pointer("flights") is None
    assert version.counts == {"rows_in": 10, "rows_quarantined": 2}
    assert set(version.objects) == {"data", "lineage"}
    fetched = registry.fetch("flights", "2013-02-04", version.version)
    assert fetched.read_bytes() == bench.file("2013-02-04").read_bytes()


def test_lineage_is_an_object_and_gives_the_derivation_back(bench):
    version = bench.commit("2013-02-04")
    derivation = bench.registry.lineage("flights", "2013-02-04", version.version)
    assert derivation == bench.derivation("2013-02-04")


def test_a_version_id_depends_on_everything_it_derives_from_and_on_the_key(bench):
    base = Derivation(input_sha256="i", contract="c", transform_version="1")
    changes = {
        "input_sha256": "j",
        "contract": "d",
        "suites": {"raw": "x"},
        "policies": {"drift": "x"},
        "state": "s",
        "references": {"pinned": ("0" * 32,)},
        "tables": {"planes": ("0" * 32,)},
        "pseudonym_key": "1:ab",
        "erasure_revision": 1,
        "transform_version": "2",
    }
    assert set(changes) == set(Derivation.model_fields)
    others = [base.model_copy(update={name: value}) for name, value in changes.items()]
    registry = bench.registry
    ids = [registry.version_id("flights", "2013", d) for d in (base, *others)]
    ids.append(registry.version_id("flights", "2014", base))
    ids.append(registry.version_id("planes", "2013", base))
    other_key = Registry(replace(bench.config, key=b"x" * 32))
    ids.append(other_key.version_id("flights", "2013", base))
    assert len(set(ids)) == len(ids)
    assert registry.version_id("flights", "2013", base.model_copy()) == ids[0]


def test_nonces_differ_by_version_name_and_key(bench):
    registry, other = bench.registry, Registry(replace(bench.config, key=b"x" * 32))
    nonces = [
        registry.nonce("0" * 32, "data"),
        registry.nonce("0" * 32, "observed"),
        registry.nonce("1" * 32, "data"),
        other.nonce("0" * 32, "data"),
    ]
    assert len(set(nonces)) == 4
    assert all(len(bytes.fromhex(n)) == 16 for n in nonces)


def test_repeated_commit_and_release_write_nothing(bench):
    first = bench.both("2013-02-04")
    head = bench.git("rev-parse", "main")
    assert bench.both("2013-02-04") == first
    assert bench.git("rev-parse", "main") == head
    assert bench.git("rev-list", "--count", "main") == "2"


def test_a_file_without_its_nonce_is_refused_before_anything_is_written(bench):
    path = bench.folder / "x.parquet"
    path.write_bytes(b"PAR1" * 100)
    with pytest.raises(RegistryError, match="nonce"):
        bench.registry.commit("flights", "2013", bench.derivation("2013"), {"data": path}, at=AT)
    assert bench.registry.datasets() == ()
    assert not list(Path(bench.config.object_remote).rglob("*.*"))


def test_a_nonce_across_two_blocks_is_found(bench):
    registry, derivation = bench.registry, bench.derivation("2013")
    nonce = registry.nonce(registry.version_id("flights", "2013", derivation), "data")
    path = bench.folder / "big.parquet"
    path.write_bytes(b"x" * ((1 << 20) - 7) + nonce.encode() + b"y")
    version = registry.commit("flights", "2013", derivation, {"data": path}, at=AT)
    assert version.objects["data"].size == (1 << 20) - 7 + 32 + 1


def test_a_json_document_gets_its_nonce_in_a_copy(bench):
    registry, derivation = bench.registry, bench.derivation("2013")
    path = bench.folder / "state.json"
    path.write_text('{"mean": 4.5}')
    version = registry.commit("flights", "2013", derivation, {"state": path}, at=AT)
    stored = json.loads(registry.fetch("flights", "2013", version.version, "state").read_bytes())
    assert stored == {"mean": 4.5, "nonce": registry.nonce(version.version, "state")}
    assert path.read_text() == '{"mean": 4.5}'
    assert version.objects["state"].file == "state.json"


@pytest.mark.parametrize("text", ["[1]", "{", '{"x": NaN}'])
def test_what_is_no_json_object_is_refused(bench, text):
    path = bench.folder / "state.json"
    path.write_text(text)
    with pytest.raises(RegistryError, match="JSON"):
        bench.registry.commit("flights", "2013", bench.derivation("2013"), {"state": path}, at=AT)


def test_other_bytes_for_one_derivation_are_an_error_and_other_documents_are_not(bench):
    registry, derivation = bench.registry, bench.derivation("2013-02-04")
    report = bench.folder / "report.json"
    report.write_text('{"seconds": 1}')
    files = {"data": bench.file("2013-02-04"), "report": report}
    first = registry.commit("flights", "2013-02-04", derivation, files, at=AT)
    report.write_text('{"seconds": 2}')
    later = AT + timedelta(hours=1)
    assert registry.commit("flights", "2013-02-04", derivation, files, at=later) == first
    with pytest.raises(RegistryError, match="other bytes"):
        bench.commit("2013-02-04", body=b"other rows")


def test_releases_merge_in_any_order(bench):
    days = ["2013-02-06", "2013-02-04", "2013-02-05"]
    snapshots = [bench.both(day) for day in days]
    assert [s.number for s in snapshots] == [1, 2, 3]
    assert [s.parent for s in snapshots] == [None, 1, 2]
    assert [s.batch for s in snapshots] == days
    assert sorted(snapshots[-1].batches) == sorted(days)
    assert bench.registry.snapshots("flights") == tuple(snapshots)
    assert bench.registry.snapshot("flights") == snapshots[-1]
    assert bench.registry.snapshot("flights", 1) == snapshots[0]


def test_a_new_version_of_a_batch_replaces_the_old_one_in_the_next_snapshot_only(bench):
    first = bench.both("2013-02-04")
    second = bench.both("2013-02-04", code="2")
    assert second.number == 2
    assert first.batches != second.batches
    assert bench.registry.snapshot("flights", 1) == first
    assert len(bench.registry.versions("flights", "2013-02-04")) == 2


def test_the_records_have_what_was_forced(bench):
    version = bench.commit("2013-02-04").version
    bench.release("2013-02-04", version, forced=True)

    assert bench.registry.changes(IndexState()).page(0, 10).steps[0].forced == ("2013-02-04",)


def test_forced_is_marked_until_the_batch_is_released_on_its_verdicts(bench):
    version = bench.commit("2013-02-04").version
    forced = bench.release("2013-02-04", version, forced=True)
    assert forced.forced == ("2013-02-04",)
    assert bench.release("2013-02-04", version, forced=True) == forced
    assert bench.both("2013-02-05").forced == ("2013-02-04",)
    regular = bench.release("2013-02-04", version)
    assert (regular.number, regular.forced) == (3, ())
    assert bench.release("2013-02-04", version, forced=True) == regular


def test_release_of_what_was_never_committed_is_an_error(bench):
    with pytest.raises(RegistryError, match="no such version of flights 2013-02-04"):
        bench.release("2013-02-04", "0" * 32)
    assert bench.registry.datasets() == ()


def test_rollback_is_on_record_and_the_next_release_builds_on_it(bench):
    for day in ("2013-02-04", "2013-02-05", "2013-02-06"):
        bench.both(day)
    pointer = bench.registry.rollback("flights", 1, reason="wrong zone", author="vera", at=AT)
    assert (pointer.snapshot, pointer.latest) == (1, 3)
    move = pointer.rollbacks[0]
    assert (move.source, move.target, move.reason, move.author) == (3, 1, "wrong zone", "vera")
    assert move.at == AT
    again = bench.registry.rollback("flights", 1, reason="twice", author="vera", at=AT)
    assert again == pointer == bench.registry.pointer("flights")
    assert list(bench.registry.snapshot("flights").batches) == ["2013-02-04"]
    following = bench.both("2013-02-07")
    assert (following.number, following.parent) == (4, 1)
    assert sorted(following.batches) == ["2013-02-04", "2013-02-07"]
    assert bench.registry.pointer("flights").rollbacks == (move,)
    assert len(bench.registry.snapshots("flights")) == 4


@pytest.mark.parametrize("number", [0, 2, -1])
def test_rollback_to_no_snapshot_is_an_error(bench, number):
    bench.both("2013-02-04")
    with pytest.raises(RegistryError, match="no such snapshot"):
        bench.registry.rollback("flights", number, reason="r", author="a", at=AT)


def test_reason_author_and_a_zoned_time_are_asked_for(bench):
    version = bench.commit("2013-02-04").version
    about = {"reason": "r", "author": "a", "at": AT}
    for change in ({"reason": " "}, {"author": ""}, {"at": AT.replace(tzinfo=None)}):
        with pytest.raises(RegistryError):
            bench.registry.release("flights", "2013-02-04", version, **{**about, **change})


@pytest.mark.parametrize(
    ("dataset", "batch"),
    [("flights", "../x"), ("flights", "2013/02"), ("..", "2013"), ("Flights", "2013"), ("f", "")],
)
def test_names_that_would_lead_elsewhere_are_refused(bench, dataset, batch):
    with pytest.raises(RegistryError, match="no valid"):
        bench.registry.version_id(dataset, batch, bench.derivation("x"))
    with pytest.raises(RegistryError, match="no valid"):
        bench.registry.find(dataset, batch, "0" * 32)


def test_damaged_and_lost_objects_are_found(bench):
    version = bench.commit("2013-02-04")
    path = bench.registry.fetch("flights", "2013-02-04", version.version)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b"rows", b"r0ws"))
    with pytest.raises(RegistryError, match="other bytes"):
        bench.registry.fetch("flights", "2013-02-04", version.version, to=bench.folder / "out")
    path.unlink()
    with pytest.raises(RegistryError, match="nothing"):
        bench.registry.fetch("flights", "2013-02-04", version.version)
    assert not (bench.folder / "out").exists()
    with pytest.raises(RegistryError, match="one of: data, lineage"):
        bench.registry.fetch("flights", "2013-02-04", version.version, "datum")


def test_a_truncated_object_of_a_killed_upload_is_replaced(bench):
    version = bench.commit("2013-02-04")
    path = bench.registry.fetch("flights", "2013-02-04", version.version)
    whole = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(whole[:10])
    bench.git("update-ref", "-d", "refs/heads/main")
    assert bench.commit("2013-02-04") == version
    assert bench.registry.fetch("flights", "2013-02-04", version.version).read_bytes() == whole


def test_equal_bytes_are_one_object(bench):
    nonces = [
        bench.registry.nonce(
            bench.registry.version_id("flights", "2013", bench.derivation("2013", code)), "data"
        )
        for code in ("1", "2")
    ]
    path = bench.folder / "same.parquet"
    path.write_text(" ".join(nonces))
    versions = [
        bench.registry.commit(
            "flights", "2013", bench.derivation("2013", code), {"data": path}, at=AT
        )
        for code in ("1", "2")
    ]
    assert versions[0].version != versions[1].version
    assert versions[0].objects["data"] == versions[1].objects["data"]
    objects = [p for p in Path(bench.config.object_remote).rglob("*") if p.is_file()]
    assert len(objects) == 3


def test_checkout_brings_all_partitions_of_one_snapshot_and_nothing_else(bench):
    for day in ("2013-02-04", "2013-02-05"):
        bench.both(day)
    bench.both("2013-02-06")
    out = bench.folder / "out"
    snapshot = bench.registry.checkout("flights", 2, out)
    assert sorted(p.name for p in out.iterdir()) == ["2013-02-04.parquet", "2013-02-05.parquet"]
    assert snapshot.number == 2
    (out / "2013-02-05.parquet").write_text("cut")
    bench.registry.checkout("flights", 2, out)
    assert (out / "2013-02-05.parquet").read_bytes() == bench.file("2013-02-05").read_bytes()
    bench.registry.checkout("flights", None, out)
    assert len(list(out.iterdir())) == 3
    with pytest.raises(RegistryError, match="something else"):
        bench.registry.checkout("flights", 1, out)


def test_records_have_what_an_index_needs(bench):
    snapshot = bench.both("2013-02-04")
    held = bench.registry.changes(IndexState()).page(0, 10)
    assert [p.snapshot for p in held.pointers] == [1]
    (version,) = held.versions
    assert (version.batch, version.version) == next(iter(snapshot.batches.items()))
    assert version.at == AT
    assert version.counts == {"rows_in": 10, "rows_quarantined": 2}
    assert held.steps == (SnapshotStep.of(snapshot, None),)
    assert held.is_last


def test_git_holds_no_hash_that_a_guess_could_confirm(bench):
    state = bench.folder / "state.json"
    state.write_text('{"mode": "marked-value"}')
    registry, derivation = bench.registry, bench.derivation("2013-02-04")
    files = {"data": bench.file("2013-02-04"), "state": state}
    version = registry.commit("flights", "2013-02-04", derivation, files, at=AT).version
    bench.release("2013-02-04", version)
    out = bench.git("cat-file", "--batch-all-objects", "--batch-check=%(objectname)").split()
    everything = b"".join(
        subprocess.run(
            ["git", "--git-dir", bench.config.git_remote, "cat-file", "-p", name],
            capture_output=True,
            check=True,
        ).stdout
        for name in out
    )
    for secret in (
        derivation.input_sha256.encode(),
        b"c0ffee",
        b"marked-value",
        registry.nonce(version, "data").encode(),
        bench.config.key,
        bench.config.key.hex().encode(),
    ):
        assert secret not in everything


def test_embedded_makes_a_key_once_and_never_another(tmp_path):
    config = embedded(tmp_path)
    key = tmp_path / "secrets" / "registry.key"
    assert (len(config.key), key.stat().st_mode & 0o777) == (32, 0o600)
    assert key.parent.stat().st_mode & 0o777 == 0o700
    assert embedded(tmp_path) == config
    assert config.key.hex() not in repr(config)
    assert str(config.key) not in repr(config)
    key.unlink()
    with pytest.raises(RegistryError, match="key is missing"):
        embedded(tmp_path)


def test_a_short_key_is_refused(tmp_path):
    with pytest.raises(RegistryError, match="too short") as caught:
        RegistryConfig("/r", "/o", b"secret", tmp_path)
    assert "secret" not in str(caught.value)
