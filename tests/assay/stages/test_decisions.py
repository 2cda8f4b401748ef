"""A person's decision about a column that looks personal is on record, and comments stay."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import yaml

from assay.cli._main import run
from assay.errors import AssayError, PolicyError
from assay.stages.personal_data import declare, dismiss

WHO: dict[str, Any] = {"because": "serial: numbers #1", "by": "ana", "at": dt.date(2024, 1, 5)}
FORMS = {
    "block": "finding:\n  # half\n  least_share: 0.5  # said ana\n  on_found: hold\n",
    "flow": "finding: {least_share: 0.5, on_found: hold}  # short\n",
    "empty": "finding:\n  least_share: 0.5\n  on_found: hold\n  not_personal: {}\n",
    "another": "finding:\n  least_share: 0.5\n  on_found: hold\n  not_personal:\n    age:\n"
    '      # decided\n      phone: {because: x, by: y, at: "2024-01-01"}\n',
}


@pytest.fixture
def asking(ready: Any) -> Any:
    path = policy(ready)
    path.write_text(path.read_text() + FORMS["block"])
    return ready


def policy(train: Any) -> Path:
    path: Path = train.project / "include/policies/visits/privacy.yaml"
    return path


def comments(text: str) -> list[str]:
    return [line.rsplit("# ", 1)[1] for line in text.splitlines() if "# " in line]


@pytest.mark.parametrize("form", FORMS)
def test_what_is_not_personal_is_in_the_policy(ready: Any, form: str) -> None:
    path = policy(ready)
    before = path.read_text() + FORMS[form]
    path.write_text(before)
    dismiss(ready.services.project, "visits", "age", "national_id", **WHO)
    dismiss(ready.services.project, "visits", "age", "postcode", **WHO)
    dismiss(ready.services.project, "visits", "score", "phone", **WHO)
    after = yaml.safe_load(path.read_text())["finding"]["not_personal"]
    decision = {"because": WHO["because"], "by": "ana", "at": "2024-01-05"}
    assert after["age"]["national_id"] == after["score"]["phone"] == decision
    assert ("phone" in after["age"]) == (form == "another")
    assert set(comments(before)) <= set(comments(path.read_text()))
    assert set(before.splitlines()) - set(path.read_text().splitlines()) <= {
        FORMS["flow"].strip(), "  not_personal: {}"
    }  # fmt: skip


def test_a_decision_is_made_once_and_needs_the_search(asking: Any) -> None:
    project = asking.services.project
    dismiss(project, "visits", "age", "phone", **WHO)
    with pytest.raises(PolicyError, match="on record already"):
        dismiss(project, "visits", "age", "phone", **WHO)
    with pytest.raises(PolicyError, match="doesn't ask for the search"):
        dismiss(project, "sites", "region", "phone", **WHO)


def test_what_is_personal_is_classified_in_the_contract(asking: Any) -> None:
    contract = asking.project / "include/contracts/visits.odcs.yaml"
    done = declare(asking.services.project, "visits", "age", "date_of_birth", **WHO)
    assert done.classification == "quasi_identifier"
    loaded = asking.services.project.contract("visits")
    assert loaded.column("age").classification == "quasi_identifier"
    assert (
        "# age: dates of birth, said ana on 2024-01-05: serial: numbers #1" in contract.read_text()
    )
    with pytest.raises(AssayError, match="classifies the column already"):
        declare(asking.services.project, "visits", "age", "phone", **WHO)


def test_a_column_in_block_form_is_classified_too(asking: Any) -> None:
    declare(asking.services.project, "visits", "passed", "national_id", **WHO)
    loaded = asking.services.project.contract("visits").column("passed")
    assert (loaded.classification, loaded.role) == ("identifier", "label")


@pytest.mark.parametrize(
    ("column", "kind", "says"), [("agee", "phone", "'age'"), ("age", "fone", "'phone'")]
)
def test_a_misspelt_name_is_refused(asking: Any, column: str, kind: str, says: str) -> None:
    before = policy(asking).read_text()
    for decide in (dismiss, declare):
        with pytest.raises(AssayError, match=says):
            decide(asking.services.project, "visits", column, kind, **WHO)
    assert policy(asking).read_text() == before


def test_the_command_searches_decides_and_says_so(
    asking: Any, mini: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:  # fmt: skip
    monkeypatch.setenv("ASSAY_PROJECT", str(asking.project))
    monkeypatch.setenv("ASSAY_HOME", str(asking.home))
    asking.drop("visits", "2024-01-03", mini.visits("2024-01-03"))
    assert run(["privacy", "scan", "visits", "--batch", "2024-01-03"]) == 0
    data = tmp_path / "rows.csv"
    data.write_text("age\n" + "".join(f"marked{i}@example.org\n" for i in range(9)))
    assert run(["privacy", "scan", str(data)]) == 1
    assert run(["privacy", "scan", str(data), "--dataset", "visits"]) == 1
    assert run(["privacy", "confirm", "visits", "age", "--is-not-personal", "email",
                "--because", "machines", "--author", "ana"]) == 0  # fmt: skip
    assert run(["privacy", "scan", str(data), "--dataset", "visits", "--json"]) == 0
    assert run(["privacy", "confirm", "visits", "age", "--because", "x"]) == 2
    out, err = capsys.readouterr()
    assert "marked" not in out + err
    assert "undeclared" in out


def test_an_identifier_has_a_domain_of_its_own_or_the_one_that_is_named(asking: Any) -> None:
    project = asking.services.project
    declare(project, "visits", "score", "phone", **WHO)
    declare(project, "visits", "seen", "email", **WHO, domain="people")
    found = project.contract("visits")
    assert found.column("score").identity_domain == "visits_score"
    assert found.column("seen").identity_domain == "people"
