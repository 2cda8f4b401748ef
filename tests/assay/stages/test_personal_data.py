"""A batch with personal data that its contract doesn't declare is held, until a person decides."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

HASH = "4e1e32c5206efccf6fec8db8acad4f6dbc3ba985d91ec2ac3ff49d24ff543b76"
"""Of the privacy policy of visits, before the search for personal data existed."""
DAY, NEXT = "2024-01-03", "2024-01-04"
FINDING = "finding: {least_share: 0.05, on_found: hold}\n"


def with_note(text: str, note: Callable[[int], str]) -> str:
    """The rows of a day with one column more."""
    head, *lines = text.splitlines()
    return "\n".join([f"{head},note", *(f"{x},{note(i)}" for i, x in enumerate(lines))]) + "\n"


def mail(i: int) -> str:
    return f"marked{i}@example.org"


@pytest.fixture
def noted(ready: Any) -> Any:
    """A project whose visits have a note, and whose privacy policy asks for the search."""
    contract = ready.project / "include/contracts/visits.odcs.yaml"
    seen = "      - {name: seen, logicalType: timestamp}\n"
    text = contract.read_text()
    assert seen in text
    contract.write_text(text.replace(seen, seen + "      - {name: note, logicalType: string}\n"))
    policy(ready).write_text(policy(ready).read_text() + FINDING)
    return ready


def policy(train: Any) -> Path:
    return train.project / "include/policies/visits/privacy.yaml"


def files_with(folder: Path, text: str) -> list[Path]:
    return [p for p in folder.rglob("*") if p.is_file() and text.encode() in p.read_bytes()]


def test_undeclared_personal_data_hold_the_batch_before_anything_is_protected(
    noted: Any, mini: Any
) -> None:
    noted.drop("visits", DAY, with_note(mini.visits(DAY), mail))
    done = noted.run("visits", DAY)
    assert done["protect"].holds
    assert done["protect"].reasons == ("personal_data_undeclared",)
    assert "clean" not in done
    assert noted.batch("visits", DAY)["state"] == "held"
    (page,) = (noted.home / "reports/visits" / DAY).rglob("protect.html")
    assert "e-mail addresses" in page.read_text()
    for zone in ("reports", "work", "messages", "catalog"):
        assert files_with(noted.home / zone, "marked7@example.org") == []
    assert not list((noted.home / "work/visits" / DAY).rglob("observed*"))


def test_nobody_forces_it(noted: Any, mini: Any) -> None:
    noted.drop("visits", DAY, with_note(mini.visits(DAY), mail))
    noted.run("visits", DAY, force=True, reason="we need it", approved_by="a second person")
    assert noted.batch("visits", DAY)["state"] == "held"


def test_a_policy_that_warns_lets_it_out(noted: Any, mini: Any) -> None:
    policy(noted).write_text(policy(noted).read_text().replace("on_found: hold", "on_found: warn"))
    noted.drop("visits", DAY, with_note(mini.visits(DAY), mail))
    done = noted.run("visits", DAY)
    assert (done["protect"].outcome, done["protect"].holds) == ("WARN", False)
    assert noted.batch("visits", DAY)["state"] == "released"


def test_notes_that_are_none_pass(noted: Any, mini: Any) -> None:
    noted.drop("visits", DAY, with_note(mini.visits(DAY), lambda i: f"seen {i % 7} times"))
    done = noted.run("visits", DAY)
    assert done["protect"].outcome == "PASS"
    assert noted.batch("visits", DAY)["state"] == "released"


def test_a_decision_is_about_one_kind(noted: Any, mini: Any) -> None:
    document = yaml.safe_load(policy(noted).read_text())
    decision = {"because": "addresses of machines", "by": "ana", "at": "2024-01-05"}
    document["finding"]["not_personal"] = {"note": {"email": decision}}
    policy(noted).write_text(yaml.safe_dump(document))
    noted.drop("visits", DAY, with_note(mini.visits(DAY), mail))
    assert noted.run("visits", DAY)["protect"].outcome == "PASS"
    noted.drop("visits", NEXT, with_note(mini.visits(NEXT), lambda i: f"10.2.{i % 9}.{i % 251}"))
    assert noted.run("visits", NEXT)["protect"].holds


def test_the_organisation_asks_for_the_search_everywhere(ready: Any, mini: Any) -> None:
    path = ready.project / "include/policies/_organisation/privacy.yaml"
    path.parent.mkdir()
    path.write_text(FINDING)
    ready.drop("visits", DAY, mini.visits(DAY))
    assert ready.run("visits", DAY)["protect"].outcome == "PASS"
    assert ready.batch("visits", DAY)["state"] == "released"
    reports = ready.home / "reports/visits" / DAY
    assert len(list(reports.rglob("protect.html"))) == 1


def test_a_policy_without_the_section_has_the_hash_that_it_had(ready: Any) -> None:
    from assay.policy import load_policy
    from assay.policy.privacy import PrivacyPolicy

    loaded = load_policy(policy(ready), PrivacyPolicy)
    assert loaded.hash == HASH, "versions of existing homes must be found again"
