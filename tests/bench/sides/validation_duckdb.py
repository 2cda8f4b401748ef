"""The suite's aggregates as one query over the file, the keys' distinct values as another."""

import json
import sys
from pathlib import Path

import duckdb

data, suite = sys.argv[1], json.loads(Path(sys.argv[2]).read_text())
terms, keys = [], []
for e in suite["expectations"]:
    kind, asked = e["type"], e["kwargs"]
    name = asked.get("column")
    if kind.endswith("not_be_null"):
        terms.append(f"count(*) - count({name})")
    elif kind.endswith("values_to_be_between"):
        terms.append(f"count_if({name} NOT BETWEEN {asked['min_value']} AND {asked['max_value']})")
    elif kind.endswith("mean_to_be_between"):
        terms.append(f"avg({name})")
    elif kind.endswith("in_set"):
        terms.append(f"count_if({name} NOT IN {tuple(asked['value_set'])})")
    elif kind.endswith("unique"):
        keys.append((len(terms), name))
        terms.append("count(*)")
    else:
        terms.append("count(*)")
con = duckdb.connect()
found = list(con.execute(f"SELECT {', '.join(terms)} FROM '{data}'").fetchone())
for place, name in keys:
    distinct = con.execute(f"SELECT count(DISTINCT {name}) FROM '{data}'").fetchone()[0]
    found[place] -= distinct
print(json.dumps([int(v) if isinstance(v, int) else v for v in found]))
