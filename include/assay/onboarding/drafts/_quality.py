"""The text of a first quality policy."""

from __future__ import annotations

from assay.onboarding.drafts._draft import Draft
from assay.onboarding.evidence._rounding import upper_limit
from assay.onboarding.evidence._sample import Profile


def render_quality(_: Draft, profile: Profile) -> str:
    """No row of the sample breaks what was drafted: how many may, at the most, in a batch?"""
    limit = upper_limit(0, profile.rows)
    return f"""\
description: How much may be set aside from a batch before the batch itself is held.
on_inconclusive: hold
quarantine:
  max_share: {limit}
  rationale: >-
    No row of the sample breaks the drafted contract; this is the upper end of the 95 % Wilson
    interval of 0 of {profile.rows} rows.
gx:
  max_rows: {10 * profile.rows}
  rationale: Ten times the {profile.rows} rows of the sample, which fit in memory.
# Every batch is scored for completeness, uniqueness, validity, consistency and timeliness. Once
# `assay quality history` shows what is ordinary, say below what a batch warns or is held:
# scores:
#   raw:
#     completeness: {{min: 0.98, severity: warning, rationale: what the ordinary batches score}}
"""
