"""The token of a form: whoever sends the form was shown it, by us, a short while ago.

A page of another site can make a browser send a form with the user's login. It can't read our page,
so it doesn't know the token. Nothing is stored: the token is derived from Airflow's own secret key.
"""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from typing import Any, Final

from assay.keys import derived_key

FIELD: Final = "token"
_LIFE: Final = timedelta(hours=12)


def form_token(user: Any, form: str, now: datetime) -> str:
    """Make the token of one form for one user: when it ends, and what only we can derive."""
    return _signed(user, form, int((now + _LIFE).timestamp()))


def is_form_token(token: str | None, user: Any, form: str, now: datetime) -> bool:
    """Whether a token was made for this form and this user, and hasn't ended."""
    end = (token or "").partition(".")[0]
    if not (end.isascii() and end.isdigit() and len(end) < 12):
        return False
    known = hmac.compare_digest((token or "").encode(), _signed(user, form, int(end)).encode())
    return known and now.timestamp() < int(end)


def _signed(user: Any, form: str, end: int) -> str:
    from airflow.sdk import conf

    key = str(conf.get("api", "secret_key")).encode()
    about = ("assay form", str(user.get_id()), str(user.get_name()), form, str(end))
    return f"{end}.{derived_key(key, *about).hex()}"
