"""The pages of the gates of a model, as people read them."""

from __future__ import annotations

import numpy as np
from training_sets import loans, model_file, training_table, with_column

from assay.page import PageContext
from assay.training import fit, split_rows
from assay.training.gates import (
    judge_flip,
    judge_sanity,
    measure_flip,
    measure_sanity,
    render_flip,
    render_sanity,
)

CONTEXT = PageContext(subject="loans_repaid on loans@4", back="report.html")
CHANGES = {
    "features": ["income", "debt", "sex", "arrears", "club"],
    "protected_features": {"sex": "to be tested"},
    "preprocessing": [{"step": "OneHotEncoder", "columns": ["sex"]}],
    "gates": {
        "flip": {"attributes": {"sex": {}}, "max": 0.001},
        "sanity": {"permutations": 2, "duplicates": 0.01},
    },
}


def _blocks():
    """Loans with a column that is written after the outcome, a proxy, and a prejudice."""

    def club(table):
        women = np.array(table.column("sex").to_pylist()) == "f"
        return np.round(women * 2.0 + np.random.default_rng(3).normal(size=len(women)), 3)

    def repaid(table):
        men = np.array(table.column("sex").to_pylist()) == "m"
        score = np.array(table["income"]) - np.array(table["debt"]) + men
        return np.where(score + 0.3 * np.array(table["arrears"]) > 0, "yes", "no")

    return with_column(with_column(loans(), "club", club), "repaid", repaid)


def test_golden_pages(golden):
    model = model_file(**CHANGES)
    table = training_table(model, _blocks())
    split = split_rows(table, model)
    fitted = fit(model, table, split)
    sanity = measure_sanity(fitted, table, split, model)
    flips = measure_flip(fitted, table.only(split.test), model)
    pages = {
        "sanity": render_sanity(judge_sanity(sanity, model), sanity, CONTEXT),
        "flip": render_flip(judge_flip(flips, model), flips, CONTEXT),
    }
    for name, page in pages.items():  # a new key of model files gives each another hash
        golden(f"pages/loans-{name}.html", page.replace(model.hash[:12], "0" * 12))
