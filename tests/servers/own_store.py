"""An object store of our own on loopback, which speaks S3."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from moto.server import ThreadedMotoServer


@dataclass(frozen=True)
class Store:
    """Its address and credentials, and a bucket that is empty at first."""

    url: str
    bucket: str
    user: str = "testing"
    password: str = "testing"
    region: str = "us-east-1"

    @property
    def environment(self) -> dict[str, str]:
        """What tells a client of it."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.user,
            "AWS_SECRET_ACCESS_KEY": self.password,
            "AWS_DEFAULT_REGION": self.region,
        }

    def client(self) -> Any:
        return boto3.client(
            "s3", endpoint_url=self.url, aws_access_key_id=self.user,
            aws_secret_access_key=self.password, region_name=self.region,
        )  # fmt: skip


@contextmanager
def own_store() -> Iterator[Store]:
    """A server, ended at the end; those of one process share buckets, so each has its own."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    store = Store(f"http://{host}:{port}", f"assay-{uuid.uuid4().hex}")
    store.client().create_bucket(Bucket=store.bucket)
    yield store
    server.stop()
