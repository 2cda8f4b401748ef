"""The first files of a data set of labels: contract, suites and policies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import yaml

from assay.contract import Contract
from assay.onboarding._plan import write_files
from assay.policy import load_policy
from assay.policy.labelling import LabellingPolicy, labels_of
from assay.policy.privacy import PrivacyPolicy, Pseudonymise
from assay.stages.services import Services

_SAME: Final = ("retention", "alerting")
"""Policies of the data set that are its labels' too: the same people answer for both."""
_POLICIES: Final[dict[str, dict[str, Any]]] = {
    "privacy": {
        "description": "Keys are those of released rows, which are treated already; nothing else "
                       "leads to a person.",
        "columns": {},
    },
    "cleaning": {
        "description": "Labels are released as people gave them.",
        "on_inconclusive": "hold", "steps": [],
    },
    "quality": {
        "description": "How many labels may be set aside from a round before it is held.",
        "on_inconclusive": "hold",
        "quarantine": {
            "max_share": 0, "warn_share": 0,
            "rationale": "The rows are our own program's; one that fails is a fault of it.",
        },
        "gx": {"max_rows": 100_000, "rationale": "Every expectation of the suites is compiled."},
    },
    "drift": {
        "description": "Rounds aren't compared.", "on_inconclusive": "hold", "applies": False,
        "reason": "Each round asks about other rows on purpose, so that its labels differ from "
                  "those of the round before without a fault.",
    },
    "fairness": {
        "description": "Labels aren't decisions.", "on_inconclusive": "hold", "applies": False,
        "reason": "Nobody is chosen, refused or scored by a label; the model's own file judges "
                  "what is learned from them.",
    },
}  # fmt: skip


def draft_labels(services: Services, dataset: str) -> tuple[Path, ...]:
    """Write contract, suites and policies of ``<dataset>_labels``; nothing is overwritten.

    Periods and alerts are those of the data set itself.

    Raises
    ------
    InputError
        If one of the files is there already.
    PolicyError
        If the data set has no labelling policy.
    """
    project, name = services.project, labels_of(dataset)
    contract = project.contract(dataset)
    policy = load_policy(project.policy(dataset, LabellingPolicy.noun), LabellingPolicy)
    privacy = load_policy(project.policy(dataset, PrivacyPolicy.noun), PrivacyPolicy)
    first = services.clock().astimezone(ZoneInfo(contract.partition.timezone)).date()
    texts = {
        f"contracts/{name}.odcs.yaml": _yaml(_contract(contract, policy, privacy, str(first))),
        f"suites/{name}/raw.json": _json(_suite(name, "raw", _raw())),
        f"suites/{name}/clean.json": _json(_suite(name, "clean", _clean(contract))),
        **{f"policies/{name}/{noun}.yaml": _yaml(made) for noun, made in _POLICIES.items()},
        **{f"policies/{name}/{noun}.yaml": project.policy(dataset, noun).read_text("utf-8")
           for noun in _SAME},
    }  # fmt: skip
    return write_files(texts, project.include)


def _contract(
    contract: Contract, policy: LabellingPolicy, privacy: PrivacyPolicy, first: str
) -> dict[str, Any]:
    name = labels_of(contract.dataset)
    return {
        "apiVersion": "v3.1.0", "kind": "DataContract", "id": f"urn:assay:{name}", "name": name,
        "version": "0.1.0", "status": "draft",
        "description": {
            "purpose": f"What people answered about rows of {contract.dataset}: "
                       f"{policy.instruction.question}",
            "limitations": "Rows are chosen, not drawn: weigh them by 1 / inclusion.",
        },
        "team": {"name": contract.owner},
        "servers": [{
            "server": "inbox", "type": "local", "path": f"inbox/{name}/{{batch}}.csv",
            "format": "csv",
            "customProperties": [{"property": "maxBytes", "value": 50_000_000}],
        }],
        "customProperties": [
            {"property": "partition", "value": {
                "grain": "day", "timezone": contract.partition.timezone, "first": first,
            }},
            # A batch comes with each round that lands, and on no other day.
            {"property": "delivery", "value": {"optional": True}},
        ],
        "schema": [{
            "name": name, "physicalType": "table",
            "properties": [*_key(contract, privacy), *_answers(policy)],
        }],
    }  # fmt: skip


def _key(contract: Contract, privacy: PrivacyPolicy) -> list[dict[str, Any]]:
    """The columns that name a row, as released rows have them."""
    found = []
    for place, name in enumerate(contract.primary_key, start=1):
        hidden = isinstance(privacy.columns.get(name), Pseudonymise)
        kind = "string" if hidden else contract.column(name).type
        said = "Pseudonym, as the released rows have it." if hidden else (
            f"As in {contract.dataset}.")  # fmt: skip
        found.append({
            "name": name, "logicalType": kind, "description": said, "primaryKey": True,
            "primaryKeyPosition": place,
        })  # fmt: skip
    return found


def _answers(policy: LabellingPolicy) -> list[dict[str, Any]]:
    levels = [
        {"value": text, "description": one.definition}
        for text, one in zip(policy.answers, policy.instruction.answers, strict=True)
    ]
    return [
        _column("label", "string", "What the answers come to.", enum=levels,
                customProperties=[{"property": "role", "value": "label"}]),
        _column("confidence", "number", "How probable it is; 1 where an expert decided."),
        _column("annotators", "integer", "How many people answered."),
        _column("round", "integer", "The round that asked."),
        _column("instruction", "string", "Version of the instruction."),
        _column("reason", "string", "Why the row was chosen."),
        _column("inclusion", "number", "Probability with which it was chosen from the pool; empty "
                "for a row that had a label.", required=False),
        _column("decided_by", "string", "Whether an expert decided, or the annotators.",
                enum=[{"value": "annotators"}, {"value": "expert"}]),
    ]  # fmt: skip


def _column(
    name: str, kind: str, description: str, *, required: bool = True, **more: Any
) -> dict[str, Any]:
    needed = {"required": True} if required else {}
    return {"name": name, "logicalType": kind, **needed, "description": description, **more}


def _raw() -> list[dict[str, Any]]:
    return [
        _between("confidence", 0, 1, "A probability."),
        _between("inclusion", 0, 1, "A probability."),
        _between("annotators", 1, None, "Nobody's answer is no label."),
    ]


def _clean(contract: Contract) -> list[dict[str, Any]]:
    key = list(contract.primary_key)
    kind, named = ("expect_column_values_to_be_unique", {"column": key[0]}) if len(key) == 1 else (
        "expect_compound_columns_to_be_unique", {"column_list": key})  # fmt: skip
    return [_expected(kind, named, "A row has one label in a batch: the newest round's.")]


def _between(column: str, least: float, most: float | None, why: str) -> dict[str, Any]:
    limits = {"min_value": least, **({} if most is None else {"max_value": most})}
    return _expected("expect_column_values_to_be_between", {"column": column, **limits}, why)


def _expected(kind: str, kwargs: dict[str, Any], why: str) -> dict[str, Any]:
    return {"type": kind, "kwargs": kwargs, "severity": "critical", "meta": {"rationale": why}}


def _suite(name: str, which: str, expectations: list[dict[str, Any]]) -> dict[str, Any]:
    return {"name": f"{name}.{which}", "expectations": expectations,
            "meta": {"notes": "What must hold of labels."}}  # fmt: skip


def _yaml(content: dict[str, Any]) -> str:
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
