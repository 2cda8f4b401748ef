"""The pages of a training run as MLflow shows them: beside each other, with no link that is dead.

MLflow shows a page of a run by itself, so that a link to the page beside it leads nowhere. There
the name of the page stands instead: it is in the same list of files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from assay.records.models import TrainingRecord
from assay.stages.models.workspace import TrainingWorkspace, folder_of
from assay.stages.services import Services

REPORT: Final = "report.html"
_LINK: Final = re.compile(r'<a\b[^>]*\bhref="([\w.-]+\.html)"[^>]*>(.*?)</a>', re.DOTALL)


def pages_to_show(
    services: Services, record: TrainingRecord, report: Path, aside: Path
) -> Iterator[tuple[str, Path]]:
    """Name → page, for the report of a run and each page of its gates that is kept still.

    Parameters
    ----------
    report : Path
        The report, as the registry keeps it.
    aside : Path
        A folder that the pages are written to.
    """
    key = (record.data[0].dataset, folder_of(record.model), record.training_run)
    folder = TrainingWorkspace(services.lake, key).folder("reports")
    pages = {path.name: path for path in sorted(folder.glob("*.html"))} | {REPORT: report}
    for name, path in pages.items():
        shown = aside / name
        text = without_links(path.read_text(encoding="utf-8"), pages)
        shown.write_text(text, encoding="utf-8")
        yield name, shown


def without_links(page: str, beside: dict[str, Path]) -> str:
    """A page in which the name of another page stands where a link to it stood.

    Of a page that isn't there any more, the words of the link stay alone.

    Examples
    --------
    >>> without_links('<td><a href="flip.html">look</a></td>', {"flip.html": Path("flip.html")})
    '<td>flip.html</td>'
    >>> without_links('<a class="back" href="gone.html">Flip test</a>', {})
    'Flip test'
    """
    return _LINK.sub(lambda found: found[1] if found[1] in beside else found[2], page)
