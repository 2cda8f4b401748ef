"""The text of a first quality policy."""

from __future__ import annotations

from assay.onboarding.drafts._draft import Draft
from assay.onboarding.evidence._rounding import upper_limit
from assay.onboarding.evidence._sample import Profile


def render_quality(_: Draft, profile: Profile) -> str:
    """The text of the policy: no row of the sample violates the draft, so few rows may."""
    limit = upper_limit(0, profile.rows)
    return f"""\
description: How many rows may be quarantined from a batch before the batch itself is held.
on_inconclusive: hold
quarantine:
  max_share: {limit}
  rationale: >-
    No row of the sample violates the drafted contract; this is the upper end of the 95 % Wilson
    interval of 0 of {profile.rows} rows.
gx:
  max_rows: {10 * profile.rows}
  rationale: Ten times the {profile.rows} rows of the sample, which fit in memory.
# Every batch is scored for completeness, uniqueness, validity, consistency and timeliness. Once
# `assay quality history` shows ordinary scores, write the least score that is accepted:
# scores:
#   raw:
#     completeness: {{min: 0.98, severity: warning, rationale: what the ordinary batches score}}
"""
