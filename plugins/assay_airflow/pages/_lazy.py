"""An app that is built when its first request comes."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class LazyApp:
    """An ASGI app in place of one that is expensive to import.

    Parameters
    ----------
    module : str
        A module with a function ``build`` that gives the app.
    """

    def __init__(self, module: str) -> None:
        self.module = module
        self._app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one connection."""
        if self._app is None:
            self._app = import_module(self.module).build()
        await self._app(scope, receive, send)
