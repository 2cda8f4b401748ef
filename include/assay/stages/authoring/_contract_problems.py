"""Faults of a contract that it doesn't show by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from assay.contract import Contract
from assay.document import load_document, shown_path
from assay.errors import Problem, did_you_mean
from assay.stages.authoring._dataset_files import DatasetFiles


def standard_problems(contract: Contract) -> Iterator[Problem]:
    """Faults against the whole of the Open Data Contract Standard's own schema."""
    import jsonschema
    import open_data_contract_standard

    schema = Path(open_data_contract_standard.__file__).parent / "schema.json"
    document = load_document(contract.path)
    validator = jsonschema.Draft201909Validator(json.loads(schema.read_text(encoding="utf-8")))
    for fault in validator.iter_errors(document.value):
        yield Problem(
            f"doesn't conform to the standard: {fault.message[:200]}",
            where=document.where(tuple(fault.absolute_path)),
        )


def reference_problems(files: DatasetFiles) -> Iterator[Problem]:
    """References to a data set or a column that doesn't exist."""
    contract, contracts = files.contract, files.contracts
    for column in contract.columns:
        to = column.references
        if to is None:
            continue
        where = f"{shown_path(contract.path)} {column.name}"
        if to.dataset not in contracts:
            hint = did_you_mean(to.dataset, contracts) or None
            yield Problem("refers to no data set", where=where, got=to.dataset, do=hint)
        elif to.column not in contracts[to.dataset].column_names:
            names = contracts[to.dataset].column_names
            hint = did_you_mean(to.column, names) or None
            yield Problem("refers to no column", where=where, got=to.column, do=hint)
