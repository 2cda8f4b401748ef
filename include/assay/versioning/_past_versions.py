"""What a versioned S3 bucket keeps of objects that were deleted or replaced: versions and markers.

Deleting an object of such a bucket only puts a marker over it, and a user who may read versions
reads it on. Other stores have none, or keep them out of reach of their client.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

_PAGE: Final = 1000


@dataclass(frozen=True)
class PastVersion:
    """One version, or delete marker, that isn't what a reader of the key gets."""

    bucket: str
    key: str
    version: str


def past_versions(fs: Any, place: str) -> list[PastVersion]:
    """The past versions and the delete markers of one object; the present version isn't among them.

    Parameters
    ----------
    fs : FileSystem
        DVC's client of the store.
    place : str
        The object's path, with its bucket.
    """
    if fs.protocol != "s3":
        return []
    bucket, key = place.split("/", 1)
    return [
        PastVersion(bucket, key, one["VersionId"])
        for one, marker in _listed(fs.fs, bucket, key)
        if one["Key"] == key and (marker or not one["IsLatest"])
    ]


def purge_versions(fs: Any, place: str) -> int:
    """Delete the past versions and the markers of one object; return how many they were.

    The present version, if there is one, stays. Safe to repeat.
    """
    found = past_versions(fs, place)
    for one in found:
        fs.fs.call_s3("delete_object", Bucket=one.bucket, Key=one.key, VersionId=one.version)
    return len(found)


def _listed(s3: Any, bucket: str, prefix: str) -> Iterator[tuple[dict[str, Any], bool]]:
    """Each version below a prefix, and whether it is a marker."""
    more: dict[str, str] = {}
    while True:
        page = s3.call_s3(
            "list_object_versions", Bucket=bucket, Prefix=prefix, MaxKeys=_PAGE, **more
        )
        yield from ((one, False) for one in page.get("Versions", ()))
        yield from ((one, True) for one in page.get("DeleteMarkers", ()))
        if not page.get("IsTruncated"):
            return
        more = {"KeyMarker": page["NextKeyMarker"]}
        if following := page.get("NextVersionIdMarker"):
            more["VersionIdMarker"] = following
