"""The one small grammar of expressions: derived columns, row filters, labels.

Text becomes a tree by recursive descent; the tree is compiled to Ibis and never evaluated as code.
"""

from assay.expression._grammar import (
    Call,
    Literal,
    Name,
    Node,
    calls_in,
    names_in,
    parse_expression,
)

__all__ = ["Call", "Literal", "Name", "Node", "calls_in", "names_in", "parse_expression"]
