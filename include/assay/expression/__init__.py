"""The one small grammar of expressions: derived columns, row filters, scores, labels.

Text becomes a tree by recursive descent. The tree is compiled to Ibis and never evaluated as code.
"""

from assay.expression._compile import columns_of, compile_expression

__all__ = ["columns_of", "compile_expression"]
