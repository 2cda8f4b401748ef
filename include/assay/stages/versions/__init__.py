"""Released versions afterwards: their cleaning, their scores, their end and restoration."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
