"""Where data came from and where it went, and the recall of what turned out to be bad."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
