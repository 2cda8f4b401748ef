"""Quality: whether a batch keeps what its contract promises and its owner expects.

An expectation suite, in Great Expectations' own JSON, is compiled to one list of checks. All their
aggregates run in one scan of the data; where something fails, a second pass marks the failing rows
with every reason. What comes out is Great Expectations' validation result, with an ``engine`` and
a ``verdict`` beside each expectation's, and without a value of any classified column.

An expectation of rows that meets its ``mostly`` tolerates and counts its failing rows. One that
doesn't, if critical, sends them to quarantine; an unmet critical expectation of the whole table
holds the batch. Warnings warn; info changes nothing; what couldn't be judged is INCONCLUSIVE and
never passes.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
