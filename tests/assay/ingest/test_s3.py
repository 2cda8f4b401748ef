"""Files on an object store, spoken to over the S3 protocol on loopback."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer

from assay.ingest import land

BATCH = "2013-02-04"
CSV = b"id,n,x,ok,day,at\na,1,,,,\n"


@pytest.fixture(scope="module")
def store() -> Iterator[dict[str, str]]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    credentials = {
        "endpoint_url": f"http://{host}:{port}",
        "username": "key",
        "password": "secret",
        "region": "us-east-1",
    }
    client = boto3.client(
        "s3", endpoint_url=credentials["endpoint_url"], aws_access_key_id="key",
        aws_secret_access_key="secret", region_name="us-east-1")  # fmt: skip
    client.create_bucket(Bucket="upstream")
    client.put_object(Bucket="upstream", Key=f"people/{BATCH}.csv.gz", Body=gzip.compress(CSV))
    yield credentials
    server.stop()


def test_an_object_lands(store, con, lake, contract_of):
    source = {"kind": "files", "location": "s3://upstream/people/{batch}.csv.gz", "format": "csv"}
    landing = land(con, contract_of(source), BATCH, lake, credentials=store)
    assert landing.rows == 1
    assert gzip.decompress((landing.folder / "original" / f"{BATCH}.csv.gz").read_bytes()) == CSV


def test_a_missing_object_is_a_verdict(store, con, lake, contract_of):
    source = {"kind": "files", "location": "s3://upstream/none/{batch}.csv", "format": "csv"}
    landing = land(con, contract_of(source), BATCH, lake, credentials=store)
    assert [f.code for f in landing.faults] == ["source_missing"]
