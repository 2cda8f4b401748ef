"""Files on an object store, spoken to over the S3 protocol on loopback."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest
from own_store import Store, own_store

from assay.ingest import land

BATCH = "2013-02-04"
CSV = b"id,n,x,ok,day,at\na,1,,,,\n"


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with own_store() as found:
        found.client().put_object(
            Bucket=found.bucket, Key=f"people/{BATCH}.csv.gz", Body=gzip.compress(CSV)
        )
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

    def landed(place: str):
        location = f"s3://{store.bucket}/{place}"
        source = {"kind": "files", "location": location, "format": "csv"}
        return land(session, contract_of(source), BATCH, lake, credentials=credentials)

    return landed


def test_an_object_lands(landed):
    landing = landed("people/{batch}.csv.gz")
    assert landing.rows == 1
    assert gzip.decompress((landing.folder / "original" / f"{BATCH}.csv.gz").read_bytes()) == CSV


def test_a_missing_object_is_a_verdict(landed):
    assert [f.code for f in landed("none/{batch}.csv").faults] == ["source_missing"]
