"""Hosts with nothing in common but object store, Git server, PostgreSQL and secrets."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hosts import end

from assay.stages.run._commit import timeless

REFERENCE = "2024-01-01,2024-01-02"
DAYS = [f"2024-02-{d:02}" for d in range(1, 11)]


def _history(host: Any) -> dict[str, Any]:
    """All that two hosts must agree on, and a lost catalog must bring back."""
    services = host.open_services()
    registry, catalog = services.registry, services.catalog
    found: dict[str, Any] = {}
    for dataset in registry.datasets():
        versions = catalog.versions.find(dataset)
        found[dataset] = {
            "versions": versions,
            "snapshots": catalog.snapshots.find(dataset),
            "pointer": catalog.snapshots.current(dataset),
            "lineage": {v: catalog.versions.lineage(dataset, *v) for v in versions},
            "verdicts": {
                v: {r.verdict.gate: timeless(r.verdict) for r in catalog.verdicts.find(dataset, *v)}
                for v in versions
            },
            "measured": {name: _points(catalog, dataset, name) for name in ("rows", "unparsed")},
        }
    return found


def _points(catalog: Any, dataset: str, name: str) -> list[str]:
    points = catalog.verdicts.trend(dataset, name)
    return sorted(str((p.key, p.gate, p.column, p.group, p.value, p.n)) for p in points)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_ten_runs_at_once_on_two_hosts(host: Any) -> None:
    one, two = host("one"), host("two")
    one.run("sites", "2024", "first")
    one.run("visits", REFERENCE, "first")
    # Different batches on both; the same batch on both; another data set beside them.
    running = [
        *(h.start("visits", ",".join(days), f"{n}") for n, h, days in (
            ("a", one, DAYS[0:2]), ("b", two, DAYS[2:4]), ("c", one, DAYS[4:6]),
            ("d", two, DAYS[6:8]), ("e", one, DAYS[8:9]), ("f", two, DAYS[8:9]),
            ("g", two, DAYS[9:10]), ("h", one, DAYS[9:10]))),
        one.start("sites", "2024", "again"), two.start("sites", "2024", "again too"),
    ]  # fmt: skip
    for process in running:
        end(process)

    services = two.open_services()
    snapshots = services.registry.snapshots("visits")
    assert [s.number for s in snapshots] == list(range(1, 13)), "each release once"
    assert [s.parent for s in snapshots] == [None, *range(1, 12)]
    assert sorted(snapshots[-1].batches) == ["2024-01-01", "2024-01-02", *DAYS]
    assert len({(s.batch, s.batches[s.batch]) for s in snapshots}) == 12
    assert len(services.registry.versions("visits")) == 12
    assert len(services.registry.snapshots("sites")) == 1
    states = {b["batch"]: b["state"] for b in services.catalog.status()["datasets"][1]["batches"]}
    assert set(states.values()) == {"released"}

    verified = two.assay("versions", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr

    before = _history(one)
    two.shared = one.shared = {
        **one.shared, "ASSAY_CATALOG_URL": one.shared["ASSAY_CATALOG_URL"] + "_lost",
    }  # fmt: skip
    _make_database(one.shared["ASSAY_CATALOG_URL"])
    rebuilt = two.assay("catalog", "rebuild", "--accept-history", "--reason", "it is lost")
    assert rebuilt.returncode == 0, rebuilt.stderr
    after = _history(one)
    for dataset, held in before.items():
        for part, value in held.items():
            assert after[dataset][part] == value, (dataset, part)


def _make_database(url: str) -> None:
    from sqlalchemy import create_engine, text

    server, name = url.rsplit("/", 1)
    engine = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("key", ["ASSAY_REGISTRY_KEY", "ASSAY_PSEUDONYM_KEY"])
def test_a_host_with_another_key_is_refused_before_it_writes(
    host: Any, key: str, services: dict[str, str], s3: Any
) -> None:
    one = host("one")
    one.run("sites", "2024", "first")
    one.run("visits", "2024-01-01", "first")

    def objects() -> list[str]:
        prefix = services["ASSAY_REGISTRY_OBJECTS"].removeprefix(f"s3://{s3.bucket}/")
        found = s3.client().list_objects_v2(Bucket=s3.bucket, Prefix=prefix)
        return [o["Key"] for o in found["Contents"]]

    before, head = objects(), one.open_services().registry.head()
    two = host("two", **{key: ("" if key == "ASSAY_REGISTRY_KEY" else "v1:") + "ef" * 32})
    refused = two.start("visits", "2024-01-02", "other")
    _, error = refused.communicate(timeout=600)
    assert refused.returncode != 0
    assert "key isn't the one that the registry's other hosts use" in error
    assert objects() == before
    assert one.open_services().registry.head() == head
    if key == "ASSAY_PSEUDONYM_KEY":
        assert not list(two.home.glob("landing/visits/*/*/rows.parquet"))


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_postgres_restarted_in_the_middle(host: Any, cluster: Any) -> None:
    one = host("one")
    one.run("sites", "2024", "first")
    one.run("visits", "2024-01-01", "first")
    process = one.start("visits", f"2024-01-02,{DAYS[0]}", "shaken")
    for _ in range(4):
        time.sleep(3)
        cluster.restart()
    end(process)
    services = one.open_services()
    assert [s.number for s in services.registry.snapshots("visits")] == [1, 2, 3]
    batches = services.catalog.status()["datasets"][1]["batches"]
    assert {b["batch"]: b["state"] for b in batches} == {
        "2024-01-01": "released", "2024-01-02": "released", DAYS[0]: "released",
    }  # fmt: skip
