from ._adjudicate import Adjudicated, adjudicate_round
from ._agree import AgreedRound, agree_on_round
from ._collect import Collected, collect_answers
from ._draft import draft_labels
from ._folder import find_round, rounds_of
from ._land import Landed, land_labels
from ._plan import Planned, plan_round
from ._platforms import open_platform
from ._publish import publish_round
from ._status import RoundStatus, round_status

__all__ = [
    "Adjudicated",
    "AgreedRound",
    "Collected",
    "Landed",
    "Planned",
    "RoundStatus",
    "adjudicate_round",
    "agree_on_round",
    "collect_answers",
    "draft_labels",
    "find_round",
    "land_labels",
    "open_platform",
    "plan_round",
    "publish_round",
    "round_status",
    "rounds_of",
]
