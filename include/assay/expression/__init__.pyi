from ._compile import columns_of, compile_expression
from ._grammar import Call, Literal, Name, Node, names_in

__all__ = ["Call", "Literal", "Name", "Node", "columns_of", "compile_expression", "names_in"]
