"""Alerts: the right person is notified once, with numbers, and again when it is over.

An *incident* is one check of one data set that fails for some batches (the catalog keeps it). Each
change of it is planned into messages (``plan_messages``), which go into the catalog's outbox in the
transaction that changed the incident, and are sent from there (``send_due``): to Slack by a bot
token (the opening message is edited) or a webhook (which posts on opening and on closing), by
e-mail, or, where no connection is configured, into files of the lake's ``messages`` zone.

The policy sets the severity of an incident (``severity_of``), who is notified, which hours are
quiet (what is held back is sent as one message), and who is notified next when nobody acknowledges
it (``escalation_due``). What was snoozed or dismissed is a silence, and is listed.

A message says each reason in the sentence that logs and reports have (:mod:`assay.wording`). Names
of groups of people and all text among the numbers stay behind, and so does who answered an incident
in which words, so that no value of a classified column and no person can be in it.
"""

from assay.alerting._plan import (
    AlertContext,
    digest_prefix,
    held_until,
    incident_checks,
    plan_messages,
)
from assay.alerting._send import send_due
from assay.alerting._severity import escalation_due, severity_of
from assay.alerting._slack import SlackBot, SlackWebhook
from assay.alerting._smtp import Smtp
from assay.alerting._transport import open_transports

__all__ = [
    "AlertContext",
    "SlackBot",
    "SlackWebhook",
    "Smtp",
    "digest_prefix",
    "escalation_due",
    "held_until",
    "incident_checks",
    "open_transports",
    "plan_messages",
    "send_due",
    "severity_of",
]
