"""validate, clean, drift, fairness: codes, JSON alone on stdout, faults that explain themselves."""

from __future__ import annotations

import functools
import gzip
import http.server
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

BETWEEN = "expect_column_values_to_be_between"
IN_SET = "expect_column_values_to_be_in_set"
LOW = {"min_value": 0, "max_value": 30}


@pytest.mark.parametrize(
    ("severity", "code", "verdict"),
    [("critical", 1, "FAIL"), ("warning", 0, "WARN"), ("info", 0, "PASS")],
)
def test_the_code_follows_the_severity(
    assay: Any, suite: Any, severity: str, code: int, verdict: str
) -> None:
    path = suite((BETWEEN, "age", severity, LOW))

    said = assay("validate", "day.csv", "--suite", path, "--json")
    shown = assay("validate", "day.csv", "--suite", path)

    assert (said.code, said.json["verdict"]) == (code, verdict)
    assert f"{verdict}: " in said.err
    assert (shown.code, shown.out.splitlines()[-1]) == (code, f"{verdict}: {path}")
    assert "age must be 0 to 30" in shown.out


def test_every_expectation_has_its_result(assay: Any, suite: Any) -> None:
    path = suite(
        (BETWEEN, "age", "critical", LOW), (IN_SET, "sitte", "critical", {"value_set": []})
    )

    said = assay("validate", "day.csv", "--suite", path, "--json")

    low, unknown = said.json["results"]
    assert [r["meta"] for r in (low, unknown)] == [{"own": "age"}, {"own": "sitte"}]
    assert low["engine"] == "compiled"
    assert (unknown["success"], unknown["verdict"]) == (False, "INCONCLUSIVE")
    assert "Did you mean 'site'?" in assay("validate", "day.csv", "--suite", path).out
    assert said.code == 1  # a judged FAIL beside it


def test_what_cant_be_judged_is_inconclusive(assay: Any, suite: Any) -> None:
    said = assay("validate", "day.csv", "--suite", suite((BETWEEN, "agee", "critical", LOW)))
    assert said.code == 3


def test_the_quarantine_and_redaction_name_nobody(assay: Any, suite: Any, folder: Path) -> None:
    path = suite((IN_SET, "person", "critical", {"value_set": ["nobody"]}))

    clear = assay("validate", "day.csv", "--suite", path)
    call = ("validate", "day.csv", "--suite", path, "--redact", "person")
    shown = assay(*call)
    said = assay(*call, "--quarantine", "bad", "--json")

    assert "MRK" in clear.out
    assert "MRK" not in clear.err + said.out + said.err + shown.out + shown.err
    assert (folder / "bad" / "quarantine.parquet").is_file()
    assert said.json["rows"]["quarantined"] == 500
    assert assay("validate", "day.csv", "--suite", path, "--redact", "persn").code == 2


def test_parameters(assay: Any, suite: Any) -> None:
    low = {"min_value": {"$PARAMETER": "low"}, "max_value": 200}
    path = suite((BETWEEN, "age", "critical", low))

    missing = assay("validate", "day.csv", "--suite", path)
    assert missing.code == 2
    assert "--param low=VALUE" in missing.err
    assert assay("validate", "day.csv", "--suite", path, "--param", "low=0").code == 0
    assert assay("validate", "day.csv", "--suite", path, "--param", "low=50").code == 1
    assert assay("validate", "day.csv", "--suite", path, "--param", "low").code == 2


@pytest.mark.slow
def test_gx_itself_agrees(assay: Any, suite: Any) -> None:
    path = suite((BETWEEN, "age", "critical", LOW))

    said = assay("validate", "day.csv", "--suite", path, "--engine", "gx", "--json")

    assert said.code == 1
    assert said.json["results"][0]["engine"] == "gx"


def test_data_from_a_url_and_packed(assay: Any, folder: Path) -> None:
    (folder / "day.csv.gz").write_bytes(gzip.compress((folder / "day.csv").read_bytes()))
    assert assay("validate", "day.csv.gz", "--suite", "suite.json").code == 0
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        base = f"http://127.0.0.1:{server.server_port}"
        said = assay("validate", f"{base}/day.csv", "--suite", "suite.json", "--json")
        gone = assay("validate", f"{base}/no.csv", "--suite", "suite.json")
    finally:
        server.shutdown()
        server.server_close()
    assert (said.code, said.json["rows"]["in"]) == (0, 500)
    assert (gone.code, gone.out) == (2, "")


