import subprocess
import sys
from datetime import UTC, datetime

from assay import versioning
from assay.engine import open_session

AT = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)


SCRIPT = """
import sys
from pathlib import Path
import assay.versioning
heavy = ("airflow", "boto3", "dvc", "dvc_data", "dvc_objects", "s3fs", "sklearn")
assert not [name for name in heavy if name in sys.modules]

from assay.versioning._dvc import ObjectStore
streams = sys.stdout, sys.stderr
assert ObjectStore(str(Path.cwd()), Path("scratch"))._odb
assert "dvc" not in sys.modules
assert ObjectStore("s3://bucket/prefix", Path("scratch"))._odb.fs.fs
assert (sys.stdout, sys.stderr) == streams
"""


def test_dvc_is_imported_only_when_it_is_used_and_leaves_the_streams_alone():
    subprocess.run([sys.executable, "-"], input=SCRIPT, text=True, check=True)


def test_the_room_exports_few_names_each_with_its_manual():
    assert len(versioning.__all__) <= 12
    assert all(getattr(versioning, name).__doc__ for name in versioning.__all__)


def test_a_parquet_file_of_the_engine_goes_in_and_comes_back(bench):
    registry, derivation = bench.registry, bench.derivation("2013-02-04")
    version = registry.version_id("flights", "2013-02-04", derivation)
    path = bench.folder / "candidate.parquet"
    with open_session() as session:
        rows = session.set_aside({"id": [3, 1, 2], "__row": [0, 1, 2]})
        session.write_parquet(rows, path, ["id"], nonce=registry.nonce(version, "data"))
        registry.commit("flights", "2013-02-04", derivation, {"data": path}, at=AT)
        bench.release("2013-02-04", version)
        fetched = session.read_parquet(registry.fetch("flights", "2013-02-04", version))
        assert [r["id"] for r in session.rows(fetched.order_by("id"))] == [1, 2, 3]
        registry.checkout("flights", None, bench.folder / "out")
        out = session.read_parquet(bench.folder / "out" / "2013-02-04.parquet")
        assert session.value(out.count()) == 3
