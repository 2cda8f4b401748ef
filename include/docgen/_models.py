"""The page of model files: what they say, and every key."""

from __future__ import annotations

from typing import Final

from assay.policy.model import ModelFile
from assay.project import Project
from docgen._markdown import GENERATED
from docgen._policies import Keys
from docgen._schemas import schema_of

_INTRO: Final = """\
A model file says what is learned from a data set, how the result is judged, and how it is promoted.
Each model has one file, `include/models/<model>.yaml`. `assay check` lists every fault, with file
and line: columns that don't exist, expressions that can't be computed, leakage, classes and
parameters that scikit-learn doesn't have. A model file never runs as code. Its limits stand in it
and nowhere else, each with its rationale.

## What is known when

A model that learns from what nobody knows yet looks excellent and is useless. So the file lists the
*moments* in the life of a row in their order, says in `known_from` from which moment each column
has its value, and in `predicted_at` when the model is asked. A feature is refused if

- nothing says from when it is known, or it is known later than the model is asked;
- it is an input of the label, or cleaning derives it from one;
- it is an identifier or its pseudonym: the model would learn its subjects by heart;
- the contract says that it is the label, another model's prediction or probability, a key or a
  weight;
- it is a protected attribute, unless `protected_features` says why the model may see it.

`features` is a list, or `{all_but: […]}`: all columns that are known when the model is asked, but
those.

## Which rows it is tested on

The test rows follow from a rule over the rows: their batch, or a number that is drawn from their
key and `seed`. Their position in a file plays no part.

| `by` | tests on |
|---|---|
| `time` | the newest batches; `gap_batches` leaves some out between the two sides |
| `group` | all rows of some subjects: `group` names their column, `test_share` their share |
| `stratified` | the same share of each class |
| `random` | each row with the chance `test_share` |

Where the contract has an identifier, the split is `by: group`, or `shared_subjects` says why the
model is asked of subjects that it has seen. The folds of a search keep subjects whole too, and with
`by: time` each fold is later than the rows that it is fitted on.

## Preprocessing and estimator

Steps are fitted on the training rows alone. `released_scaler` applies the scaler that a released
version has beside it. Classes are scikit-learn's, from a list that people have read: no class on
it runs a function. `seed` is the random state of all of it. An estimator of your own is a function
of a package that the project installs: `entry: package.module:function`.

The same rows and the same file give the same parameters and predictions, on any number of threads.

## The gates

Each gives a verdict as the gates of a batch do. A model that a verdict holds leaves the champion in
its place.

- **Performance.** Each limit is compared with the interval of its metric at 1 − `alpha` on the test
  rows: FAIL where all of the interval is beyond the limit, INCONCLUSIVE where a part of it is. The
  limits of shares are judged within each slice too, in one corrected family.
- **Champion.** The challenger and the champion predict the same test rows, and the interval is that
  of the difference: better, not worse by more than `margin`, or it can't be said.
- **Fairness.** As a data set's fairness policy, over the test rows' predictions.
- **Flip.** A protected attribute alone is changed, with what follows from it; the share of rows
  whose prediction changes is compared with the limit.
- **Sanity.** What would show that the data give the answer away: one feature alone reaches the
  score, training rows fare better than test rows, permuted labels can be learned, rows are on both
  sides, features stand for a protected attribute. A feature that is known in time and simply good
  is named in `strong_features`, with its reason. What leaks raises each refit on permuted
  labels, so their mean is judged: of 100 single refits of census_employment 5 had a gain outside
  its 95 % interval around chance.

## What is explained

`explain` says what is explained of each version: the importance of features, counterfactuals of
chosen test rows, and recourse by group. [training.md](training.md#why-this-prediction) says how to
read it. `counterfactuals` names the features that may change (`actionable`), or those that may not
(`immutable`). Only released values are proposed. Recourse is judged as the gates are, by intervals;
a finding is a WARN unless the file says `finding: fail`. Without the section nothing is explained.
"""


def render_models(project: Project) -> str:
    """The page ``include/docs/models.md``."""
    text = (project.include / "models" / "late_arrival.yaml").read_text(encoding="utf-8")
    lines = ["# Model files", "", GENERATED, "", _INTRO]
    lines += ["## An example", "", "`include/models/late_arrival.yaml`:", ""]
    lines += ["```yaml", *text.splitlines(), "```", "", "## Every key", ""]
    return "\n".join([*lines, *Keys("model", schema_of(ModelFile)).lines()]) + "\n"