HEAD = b"person,age\n"
BROKEN = {
    "gone.csv": None,
    "nothing.csv": b"",
    "twice.csv": b"a,a\n1,2\n",
    "torn.csv": HEAD + b"p,1\nq",
    "quote.csv": HEAD + b'"SECRET,1\n',
    "cell.csv": HEAD + b"S" * 10_000_000 + b",1\n",
    "name.csv": b"c" * 1_000_000 + b",b\n1,2\n",
    "zip.csv.gz": b"SECRET",
    "half.parquet": b"PAR1" + b"x" * 100,
    "what.xlsx": b"PK",
}


@pytest.mark.parametrize("name", BROKEN)
def test_unreadable_data_is_an_error_that_says_so(assay: Any, folder: Path, name: str) -> None:
    content = BROKEN[name]
    if content is not None:
        (folder / name).write_bytes(content)

    said = assay("validate", name, "--suite", "suite.json")

    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(name)
    assert "SECRET" not in said.err
    assert "nforeseen" not in said.err
    assert len(said.err) < 500


def test_a_folder_is_no_data(assay: Any, folder: Path) -> None:
    (folder / "dir.csv").mkdir()
    for name in ("dir.csv", "."):
        assert assay("validate", name, "--suite", "suite.json").code == 2


def test_a_byte_order_mark_is_no_part_of_a_name(assay: Any, folder: Path) -> None:
    (folder / "bom.csv").write_bytes(b"\xef\xbb\xbf" + (folder / "day.csv").read_bytes())
    assert assay("validate", "bom.csv", "--suite", "suite.json").code == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "isn't JSON"),
        ('{"name": ', "isn't JSON"),
        ("[]", "isn't an expectation suite"),
        ('{"name": "s", "expectations": []}', "holds no expectation"),
        (
            '{"name": "s", "expectations": [{"type": "expect_column_values_to_be_nul", '
            '"kwargs": {"column": "age"}}]}',
            "Did you mean 'expect_column_values_to_be_null'?",
        ),
    ],
)
def test_a_suite_that_cant_be_read(assay: Any, folder: Path, text: str, message: str) -> None:
    (folder / "bad.json").write_text(text)

    said = assay("validate", "day.csv", "--suite", "bad.json")

    assert (said.code, said.out) == (2, "")
    assert message in said.err


def test_a_row_condition_runs_nothing(assay: Any, suite: Any, folder: Path) -> None:
    text = "__import__('os').system('touch pwned')"
    path = suite((BETWEEN, "age", "critical", {**LOW, "row_condition": text}))

    assert assay("validate", "day.csv", "--suite", path).code == 2
    assert not (folder / "pwned").exists()


BOMB = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(12)
)
POLICIES = {
    "runs code": ("on_inconclusive: !!python/object/apply:os.system ['touch pwned']\n", "YAML"),
    "a bomb": (BOMB, "entries"),
    "in a circle": ("a: &a [*a]\n", "nested more than 100 deep"),
    "wrong types": ("on_inconclusive: 5\nsteps: 3\n", ":1 on_inconclusive"),
    "unknown key": ("on_inconclusive: hold\nstep: []\n", "steps"),
    "broken": ("on_inconclusive: [hold\n", "YAML"),
    "empty": ("", "mapping"),
    "nothing said": ("steps: []\n", "on_inconclusive"),
}


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_that_cant_be_believed(assay: Any, folder: Path, name: str) -> None:
    text, message = POLICIES[name]
    (folder / "bad.yaml").write_text(text)

    for verb in (
        ("clean", "day.csv", "--out", "o.parquet"),
        ("fairness", "day.csv"),
        ("drift", "--reference", "day.csv", "--current", "next.csv"),
    ):
        said = assay(*verb, "--policy", "bad.yaml")
        assert (said.code, said.out) == (2, "")
        assert "bad.yaml" in said.err
        assert "nforeseen" not in said.err
        assert message in said.err or verb[0] != "clean"
    assert not (folder / "pwned").exists()
    assert not (folder / "o.parquet").exists()


def test_clean_says_what_it_was_fitted_on(assay: Any, folder: Path) -> None:
    call = ("clean", "day.csv", "--policy", "cleaning.yaml", "--out", "o.parquet", "--json")

    alone = assay(*call)
    fitted = assay(*call, "--reference", "next.csv", "--report", "r.json")

    assert (alone.code, alone.json["report"]["fitted_on"]) == (0, "batch")
    assert (fitted.code, fitted.json["report"]["fitted_on"]) == (0, "reference")
    assert alone.json["out"]["rows"] == 500
    assert (folder / "r.json").is_file()


