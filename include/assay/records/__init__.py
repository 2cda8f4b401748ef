"""Frozen values that rooms share: versions, snapshots, leases, runs, incidents."""

__all__: list[str] = []
