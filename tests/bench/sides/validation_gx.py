"""Great Expectations on pandas: read the file, judge the suite, print each result."""

import json
import logging
import os
import sys
from pathlib import Path

os.environ["GX_ANALYTICS_ENABLED"] = "false"
logging.disable(logging.WARNING)

import great_expectations as gx  # noqa: E402
import pandas as pd  # noqa: E402

data, suite = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text())
context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = {"globally": False}
asset = context.data_sources.add_pandas("bench").add_dataframe_asset("wide")
batch = asset.add_batch_definition_whole_dataframe("whole").get_batch(
    {"dataframe": pd.read_parquet(data)}
)
found = batch.validate(gx.ExpectationSuite(**suite), result_format="SUMMARY")
# Results come in an order of their own.
by_name = {
    json.dumps([r.expectation_config.type, r.expectation_config.kwargs.get("column")]): r
    for r in found.results
}
print(
    json.dumps(
        [
            {"success": bool(r.success), "result": r.result}
            for e in suite["expectations"]
            for r in [by_name[json.dumps([e["type"], e["kwargs"].get("column")])]]
        ],
        default=lambda value: value.item() if hasattr(value, "item") else str(value),
    )
)
