"""Expectations that compile, one family a module; importing this package registers all of them."""

from assay.quality.expectations import (  # noqa: F401
    _aggregates,
    _distinct,
    _divergence,
    _order,
    _outliers,
    _pairs,
    _parsed,
    _quantiles,
    _sql,
    _table,
    _text,
    _types,
    _unique,
    _values,
)

__all__: list[str] = []
