"""Scripted annotators: accounts of Label Studio that see a task, and answer it."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from assay.errors import AssayError
from assay.launcher.label_studio_page import Access

_PICTURE: Final = re.compile(r'src="data:image/png;base64,([^"]+)"')
_PAGE: Final = 100


@dataclass(frozen=True)
class Annotator:
    """A person of the demo, who reads most digits rightly.

    Parameters
    ----------
    email : str
        The account; it is made at the first visit, by an invitation.
    password : str
        Of the account.
    errs : int
        One of so many pictures is misread, always the same ones; 0 misreads none.
    """

    email: str
    password: str = field(repr=False)
    errs: int = 0

    def read(self, picture: str, digits: Mapping[str, str]) -> str:
        """The digit that the person sees in a picture."""
        drawn = zlib.crc32(f"{self.email} {picture}".encode())
        right = digits[picture]
        return str((int(right) + 3) % 10) if self.errs and drawn % self.errs == 0 else right

    def answer(self, studio: Access, digits: Mapping[str, str]) -> int:
        """Answer every task of the person's projects, as Label Studio shows them; how many."""
        done = 0
        with closing(self._visit(studio)) as client:
            body = _ok(client.get("/api/projects", params={"page_size": _PAGE})).json()
            for project in body["results"]:
                if (project["description"] or "").endswith(f"| {self.email}"):
                    while task := _next(client, project["id"]):
                        self._say(client, task, digits)
                        done += 1
        return done

    def _visit(self, studio: Access) -> httpx.Client:
        """A session of the person, who logs in, or signs up where the account is new."""
        client = httpx.Client(base_url=studio.url, trust_env=False, timeout=60)
        if not self._enter(client, "/user/login/"):
            own = {"Authorization": f"Token {studio.token}"}
            invited = _ok(client.get("/api/invite", headers=own)).json()
            if not self._enter(client, f"/user/signup/?token={invited['token']}"):
                raise AssayError("Label Studio takes no new account", where=studio.url)
        return client

    def _enter(self, client: httpx.Client, page: str) -> bool:
        """Fill in a form of Label Studio; whether it let the person in."""
        _ok(client.get(page))
        form = {"email": self.email, "password": self.password,
                "csrfmiddlewaretoken": client.cookies["csrftoken"]}  # fmt: skip
        answer = client.post(page, data=form, headers={"Referer": f"{client.base_url}"})
        return answer.is_redirect  # the form comes back to whom it doesn't let in

    def _say(
        self, client: httpx.Client, task: Mapping[str, Any], digits: Mapping[str, str]
    ) -> None:
        found = _PICTURE.search(task["data"]["html"])
        if found is None:
            raise AssayError("a task shows no picture", where=f"task {task['id']}")
        choice = {"choices": [self.read(found[1], digits)]}
        result = {"from_name": "answer", "to_name": "row", "type": "choices", "value": choice}
        said = {"result": [result], "lead_time": 2.0}
        _ok(client.post(f"/api/tasks/{task['id']}/annotations", json=said, headers=_token(client)))


def _token(client: httpx.Client) -> dict[str, str]:
    return {"X-CSRFToken": client.cookies["csrftoken"], "Referer": f"{client.base_url}"}


def _next(client: httpx.Client, project: int) -> dict[str, Any] | None:
    """The task that Label Studio shows next; None where none is left."""
    answer = client.get(f"/api/projects/{project}/next")
    if answer.status_code == httpx.codes.NOT_FOUND:
        return None
    found: dict[str, Any] = _ok(answer).json()
    return found


def _ok(answer: httpx.Response) -> httpx.Response:
    """An answer that Label Studio gives willingly.

    Raises
    ------
    AssayError
        If it doesn't.
    """
    if not answer.is_success:
        raise AssayError("Label Studio refuses", where=str(answer.request.url.path),
                         got=answer.status_code)  # fmt: skip
    return answer
