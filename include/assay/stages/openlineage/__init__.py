"""Events of OpenLineage: the data of each task, and the way of its event to a reader."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
