"""Alerts: the right person is told once, with numbers, and told again when it is over.

An *incident* is one check of one data set that fails for some batches (the catalog keeps it). Each
change of it is planned into messages (``plan_messages``), which go into the catalog's outbox in the
transaction that changed the incident, and are sent from there (``send_due``): to Slack by a bot
token (the opening message is edited) or a webhook (which posts on opening and on closing), by
e-mail, or, where no connection is configured, into files of the lake's ``messages`` zone.

A message carries reason codes, numbers, column names and links; the sentences of the reasons and
all text among their numbers stay behind, so that no value of the data can be in it.
"""

from assay.alerting._message import Message
from assay.alerting._open import open_transports
from assay.alerting._plan import AlertContext, incident_checks, plan_messages
from assay.alerting._render import render_email, render_slack
from assay.alerting._send import Delivery, send_due
from assay.alerting._slack import SlackBot, SlackWebhook
from assay.alerting._smtp import Smtp

__all__ = [
    "AlertContext",
    "Delivery",
    "Message",
    "SlackBot",
    "SlackWebhook",
    "Smtp",
    "incident_checks",
    "open_transports",
    "plan_messages",
    "render_email",
    "render_slack",
    "send_due",
]
