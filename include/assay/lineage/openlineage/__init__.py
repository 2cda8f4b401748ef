"""What Assay tells the readers of OpenLineage events, and what it leaves out.

A stage says which data it read and wrote in values of its own (:class:`TaskData`); ``as_parts``
makes data sets and facets of OpenLineage of them, ``run_events`` the two events of a run that no
scheduler started. ``without_people`` leaves of any event what is allowed: events name data sets,
columns, versions and counts, and neither people nor values.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
