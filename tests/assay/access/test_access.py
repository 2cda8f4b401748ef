"""Who may do what: nothing is allowed that no line allows, and each answer names its line."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from assay.access import allowed, check_allowed, diff, explain, has_role, view_of
from assay.document import load_document
from assay.errors import AccessError, PolicyError
from assay.policy import load_policy
from assay.policy.access import CLEAR, READING, RIGHTS, AccessPolicy

DAY = dt.date(2026, 6, 1)
LOG = {"anchor_minutes": 5}
CLASSIFIED = {"person": True, "site": False, "age": False, "team": True}
COLUMNS = ["__id", *CLASSIFIED, "age_band", "age__imputed", "person__outlier"]
SCIENTIST = {
    "may": ["see_runs", "read_released"],
    "purposes": ["research"],
    "until": "2026-12-31",
    "others": "keep",
    "rows": "site == 'A'",
    "columns": {
        "person": {"treatment": "mask", "text": "–"},
        "age": {"treatment": "generalise", "to": {"kind": "bins", "edges": [18, 65]}},
    },
}
ENGINEER = {
    "may": ["see_runs", "trigger", "read_released"], "purposes": ["research"], "others": "keep",
    "columns": {
        name: {"treatment": "keep", "rationale": "Looks for faults."}
        for name in ("person", "team", "age_band")
    },
}  # fmt: skip


def policy(**roles: Any) -> AccessPolicy:
    return AccessPolicy.model_validate({"roles": roles, "log": LOG})


def view(of: AccessPolicy, role: str, purpose: str | None = "research") -> Any:
    return view_of(of, role, COLUMNS, CLASSIFIED, day=DAY, dataset="visits", purpose=purpose)


RIGHTS_OF_ONE = st.integers(0, 2 ** len(RIGHTS) - 1).map(
    lambda bits: [right for place, right in enumerate(RIGHTS) if bits >> place & 1]
)
ROLES = st.dictionaries(st.sampled_from("abc"), RIGHTS_OF_ONE, min_size=1)


@given(ROLES, st.sampled_from("abcd"), st.sampled_from(RIGHTS))
def test_a_right_is_had_exactly_where_a_line_gives_it(
    roles: dict[str, list[str]], role: str, right: Any
) -> None:
    more = {"purposes": ["research"], "rationale": "Why."}
    shown = {"others": "keep"}
    of = policy(**{
        name: {"may": may, **more, **(shown if "read_released" in may else {})}
        for name, may in roles.items()
    })  # fmt: skip

    decision = allowed(of, role, right, day=DAY, purpose="research")

    assert decision.allowed == (right in roles.get(role, ()))
    assert not allowed(of, role, right, day=DAY, purpose="sales").allowed or right not in READING


def test_a_role_ends_after_its_last_day() -> None:
    of = policy(scientist=SCIENTIST)
    assert allowed(of, "scientist", "see_runs", day=dt.date(2026, 12, 31)).allowed
    ended = allowed(of, "scientist", "see_runs", day=dt.date(2027, 1, 1))
    assert (ended.allowed, ended.loc) == (False, ("roles", "scientist", "until"))


def test_reading_is_for_a_purpose_of_the_role() -> None:
    of = policy(scientist=SCIENTIST)
    with pytest.raises(AccessError, match="for a purpose"):
        view(of, "scientist", None)
    with pytest.raises(AccessError, match="sales isn't a purpose"):
        view(of, "scientist", "sales")
    with pytest.raises(AccessError, match="Did you mean 'scientist'"):
        check_allowed(of, "scientst", "see_runs", day=DAY, dataset="visits")


def test_a_view_has_what_the_lines_say_and_nothing_else() -> None:
    seen = view(policy(scientist=SCIENTIST), "scientist")
    assert {c.name: c.how for c in seen.columns} == {
        "__id": "drop", "person": "mask", "site": "keep", "age": "generalise", "team": "drop",
        "age_band": "drop", "age__imputed": "drop", "person__outlier": "drop",
    }  # fmt: skip
    assert seen.rows == "site == 'A'"
    assert not seen.whole


def test_a_view_is_whole_only_without_a_mask_and_a_filter() -> None:
    assert view(policy(engineer=ENGINEER), "engineer").whole
    filtered = ENGINEER | {"rows": "age > 3"}
    assert not view(policy(engineer=filtered), "engineer").whole
    assert next(c.how for c in view(policy(engineer=filtered), "engineer").columns) == "drop"


@given(
    st.dictionaries(st.sampled_from(sorted(CLASSIFIED)), st.sampled_from(["mask", "drop", "keep"])),
    st.sampled_from(["keep", "drop"]),
)
def test_a_classified_column_is_kept_only_by_its_own_line(
    ways: dict[str, str], others: Any
) -> None:
    made = {"mask": {"text": "x"}, "drop": {}, "keep": {"rationale": "Why."}}
    columns = {name: {"treatment": way, **made[way]} for name, way in ways.items()}
    role = {"may": ["read_released"], "purposes": ["research"], "others": others}
    if not columns and others == "drop":
        return
    seen = {c.name: c.how for c in view(policy(a=role | {"columns": columns}), "a").columns}
    for name, classified in CLASSIFIED.items():
        default = "keep" if others == "keep" and not classified else "drop"
        assert seen[name] == ways.get(name, default)


@pytest.mark.parametrize(
    ("role", "said"),
    [
        ({"may": ["read_raw"], "purposes": ["x"]}, "rationale"),
        ({"may": ["read_log", "read_log"]}, "twice"),
        ({"may": ["read_released"], "others": "keep"}, "purposes"),
        ({"may": ["read_released"], "purposes": ["x"]}, "shows nothing"),
        ({"may": ["see_runs"], "rows": "age > 3"}, "belong to the right read_released"),
        ({"may": ["see_everything"]}, "Input should be"),
        ({"may": ["read_released"], "purposes": ["x"],
          "columns": {"age": {"treatment": "keep"}}}, "rationale"),
    ],
)  # fmt: skip
def test_a_policy_that_says_less_than_it_must_is_refused(role: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        policy(a=role)


def test_rights_to_clear_values_are_rights_to_rows() -> None:
    assert set(CLEAR) < set(READING) < set(RIGHTS)


def test_members_have_their_role_and_nobody_else() -> None:
    of = AccessPolicy.model_validate(
        {"roles": {"scientist": SCIENTIST}, "members": {"scientist": ["ada", "lab"]}, "log": LOG}
    )
    nobody = frozenset[str]()
    assert has_role(of, "scientist", "ada", nobody).allowed
    assert has_role(of, "scientist", "eve", frozenset({"lab"})).allowed
    assert not has_role(of, "scientist", "eve", nobody).allowed
    assert has_role(policy(scientist=SCIENTIST), "scientist", "eve", nobody).allowed


def written(tmp_path: Path, own: Any, theirs: Any = None) -> Path:
    for folder, value in (("visits", own), ("_organisation", theirs)):
        if value is not None:
            (tmp_path / folder).mkdir()
            text = yaml.safe_dump(value, sort_keys=False)
            (tmp_path / folder / "access.yaml").write_text(text)
    return tmp_path / "visits" / "access.yaml"


def test_each_answer_names_the_line_that_gives_it(tmp_path: Path) -> None:
    path = written(tmp_path, {"roles": {"scientist": SCIENTIST}, "log": LOG})
    document, of = load_document(path), load_policy(path, AccessPolicy)

    lines = explain(of, document, "scientist", "visits", CLASSIFIED, day=DAY)

    text = path.read_text().splitlines()
    said = {(x.subject, x.what): (x.answer, x.where) for x in lines}
    for key, word in (
        (("right", "read_released"), "- read_released"), (("column", "age"), "age:"),
        (("column", "site"), "others: keep"), (("right", "trigger"), "may:"),
        (("rows", "site == 'A'"), "rows:"), (("purposes", "research"), "purposes:"),
    ):  # fmt: skip
        line = int(said[key][1].split(":")[1].split()[0])
        assert word in text[line - 1], (key, text[line - 1])
    assert said["right", "trigger"][0] == "no"
    assert said["column", "team"][0] == "drop"


def test_a_role_that_nobody_named_may_do_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, {"roles": {"scientist": SCIENTIST}, "log": LOG})
    of = load_policy(path, AccessPolicy)
    lines = explain(of, load_document(path), "owner", "visits", CLASSIFIED, day=DAY)
    assert {x.answer for x in lines} == {"no"}
    assert len(lines) == len(RIGHTS)


def test_an_organisation_names_members_and_bounds_rights(tmp_path: Path) -> None:
    bounds = {"members": {"scientist": ["lab"]}, "most_rights": {"scientist": ["see_runs"]}}
    path = written(tmp_path, {"roles": {"scientist": SCIENTIST}, "log": LOG}, bounds)
    with pytest.raises(PolicyError, match="scientist has read_released, and most_rights doesn't"):
        load_policy(path, AccessPolicy)


def test_a_data_set_may_have_fewer_members_and_not_others(tmp_path: Path) -> None:
    own = {"roles": {"scientist": SCIENTIST}, "log": LOG, "members": {"scientist": ["ada", "eve"]}}
    path = written(tmp_path, own, {"members": {"scientist": ["ada", "bob"]}})
    with pytest.raises(PolicyError, match="looser than the organisation"):
        load_policy(path, AccessPolicy)


def test_a_difference_says_what_grants() -> None:
    less = SCIENTIST | {"may": ["read_released"], "purposes": ["research", "teaching"]}
    less |= {"columns": {"person": {"treatment": "keep", "rationale": "Why."}}}
    changes = diff(policy(scientist=SCIENTIST), policy(scientist=less, new=ENGINEER))
    said = {(c.role, c.what): c.grants for c in changes}
    assert said["scientist", "see_runs"] is False
    assert said["scientist", "purpose teaching"] is True
    assert said["scientist", "column person"] is True
    assert said["scientist", "column age"] is False
    assert said["new", "trigger"] is True
    assert diff(policy(a=SCIENTIST), policy(a=SCIENTIST)) == []
    assert [c.grants for c in diff(policy(a=SCIENTIST), None)] == [True]
