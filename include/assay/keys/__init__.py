"""Keys: where they come from, what is sealed with them, and the periods that they belong to."""

__all__: list[str] = []
