"""What `assay check` says of a privacy policy, and what may be said of a version."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from assay.contract import Reference
from assay.policy.privacy import PrivacyPolicy
from assay.privacy import problems, version_label


def test_a_sound_policy_has_no_problems(contract_of, policy_of):
    assert problems(policy_of(), contract_of()) == []


def test_every_problem_is_found_at_once(contract_of, policy_of):
    policy = policy_of(
        tail={"treatment": "keep", "rationale": "r"},
        phone={"treatment": "pseudonymise"},
        age={"treatment": "generalise", "to": {"kind": "date", "unit": "year"}},
        born={"treatment": "generalise", "to": {"kind": "prefix", "length": 2}},
        zip=None,
        illnes={"treatment": "drop"},
    )
    found = problems(policy, contract_of())
    assert [p.where.rsplit(".", 1)[-1] for p in found] == [
        "illnes", "tail", "phone", "age", "born", "zip"]  # fmt: skip
    assert "'illness'" in str(found[0])


def test_references_must_share_the_identity_domain(contract_of, policy_of):
    columns = [{"name": "tail", "type": "string", "classification": "identifier",
                "identity_domain": "vessels"}]  # fmt: skip
    policy = PrivacyPolicy.model_validate({"columns": {"tail": {"treatment": "pseudonymise"}}})
    to_planes = Reference(columns=("tail",), dataset="planes", to=("tail",))
    referring = {"references": (to_planes,)}
    flights = contract_of(columns, dataset="flights").model_copy(update=referring)
    assert problems(policy, flights) == []
    (problem,) = problems(policy, flights, {"planes": contract_of()})
    assert "aircraft" in str(problem)
    columns[0]["identity_domain"] = "aircraft"
    flights = contract_of(columns, dataset="flights").model_copy(update=referring)
    assert problems(policy, flights, {"planes": contract_of()}) == []


def test_a_version_is_called_no_more_than_it_is(contract_of, policy_of):
    assert version_label(policy_of(), contract_of()) == "pseudonymised"
    gone = {name: {"treatment": "drop"} for name in ("tail", "owner", "phone")}
    assert version_label(policy_of(**gone), contract_of()) == "identifiers_removed"
    sick = contract_of([{"name": "x", "type": "number", "classification": "sensitive"}])
    assert version_label(policy_of(), sick) == "without_identifiers"
    plain = contract_of([{"name": "x", "type": "number"}])
    assert version_label(PrivacyPolicy.model_validate({}), plain) == "unclassified"


@pytest.mark.parametrize(
    "treatment",
    [
        {"treatment": "keep"},
        {"treatment": "hash"},
        {"treatment": "mask"},
        {"treatment": "mask", "text": "#", "keep_last": 2},
        {"treatment": "generalise", "to": {"kind": "bins", "edges": [2, 1]}},
        {"treatment": "generalise", "to": {"kind": "bins", "edges": []}},
        {"treatment": "generalise", "to": {"kind": "levels", "levels": {"a": ["x"], "b": ["x"]},
                                           "other": "o"}},
        {"treatment": "generalise", "to": {"kind": "prefix", "length": 0}},
    ],
)  # fmt: skip
def test_a_treatment_that_says_too_little_is_refused(treatment):
    with pytest.raises(ValidationError):
        PrivacyPolicy.model_validate({"columns": {"c": treatment}})


def test_the_columns_of_a_policy_are_named_with_their_place(policy_of):
    assert (("columns", "tail"), "tail") in set(policy_of().column_paths())