def test_scaling_needs_a_reference(assay: Any, folder: Path) -> None:
    call = ("clean", "day.csv", "--policy", "scale.yaml", "--out", "o.parquet")

    refused = assay(*call)

    assert refused.code == 2
    assert "--reference" in refused.err
    assert not (folder / "o.parquet").exists()
    assert assay(*call, "--reference", "next.csv").code == 0


def test_clean_never_replaces_what_it_reads(assay: Any, folder: Path) -> None:
    before = (folder / "day.csv").read_bytes()

    said = assay("clean", "day.csv", "--policy", "cleaning.yaml", "--out", folder / "day.csv")

    assert said.code == 2
    assert (folder / "day.csv").read_bytes() == before


def test_clean_of_nothing_is_inconclusive(assay: Any, folder: Path, mini: Any) -> None:
    (folder / "none.csv").write_text(mini.as_csv(mini.HEADER, []))
    (folder / "null.csv").write_text(mini.as_csv(mini.HEADER, [("",) * 7] * 3))
    for name in ("none.csv", "null.csv"):
        said = assay("clean", name, "--policy", "cleaning.yaml", "--out", "o.parquet")
        assert said.code == 3, said.err


def test_drift(assay: Any, folder: Path) -> None:
    call = ("drift", "--policy", "drift.yaml", "--json", "--current")

    alike = assay(*call, "next.csv", "--reference", "day.csv")
    apart = assay(*call, "far.csv", "--reference", "day.csv", "--report", "d.html")
    alone = assay(*call, "next.csv")

    assert [s.code for s in (alike, apart, alone)] == [0, 1, 3]
    assert [s.json["outcome"] for s in (alike, apart, alone)] == ["PASS", "FAIL", "INCONCLUSIVE"]
    assert alone.json["reasons"][0]["code"] == "no_reference"
    assert "<html" in (folder / "d.html").read_text().lower()


def test_what_a_person_reads_is_drawn_as_tables(assay: Any, folder: Path) -> None:
    drift = assay("drift", "--policy", "drift.yaml", "--current", "far.csv", "--reference",
                  "day.csv").out  # fmt: skip
    clean = assay("clean", "day.csv", "--policy", "cleaning.yaml", "--out", "o.parquet").out
    fair = assay("fairness", "--policy", "fairness.yaml", "day.csv").out

    for text, first, last in (
        (drift, "column", "rows"), (clean, "step", "not fitted because"), (fair, "outcome", "limit")
    ):  # fmt: skip
        lines = text.splitlines()
        head = next(i for i, line in enumerate(lines) if line.split()[:1] == [first])
        assert lines[head].rstrip().endswith(last)
        # A drawn table fills its lines with blanks; a written one ends where its words do.
        assert len(lines[head]) == len(lines[head + 1]) > len(lines[head].rstrip())


def test_a_report_that_cant_be_written_says_where(assay: Any, folder: Path) -> None:
    policy = folder / "drift.yaml"
    policy.write_text("on_inconclusive: hold\napplies: false\nreason: A register.\n")
    day = folder / "day.csv"
    day.write_text("a\n1\n")
    report = folder / "nowhere" / "drift.html"

    ended = assay("drift", "--current", day, "--policy", policy, "--report", report)

    assert ended.code == 2
    assert str(report) in ended.err


def test_fairness(assay: Any, folder: Path, mini: Any) -> None:
    rows = [(*r[:5], int(r[4] == "a"), r[6]) for r in mini.visit_rows("2024-01-01")]
    (folder / "unfair.csv").write_text(mini.as_csv(mini.HEADER, rows))
    (folder / "one.csv").write_text(mini.as_csv(mini.HEADER, rows[:1]))
    call = ("fairness", "--policy", "fairness.yaml", "--json")

    found = [assay(*call, name) for name in ("day.csv", "unfair.csv", "one.csv")]

    assert [s.code for s in found] == [0, 1, 3]
    assert all(s.json for s in found)


def test_as_a_process(folder: Path) -> None:
    command = str(Path(sys.executable).with_name("assay"))
    for arguments, code in (
        (("validate", "day.csv", "--suite", "suite.json"), 0),
        (("validate", "gone.csv", "--suite", "suite.json"), 2),
        (("drift", "--current", "next.csv", "--policy", "drift.yaml"), 3),
    ):
        found = subprocess.run([command, *arguments], capture_output=True, text=True, check=False)
        assert found.returncode == code, found.stderr
        assert bool(found.stdout) == (code != 2)
        assert "Traceback" not in found.stderr
