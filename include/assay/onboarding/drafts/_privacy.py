"""The text of a first privacy policy."""

from __future__ import annotations

from assay.onboarding.drafts._draft import Draft, quote
from assay.onboarding.evidence._sample import Profile


def render_privacy(_: Draft, profile: Profile) -> str:
    """The text of the policy: nothing is classified yet; guesses are in comments."""
    guesses = [c for c in profile.columns if c.guess]
    lines = [
        "description: The treatment of each column that can lead to a person.",
        "# Each column that the contract classifies must be listed here under `columns`.",
    ]
    if guesses:
        lines += [
            "# Guessed from names; confirm them with the contract's classification. To keep a",
            "# column needs a reason; else generalise, mask or drop it. A column that is dropped",
            "# must leave cleaning.yaml, drift.yaml and the clean suite too.",
            "# columns:",
        ]
        for column in guesses:
            how = "pseudonymise" if column.guess == "identifier" else 'keep, rationale: ""'
            lines.append(f"#   {quote(column.name)}: {{treatment: {how}}}  # {column.guess}")
    return "\n".join(lines) + "\n"
