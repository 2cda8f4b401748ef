import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest
import yaml

from assay.errors import RegistryError
from assay.versioning import Registry, RegistryUnavailable
from assay.versioning._layout import version_file

from .conftest import DISPOSAL

AT = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)


def dvc(folder: Path, *arguments: str) -> str:
    environment = {
        **os.environ,
        "DVC_NO_ANALYTICS": "1",
        "DVC_SITE_CACHE_DIR": str(folder.parent / "site-cache"),
    }
    command = [sys.executable, "-m", "dvc", *arguments]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_clone_is_a_dvc_repository_that_dvc_itself_can_pull(bench):
    versions = [bench.commit("2013-02-04"), bench.commit("2013-02-05")]
    clone = bench.folder / "clone"
    subprocess.run(["git", "clone", "-q", bench.config.git_remote, clone], check=True)
    local = (
        f"[core]\nremote = objects\n['remote \"objects\"']\nurl = {bench.config.object_remote}\n"
    )
    (clone / ".dvc" / "config.local").write_text(local)
    dvc(clone, "pull", "-q")
    for version in versions:
        file = version_file("flights", version.batch, version.version).path
        folder = (clone / file).with_suffix("")
        assert (folder / "data.parquet").read_bytes() == bench.file(version.batch).read_bytes()
        assert json.loads((folder / "lineage.json").read_bytes())["batch"] == version.batch


def test_a_dvc_file_holds_pointers_and_counts_alone(bench):
    version = bench.commit("2013-02-04")
    path = version_file("flights", "2013-02-04", version.version).path
    content = yaml.safe_load(bench.git("show", f"main:{path}"))
    assert set(content) == {"outs", "meta"}
    assert [set(out) for out in content["outs"]] == [{"md5", "size", "hash", "path"}] * 2
    assert content["meta"] == {
        "objects": {"data": "data.parquet", "lineage": "lineage.json"},
        "counts": {"rows_in": 10, "rows_quarantined": 2},
        "at": "2026-01-05T06:00:00+00:00",
    }


@pytest.fixture
def s3(bench, bucket):
    bench.config = replace(bench.config, object_remote=f"s3://{bucket}/objects")
    return bench


def test_objects_in_s3_are_uploaded_once_and_cached_by_hash(s3, bucket):
    snapshot = s3.both("2013-02-04")
    s3.commit("2013-02-04")
    store = boto3.client("s3")
    keys = [o["Key"] for o in store.list_objects_v2(Bucket=bucket)["Contents"]]
    version = s3.registry.versions("flights")[0]
    names = sorted(o.md5 for o in version.objects.values())
    assert sorted(keys) == [f"objects/files/md5/{m[:2]}/{m[2:]}" for m in names]
    path = s3.registry.fetch("flights", "2013-02-04", version.version)
    assert path.read_bytes() == s3.file("2013-02-04").read_bytes()
    assert path.is_relative_to(s3.config.scratch)
    store.delete_object(Bucket=bucket, Key=next(k for k in keys if path.name in k))
    assert s3.registry.fetch("flights", "2013-02-04", version.version) == path
    path.unlink()
    with pytest.raises(RegistryError, match="nothing"):
        s3.registry.fetch("flights", "2013-02-04", version.version)
    assert snapshot.number == 1


def test_objects_of_removed_versions_leave_s3(s3, bucket):
    for day in ("2013-02-04", "2013-02-05"):
        s3.both(day)
    registry = s3.registry
    gone, stays = registry.versions("flights")
    registry.fetch("flights", gone.batch, gone.version)
    about = {"reason": "r", "author": "a", "at": gone.at}
    registry.removal.withdraw("flights", {gone.batch: gone.version}, **about)
    registry.removal.bury("flights", gone.batch, gone.version, why="w", archived=False, at=gone.at)
    hashes = registry.removal.unneeded(before=gone.at)
    assert hashes == {o.md5 for o in gone.objects.values()}
    assert registry.removal.set_aside(hashes, gone.at, DISPOSAL) == sorted(hashes)
    assert not [p for p in (s3.config.scratch / "objects").rglob("*") if p.name in str(hashes)
                and p.is_file()]  # fmt: skip
    assert [e.key for e in registry.trash.find()] == [(gone.dataset, gone.batch, gone.version)] * 2
    assert len(_keys(bucket)) == len(stays.objects) + 2 * len(hashes)
    files = registry.removal.raise_from_trash(gone)
    assert {p.name for p in files.values()} == {o.md5[2:] for o in gone.objects.values()}
    assert registry.trash.find() == ()
    assert registry.removal.set_aside(hashes, gone.at, DISPOSAL) == sorted(hashes)
    assert sorted(registry.trash.delete(hashes)) == sorted(hashes)
    assert registry.removal.raise_from_trash(gone) is None
    assert len(_keys(bucket)) == len(stays.objects)


