"""The one small grammar of expressions: derived columns, row filters, scores, labels.

Text becomes a tree by recursive descent. The tree is compiled to Ibis and never evaluated as code.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
