"""Keys: where each comes from, who may read it, and what is sealed with it.

A *pseudonym key* makes pseudonyms, and a *registry key* makes the ids of versions. Each is given by
a secrets backend or the environment, or made once for a home. A *period key* is random and belongs
to one month of a data set: files that must stay clear for a time are sealed with it
(:func:`seal_file`), and can be read by nobody once it is removed. All lie in the lake's secrets
zone, in files that only their owner can read (:func:`secret_file`). A :class:`RecordSeal`, derived
from the registry key, hides nothing: it shows that a record is one that a task wrote. The order of
a version's rows (:mod:`assay.keys.keyed_numbers`) and the seal of its landing row numbers are
derived from that key too.
"""

from assay.keys._derived_key import derived_key
from assay.keys._period_key import discard_period_keys, period_key, period_of
from assay.keys._pseudonym_key import PseudonymKey, load_pseudonym_key
from assay.keys._record_seal import RecordSeal
from assay.keys._registry_key import embedded_registry_key, parse_registry_key
from assay.keys._seal import seal_file, unseal_file
from assay.keys._secret_file import secret_file

__all__ = [
    "PseudonymKey",
    "RecordSeal",
    "derived_key",
    "discard_period_keys",
    "embedded_registry_key",
    "load_pseudonym_key",
    "parse_registry_key",
    "period_key",
    "period_of",
    "seal_file",
    "secret_file",
    "unseal_file",
]
