from ._changes import access_changes
from ._door import Door, check_right, open_door, read_as_task
from ._policies import explain_access, listed_roles
from ._reader import Reader, person
from ._taken import checkout_as, export_as

__all__ = [
    "Door",
    "Reader",
    "access_changes",
    "check_right",
    "checkout_as",
    "explain_access",
    "export_as",
    "listed_roles",
    "open_door",
    "person",
    "read_as_task",
]
