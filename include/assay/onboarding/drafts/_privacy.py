"""The text of a first privacy policy."""

from __future__ import annotations

from assay.onboarding.drafts._draft import Draft, quote
from assay.onboarding.evidence._sample import Profile


def render_privacy(_: Draft, profile: Profile) -> str:
    """Nothing is classified yet; what to do with the guesses, in comments."""
    guesses = [c for c in profile.columns if c.guess]
    lines = [
        "description: What becomes of each column that can lead to a person.",
        "# Each column that the contract classifies must be listed here under `columns`.",
    ]
    if guesses:
        lines += [
            "# Guessed from names, to confirm together with the contract's classification. To keep",
            "# a column as it is needs a reason; else generalise, mask or drop it. What is dropped",
            "# must leave cleaning.yaml, drift.yaml and the clean suite too.",
            "# columns:",
        ]
        for column in guesses:
            how = "pseudonymise" if column.guess == "identifier" else 'keep, rationale: ""'
            lines.append(f"#   {quote(column.name)}: {{treatment: {how}}}  # {column.guess}")
    return "\n".join(lines) + "\n"
