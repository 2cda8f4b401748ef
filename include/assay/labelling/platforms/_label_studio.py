"""Label Studio over plain HTTP: a project for each person, in the order of the round."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from assay.labelling.platforms._label_studio_card import card_html, instruction_html, label_config
from assay.labelling.platforms._platform import (
    PlatformDown,
    PlatformError,
    PlatformLost,
    Sent,
)
from assay.labelling.rounds import Answer
from assay.labelling.rounds.cards import Card
from assay.policy.labelling import Instruction

if TYPE_CHECKING:
    import httpx

_PAGE: Final = 100
_MOST: Final = 500
_LONGEST_TITLE: Final = 50
_ORDER: Final = "order"
_BUSY: Final = 429
_LATER: Final = "Call it again when it is there; nothing is lost."


@dataclass(frozen=True)
class LabelStudio:
    """Label Studio's open edition: people are named by the e-mail address of their account.

    It has no assignment, so that each person has a project of their own. Everybody who has an
    account can open every project: an answer in another person's project is that person's, and the
    round refuses it.

    Parameters
    ----------
    url : str
        Address of the server.
    token : str
        Access token of an account that may make projects.
    patience_s : float
        Seconds that one request may take.
    """

    url: str
    token: str = field(repr=False)
    patience_s: float = 60.0

    @property
    def name(self) -> str:
        """What the platform is, in a word."""
        return "label_studio"

    def publish(
        self, project: str, instruction: Instruction, cards: Mapping[str, Sequence[Card]]
    ) -> Sent:
        """Make the projects that aren't there, and add the tasks that they lack.

        Raises
        ------
        PlatformError
            If the server can't be reached, or refuses. Call it again: what was done is found.
        """
        made = 0
        with self._client() as client:
            there = {one["description"]: one["id"] for one in _projects(client, project)}
            for who, own in cards.items():
                key = _key(project, who)
                number = there.get(key) or _make(client, project, who, instruction)
                known = {task["data"].get("task") for task in _tasks(client, number, every=True)}
                missing = [card for card in own if card.task not in known]
                _add(client, number, own, missing)
                made += bool(missing)
        return Sent(made=made, found=len(cards) - made)

    def collect(self, project: str, people: Collection[str] = ()) -> Iterator[Answer]:
        """Read the newest answer of each task and person; a skipped task has none.

        Raises
        ------
        PlatformLost
            If the project of one of the people is gone, or those of all.
        PlatformError
            If the server can't be reached, or refuses.
        """
        with self._client() as client:
            found = _projects(client, project)
            lost = {_key(project, who) for who in people} - {one["description"] for one in found}
            if lost or not found:
                raise PlatformLost(
                    f"Label Studio has lost {len(lost) or 'all'} projects of the round",
                    where=project,
                    do="Publish the round again; answers that were collected are kept.",
                )
            names = {one["id"]: one["email"] for one in _get(client, "/api/users")}
            for one in found:
                for task in _tasks(client, one["id"], every=False):
                    yield from _answers(task, names)

    def withdraw(self, project: str) -> None:
        """Delete the projects of the round."""
        with self._client() as client:
            for one in _projects(client, project):
                _call(client, "DELETE", f"/api/projects/{one['id']}")

    def _client(self) -> httpx.Client:
        import httpx

        return httpx.Client(
            base_url=self.url, timeout=self.patience_s, trust_env=False, follow_redirects=False,
            headers={"Authorization": f"Token {self.token}"},
        )  # fmt: skip


def _key(project: str, who: str) -> str:
    """What a project's description says: the round, and whose it is."""
    return f"{project} | {who}"


