from ._adjudicate import Adjudicated, adjudicate_round, adjudicated
from ._agree import AgreedRound, agree_on_round
from ._collect import Collected, collect_answers
from ._draft import draft_labels
from ._drop import Dropped, drop_round
from ._folder import FIRST, REVIEW, find_round, rounds_of
from ._land import Landed, land_labels
from ._plan import EnoughLabels, Planned, plan_round
from ._platforms import TOKEN, URL, open_platform
from ._publish import publish_round
from ._status import RoundStatus, round_status
from ._trouble import report_agreement, watched
from ._wait import Awaited, Look, await_answers, await_experts, look

__all__ = [
    "FIRST",
    "REVIEW",
    "TOKEN",
    "URL",
    "Adjudicated",
    "AgreedRound",
    "Awaited",
    "Collected",
    "Dropped",
    "EnoughLabels",
    "Landed",
    "Look",
    "Planned",
    "RoundStatus",
    "adjudicate_round",
    "adjudicated",
    "agree_on_round",
    "await_answers",
    "await_experts",
    "collect_answers",
    "draft_labels",
    "drop_round",
    "find_round",
    "land_labels",
    "look",
    "open_platform",
    "plan_round",
    "publish_round",
    "report_agreement",
    "round_status",
    "rounds_of",
    "watched",
]
