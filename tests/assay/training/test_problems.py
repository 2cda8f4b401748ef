"""Every fault of a model file is found at its place, and a whole file has none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from training_sets import model_file

from assay.training import model_problems
from assay.training._allowed import ALLOWED, REFUSED
from assay.training._columns import Columns

TYPES = dict.fromkeys(("income", "debt", "age", "rate", "arrears"), "number")
TYPES |= dict.fromkeys(("town", "sex", "repaid", "person", "said"), "string")
TYPES |= {"opened": "timestamp", "towns.people": "integer", "towns.name": "string"}
COLUMNS = Columns(
    types={**TYPES, "ratio": None, "hindsight": None, "deep": None, "arrears__imputed": None},
    roles={"repaid": "label", "said": "prediction", "sex": "protected"},
    derived={
        "ratio": ("debt", "income"), "hindsight": ("arrears", "debt"), "deep": ("hindsight",),
        "arrears__imputed": ("arrears",), "truth": ("repaid",),
    },
    levels={"sex": ("f", "m"), "repaid": ("no", "yes")},
    keys={"towns": ("name",)},
    joined={"towns": ("name", "people")},
)  # fmt: skip
SUBJECTS = Columns(COLUMNS.types, COLUMNS.roles, COLUMNS.derived, frozenset({"person"}))
JOIN = {"data": {"joins": {"towns": {"by": {"town": "name"}, "columns": ["people"]}}}}


def _problems(changes, columns=COLUMNS):
    return model_problems(model_file(**changes), columns)


def _features(*names, moment="asked"):
    known = {"asked": ["income", "town", *(n for n in names if moment == "asked")],
             "decided": ["rate"], "ended": ["arrears"]}  # fmt: skip
    return {"features": ["income", "town", *names], "known_from": known}


def test_a_whole_file_has_no_fault():
    assert _problems({}) == []
    assert _problems(JOIN | _features("towns.people")) == []
    assert _problems(_features("ratio", "debt")) == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("repaid", "the label is made of repaid"),
        ("arrears", "known from `ended` and the model is asked at `decided`: leakage"),
        ("hindsight", "arrears is known from `ended`"),
        ("deep", "arrears is known from `ended`"),
        ("arrears__imputed", "arrears is known from `ended`"),
        ("said", "another model's prediction"),
        ("sex", "a protected attribute is a feature without a rationale"),
        ("debt", "nothing says from when debt is known"),
    ],
)
def test_a_feature_that_nobody_has_is_refused_by_name(name, said):
    known = {"asked": ["income", "town"], "decided": ["rate"], "ended": ["arrears"]}
    if name not in {"arrears", "debt"}:
        known["asked"].append(name)
    changes = {"features": ["income", "town", name], "known_from": known}
    problems = [p for p in _problems(changes) if p.where == "features.2"]
    assert any(said in p.what for p in problems), problems


def test_what_derives_from_an_input_of_the_label_is_refused():
    changes = {"label": {"column": None, "expression": "arrears > 0", "favourable": True}}
    found = _problems(changes | _features("hindsight"))
    assert any("the label is made of arrears" in p.what for p in found)
    assert any("hindsight is made of arrears, debt" in p.what for p in found)


def test_a_protected_attribute_needs_a_rationale():
    steps = [{"step": "OneHotEncoder", "columns": ["town", "sex"]}]
    changes = _features("sex") | {"preprocessing": steps}
    assert _problems(changes | {"protected_features": {"sex": "the law asks for it"}}) == []
    flipped = {"gates": {"flip": {"attributes": {"age": {}}, "max": 0.1}}}
    assert [p.where for p in _problems(flipped)] == ["features.2"]


def test_a_subject_is_no_feature_and_stays_on_one_side():
    steps = [{"step": "OneHotEncoder", "columns": ["town", "person"]}]
    found = _problems(_features("person") | {"preprocessing": steps}, SUBJECTS)
    assert {p.where for p in found} == {"features.2", "split.by"}
    assert "learn its subjects by heart" in found[0].what
    reason = {"split": {"shared_subjects": "asked of people that it has seen"}}
    assert _problems(reason, SUBJECTS) == []
    whole = {"split": {"by": "group", "group": "person"}}
    assert _problems(whole, SUBJECTS) == []
    other = {"split": {"by": "group", "group": "town"}}
    assert [p.where for p in _problems(other, SUBJECTS)] == ["split.group"]


PARAMETERS = "estimator.parameters"


@pytest.mark.parametrize(
    ("changes", "where", "said"),
    [
        ({"features": ["incme"]}, "features.0", "Did you mean 'income'?"),
        ({"data": {"where": "incme > 1"}}, "data.where", "Did you mean 'income'?"),
        ({"data": {"where": "income + 1"}}, "data.where", "no condition"),
        ({"data": {"where": "income > 'a'"}}, "data.where", "types"),
        ({"data": {"where": "income >"}}, "data.where", "can't be read"),
        ({"data": {"where": "__import__('os') = 1"}}, "data.where", "no such function"),
        ({"label": {"favourable": "yess"}}, "label.favourable", "Did you mean 'yes'?"),
        ({"estimator": {"name": "LogisticRegresion"}}, "estimator.name", "LogisticRegression"),
        ({"estimator": {"name": "Ridge"}}, "estimator.name", "it is a regressor"),
        ({"estimator": {"name": "VotingClassifier"}}, "estimator.name", "takes a list"),
        ({"estimator": {"parameters": {"max_itr": 5}}}, f"{PARAMETERS}.max_itr", "'max_iter'"),
        ({"estimator": {"parameters": {"C": -1}}}, f"{PARAMETERS}.C", "range"),
        ({"estimator": {"parameters": {"n_jobs": 2}}}, f"{PARAMETERS}.n_jobs", "threads"),
        ({"estimator": {"parameters": {"random_state": 2}}}, f"{PARAMETERS}.random_state", "seed"),
        (
            {"estimator": {"name": "OneVsRestClassifier", "parameters": None}},
            PARAMETERS, "needs the parameter 'estimator'",
        ),
        (
            {"estimator": {"name": "OneVsRestClassifier",
                           "parameters": {"max_iter": None, "estimator": {"name": "SVD"}}}},
            f"{PARAMETERS}.estimator.name", "no such classifier",
        ),
        ({"estimator": {"name": None, "entry": "os:sytem"}}, "estimator.entry", "isn't there"),
        (
            {"estimator": {"search": {"method": "grid", "space": {"C": [1.0, -1]}, "folds": 2,
                                      "metric": "roc_auk"}}},
            "estimator.search.metric", "'roc_auc'",
        ),
        (
            {"estimator": {"search": {"method": "grid", "space": {"C": [1.0, -1]}, "folds": 2,
                                      "metric": "roc_auc"}}},
            "estimator.search.space.C.1", "range",
        ),
        (
            {"preprocessing": [{"step": "FunctionTransformer", "columns": ["town"]}]},
            "preprocessing.0.step", "never runs as code",
        ),
        ({"preprocessing": [{"step": "OneHotEncoder", "columns": ["twn"]}]},
         "preprocessing.0.columns.0", "'town'"),
        ({"preprocessing": []}, "features.3", "no step of preprocessing makes numbers of it"),
        (_features("opened"), "features.2", "a timestamp is no feature"),
        (JOIN | _features("towns.name"), "features.2", "isn't joined"),
        ({"data": {"joins": {"town": {"by": {"town": "name"}, "columns": ["people"]}}}},
         "data.joins.town", "'towns'"),
        ({"data": {"joins": {"towns": {"by": {"town": "people"}, "columns": ["people"]}}}},
         "data.joins.towns.by", "a part of the key"),
        ({"gates": {"performance": {"slices": ["sxe"]}}}, "gates.performance.slices.0", "'sex'"),
        ({"gates": {"sanity": {"strong_features": {"rate": "good"}}}},
         "gates.sanity.strong_features.rate", "isn't a feature"),
        ({"gates": {"performance": {"limits": [{"metric": "rmse", "max": 1}]}}},
         "gates.performance.limits.0.metric", "has no such metric"),
        ({"estimator": {"name": "LinearSVC"}},
         "gates.performance.limits.0.metric", "gives none"),
        ({"gates": {"flip": {"max": 0.1,
                             "attributes": {"sex": {"follows": {"town": {"q": "Ely"}}}}}}},
         "gates.flip.attributes.sex.follows.town", "no such level"),
    ],
)  # fmt: skip
def test_a_fault_is_found_at_its_place(changes, where, said):
    found = [p for p in _problems(changes) if p.where == where]
    assert any(said in str(p) for p in found), _problems(changes)


def test_every_class_of_scikit_learn_is_allowed_or_refused_with_a_reason():
    from sklearn.utils import all_estimators

    for kind in ("classifier", "regressor", "transformer"):
        public = {name for name, _ in all_estimators(type_filter=kind)}
        others = set().union(*ALLOWED.values())
        assert public - others - set(REFUSED) == set()
        assert set(ALLOWED[kind]) <= public
    assert not set(REFUSED) & set().union(*ALLOWED.values())


WAYS = {"rows": 5, "each": 1, "actionable": ["income", "town"], "plausible": 0.9}
RECOURSE = {"groups": ["sex"], "rows": 9, "least_number": 5, "share_gap": 0.1, "cost_gap": 0.1}


@pytest.mark.parametrize(
    ("explain", "changes", "where", "said"),
    [
        ({"importance": {"repeats": 1, "rows": 9, "partial_dependence": ["incme"]}}, {},
         "explain.importance.partial_dependence.0", "isn't a feature"),
        ({"counterfactuals": {**WAYS, "actionable": ["rate"]}}, {},
         "explain.counterfactuals.actionable.0", "isn't a feature"),
        ({"counterfactuals": {**WAYS, "directions": {"age": "rises"}}}, {},
         "explain.counterfactuals.directions.age", "may not change"),
        ({"counterfactuals": {**WAYS, "directions": {"town": "rises"}}}, {},
         "explain.counterfactuals.directions.town", "no order"),
        ({"counterfactuals": {**WAYS, "actionable": None,
                              "immutable": ["income", "debt", "age", "town"]}}, {},
         "explain.counterfactuals", "no feature may change"),
        ({"counterfactuals": WAYS, "recourse": {**RECOURSE, "groups": ["gender"]}}, {},
         "explain.recourse.groups.0", "no such column"),
        ({"counterfactuals": WAYS, "recourse": {**RECOURSE, "groups": ["person"]}}, {},
         "explain.recourse.groups.0", "may not be named"),
        ({"counterfactuals": WAYS}, {"estimator": {"name": "LinearSVC", "parameters": {}}},
         "explain", "needs probabilities"),
        ({"counterfactuals": WAYS}, {
            "label": {"column": "arrears", "kind": "number", "favourable": None},
            "estimator": {"name": "LinearRegression", "parameters": {}},
            "gates": {"performance": {"limits": [{"metric": "mae", "max": 1}]}},
        }, "explain.counterfactuals", "has no counterfactuals"),
    ],
)  # fmt: skip
def test_what_cannot_be_explained_is_refused(explain, changes, where, said):
    columns = replace(COLUMNS, classified=frozenset({"person", "sex"}))
    whole = {"counterfactuals": WAYS, "recourse": RECOURSE}
    assert _problems({"explain": whole}, columns) == []
    found = _problems({"explain": explain} | changes, columns)
    assert any(p.where == where and said in p.what for p in found), found
