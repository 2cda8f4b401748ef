"""The stages of a run: where rooms meet.

Rooms never import each other. A stage takes a run's :class:`Ticket`, loads the contract and the
policy, calls one room, writes what came of it to the lake and the catalog, and returns a small
:class:`StageResult`. The Airflow operators call these functions and nothing else; so may a test or
a script. Every stage may be killed at any line and run again: what it finished it finds, because
everything is written aside and renamed, into a folder named after what it derives from.

What a name needs is imported when the name is first asked for: incidents are answered without the
engine, and a file is checked without a registry. The stub beside this file says which names.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
