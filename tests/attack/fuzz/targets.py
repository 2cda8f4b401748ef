"""What takes input that people or upstreams write, each with a sound input to start from.

A target gets a source of chance and a folder, makes one hostile input and hands it over. It may
raise an error of Assay's own, and nothing else.
"""

from __future__ import annotations

import io
import json
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from pydantic import ValidationError

import assay.quality.expectations  # noqa: F401 - registers them
from assay.contract import Contract, Partition, load_contract
from assay.document import load_document
from assay.engine import Session, open_session
from assay.errors import AssayError
from assay.expression import columns_of, compile_expression
from assay.ingest import Retry, land
from assay.ingest.sources._statement import _select
from assay.lake import Lake
from assay.policy import load_policy
from assay.policy.alerting import AlertingPolicy
from assay.policy.cleaning import CleaningPolicy
from assay.policy.drift import DriftPolicy
from assay.policy.fairness import FairnessPolicy
from assay.policy.privacy import PrivacyPolicy
from assay.policy.quality import QualityPolicy
from assay.policy.retention import RetentionPolicy
from assay.quality import contract_suite, load_suite, validate
from assay.quality._registry import REGISTRY
from assay.quality._row_condition import ConditionError, parse_condition
from assay_airflow.batches import resolve_batch

from . import mutations

Target = Callable[[random.Random, Path], None]
INCLUDE: Final = Path(__file__).parents[3] / "include"
_RULES: Final = Path(__file__).parent / "rules.odcs.yaml"
_POLICIES: Final = (
    AlertingPolicy, CleaningPolicy, DriftPolicy, FairnessPolicy, PrivacyPolicy, QualityPolicy,
    RetentionPolicy,
)  # fmt: skip
_CSV: Final = b'id,n,x,ok,day,at\na,1,1.5,true,2013-02-04,2013-02-04T10:00:00\n"b ""c""",2,,f,,\n'
_LINES: Final = (
    b'{"id": "a", "n": 1, "x": 1.5, "ok": true, "day": "2013-02-04", "at": "2013-02-04T10:00Z"}\n'
    b'{"id": "b", "n": null, "x": [1, {"a": 2}], "ok": "no"}\n'
)
_COLUMNS: Final = [
    {"name": "id", "type": "string", "classification": "identifier", "identity_domain": "people"},
    {"name": "n", "type": "integer"}, {"name": "x", "type": "number"},
    {"name": "ok", "type": "boolean"}, {"name": "day", "type": "date"},
    {"name": "at", "type": "timestamp"},
]  # fmt: skip
_KWARGS: Final[dict[str, Any]] = {
    "column": "i", "column_A": "i", "column_B": "j", "column_list": ["i", "j"], "threshold": 3,
    "value_set": [1, 2, "a"], "sum_total": 5,
    "partition_object": {"bins": [0, 1, 2, 3], "weights": [0.2, 0.3, 0.5]},
    "quantile_ranges": {"quantiles": [0.5], "value_ranges": [[1, 3]]},
    "strftime_format": "%Y-%m-%d", "json_schema": {"type": "object", "pattern": "a"},
    "unexpected_rows_query": "SELECT * FROM {batch} WHERE i > 2 AND s LIKE 'a%' ORDER BY j",
    "value": 3, "other_table_name": "other", "regex": "^[a-z]+$", "regex_list": ["^a", r"\d"],
    "like_pattern": "a%_b", "like_pattern_list": ["a%", "_"], "type_": "int64", "min_value": 1,
    "format": "email", "missing_values": ["a", None], "multiple_of": 2,
    "query": "SELECT max(i) FROM {batch}", "reference_columns": ["i", "j"],
    "max_value": 3, "row_condition": "i > 1 and s != 'b'", "mostly": 0.9, "type_list": ["int64"],
}  # fmt: skip
_CONDITIONS: Final = (
    "age > 18 and col(\"city\").notnull() or not (`a b` in ['x', 'y'])", "~(a == -1.5) & (b <= c)",
    "1 < a < 3 | s.isnull() and t not in ('a', 'b')", 'col("x") != "y"',
)  # fmt: skip
_EXPRESSIONS: Final = (
    "if(i > 15 and not s is null, 'late', concat(s, 'x'))", "round((i - j) / 2.5, 2) * -1 % 3",
    "i in (1, 2, -3) or s not in ('a', 'it''s')", "coalesce(number(s), exp(i), sqrt(j), null)",
    "days_between(t, t) + year(t) + length(upper(`s`)) = 3e2",
    "substr(s, 1, 2) == text(integer(i))",
)  # fmt: skip
_QUERY: Final = (
    "WITH a AS (SELECT day, count(*) AS n FROM loans WHERE day = :batch GROUP BY 1) "
    "SELECT a.*, x::date FROM a JOIN b USING (day) WHERE at BETWEEN :batch_start AND :batch_end"
)
_REST: Final = {"data": {"items": [{"id": "a", "n": 1}, {"id": "b", "n": None}], "next": "c"}}


