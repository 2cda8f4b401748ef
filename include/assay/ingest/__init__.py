"""Ingest: a batch comes in, as it is.

:func:`land` fetches one batch from where its contract says (files, a REST endpoint, a database),
keeps the original byte for byte, and writes its records as Parquet in the contract's types. Nothing
is guessed and nothing is lost: text that doesn't parse stays beside its row in ``__landed``, with
the column named in ``__unparsed``. :func:`judge_landing` gives the verdict: whether there is a
batch to go on with. A landed folder is immutable and named by the digest of its input.
"""

from assay.ingest._landing import land, read_manifest
from assay.ingest._model import Fault, Landing, Manifest
from assay.ingest._sample import write_sample
from assay.ingest._verdict import judge_landing, nothing_arrived
from assay.ingest.sources._patience import Retry

__all__ = [
    "Fault",
    "Landing",
    "Manifest",
    "Retry",
    "judge_landing",
    "land",
    "nothing_arrived",
    "read_manifest",
    "write_sample",
]
