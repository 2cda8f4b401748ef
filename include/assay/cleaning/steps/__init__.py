"""The kinds of cleaning steps: a class each, found by the policy's step.

A class has all answers about its step: what is wrong with it, what it needs to know of the data,
what it fits, what it changes, which rules it has, and what it leaves known of a column. To add a
kind, add a model to ``assay.policy.cleaning_steps`` and a module with its class here; importing
this package registers every module in it.
"""

import importlib
import pkgutil

from assay.cleaning.steps._step import CleaningStep, steps_of

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["CleaningStep", "steps_of"]