def yaml_documents(rng: random.Random, folder: Path) -> None:
    """Any YAML file."""
    load_document(_written(folder / "x.yaml", mutations.text(rng, _yaml(rng).read_text("utf-8"))))


def contracts(rng: random.Random, folder: Path) -> None:
    """A contract, and the suite that it is."""
    source = rng.choice([*sorted((INCLUDE / "contracts").glob("*.yaml")), _RULES])
    contract = load_contract(_written(folder / source.name, _as_yaml(rng, source)))
    contract_suite(contract, batch=contract.partition.first)


def policies(rng: random.Random, folder: Path) -> None:
    """A policy of each kind."""
    model = rng.choice(_POLICIES)
    source = rng.choice(sorted((INCLUDE / "policies").glob(f"*/{model.noun}.yaml")))
    load_policy(_written(folder / source.name, _as_yaml(rng, source)), model)


def suites(rng: random.Random, folder: Path) -> None:
    """The file of a suite."""
    source = rng.choice(sorted((INCLUDE / "suites").glob("*/*.json")))
    text = source.read_text("utf-8")
    if rng.random() < 0.5:
        text = mutations.text(rng, text)
    else:
        text = json.dumps(mutations.structure(rng, json.loads(text)))
    load_suite(_written(folder / "raw.json", text))


def row_conditions(rng: random.Random, folder: Path) -> None:
    """A row condition, as text and as an object."""
    nested = {"type": "and", "conditions": [
        {"type": "comparison", "column": {"name": "a"}, "operator": "==", "parameter": 1},
        {"type": "nullity", "column": "b", "is_null": True},
        {"type": "pass_through", "pass_through_filter": _CONDITIONS[0]}]}  # fmt: skip
    asked = rng.choice((mutations.text(rng, rng.choice(_CONDITIONS)),
                        mutations.structure(rng, nested)))  # fmt: skip
    try:
        parse_condition(asked)
    except ConditionError:
        return


def partition_keys(rng: random.Random, folder: Path) -> None:
    """A calendar, a key of it, and the form of a manual run."""
    described = {"grain": "day", "timezone": "Europe/Paris", "first": "2013-01-01", "last": None}
    form = {"batch": "2013-02-04", "force": True, "reason": "because"}
    try:
        partition = Partition.model_validate(mutations.structure(rng, described))
    except ValidationError:  # as a fault of the contract's file
        partition = Partition(grain="month", first="2013-01")
    key = mutations.text(rng, "2013-02-04")
    partition.keys_in(key)
    partition.ended(key)
    form = mutations.structure(rng, {**form, "batch": rng.choice((key, "2013-02-04"))})
    for params in (form if isinstance(form, dict) else {}, {"batch": key}):
        try:
            resolve_batch(partition, SimpleNamespace(partition_key=None, run_id="run"), params)
        except AssayError:
            continue


def queries(rng: random.Random, folder: Path) -> None:
    """The query of a database source."""
    _select(mutations.text(rng, _QUERY), rng.choice((None, "postgres")))


