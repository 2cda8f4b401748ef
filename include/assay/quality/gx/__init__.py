"""Great Expectations: its one door, what only it can judge, and its Data Docs."""

__all__: list[str] = []
