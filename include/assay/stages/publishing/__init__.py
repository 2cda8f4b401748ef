"""Publishing: a data set's released snapshot as tables of PostgreSQL, and what differs from it."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
