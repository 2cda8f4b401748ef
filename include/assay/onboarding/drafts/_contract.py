"""The text of a first contract."""

from __future__ import annotations

import textwrap
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import urlsplit

from assay.delimiters import delimiter_of, text_ending
from assay.onboarding.drafts._draft import Draft, plain, quote
from assay.onboarding.evidence._sample import ColumnProfile, Profile
from assay.onboarding.evidence._text_types import TypedText

_COMPRESSIONS: Final = {".gz": "gzip", ".zst": "zstd"}


def render_contract(draft: Draft, profile: Profile) -> str:
    """A contract in the Open Data Contract Standard v3, commented where a person must confirm."""
    lines = [
        f"# What the {draft.name} data set is. Format: Open Data Contract Standard v3.",
        f"# Drafted from a sample of {profile.rows} rows ({plain(draft.samples.shown)}).",
        "# Lines marked 'confirm' are guesses: a person who knows the data decides.",
        "apiVersion: v3.1.0",
        "kind: DataContract",
        f"id: urn:assay:{draft.name}",
        f"name: {draft.name}",
        "version: 0.1.0",
        "status: draft",
        "description:",
        "  purpose: To be written by the owner.  # confirm: what is this data for?",
        "team:",
        f"  name: {quote(draft.owner)}  # confirm: which team owns it?",
        *_server(draft),
        "customProperties:",
        "  - property: partition",
        "    value:",
        f"      grain: {draft.grain}  # confirm: how long a batch is",
        "      timezone: UTC  # confirm: time zone in which a batch begins and ends",
        f"      first: {quote(draft.first)}  # {draft.first_from}",
        "      # last: BATCH  # where the data set is finished",
        *_dated(profile),
        "schema:",
        f"  - name: {draft.name}",
        "    physicalType: table",
        "    properties:",
    ]
    for column in profile.columns:
        lines += _column(column, profile, draft.text)
    return "\n".join(lines) + "\n"


def _server(draft: Draft) -> list[str]:
    sample = str(draft.samples.paths[0])
    suffixes = [s.lower() for s in PurePosixPath(sample.partition("?")[0]).suffixes]
    form = "parquet" if parquet(sample) else "csv"
    ending = suffixes[-1] if suffixes and suffixes[-1] in _COMPRESSIONS else ""
    kind = ".parquet" if form == "parquet" else text_ending(sample) or ".csv"
    usual = delimiter_of(sample) or ","
    stated = [] if form != "csv" else [
        *[f"    delimiter: {quote(str(draft.form.delimiter))}"] * (draft.form.delimiter != usual),
        *[f"    encoding: {draft.form.encoding}  # confirm"] * (draft.form.encoding != "utf-8"),
    ]  # fmt: skip
    lines = [
        "servers:",
        "  - server: inbox",
        # The standard has no delimiter and no encoding of a local server.
        f"    type: {'custom' if stated else 'local'}",
        f"    path: inbox/{draft.name}/{{batch}}{kind}{ending}  # confirm: where batches arrive",
        f"    format: {form}",
        *stated,
    ]
    custom = []
    if ending:
        custom.append(f"      - {{property: compression, value: {_COMPRESSIONS[ending]}}}")
    if form == "csv" and draft.form.decimal == ",":
        custom.append('      - {property: decimal, value: ","}  # confirm')
        custom.append('      - {property: thousands, value: "."}')
    if draft.text.null_tokens:
        tokens = ", ".join(map(quote, ("", *draft.text.null_tokens)))
        custom.append("      # Texts that mean a missing value: confirm.")
        custom.append(f"      - {{property: nullValues, value: [{tokens}]}}")
    return [*lines, "    customProperties:", *custom] if custom else lines


def parquet(name: str) -> bool:
    """Whether a file's name or URL says that it is Parquet."""
    return ".parquet" in [s.lower() for s in PurePosixPath(urlsplit(name).path or name).suffixes]


def _dated(profile: Profile) -> list[str]:
    if profile.dated is None:
        return []
    return [f"      # column: {quote(profile.dated)}  # confirm: a row's date in its batch"]


def _column(column: ColumnProfile, profile: Profile, text: TypedText) -> list[str]:
    share = column.nulls / profile.rows
    lines = [f"      - name: {quote(column.name)}", f"        logicalType: {column.type}"]
    if column.name == profile.key:
        lines.append("        primaryKey: true  # unique and never null in the sample: confirm")
    elif column.name in profile.keys:
        lines.append("        # unique: true  # it is in the sample; must it always be? confirm")
    if profile.requires(column):
        lines.append(f"        required: true  # no null in {profile.rows} rows")
    elif not column.nulls:
        batches = profile.distances.batches
        of = "one batch" if batches == 1 else f"{batches} batches"
        lines.append(f"        # required: true  # no null, but in {of} only: confirm")
    else:
        lines.append(f"        # null in {column.nulls} of {profile.rows} rows ({share:.2%})")
    if column.guess:
        lines.append(f"        # classification: {column.guess}  # {column.why}: confirm")
    if column.name in profile.restated:
        lines += _comment(profile.restated[column.name])
    lines += _properties(column, text)
    if column.levels is not None and not column.padded:
        values = ", ".join(f"{{value: {quote(level)}}}" for level in column.levels)
        n = column.distinct
        of = "the only level" if n == 1 else f"all {n} levels"
        lines.append(f"        # {of} of the sample: confirm")
        lines.append(f"        enum: [{values}]")
    return lines


def _comment(text: str) -> list[str]:
    return [f"        # {line}" for line in textwrap.wrap(text, 88)]


def _properties(column: ColumnProfile, text: TypedText) -> list[str]:
    """How a column's dates are written, and what a person must confirm, in one list."""
    lines = []
    if column.name in text.ambiguous:
        forms = " and ".join(text.ambiguous[column.name])
        lines += [
            f"        # dates that both {forms} can read: confirm which, by",
            "        # `logicalType: date` and a custom property parseFormat",
        ]
    guessed = []
    if column.guess == "identifier":
        guessed.append("- {property: identityDomain, value: NAME}")
    if column.role:
        guessed.append(f"- {{property: role, value: {column.role}}}  # confirm")
    if column.name in text.formats:
        form = quote(text.formats[column.name])
        lines += [
            "        customProperties:",
            f"          - {{property: parseFormat, value: {form}}}",
            *(f"          # {one}" for one in guessed),
        ]
    elif guessed:
        lines += ["        # customProperties:", *(f"        #   {one}" for one in guessed)]
    return lines