class Engine:
    """The targets that need the engine, which is opened once."""

    def __init__(self, session: Session, url: str, answers: dict[str, Any]) -> None:
        self.session = session
        self.url = url
        self.answers = answers
        columns = {"__row": range(4), "i": [1, 2, 3, None], "j": [4.0, 3.0, float("nan"), 1.0],
                   "s": ["a", "ab", None, "2013-02-04"], "b": [True, False, None, True],
                   "t": pa.array([0, 1, None, 3], pa.timestamp("us"))}  # fmt: skip
        self.table = session.set_aside(pa.table({k: pa.array(v) for k, v in columns.items()}))

    def expectations(self, rng: random.Random, folder: Path) -> None:
        """An expectation of each type, judged."""
        kind = rng.choice(sorted(REGISTRY))
        names = {*REGISTRY[kind].required, *rng.sample(sorted(_KWARGS), k=3)}
        kwargs = {name: _KWARGS[name] for name in sorted(names)}
        kwargs["column"] = rng.choice("ijsbt")
        one = {"type": kind, "kwargs": mutations.structure(rng, kwargs)}
        suite = load_suite(_written(folder / "raw.json", json.dumps({"expectations": [one]})))
        found = validate(self.session, self.table, suite.with_released({"other": self.table}))
        found.document()

    def expressions(self, rng: random.Random, folder: Path) -> None:
        """An expression, compiled and computed."""
        text = mutations.text(rng, rng.choice(_EXPRESSIONS))
        columns_of(text)
        self.session.rows(self.table.select(x=compile_expression(text, self.table)))

    def csv(self, rng: random.Random, folder: Path) -> None:
        """A CSV file, and how it is described."""
        how = {"delimiter": ",", "encoding": "utf-8", "null_values": ["", "NA"]}
        if rng.random() < 0.3:
            how = mutations.structure(rng, how)
        self._landed(folder, mutations.data(rng, _CSV), "csv", rng, **how)

    def json_lines(self, rng: random.Random, folder: Path) -> None:
        """A file of JSON lines."""
        self._landed(folder, mutations.data(rng, _LINES), "jsonl", rng)

    def parquet(self, rng: random.Random, folder: Path) -> None:
        """A Parquet file."""
        table = pa.table({"id": ["a", "b"], "n": [1, None], "x": [1.5, float("nan")],
                          "ok": [True, None], "day": ["2013-02-04", "x"],
                          "at": pa.array([0, 1], pa.timestamp("us", "UTC"))})  # fmt: skip
        sink = io.BytesIO()
        pq.write_table(table, sink, compression=rng.choice(("zstd", "snappy", "none")))
        self._landed(folder, mutations.data(rng, sink.getvalue()), "parquet", rng)

    def rest(self, rng: random.Random, folder: Path) -> None:
        """The answers of a REST endpoint."""
        body = json.dumps(mutations.structure(rng, _REST))
        text = mutations.text(rng, body) if rng.random() < 0.5 else body
        self.answers["body"] = text.encode("utf-8", "surrogatepass")
        self.answers["link"] = mutations.text(rng, f'<{self.url}/x>; rel="next"')
        style = rng.choice(("cursor", "page", "offset", "link"))
        self._run(folder, {"kind": "rest", "location": f"{self.url}/people", "max_bytes": 100_000,
                           "records": "data.items",
                           "pagination": {"style": style, "cursor": "data.next"}})  # fmt: skip

    def files_of_people(self, rng: random.Random, folder: Path) -> None:
        """What a person names on the command line."""
        name, data = rng.choice((("x.csv", _CSV), ("x.csv.gz", _CSV), ("x.parquet", b"PAR1" * 9)))
        path = folder / name
        path.write_bytes(mutations.data(rng, data))
        self.session.value(self.session.open_data(path).count())

    def _landed(self, folder: Path, data: bytes, form: str, rng: random.Random, **how: Any) -> None:
        lake = Lake(folder)
        lake.make("inbox", f"x.{form}").write_bytes(data)
        self._run(folder, {
            "kind": "files", "location": f"inbox/x.{form}", "format": form, "max_bytes": 1_000_000,
            "compression": rng.choice((None, None, None, "gzip", "zstd")), **how,
        })  # fmt: skip

    def _run(self, folder: Path, source: dict[str, Any]) -> None:
        try:
            contract = Contract.model_validate({
                "dataset": "people", "version": "1", "description": "x", "owner": "x",
                "columns": _COLUMNS, "partition": {"grain": "day", "first": "2013-01-01"},
                "source": source, "hash": "0" * 64, "path": folder,
            })  # fmt: skip
        except ValidationError:  # as a fault of the contract's file
            return
        retry = Retry(sleep=lambda _: None)
        land(self.session, contract, "2013-02-04", Lake(folder), retry=retry)


PLAIN: Final[tuple[Target, ...]] = (
    yaml_documents, contracts, policies, suites, row_conditions, partition_keys, queries,
)  # fmt: skip
OF_ENGINE: Final = (
    "expectations", "expressions", "csv", "json_lines", "parquet", "rest", "files_of_people",
)  # fmt: skip


@contextmanager
def opened_engine(folder: Path) -> Iterator[Engine]:
    """The engine, and a server whose answers the targets say."""
    answers: dict[str, Any] = {"body": b"", "link": ""}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            link = "".join(c for c in answers["link"] if " " <= c <= "~")
            self.send_header("Link", link)
            self.end_headers()
            self.wfile.write(answers["body"])

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with open_session(folder, threads=1, memory="512MB") as session:
            yield Engine(session, f"http://127.0.0.1:{server.server_port}", answers)
    finally:
        server.shutdown()
        server.server_close()


def _yaml(rng: random.Random) -> Path:
    return rng.choice(sorted([*(INCLUDE / "contracts").glob("*.yaml"),
                              *(INCLUDE / "policies").glob("*/*.yaml")]))  # fmt: skip


def _as_yaml(rng: random.Random, source: Path) -> str:
    text = source.read_text("utf-8")
    if rng.random() < 0.3:
        return mutations.text(rng, text)
    return str(yaml.safe_dump(mutations.structure(rng, yaml.safe_load(text)), sort_keys=False))


def _written(path: Path, text: str) -> Path:
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    return path
