"""Derived columns: an expression each, compiled to Ibis."""

from __future__ import annotations

from dataclasses import replace

from assay.cleaning._flow import Flow
from assay.expression import compile_expression
from assay.policy.cleaning import DeriveStep


def apply_derive(flow: Flow, step: DeriveStep) -> Flow:
    """Add a step's columns, each from those before it."""
    table = flow.table
    for name, text in step.columns.items():
        table = table.mutate(**{name: compile_expression(text, table)})
    return replace(flow, table=table)
