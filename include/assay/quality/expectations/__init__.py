"""Expectations that compile, one family a module; importing this package registers all of them.

A new expectation is a module here with a function under
:func:`~assay.quality._registry.compiles`. Validation, redaction, scores and the generated docs find
it in the registry.
"""

import importlib
import pkgutil

__all__: list[str] = []


def register_all() -> None:
    """Import every module of this package, and so register its expectations."""
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
        importlib.import_module(f"{__name__}.{module}")


register_all()
