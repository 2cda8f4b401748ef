"""Feedback on a model: its released predictions beside what became of the rows.

A batch of predictions is joined with its outcomes by key, as far as they have come, and judged by
the model file's section ``feedback``. The id of a feedback derives from the released versions that
it reads and from that section: late outcomes give another one, and the same data find the same.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
