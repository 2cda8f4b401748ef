"""Files on an object store, spoken to over the S3 protocol on loopback."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest
from own_store import Store, own_store

from assay.ingest import land

BATCH = "2013-02-04"
CSV = b"id,n,x,ok,day,at\na,1,,,,\n"
MANY = CSV + b"b,2,,,,\n" * 5000


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with own_store() as found:
        found.client().put_object(
            Bucket=found.bucket, Key=f"people/{BATCH}.csv.gz", Body=gzip.compress(CSV)
        )
        for place, body in (("plain.csv", MANY), ("packed.csv.gz", gzip.compress(MANY))):
            found.client().put_object(Bucket=found.bucket, Key=place, Body=body)
        yield found


@pytest.fixture
def landed(store, session, lake, contract_of):
    """Land an object by its place in the bucket."""
    credentials = {
        "endpoint_url": store.url,
        "username": store.user,
        "password": store.password,
        "region": store.region,
    }

    def landed(place: str, **more):
        location = f"s3://{store.bucket}/{place}"
        source = {"kind": "files", "location": location, "format": "csv", **more}
        return land(session, contract_of(source), BATCH, lake, credentials=credentials)

    return landed


def test_an_object_lands(landed):
    landing = landed("people/{batch}.csv.gz")
    assert landing.rows == 1
    assert gzip.decompress((landing.folder / "original" / f"{BATCH}.csv.gz").read_bytes()) == CSV


def test_a_missing_object_is_a_verdict(landed):
    assert [f.code for f in landed("none/{batch}.csv").faults] == ["source_missing"]


@pytest.mark.parametrize(
    ("place", "more"), [("plain.csv", {}), ("packed.csv.gz", {"compression": "gzip"})]
)
def test_an_object_of_more_than_max_bytes_is_held(landed, place, more):
    """As it is sent, and as it is unpacked: the packed one has fewer bytes than the limit."""
    assert len(gzip.compress(MANY)) < 1000 < len(MANY)
    landing = landed(place, max_bytes=1000, **more)
    assert [(f.code, f.numbers) for f in landing.faults] == [("too_large", {"max_bytes": 1000})]
    assert landed(place, max_bytes=len(MANY), **more).rows == 5001
