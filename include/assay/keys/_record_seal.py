"""Seals of records: who lacks the key can neither make a record nor change one unseen."""

from __future__ import annotations

import hmac
import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final

from assay.keys._derived_key import derived_key

_USE: Final = "assay record seal"


class RecordSeal:
    """Seal JSON values by a keyed hash over what they are about and what they say.

    Anybody can read a sealed record. One that was changed, or that was put in the place of a record
    about something else, is as good as none.

    Parameters
    ----------
    key : bytes
        The registry key; the seal's own key is derived from it.

    Notes
    -----
    A seal is HMAC-SHA-256 over one JSON list: the parts of ``about``, then the content, with sorted
    keys and no blanks. JSON keeps the parts apart, so that no two records have the same bytes.

    References
    ----------
    Krawczyk H, Bellare M, Canetti R (1997), HMAC, RFC 2104, doi:10.17487/RFC2104.

    Examples
    --------
    >>> seal = RecordSeal(b"k" * 32)
    >>> text = seal.close(["loans", "2024-01-03", "drift"], {"outcome": "FAIL"})
    >>> seal.open(["loans", "2024-01-03", "drift"], text)
    {'outcome': 'FAIL'}
    >>> seal.open(["loans", "2024-01-04", "drift"], text) is None
    True
    """

    def __init__(self, key: bytes) -> None:
        self._key = derived_key(key, _USE)

    def of(self, about: Sequence[str], content: Any) -> str:
        """The seal of a value: 64 hexadecimal digits."""
        text = json.dumps([*about, content], sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hmac.new(self._key, text.encode("ascii"), sha256).hexdigest()

    def close(self, about: Sequence[str], content: Any) -> str:
        """The text of a sealed record."""
        sealed = {"seal": self.of(about, content), "content": content}
        return json.dumps(sealed, ensure_ascii=False, indent=1, allow_nan=False)

    def open(self, about: Sequence[str], text: str | bytes) -> Any:
        """The content of a sealed record; None where the text isn't one about this very thing."""
        try:
            sealed = json.loads(text)
            found, content = sealed["seal"], sealed["content"]
            whole = hmac.compare_digest(found, self.of(about, content))
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        return content if whole else None
