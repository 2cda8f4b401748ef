"""Incidents between runs: responses of people, alerts that are due, weekly digests."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
