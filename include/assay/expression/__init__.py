"""The one small grammar of expressions: derived columns, row filters, scores, labels.

Text becomes a tree by recursive descent. The tree is compiled to Ibis and never evaluated as code.
"""

from assay.expression._compile import columns_of, compile_expression
from assay.expression._grammar import Call, Literal, Name, Node, names_in

__all__ = ["Call", "Literal", "Name", "Node", "columns_of", "compile_expression", "names_in"]