def _call(client: httpx.Client, method: str, path: str, **more: Any) -> Any:
    """The body of an answer; neither the token nor a value that was sent is in an error."""
    import httpx

    try:
        answer = client.request(method, path, **more)
    except httpx.HTTPError as error:
        slow = isinstance(error, httpx.TimeoutException)
        raise PlatformDown(
            "Label Studio doesn't answer in time" if slow else "Label Studio can't be reached",
            where=str(client.base_url), got=type(error).__name__, do=_LATER,
        ) from None  # fmt: skip
    if answer.status_code in {401, 403}:
        raise PlatformError(
            "Label Studio refuses the token", where=str(client.base_url), got=answer.status_code,
            do="Name a token of an account that may make projects.",
        )  # fmt: skip
    if answer.is_server_error or answer.status_code == _BUSY:
        raise PlatformDown("Label Studio can't answer now", where=str(client.base_url),
                           got=answer.status_code, do=_LATER)  # fmt: skip
    if not answer.is_success:
        raise PlatformError("Label Studio doesn't do what it is asked",
                            where=f"{method} {path}", got=answer.status_code)  # fmt: skip
    try:
        return answer.json() if answer.content else None
    except ValueError:
        raise PlatformError("what answers isn't Label Studio", where=str(client.base_url),
                            expected="JSON") from None  # fmt: skip


def _get(client: httpx.Client, path: str, **params: Any) -> Any:
    return _call(client, "GET", path, params=params)


def _projects(client: httpx.Client, project: str) -> list[dict[str, Any]]:
    """The projects of a round, the oldest first."""
    found: list[dict[str, Any]] = []
    page, more = 1, True
    while more:
        body = _get(client, "/api/projects", page=page, page_size=_PAGE)
        found += body["results"]
        page, more = page + 1, bool(body.get("next"))
    own = [one for one in found if (one.get("description") or "").startswith(_key(project, ""))]
    return sorted(own, key=lambda one: int(one["id"]))


def _make(client: httpx.Client, project: str, who: str, instruction: Instruction) -> int:
    made = _call(client, "POST", "/api/projects", json={
        "title": f"{project} {who}"[:_LONGEST_TITLE], "description": _key(project, who),
        "label_config": label_config(instruction),
        "expert_instruction": instruction_html(instruction), "show_instruction": True,
        "sampling": "Uncertainty sampling", "model_version": _ORDER, "maximum_annotations": 1,
        "show_collab_predictions": False, "show_ground_truth_first": False,
    })  # fmt: skip
    return int(made["id"])


def _tasks(client: httpx.Client, number: int, *, every: bool) -> list[dict[str, Any]]:
    """The tasks of a project with their annotations; without those that nobody answered."""
    found = _get(client, f"/api/projects/{number}/export", exportType="JSON",
                 download_all_tasks=str(every).lower())  # fmt: skip
    return list(found)


def _add(client: httpx.Client, number: int, own: Sequence[Card], missing: Sequence[Card]) -> None:
    """Add tasks; a prediction without an answer has the place, by which they are shown."""
    place = {card.task: (i + 1) / (len(own) + 1) for i, card in enumerate(own)}
    for first in range(0, len(missing), _MOST):
        _call(client, "POST", f"/api/projects/{number}/import", json=[
            {"data": {"task": card.task, "html": card_html(card)},
             "predictions": [
                 {"model_version": _ORDER, "score": place[card.task], "result": []}
             ]}
            for card in missing[first : first + _MOST]
        ])  # fmt: skip


def _answers(task: Mapping[str, Any], people: Mapping[int, str]) -> Iterator[Answer]:
    newest: dict[Any, Mapping[str, Any]] = {}
    for one in sorted(task["annotations"], key=lambda a: str(a["updated_at"])):
        newest[one["completed_by"]] = one
    for who, one in newest.items():
        given = [
            choice for part in one["result"] for choice in part.get("value", {}).get("choices", ())
        ]
        if not one.get("was_cancelled") and given:
            yield Answer(
                task=str(task["data"].get("task")), annotator=people.get(who, f"account {who}"),
                given=str(given[0]) if len(given) == 1 else ", ".join(map(str, given)),
                seconds=one.get("lead_time"),
            )  # fmt: skip
