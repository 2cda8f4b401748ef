from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from assay.cleaning import clean, fit, problems, roles_of
from assay.engine import Session
from assay.errors import InputError, PolicyError
from assay.policy import load_policy
from assay.policy.cleaning import CleaningPolicy

_IQR = {"method": "iqr", "factor": 1.5}
_FOREST = {"method": "isolation_forest", "trees": 5, "rows": 10, "contamination": 0.1, "seed": 1,
           "key": ["id"]}  # fmt: skip
_REFUSED = [
    {"step": "impute", "columns": {"x": {"method": "mean"}}},
    {"step": "impute", "columns": {"x": {"method": "drop"}}},
    {"step": "outliers", "columns": ["x"], "by": _IQR, "action": "clip"},
    {"step": "outliers", "columns": ["x"], "by": _IQR, "action": "drop"},
    {"step": "outliers", "columns": ["x"], "by": _IQR, "action": "null"},
    {"step": "outliers", "columns": ["x"], "by": _FOREST, "action": "drop"},
    {"step": "parse", "columns": {"x": {"type": "integer", "on_error": "drop"}}},
    {"step": "text", "columns": {"x": {"map": {"?": "yes"}}}},
    {"step": "text", "columns": {"x": {"map": {"no": None}}}},
]
_ALLOWED = [
    {"step": "outliers", "columns": ["x"], "by": _IQR, "action": "flag"},
    {"step": "parse", "columns": {"x": {"type": "integer", "on_error": "null"}}},
    {"step": "text", "columns": {"x": {"trim": True, "case": "upper"}}},
]


@pytest.mark.parametrize("step", _REFUSED)
@pytest.mark.parametrize(
    "role", ["label", "prediction", "probability", "protected", "identifier", "key"]
)
def test_labels_keys_and_people_are_left_alone(policy: Any, step: Any, role: str) -> None:
    assert [p.where for p in problems(policy(step), {"x": role})] == ["steps.0.columns.x"]
    assert problems(policy(step, roles={"x": role}))
    assert not problems(policy(step), {"x": "feature"})


@pytest.mark.parametrize("step", _ALLOWED)
def test_what_keeps_a_label_as_it_is_is_allowed(policy: Any, step: Any) -> None:
    assert not problems(policy(step), {"x": "label"})


def test_a_refusal_says_what_to_do_instead(policy: Any) -> None:
    told = [problems(policy(step), {"x": "label"})[0] for step in _REFUSED[-3:-1]]
    assert [(p.what, p.do) for p in told] == [
        ("parse with on_error: drop is refused for a column of role label",
         "on_error: null keeps the row."),
        ("text map is refused for a column of role label",
         "Let the suite set its other spellings aside, by a set."),
    ]  # fmt: skip


def test_the_order_of_duplicates_is_declared(policy: Any) -> None:
    with pytest.raises(ValidationError, match="order_by"):
        policy({"step": "deduplicate", "keys": ["x"]})
    assert policy({"step": "deduplicate", "keys": ["x"], "order_by": []}).steps


def test_fit_and_clean_refuse_too(session: Session, table: Any, policy: Any) -> None:
    t, p = table({"x": [1.0]}), policy(_REFUSED[0], roles={"x": "label"})
    with pytest.raises(PolicyError, match="refused for a column of role label"):
        fit(session, t, p)


@pytest.mark.parametrize("method", ["normalise", "standardise"])
def test_scaling_on_the_batch_is_refused(policy: Any, method: str) -> None:
    with pytest.raises(ValidationError, match="may not be fitted on the batch"):
        policy({"step": "scale", "columns": ["x"], "method": method, "fit_on": "batch"})


def test_another_order_needs_a_reason(policy: Any) -> None:
    impute = {"step": "impute", "columns": {"x": {"method": "mean"}}}
    text = {"step": "text", "columns": {"s": {"trim": True}}}
    with pytest.raises(ValidationError, match="another order needs a reason"):
        policy(impute, text)
    assert policy(impute, {**text, "reason": "spellings depend on x"}).steps
    derive = {"step": "derive", "columns": {"y": "x + 1"}}
    scale = {"step": "scale", "columns": ["x"], "method": "normalise"}
    assert policy(impute, scale, derive).steps
    assert policy(impute, derive, scale).steps


