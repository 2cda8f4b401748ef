"""The Content-Security-Policy of a page, which stands in the page itself."""

from __future__ import annotations

import base64
import hashlib


def content_policy(style: str, forms: str = "'none'") -> str:
    """Write the policy of a page: its one style sheet, and nothing else that runs or is fetched.

    A page is also opened from disk or attached to a message, where no server sends a header.

    Parameters
    ----------
    style : str
        The style sheet, exactly as it stands in the page.
    forms : str
        Where its forms may be sent: ``'none'`` or ``'self'``.

    References
    ----------
    W3C, Content Security Policy Level 3, https://www.w3.org/TR/CSP3/.

    Examples
    --------
    >>> content_policy("").split("; ")[0]
    "default-src 'none'"
    """
    known = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{known}'; base-uri 'none'; form-action {forms}"
