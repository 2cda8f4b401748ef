"""One model through its training run: one stage a module, from pin to notify.

A training run is a chain of stages like a run of a batch (:mod:`assay.stages.run`), with a released
snapshot in the place of a batch. Every stage may be killed at any line and run again: it finds what
it has finished. The same snapshot, model file, code and libraries give the same id, and a training
run that was done before is found and not repeated.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
