"""The text of a first alerting policy."""

from __future__ import annotations

from assay.onboarding.drafts._draft import Draft
from assay.onboarding.evidence._sample import Profile


def render_alerting(_: Draft, _profile: Profile) -> str:
    """FAIL and INCONCLUSIVE open an incident; the owner writes who is notified."""
    return """\
description: What opens an incident, and who is notified.
opens: [FAIL, INCONCLUSIVE]
opens_rationale: Both may hold the batch, so somebody must look; warnings stay on the status page.
# Who is notified? confirm: write the channel and the addresses.
routes: [
  # {slack: "#team-channel"},
  # {outcomes: [FAIL], email: [owner@example.org]},
]
# Quiet hours, escalation and more: include/docs/alerting.md
"""
