"""A contract with people in it, and a policy that protects them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from assay.contract import Contract
from assay.engine import open_session
from assay.policy.privacy import PrivacyPolicy

COLUMNS = [
    {"name": "tail", "type": "string", "classification": "identifier",
     "identity_domain": "aircraft"},
    {"name": "owner", "type": "integer", "classification": "identifier",
     "identity_domain": "people"},
    {"name": "phone", "type": "string", "classification": "identifier"},
    {"name": "age", "type": "integer", "classification": "quasi_identifier"},
    {"name": "born", "type": "date", "classification": "quasi_identifier"},
    {"name": "zip", "type": "string", "classification": "quasi_identifier"},
    {"name": "illness", "type": "string", "classification": "sensitive"},
    {"name": "note", "type": "string", "classification": "sensitive"},
    {"name": "x", "type": "number"},
]  # fmt: skip
TREATMENTS = {
    "tail": {"treatment": "pseudonymise"},
    "owner": {"treatment": "pseudonymise"},
    "phone": {"treatment": "mask", "text": "***"},
    "age": {"treatment": "generalise", "to": {"kind": "bins", "edges": [18, 65]}},
    "born": {"treatment": "generalise", "to": {"kind": "date", "unit": "month"}},
    "zip": {"treatment": "generalise", "to": {"kind": "prefix", "length": 3}},
    "illness": {"treatment": "generalise", "to": {
        "kind": "levels", "levels": {"cold": ["flu", "cough"]}, "other": "other"}},
    "note": {"treatment": "drop"},
}  # fmt: skip


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Any]:
    with open_session(tmp_path / "duckdb", threads=2) as opened:
        yield opened


@pytest.fixture
def contract_of() -> Callable[..., Contract]:
    def make(columns: list[dict[str, Any]] | None = None, dataset: str = "planes") -> Contract:
        content = {
            "dataset": dataset,
            "version": "1.0.0",
            "description": "Aircraft of a test.",
            "owner": "owner",
            "columns": columns or COLUMNS,
            "partition": {"grain": "year", "first": "2013"},
            "source": {"kind": "files", "location": "inbox/{batch}.csv", "format": "csv"},
        }
        text = json.dumps(content, sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()
        return Contract.model_validate({**content, "hash": digest, "path": Path("planes.yaml")})

    return make


@pytest.fixture
def policy_of() -> Callable[..., PrivacyPolicy]:
    def make(**changed: Any) -> PrivacyPolicy:
        columns = {**TREATMENTS, **changed}
        return PrivacyPolicy.model_validate({
            "columns": {name: how for name, how in columns.items() if how is not None}
        })  # fmt: skip

    return make
