from datetime import datetime

from assay.catalog import Catalog
from assay.records.histories import Holdings, SeenHistory
from assay.records.versions import Acceptance


def seen(head: str, versions: int = 1, highest: int = 1) -> SeenHistory:
    return SeenHistory(head, {"flights": Holdings(versions, highest)})


def test_a_new_catalog_has_seen_nothing(catalog: Catalog) -> None:
    assert catalog.history.last() == SeenHistory()
    assert catalog.history.last().empty


def test_the_head_moves_on_from_where_it_was_and_never_back(catalog: Catalog) -> None:
    catalog.history.saw(None, seen("a"))
    catalog.history.saw("a", seen("c", 3, 2))
    catalog.history.saw("a", seen("b", 2, 2))  # another host, which was slower
    catalog.history.saw(None, seen("z"))
    assert catalog.history.last() == seen("c", 3, 2)
    assert not catalog.history.last().empty


def test_what_is_accepted_replaces_it_on_record(catalog: Catalog, now: datetime) -> None:
    catalog.history.saw(None, SeenHistory("a", {"flights": Holdings(9, 9), "planes": Holdings(1)}))
    accepted = Acceptance(
        source="a", target="b", highest={"flights": 9}, reason="lost", author="ann", at=now
    )
    catalog.history.accepted(accepted, seen("b", 2, 9))
    assert catalog.history.last() == seen("b", 2, 9)
