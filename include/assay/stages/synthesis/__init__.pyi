from ._rules import check_rows, row_rules
from ._synthesise import Synthesised, synthesise

__all__ = ["Synthesised", "check_rows", "row_rules", "synthesise"]
