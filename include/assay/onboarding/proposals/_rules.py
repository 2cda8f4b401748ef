"""The rules of proposals, in the order in which a suite has what they propose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from assay.onboarding.proposals._column_order import propose_orders
from assay.onboarding.proposals._column_set import propose_columns
from assay.onboarding.proposals._compound_key import propose_key
from assay.onboarding.proposals._context import ColumnContext, Found, TableContext
from assay.onboarding.proposals._date_format import propose_date_format
from assay.onboarding.proposals._determined_column import propose_pairs
from assay.onboarding.proposals._levels import propose_levels
from assay.onboarding.proposals._mean import propose_mean
from assay.onboarding.proposals._nulls import propose_nulls
from assay.onboarding.proposals._range import propose_range
from assay.onboarding.proposals._row_count import propose_row_count
from assay.onboarding.proposals._text_form import propose_text_form
from assay.onboarding.proposals._type import propose_type
from assay.onboarding.proposals._uniqueness import propose_unique

TABLE_RULES: Final[tuple[Callable[[TableContext], Found], ...]] = (
    propose_columns,
    propose_row_count,
)
COLUMN_RULES: Final[tuple[Callable[[ColumnContext], Found], ...]] = (
    propose_type,
    propose_nulls,
    propose_unique,
    propose_date_format,
    propose_levels,
    propose_text_form,
    propose_range,
    propose_mean,
)
PAIR_RULES: Final[tuple[Callable[[TableContext], Found], ...]] = (
    propose_orders,
    propose_pairs,
    propose_key,
)
