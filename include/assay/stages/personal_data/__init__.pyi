from ._decide import Decided, declare, dismiss
from ._search import Searched, policy_of, search_batch, search_files

__all__ = [
    "Decided",
    "Searched",
    "declare",
    "dismiss",
    "policy_of",
    "search_batch",
    "search_files",
]
