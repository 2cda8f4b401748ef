"""After a sweep all that it took is looked for; what is left is said, and a next sweep takes it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import boto3
import pytest

from assay.stages.services import Services
from assay.stages.upkeep import apply_sweep, plan_sweep, read_evidence

VERSIONS = """\
versions:
  released:
    {counts_from: released_at, max_age_days: 100, grace_days: 0, rollback_points: 0, then: remove}
  unreleased: {counts_from: landed_at, max_age_days: 50}
  trash_days: 5
"""


@pytest.fixture
def kept(ready: Any) -> Any:
    path = ready.project / "include/policies/visits/retention.yaml"
    path.write_text(path.read_text() + VERSIONS)
    return ready


def services_in(train: Any, bucket: str, days: float) -> Services:
    """The train's services at a later day, its objects in a bucket."""
    services: Services = train.later(days=days).services
    config = replace(services._registry_config, object_remote=f"s3://{bucket}/objects")
    services.__dict__["_registry_config"] = config
    return services


def test_nothing_is_left_in_a_versioned_bucket(kept: Any, bucket: str) -> None:
    store = boto3.client("s3")
    on = {"Status": "Enabled"}
    store.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=on)
    folder = kept.home / "registry" / "objects"
    for path in folder.rglob("files/md5/*/*"):
        key = f"objects/{path.relative_to(folder).as_posix()}"
        store.put_object(Bucket=bucket, Key=key, Body=path.read_bytes())
    goes = {
        stored.md5
        for version in kept.services.registry.versions("visits")
        for stored in version.objects.values()
    }
    first = services_in(kept, bucket, 101)
    plan = plan_sweep(first)
    apply_sweep(first, plan.hash)
    found = read_evidence(first, plan.hash)
    assert found is not None
    assert found.clean
    aside = {entry.md5 for entry in first.registry.trash.find()}
    assert goes <= aside <= _named(bucket), "they lie in the trash"
    assert (found.set_aside, found.deleted, found.purged) == (len(aside), 0, 0)

    last = services_in(kept, bucket, 107)
    plan = plan_sweep(last)
    assert {*plan.trash} == aside
    apply_sweep(last, plan.hash)
    found = read_evidence(last, plan.hash)
    assert found is not None
    assert found.clean, found
    assert found.deleted == len(aside)
    assert found.purged > 3 * len(aside)
    assert not aside & _named(bucket), "no version and no marker"
    assert plan_sweep(last).due == 0


def _named(bucket: str) -> set[str]:
    """The objects of which a version or a marker is there."""
    pages = boto3.client("s3").get_paginator("list_object_versions").paginate(Bucket=bucket)
    return {
        "".join(one["Key"].removesuffix(".json").rsplit("/", 2)[-2:])
        for page in pages
        for kind in ("Versions", "DeleteMarkers")
        for one in page.get(kind, ())
    }


def test_what_comes_back_into_its_place_is_found_and_said(
    kept: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that another program writes again while the sweep runs."""
    from assay.stages.upkeep import _sweep

    services = kept.later(days=101).services
    plan = plan_sweep(services)
    place = services.lake.home / plan.removals[0].path
    end = _sweep.end_versions

    def written_again(*arguments: Any) -> Any:
        place.mkdir(parents=True, exist_ok=True)
        (place / "rows.csv").write_text("x")
        return end(*arguments)

    monkeypatch.setattr(_sweep, "end_versions", written_again)
    apply_sweep(services, plan.hash)
    found = read_evidence(services, plan.hash)
    assert found is not None
    assert not found.clean
    assert {p.place: p.found for p in found.searched}["files"] == 1
    page = services.lake.path("retention", f"{plan.hash}.evidence.html").read_text()
    assert "1 still there" in page


def test_evidence_holds_counts_and_no_identity(kept: Any) -> None:
    services = kept.later(days=101).services
    plan = plan_sweep(services)
    apply_sweep(services, plan.hash)
    for kind in ("json", "html"):
        text = services.lake.path("retention", f"{plan.hash}.evidence.{kind}").read_text()
        assert plan.hash[:12] in text
        assert "MRK" not in text
        for version in services.registry.tombstones("visits"):
            assert version.version not in text
    assert read_evidence(services, "0" * 64) is None
