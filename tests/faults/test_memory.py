"""A process that runs batch after batch, as a worker may, doesn't grow."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

RUNS = int(os.environ.get("ASSAY_MEMORY_RUNS", "100"))
GROWTH = 32 * 1024 * 1024
"""Over the second half of the runs; one batch's tables alone are a fraction of it."""

SCRIPT = """
import gc, sys, tempfile
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import journey, psutil
site = journey.Site(Path(tempfile.mkdtemp(dir=sys.argv[3])))
site.prepare()
train = journey.mini.Train(site.root / "project", site.home)
process = psutil.Process()
for n in range(int(sys.argv[2])):
    day = f"2024-{2 + n // 28 % 10:02}-{1 + n % 28:02}"
    train.drop("visits", day, journey.mini.visits(day, shift=30 * (n % 5 == 4)))
    train.run("visits", day)
    if n % 10 == 9:
        gc.collect()
        full = process.memory_info()
        print(n + 1, full.rss, process.num_fds(), process.num_threads(), flush=True)
"""


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_memory_files_and_threads_stay_flat(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SCRIPT, str(Path(__file__).parent), str(RUNS), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    seen = [[int(x) for x in line.split()] for line in done.stdout.splitlines()]
    for runs, rss, files, threads in seen:
        print(f"after {runs:3} runs: {rss / 2**20:6.0f} MiB, {files} files, {threads} threads")
    half = seen[len(seen) // 2 - 1]
    last = seen[-1]
    assert last[1] - half[1] < GROWTH
    assert last[2] <= half[2] + 2
    assert last[3] <= half[3] + 2
