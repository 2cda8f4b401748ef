"""Personal data outside a run: the search of files and batches, and decisions about columns."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
