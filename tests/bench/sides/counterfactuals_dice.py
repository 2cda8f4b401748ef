"""DiCE's side: the same rows, model and constraints, by its random search.

Usage: ROWS
"""

from __future__ import annotations

import json
import sys
import time
import warnings

from adult_model import ACTIONABLE, EACH, LEVELS, NUMBERS, RANGES, RISES, chosen, fit, read

warnings.filterwarnings("ignore")
import dice_ml  # noqa: E402 - it warns as it is imported
from raiutils.exceptions import UserConfigValidationException  # noqa: E402 - comes with DiCE

train, test = read("adult.data"), read("adult.test")
model = fit(train)
rows = chosen(test, model, int(sys.argv[1]))
started = time.process_time()
data = dice_ml.Data(dataframe=train, continuous_features=list(NUMBERS), outcome_name="income")
explainer = dice_ml.Dice(data, dice_ml.Model(model=model, backend="sklearn"), method="random")
found = []
for at in range(len(rows)):
    row = rows.iloc[[at]]
    ranges = {name: list(ends) for name, ends in RANGES.items()}
    ranges[RISES][0] = row[RISES].iloc[0]
    try:
        answer = explainer.generate_counterfactuals(
            row, total_CFs=EACH, desired_class=1, features_to_vary=list(ACTIONABLE),
            permitted_range=ranges, random_seed=1, verbose=False,
        )  # fmt: skip
    except UserConfigValidationException:
        continue  # it found none
    table = answer.cf_examples_list[0].final_cfs_df
    if table is None:
        continue
    for one in table[[*NUMBERS, *LEVELS]].to_dict("records"):
        found.append({"row": at, **{k: v if k in LEVELS else float(v) for k, v in one.items()}})
cpu = time.process_time() - started
print(json.dumps({"cpu": cpu, "found": found}))
