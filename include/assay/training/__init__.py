"""Training: from released rows to a model that is judged as data are.

``explain/`` says why a model predicts what it does; ``compare/`` sets two training runs side by
side. The room knows nothing of registry, catalog and tracking server.
"""

__all__: list[str] = []
