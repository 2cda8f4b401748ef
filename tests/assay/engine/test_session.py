"""The engine's memory: what it may hold before it spills."""

from __future__ import annotations

import pytest

from assay import engine
from assay.errors import InputError


def limit(session: object) -> str:
    [(text,)] = session.backend.raw_sql("SELECT current_setting('memory_limit')").fetchall()  # type: ignore[attr-defined]
    return text


def test_the_limit_is_the_same_on_every_machine_unless_somebody_sets_it(monkeypatch) -> None:
    monkeypatch.delenv("ASSAY_MEMORY", raising=False)
    with engine.open_session() as session:
        assert limit(session) == "1.8 GiB"
    monkeypatch.setenv("ASSAY_MEMORY", "512MiB")
    with engine.open_session() as session:
        assert limit(session) == "512.0 MiB"
    with engine.open_session(memory="1GiB") as session:
        assert limit(session) == "1.0 GiB"


@pytest.mark.parametrize("wrong", ["lots", "-1GB", "0GB", "4", "1GB'; DROP TABLE x"])
def test_what_is_no_amount_of_memory_is_refused_by_name(monkeypatch, wrong: str) -> None:
    monkeypatch.setenv("ASSAY_MEMORY", wrong)
    with pytest.raises(InputError, match="ASSAY_MEMORY"), engine.open_session():
        pass


def test_a_sort_beyond_the_limit_spills_and_gives_the_same_bytes(tmp_path) -> None:
    def written(memory: str) -> str:
        with engine.open_session(spill=tmp_path / "spill", memory=memory) as session:
            table = session.sql(
                "SELECT i AS __row, hash(i) AS key, md5(i::text) AS text FROM range(1500000) r(i)"
            )
            path = tmp_path / f"{memory}.parquet"
            return session.write_parquet(table, path, ["key", "__row"]).sha256

    assert written("256MB") == written("2GB")
