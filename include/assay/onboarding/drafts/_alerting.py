"""The text of a first alerting policy."""

from __future__ import annotations

from assay.onboarding.drafts._draft import Draft
from assay.onboarding.evidence._sample import Profile


def render_alerting(_: Draft, _profile: Profile) -> str:
    """What fails or can't be told opens an incident; whom to tell is for the owner to write."""
    return """\
description: What opens an incident, and who is told.
opens: [FAIL, INCONCLUSIVE]
opens_rationale: Both may hold the batch, so somebody must look; warnings stay on the status page.
# Who is told? Confirm, by the channel and the addresses that are right.
routes: [
  # {slack: "#team-channel"},
  # {outcomes: [FAIL], email: [owner@example.org]},
]
# When nobody is to be disturbed, who is called in next, and more: include/docs/alerting.md
"""
