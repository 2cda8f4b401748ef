"""Access policies of a project: what roles may do, what changed, and the door to released rows."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
