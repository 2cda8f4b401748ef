"""The one small grammar of expressions: derived columns, row filters, scores, labels.

Text becomes a tree by recursive descent. The tree is compiled to Ibis and never evaluated as code.
"""

from assay.expression._compile import check_expression, columns_of, compile_expression
from assay.expression._grammar import Call, Literal, Name, Node, parse_expression

__all__ = [
    "Call",
    "Literal",
    "Name",
    "Node",
    "check_expression",
    "columns_of",
    "compile_expression",
    "parse_expression",
]
