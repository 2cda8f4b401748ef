"""One batch through the release train: one stage a module, from pin to notify.

A stage takes a run, loads the policy it needs, calls one room, writes what it found to the lake
and the catalog, and returns a small result. The Airflow operators call these functions and nothing
else; so may a test or a script. Every stage may be killed at any line and run again: it finds what
it has finished, because everything is written aside and renamed, into a folder that is named after
what the run derives from.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
