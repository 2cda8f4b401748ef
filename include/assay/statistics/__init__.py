"""Statistics that rooms share: each once, exact, and the same on every engine."""

__all__: list[str] = []