@pytest.mark.parametrize("action", ["clip", "null"])
def test_a_forest_has_no_bounds(policy: Any, action: str) -> None:
    with pytest.raises(ValidationError, match="judges rows"):
        policy({"step": "outliers", "columns": ["x"], "by": _FOREST, "action": action})


def test_on_inconclusive_is_required() -> None:
    with pytest.raises(ValidationError, match="on_inconclusive"):
        CleaningPolicy.model_validate({"steps": []})


def test_two_things_of_one_name(policy: Any) -> None:
    flag = {"step": "outliers", "columns": ["x"], "by": _IQR, "action": "flag"}
    derive = {"step": "derive", "columns": {"x": "1"}}
    assert [p.got for p in problems(policy(flag, flag))] == ["x__outlier"]
    assert [p.got for p in problems(policy(derive), columns=["x"])] == ["x"]
    assert not problems(policy(flag), columns=["x", "x__outlier"])


def test_expressions_are_checked_with_the_columns(policy: Any) -> None:
    p = policy({"step": "derive", "columns": {"y": "incme * 2", "z": "nope(1)"}})
    found = problems(p, columns=["income"])
    assert [f.what for f in found] == ["no such column", "no such function"]
    assert found[0].do == "Did you mean 'income'?"


@pytest.mark.parametrize(
    "step",
    [
        {"step": "impute", "columns": {"incme": {"method": "mean"}}},
        {"step": "text", "columns": {"incme": {"trim": True}}},
        {"step": "deduplicate", "keys": ["incme"], "order_by": []},
        {"step": "outliers", "columns": ["incme"], "by": _IQR, "action": "flag"},
        {"step": "parse", "columns": {"incme": {"type": "number", "on_error": "null"}}},
        {"step": "scale", "columns": ["incme"], "method": "normalise"},
    ],
)
def test_an_unknown_column_is_named_with_its_nearest(
    session: Session, table: Any, policy: Any, step: Any
) -> None:
    with pytest.raises(PolicyError, match="Did you mean 'income'"):
        fit(session, table({"income": [1.0]}), policy(step))


def test_a_file_loads_with_lines(tmp_path: Path) -> None:
    path = tmp_path / "cleaning.yaml"
    path.write_text(
        "on_inconclusive: hold\n"
        "steps:\n"
        "  - step: impute\n"
        "    columns:\n"
        "      age: {method: mean}\n"
        "  - step: scale\n"
        "    columns: [age]\n"
        "    method: normalise\n"
        "    fit_on: batch\n"
        "    tipo: 1\n"
    )
    with pytest.raises(PolicyError) as caught:
        load_policy(path, CleaningPolicy)
    assert "cleaning.yaml:9" in str(caught.value)
    assert "cleaning.yaml:10" in str(caught.value)


def test_columns_that_steps_make_need_not_be_in_the_data(policy: Any) -> None:
    p = policy(
        {"step": "impute", "columns": {"x": {"method": "mean"}}},
        {"step": "derive", "columns": {"y": "if(x__imputed, 0, x)"}},
        {"step": "scale", "columns": ["y"], "method": "normalise"},
    )
    assert {name for _, name in p.column_paths()} == {"x"}
    assert not problems(p, columns=["x"])


def test_another_policys_state_is_refused(session: Session, table: Any, policy: Any) -> None:
    t = table({"x": [1.0]})
    one, other = policy(), policy(change_log="values")
    with pytest.raises(InputError, match="another policy"):
        clean(session, t, other, fit(session, t, one))


def test_roles_of_a_contract() -> None:
    class Column:
        def __init__(self, name: str, classification: str | None, role: str | None) -> None:
            self.name, self.classification, self.role = name, classification, role

    class Contract:
        columns = (Column("id", None, None), Column("tail", "identifier", "feature"),
                   Column("sex", "sensitive", "protected"), Column("y", None, "label"),
                   Column("x", None, None))  # fmt: skip
        primary_key = ("id",)

    assert roles_of(Contract()) == {
        "id": "key", "tail": "identifier", "sex": "protected", "y": "label"
    }  # fmt: skip
