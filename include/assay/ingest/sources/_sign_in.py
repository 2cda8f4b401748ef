"""Credentials of an HTTP source: they go to its own host, and nowhere else."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable, Generator, Mapping
from typing import Any, Final
from urllib.parse import quote

import httpx

from assay.errors import InputError
from assay.ingest.sources._urls import own_host, parsed, with_params

_EARLY: Final = 30.0
"""Seconds before its end at which a token is replaced."""
_CODE: Final = re.compile(r"[a-z_]{1,40}")


class SignIn(httpx.Auth):
    """Adds what a connection holds to each request to the source's own host.

    Parameters
    ----------
    start : str
        Location of the source.
    credentials : mapping
        ``headers`` (a JSON object); ``token``, or ``username`` and ``password``; ``api_key``, with
        ``api_key_header`` or ``api_key_parameter``; ``token_url`` and what OAuth 2 needs there.
    post : callable
        Sends a form to an address of the connection, and gives the answer.
    """

    def __init__(
        self, start: str, credentials: Mapping[str, str],
        post: Callable[[str, Mapping[str, str], Mapping[str, str]], httpx.Response],
    ) -> None:  # fmt: skip
        self._start = parsed(start)
        self._given = credentials
        self._post = post
        self._token: str | None = None
        self._until = 0.0
        self._headers = _headers(credentials)
        key, parameter = credentials.get("api_key"), credentials.get("api_key_parameter")
        self._params = {parameter: key} if key and parameter else {}

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign a request; once more with a new token if the source no longer takes the one."""
        if not own_host(request.url, self._start):
            yield request
            return
        if self._params:
            request.url = httpx.URL(with_params(str(request.url), self._params))
        request.headers.update(self._headers)
        if "token_url" not in self._given:
            yield request
            return
        request.headers["Authorization"] = f"Bearer {self._granted()}"
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED:
            self._token = None
            request.headers["Authorization"] = f"Bearer {self._granted()}"
            yield request

    def keep_home(self, request: httpx.Request) -> None:
        """Take what is secret from a request that a redirect sends to another host."""
        if not own_host(request.url, self._start):
            for name in ("Authorization", "Cookie", *self._headers):
                request.headers.pop(name, None)
            for name in self._params:  # a redirect may repeat the query that it was asked with
                if name in request.url.params:
                    request.url = request.url.copy_remove_param(name)

    def _granted(self) -> str:
        """The access token, from the token endpoint when there is none that still counts."""
        if self._token is None or time.monotonic() >= self._until:
            given = self._given
            url = given["token_url"]
            if parsed(url).scheme != "https" and self._start.scheme == "https":
                raise InputError("the token endpoint isn't https, and the source is",
                                 where="token_url of the connection")  # fmt: skip
            form = {"grant_type": "client_credentials"}
            form |= {n: given[n] for n in ("scope", "audience", "resource") if given.get(n)}
            client = {
                "client_id": given.get("client_id") or given.get("username", ""),
                "client_secret": given.get("client_secret") or given.get("password", ""),
            }
            in_body = given.get("client_auth") == "body"
            basic = {} if in_body else _basic(*(quote(v, safe="") for v in client.values()))
            answer = self._post(url, form | client if in_body else form, basic)
            self._token, seconds = _token(answer)
            self._until = time.monotonic() + seconds - min(_EARLY, seconds / 2)
        return self._token


def _headers(given: Mapping[str, str]) -> dict[str, str]:
    """The headers of every request: the connection's own, and those of its key or login."""
    headers = _own_headers(given["headers"]) if given.get("headers") else {}
    if "token_url" in given:
        return headers | _key(given)
    if "token" in given:
        headers["Authorization"] = f"Bearer {given['token']}"
    elif "username" in given:
        headers |= _basic(given["username"], given.get("password", ""))
    return headers | _key(given)


def _key(given: Mapping[str, str]) -> dict[str, str]:
    if not given.get("api_key") or given.get("api_key_parameter"):
        return {}
    return {given.get("api_key_header", "X-API-Key"): given["api_key"]}


def _own_headers(text: str) -> dict[str, str]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
        raise InputError("the connection's `headers` aren't a JSON object of texts",
                         expected='{"X-Name": "value"}')  # fmt: skip
    return found


def _basic(user: str, password: str) -> dict[str, str]:
    pair = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def _token(answer: httpx.Response) -> tuple[str, float]:
    """The token of an answer, and the seconds for which it counts."""
    try:
        found: Any = answer.json()
    except ValueError:
        found = None
    found = found if isinstance(found, dict) else {}
    token = found.get("access_token")
    if not answer.is_success or not isinstance(token, str):
        said = str(found.get("error", ""))
        raise InputError(
            "the token endpoint gives no access token",
            where="token_url of the connection",
            got=f"status {answer.status_code} {said if _CODE.fullmatch(said) else ''}".rstrip(),
            do="Check client id, secret and scope in the connection.",
        )
    seconds = found.get("expires_in")
    return token, float(seconds) if isinstance(seconds, int | float) else 300.0
