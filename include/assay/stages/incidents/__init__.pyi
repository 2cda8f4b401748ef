from ._alerts import send_alerts
from ._damage import close_damage, report_damage
from ._history import close_rewound, report_rewound
from ._responses import RatedIncident, find_incident, list_incidents, list_silences, respond
from ._weekly import send_weekly, weekly_digests

__all__ = [
    "RatedIncident",
    "close_damage",
    "close_rewound",
    "find_incident",
    "list_incidents",
    "list_silences",
    "report_damage",
    "report_rewound",
    "respond",
    "send_alerts",
    "send_weekly",
    "weekly_digests",
]
