"""Upkeep of a home: retention sweeps, the catalog's rebuild, verification, Data Docs."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
