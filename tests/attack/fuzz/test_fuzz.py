"""Hostile input from seeds: every parser gives a result or an error of Assay's own.

``ASSAY_FUZZ_INPUTS`` says how many inputs there are in all (``make fuzz``: 10 000). A failure names
the target and the seed; ``ASSAY_FUZZ_SEED`` starts from another one. A hang is ended by the alarm,
a crash of the interpreter by the end of pytest itself.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.errors import AssayError

from . import targets
from .targets import OF_ENGINE, PLAIN, Engine, Target, opened_engine

INPUTS = int(os.environ.get("ASSAY_FUZZ_INPUTS", "420"))
SEED = int(os.environ.get("ASSAY_FUZZ_SEED", "0"))
SECONDS = 60
EACH = -(-INPUTS // (len(PLAIN) + len(OF_ENGINE)))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with opened_engine(tmp_path_factory.mktemp("spill")) as opened:
        yield opened


def _unforeseen(target: Target, name: str, folder: Path) -> list[str]:
    """Seeds whose input gave anything but a result or an error of Assay's own."""
    found = []
    for seed in range(SEED, SEED + EACH):
        place = folder / str(seed)
        place.mkdir()
        signal.alarm(SECONDS)
        try:
            target(random.Random(f"{name} {seed}"), place)
        except AssayError:
            pass
        except Exception as error:
            found.append(f"{name} {seed}: {type(error).__name__}: {str(error)[:200]}")
        finally:
            signal.alarm(0)
        shutil.rmtree(place)
    return found


@pytest.fixture(autouse=True)
def _alarmed() -> Iterator[None]:
    def late(*_: object) -> None:
        raise TimeoutError(f"no answer in {SECONDS} s")

    before = signal.signal(signal.SIGALRM, late)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    signal.signal(signal.SIGALRM, before)


@pytest.mark.timeout(3000)
@pytest.mark.parametrize("target", PLAIN, ids=lambda target: target.__name__)
def test_input_that_is_read(target: Target, tmp_path: Path) -> None:
    assert _unforeseen(target, target.__name__, tmp_path) == []


@pytest.mark.timeout(3000)
@pytest.mark.parametrize("name", OF_ENGINE)
def test_input_that_is_computed_with(name: str, engine: targets.Engine, tmp_path: Path) -> None:
    assert _unforeseen(getattr(engine, name), name, tmp_path) == []


def test_a_footer_over_which_pyarrow_ends_the_process(
    engine: targets.Engine, tmp_path: Path
) -> None:
    """Its size statistics disagree with its schema; it is refused, or read by the engine."""
    with contextlib.suppress(AssayError):
        engine.parquet(random.Random("parquet 603"), tmp_path)
