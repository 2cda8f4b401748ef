"""Incidents between runs: what a person does about one, what falls due, what is sent."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
