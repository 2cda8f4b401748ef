"""Rounds of labelling: plan → publish → collect → agree → adjudicate → land.

A round belongs to a data set with a labelling policy. Each step may be repeated: what is done
already is found. The labels go to the release train as a batch of ``<data set>_labels``.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
