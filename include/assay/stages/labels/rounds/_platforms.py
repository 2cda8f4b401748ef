"""The platform of a round: sheets, or Label Studio."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from assay.errors import InputError
from assay.labelling.platforms import LabelStudio, Platform, PlatformDown, Sheets
from assay.policy.labelling import Platform as PlatformName
from assay.stages.labels.rounds._folder import SHEETS, RoundFolder

URL, TOKEN = "ASSAY_LABEL_STUDIO_URL", "ASSAY_LABEL_STUDIO_TOKEN"
_PUBLISHED: Final = "published"


def open_platform(
    folder: RoundFolder, environ: Mapping[str, str], *, named: PlatformName | None = None,
    sheets: Path | None = None,
) -> Platform:  # fmt: skip
    """Open the platform that a round was published on; before that the named one, or the policy's.

    Parameters
    ----------
    environ : mapping
        Has the address and the token of Label Studio, where it isn't that of the home.
    sheets : Path, optional
        Folder of the sheets; by default one in the round's own folder.

    Raises
    ------
    InputError
        If the round was published on another one, or Label Studio isn't configured.
    PlatformDown
        If the home's own Label Studio doesn't run.
    """
    known = folder.read(_PUBLISHED)["platform"] if folder.has(_PUBLISHED) else None
    if None not in {known, named} and known != named:
        raise InputError(
            "the round was published on another platform", got=named, expected=str(known),
            do="A round stays where it began.",
        )  # fmt: skip
    if (known or named or folder.policy.platform) == "sheets":
        return Sheets(sheets or folder.path / SHEETS)
    if sheets is not None:
        raise InputError("this round has no sheets: it is on Label Studio", where="--sheets")
    return label_studio(folder.services.project.home, environ)


def label_studio(home: Path, environ: Mapping[str, str]) -> LabelStudio:
    """Label Studio: that of the environment, or the home's own.

    Raises
    ------
    InputError
        If one of the two variables is missing.
    PlatformDown
        If there are none, and the home's own doesn't run.
    """
    from assay.launcher import label_studio_page

    url, token = environ.get(URL), environ.get(TOKEN)
    if bool(url) != bool(token):
        raise InputError("Label Studio needs an address and a token", got=URL if url else TOKEN,
                         expected=f"both {URL} and {TOKEN}, or neither")  # fmt: skip
    if url and token:
        return LabelStudio(url, token)
    own = label_studio_page.access(home)
    if own is None:
        raise PlatformDown(
            "Label Studio doesn't run", expected=f"that of this home, or {URL} and {TOKEN}",
            do="assay up --labelling starts it.",
        )  # fmt: skip
    return LabelStudio(own.url, own.token)
