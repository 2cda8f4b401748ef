"""The alerting policy: what opens an incident, who is told, and where the runbooks are."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from assay.policy._base import Model, Policy
from assay.verdict import Outcome

Channel = Annotated[str, Field(pattern=r"^(#[\w-]{1,80}|[CGD][A-Z0-9]{5,20})$")]
Address = Annotated[str, Field(pattern=r"^[^@\s,;<>\"]+@[^@\s,;<>\"]+$")]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Route(Model):
    """Who is told of some incidents; every route that matches is used."""

    outcomes: tuple[Outcome, ...] = Field(
        (), description="Only incidents with one of these as their worst outcome; any if empty."
    )
    reasons: tuple[Code, ...] = Field(
        (), description="Only incidents with one of these reason codes; any if empty."
    )
    slack: Channel | None = Field(
        None,
        description="Slack channel, by `#name` or id. An incoming webhook always posts to its own.",
    )
    email: tuple[Address, ...] = Field((), description="E-mail addresses, all in one message.")

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        if self.slack is None and not self.email:
            raise ValueError("a route needs `slack` or `email`")
        return self


class AlertingPolicy(Policy):
    """What opens an incident and who is told."""

    opens: tuple[Outcome, ...] = Field(
        description="Outcomes that open an incident; reasons with another outcome stay in the "
        "verdict and on the status page."
    )
    opens_rationale: str | None = Field(None, description="Why these and no others.")
    owner: str | None = Field(
        None, description="Whom messages name as the owner; the contract's owner if left out."
    )
    runbooks: str = Field(
        "include/docs/runbooks",
        description="Folder or URL of the runbooks; messages append `/<reason code>.md`.",
    )
    routes: tuple[Route, ...] = Field(
        description="Who is told. An incident that no route matches is shown, and told to nobody."
    )

    @model_validator(mode="after")
    def _opens_what_can_fail(self) -> Self:
        if Outcome.PASS in self.opens:
            raise ValueError("opens: PASS would open an incident for every batch")
        return self
