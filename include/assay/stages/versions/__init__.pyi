from ._cleaning import CleanedVersion, derived_columns, open_cleaned
from ._end_of_life import restore_version
from ._outdated import Outdated, outdated, outdated_batches
from ._row_lookup import find_rows
from ._score_history import score_history

__all__ = [
    "CleanedVersion",
    "Outdated",
    "derived_columns",
    "find_rows",
    "open_cleaned",
    "outdated",
    "outdated_batches",
    "restore_version",
    "score_history",
]
