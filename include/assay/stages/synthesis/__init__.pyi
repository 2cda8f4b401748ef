from ._rules import check_rows, row_rules

__all__ = ["check_rows", "row_rules"]
