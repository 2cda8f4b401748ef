"""Labels: annotations from a file or a released data set, and whether they are good.

A person's figures are personal data, so that annotators have pseudonyms from here on.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
