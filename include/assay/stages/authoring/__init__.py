"""Writing the files of a data set: drafts, checks, suggestions, calibration, and gates by hand."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
