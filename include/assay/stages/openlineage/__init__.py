"""Events of OpenLineage: which data each task touched, and the way of its event to a reader."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
