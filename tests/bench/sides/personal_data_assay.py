"""Assay's side: the columns of a Parquet file that look personal, as JSON on stdout."""

from __future__ import annotations

import json
import sys

from assay.engine import open_session
from assay.privacy.finding import find_personal_data

with open_session() as session:
    found = find_personal_data(session, session.open_data(sys.argv[1]), least_share=0.05)
print(json.dumps({one.column: round(one.share, 4) for one in found.findings}))
