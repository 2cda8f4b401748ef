"""Contracts: what a data set is, in the Open Data Contract Standard v3.

One file a data set, ``include/contracts/<dataset>.odcs.yaml``: its schema, keys, classification,
owner, roles and source. What Assay needs beyond the standard is in ``customProperties``, the
standard's place for extensions. A :class:`Contract` is what the rest of the library reads; what it
asks of values is in :mod:`assay.contract.rule`.
"""

from assay.contract._load import load_contract, load_contracts
from assay.contract._model import Canonical, Column, Contract, Freshness, Reference
from assay.contract._partition import Partition
from assay.contract._source import FilesSource, Pagination, RestSource, SqlSource

__all__ = [
    "Canonical",
    "Column",
    "Contract",
    "FilesSource",
    "Freshness",
    "Pagination",
    "Partition",
    "Reference",
    "RestSource",
    "SqlSource",
    "load_contract",
    "load_contracts",
]
