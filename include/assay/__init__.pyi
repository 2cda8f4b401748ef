from .snapshots import OpenSnapshot, open  # noqa: A004

__all__ = ["OpenSnapshot", "open"]
