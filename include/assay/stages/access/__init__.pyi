from ._changes import DatasetChange, access_changes
from ._policies import access_policy, classified_columns, explain_access, listed_roles

__all__ = [
    "DatasetChange",
    "access_changes",
    "access_policy",
    "classified_columns",
    "explain_access",
    "listed_roles",
]
