"""Presidio's side: its recognisers by pattern on each value; share of values found, by column.

The language model is left out: no wheel of one is on the package index. So is the list of public
suffixes, which would be fetched.
"""

from __future__ import annotations

import json
import sys

import pyarrow.parquet as pq
import tldextract
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine

tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=())


class NoModel(NlpEngine):
    """An engine that knows no language."""

    def load(self):
        """Load nothing."""

    def is_loaded(self):
        """There is nothing to load."""
        return True

    def process_text(self, text, language):
        """No word and no entity."""
        return NlpArtifacts([], [], [], [], self, "en")

    def process_batch(self, texts, language, **_):
        """Each text as one."""
        yield from ((text, self.process_text(text, language)) for text in texts)

    def is_stopword(self, word, language):
        """No word is."""
        return False

    def is_punct(self, word, language):
        """No word is."""
        return False

    def get_supported_entities(self):
        """None."""
        return []

    def get_supported_languages(self):
        """English."""
        return ["en"]


registry = RecognizerRegistry()
registry.load_predefined_recognizers(languages=["en"])
analyzer = AnalyzerEngine(registry=registry, nlp_engine=NoModel(), supported_languages=["en"])
table = pq.read_table(sys.argv[1])
shares = {}
for name in table.column_names:
    values = [str(v) for v in table[name].to_pylist() if v is not None]
    hits = sum(bool(analyzer.analyze(v, language="en", score_threshold=0.4)) for v in values)
    shares[name] = round(hits / max(1, len(values)), 4)
print(json.dumps(shares))