def test_a_versioned_bucket_keeps_nothing_of_what_a_sweep_deleted(s3, bucket):
    """Neither a version nor a delete marker is left, and nothing else loses one."""
    store = boto3.client("s3")
    on = {"Status": "Enabled"}
    store.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=on)
    goes, stays = s3.commit("2013-02-04"), s3.commit("2013-02-05")
    lives = {f"objects/files/md5/{o.md5[:2]}/{o.md5[2:]}" for o in stays.objects.values()}
    md5 = stays.objects["data"].md5
    kept = f"objects/files/md5/{md5[:2]}/{md5[2:]}"
    whole = store.get_object(Bucket=bucket, Key=kept)["Body"].read()
    store.put_object(Bucket=bucket, Key=kept, Body=b"damaged")
    store.put_object(Bucket=bucket, Key=kept, Body=whole)
    registry, removal, trash = s3.registry, s3.registry.removal, s3.registry.trash
    removal.bury("flights", "2013-02-04", goes.version, why="old", archived=False, at=AT)
    hashes = removal.set_aside({o.md5 for o in goes.objects.values()}, AT, DISPOSAL)
    assert trash.purge(hashes) == 0, "what lies aside may still come back"
    assert trash.left_of(hashes)["trash"] == len(hashes)
    assert trash.delete(hashes) == hashes
    left = trash.left_of(hashes)
    assert left == {"past versions": len(_versions(bucket)) - len(lives) - 2}
    assert left["past versions"] > 2 * len(hashes), "deleting left versions and markers"
    assert trash.purge(hashes) == left["past versions"]
    assert trash.left_of(hashes) == {}
    assert trash.purge(hashes) == 0, "twice is once"
    assert {key for key, _ in _versions(bucket)} == lives
    assert len(_versions(bucket)) == len(lives) + 2, "the past of another object is another's"
    assert registry.fetch("flights", "2013-02-05", stays.version).read_bytes() == whole


def test_long_pasts_are_listed_whole(s3, bucket, monkeypatch):
    monkeypatch.setattr("assay.versioning._past_versions._PAGE", 3)
    store = boto3.client("s3")
    on = {"Status": "Enabled"}
    store.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=on)
    md5 = "ab" * 16
    key = f"objects/files/md5/{md5[:2]}/{md5[2:]}"
    for body in range(7):
        store.put_object(Bucket=bucket, Key=key, Body=str(body).encode())
    store.delete_object(Bucket=bucket, Key=key)
    assert s3.registry.trash.left_of([md5]) == {"past versions": 8}
    assert s3.registry.trash.purge([md5]) == 8
    assert _versions(bucket) == []


def _versions(bucket):
    """Every version and every marker: key and id."""
    pages = boto3.client("s3").get_paginator("list_object_versions").paginate(Bucket=bucket)
    return [
        (one["Key"], one["VersionId"])
        for page in pages
        for kind in ("Versions", "DeleteMarkers")
        for one in page.get(kind, ())
    ]


def _keys(bucket):
    return [o["Key"] for o in boto3.client("s3").list_objects_v2(Bucket=bucket)["Contents"]]


def test_a_damaged_object_in_s3_never_reaches_the_cache(s3, bucket):
    version = s3.commit("2013-02-04")
    md5 = version.objects["data"].md5
    key = f"objects/files/md5/{md5[:2]}/{md5[2:]}"
    boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=b"x")
    with pytest.raises(RegistryError, match="other bytes"):
        s3.registry.fetch("flights", "2013-02-04", version.version)
    assert not [p for p in (s3.config.scratch / "objects").rglob("*") if p.is_file()]


def test_a_store_that_does_not_answer_is_worth_a_retry_and_git_stays_clean(s3, monkeypatch):
    s3.config = replace(s3.config, object_remote="s3://no-such-bucket/objects")
    with pytest.raises(RegistryUnavailable, match="object store didn't answer"):
        s3.commit("2013-02-04")
    assert Registry(s3.config).datasets() == ()


def test_a_remote_is_a_path_a_file_url_or_of_a_known_kind(bench):
    version = bench.commit("2013-02-04")
    by_url = replace(bench.config, object_remote=f"file://{bench.config.object_remote}")
    path = Registry(by_url).fetch("flights", "2013-02-04", version.version)
    assert path.is_relative_to(bench.config.object_remote)
    unknown = replace(bench.config, object_remote="s4://bucket/prefix")
    with pytest.raises(RegistryError, match=r"Got 's4'.* s3"):
        Registry(unknown).fetch("flights", "2013-02-04", version.version)
    absent = replace(bench.config, object_remote="gs://bucket/prefix")
    with pytest.raises(RegistryError, match="isn't installed"):
        Registry(absent).fetch("flights", "2013-02-04", version.version)
