"""Every detector, by kind. A new kind is one entry in a module here, and its name in the docs."""

from typing import Final

from assay.privacy.finding._detector import Detector
from assay.privacy.finding.kinds._addresses import ADDRESSES
from assay.privacy.finding.kinds._contacts import CONTACTS
from assay.privacy.finding.kinds._national_ids import NATIONAL_IDS
from assay.privacy.finding.kinds._payments import PAYMENTS
from assay.privacy.finding.kinds._people import PEOPLE

DETECTORS: Final[tuple[Detector, ...]] = (
    *CONTACTS, *PAYMENTS, *NATIONAL_IDS, *PEOPLE, *ADDRESSES,
)  # fmt: skip
KINDS: Final = tuple(dict.fromkeys(one.kind for one in DETECTORS))
"""The kinds that a person decides about."""

__all__ = ["DETECTORS", "KINDS"]
