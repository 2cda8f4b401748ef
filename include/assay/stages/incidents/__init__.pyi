from ._alerts import send_alerts
from ._responses import RatedIncident, find_incident, list_incidents, list_silences, respond
from ._weekly import send_weekly, weekly_digests

__all__ = [
    "RatedIncident",
    "find_incident",
    "list_incidents",
    "list_silences",
    "respond",
    "send_alerts",
    "send_weekly",
    "weekly_digests",
]
