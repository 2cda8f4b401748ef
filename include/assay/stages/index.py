"""The catalog's index of the registry, kept up with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from assay.errors import HistoryRewound
from assay.records.indexing import IndexPage
from assay.stages.services import Services

_PAGE: Final = 1000
"""Records that are indexed in one transaction: a tenth of a second in which others wait."""
_WRITERS_SHARE: Final = 2
"""Pages that a release indexes at most: the rest is left to who rebuilds or asks for a list."""
Progress = Callable[[int, int], None]
"""Is given how many records are indexed, and of how many."""


def follow_registry(
    services: Services, *, wholly: bool = True, progress: Progress = lambda _, __: None
) -> None:
    """Index what the registry has and the catalog hasn't; killed anywhere, it is continued.

    Any number of processes may do it at once: each page is indexed by one of them.

    Parameters
    ----------
    wholly : bool
        Until nothing is left. A writer indexes what it has written, and not an hour's backlog.

    Raises
    ------
    HistoryRewound
        If the registry's history was rewound.
    """
    for done, page in enumerate(_pages(services), 1):
        services.catalog.index.add(page)
        progress(page.end, page.total)
        if not wholly and done >= _WRITERS_SHARE:
            return


def _pages(services: Services) -> Iterator[IndexPage]:
    """The next page, each time from where the index has come to by then."""
    state, changes = services.catalog.index.state(), None
    while state.target is not None or services.registry.head() != state.indexed:
        if changes is None or (state.indexed, state.target) != (changes.since, changes.target):
            changes = services.registry.changes(state)
        yield changes.page(state.position, _PAGE)
        state = services.catalog.index.state()


def follow_to_read(services: Services) -> HistoryRewound | None:
    """Index what is new before a list is shown; the error, if the history was rewound.

    What the catalog knows is still right then, and a person who looks at the damage needs it.
    """
    try:
        follow_registry(services)
    except HistoryRewound as error:
        return error
    return None
