"""The HTTP headers of every page: what a browser must refuse."""

from __future__ import annotations


def headers(forms: str = "'none'") -> dict[str, str]:
    """Headers of a page; ``forms`` is where its forms may be sent.

    A page has no script, and a script that somebody put into one would not run.
    """
    return {
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
        f"base-uri 'none'; form-action {forms}; frame-ancestors 'self'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
