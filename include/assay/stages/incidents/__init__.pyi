from ._due import tell
from ._respond import ToldIncident, known_silences, respond, told_incident, told_incidents
from ._weekly import send_weekly, weekly_digests

__all__ = [
    "ToldIncident",
    "known_silences",
    "respond",
    "send_weekly",
    "tell",
    "told_incident",
    "told_incidents",
    "weekly_digests",
]
