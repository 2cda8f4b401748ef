"""Slack and SMTP, each from one connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from assay_airflow.hooks.services import find_connection

if TYPE_CHECKING:
    from assay.stages.services import Services

SLACK: Final = "assay_slack"
"""Connection id: a bot token as the password, or an incoming webhook's URL."""
SMTP: Final = "assay_smtp"
"""Connection id: host, port, login, password; the extra ``from_email`` is the sender.

On port 465 the connection is encrypted from its first byte. For another port, set the extra
``implicit_tls``.
"""
_SMTPS: Final = 465


def transports(services: Services) -> dict[str, Any]:
    """Open the transports of messages: by connection, or as files in the lake without one."""
    from assay.alerting import open_transports

    return open_transports(services.lake, slack=_slack(), smtp=_smtp())


def _slack() -> Any:
    from assay.alerting import SlackBot, SlackWebhook

    connection = find_connection(SLACK)
    if connection is None or not connection.password:
        return None
    if connection.password.startswith("http"):
        return SlackWebhook(connection.password)
    return SlackBot(connection.password, base_url=connection.extra_dejson.get("base_url"))


def _smtp() -> Any:
    from assay.alerting import Smtp

    connection = find_connection(SMTP)
    if connection is None or not connection.host:
        return None
    port = connection.port or 25
    return Smtp(
        host=connection.host,
        port=port,
        sender=connection.extra_dejson.get("from_email") or f"assay@{connection.host}",
        user=connection.login,
        password=connection.password,
        implicit_tls=bool(connection.extra_dejson.get("implicit_tls", port == _SMTPS)),
    )
