"""Run the demo: ``python -m demo [--days blizzard|all]``."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

from assay import launcher
from assay.errors import AssayError
from assay.project import Project
from demo.backfill import Airflow, Run, read_stand, run_assay
from demo.census import WHEEL, YEARS, drop_census
from demo.flights import BLIZZARD, REFERENCES, YEAR, all_days, drop_flights, drop_references
from demo.loop import Learned, Loop, compared, is_closed, lines_of, read_learned, wish_of
from demo.plan import Order, Stand, Wish, plan_orders, undecided
from demo.screen import Screen
from demo.watch import Watch

_POLL_S = 1.0

Crashes = dict[tuple[str, str], list[str]]
"""Data set and batch → paths of the failed tasks' logs."""


def main(argv: Sequence[str] | None = None) -> int:
    """Deliver, release and show. Exit code 0 if every batch was decided, 1 if not, 2 on error."""
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    parser.add_argument("--days", choices=("blizzard", "all"), default="blizzard")
    days = all_days() if parser.parse_args(argv).days == "all" else BLIZZARD
    screen, project = Screen(), Project.from_environment(os.environ)
    # TERM ends the demo as Ctrl-C does, so that its Airflow is stopped too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _demo(screen, project, days)
    except AssayError as error:
        screen.console.print(str(error), style="red", markup=False, soft_wrap=True)
        return error.exit_code
    except KeyboardInterrupt:
        screen.say("stopped; the next make demo continues here")
        return 130


def _demo(screen: Screen, project: Project, days: Sequence[str]) -> int:
    wishes = [
        *(Wish(name, (YEAR,)) for name in REFERENCES),
        Wish("census_employment", YEARS),
        Wish("flights", tuple(days), after=REFERENCES),
    ]
    inbox = project.lake.make("inbox")
    dropped = _drop(project, inbox, days)
    files = sum(len(batches) for batches in dropped.values())
    screen.say(f"the upstream has put {files or 'no'} new files into {inbox}")
    stand = read_stand(project.home)
    if not plan_orders(wishes, stand, dropped) and is_closed(
        stand, learned := read_learned(project.home)
    ):
        _show(screen, project, [*wishes, wish_of(stand)], stand, learned)
        screen.say("[bold]nothing to do[/bold]: every batch is decided, and no input has changed")
        screen.where_next(project.lake)
        return 0
    stand, crashed = _release(screen, project, wishes, stand, dropped)
    screen.say("building Data Docs")
    run_assay(project.home, "data-docs")
    wishes.append(wish_of(stand))
    _show(screen, project, wishes, stand, read_learned(project.home))
    screen.where_next(project.lake)
    return _show_crashes(screen, undecided(wishes, stand), crashed)


def _show(
    screen: Screen, project: Project, wishes: Sequence[Wish], stand: Stand, learned: Learned
) -> None:
    """Print every batch, and what was learned from them."""
    screen.table(wishes, stand)
    if len(learned.versions) > 1:
        screen.learned(lines_of(learned, compared(project.home)))


def _drop(project: Project, inbox: Path, days: Sequence[str]) -> dict[str, list[str]]:
    wheel = project.include.parent / ".cache" / WHEEL
    references = {name: [YEAR] for name in drop_references(inbox)}
    census = drop_census(inbox, wheel, YEARS)
    return {**references, "census_employment": census, "flights": drop_flights(inbox, days)}


def _release(
    screen: Screen, project: Project, wishes: Sequence[Wish], stand: Stand,
    dropped: Mapping[str, list[str]],
) -> tuple[Stand, Crashes]:  # fmt: skip
    """Have Airflow release the wanted batches; return the new status and the crashes."""
    was_up = launcher.status(project.home).healthy
    screen.say("Airflow runs already" if was_up else "starting Airflow (about half a minute)")
    embedded = launcher.up(project.home, keep=False)
    try:
        screen.say(f"Airflow runs at {embedded.url}")
        airflow = Airflow(project.home)
        airflow.await_dags(wish.dag_id for wish in wishes)
        if _finish(airflow, wishes):
            stand = read_stand(project.home)
        _backfill(screen, project, airflow, plan_orders(wishes, stand, dropped))
        Loop(project.home, airflow, screen.say, partial(read_stand, project.home)).close()
        stand = read_stand(project.home)
        return stand, _crashes(airflow, undecided(wishes, stand))
    finally:
        # A killed demo may have left it running.
        if not launcher.status(project.home).kept:
            screen.say("stopping Airflow")
            launcher.down(project.home)


def _finish(airflow: Airflow, wishes: Sequence[Wish]) -> bool:
    """Wait for the runs of an interrupted demo; return whether there were any."""
    waited = False
    while any(airflow.count(wish.dag_id).active for wish in wishes):
        waited = True
        time.sleep(_POLL_S)
    return waited


def _backfill(screen: Screen, project: Project, airflow: Airflow, orders: Sequence[Order]) -> None:
    """Create the backfills, each after the data sets that it joins, and watch them."""
    if not orders:
        return
    watch = Watch(airflow, orders)
    screen.say(f"backfilling {sum(watch.wanted.values())} batches of {len(watch.wanted)} data sets")
    waiting = list(orders)
    asking: dict[Future[None], Order] = {}
    with screen.progress(watch.wanted) as report, ThreadPoolExecutor(max_workers=2) as pool:
        while waiting or asking or watch.open():
            # One backfill of a DAG at a time, which is all that Airflow allows.
            busy = {order.wish.dataset for order in asking.values()}
            for order in list(waiting):
                if order.wish.dataset not in busy and not watch.open(order.wish.after):
                    waiting.remove(order)
                    busy.add(order.wish.dataset)
                    calendar = project.contract(order.wish.dataset).partition
                    asking[pool.submit(airflow.backfill, order, calendar)] = order
            for asked in [future for future in asking if future.done()]:
                asked.result()
                watch.asked(asking.pop(asked))
            watch.look(report)
            time.sleep(_POLL_S)


def _crashes(airflow: Airflow, left: Sequence[tuple[Wish, str]]) -> Crashes:
    found: Crashes = {}
    for wish in {wish for wish, _ in left}:
        newest: dict[str, Run] = {}
        for run in airflow.runs(wish.dag_id, state="failed"):
            newest.setdefault(run.batch, run)
        for other, batch in left:
            if other == wish and batch in newest:
                found[wish.dataset, batch] = airflow.failures(newest[batch])
    return found


def _show_crashes(screen: Screen, left: Sequence[tuple[Wish, str]], crashed: Crashes) -> int:
    for wish, batch in left:
        screen.console.print(f"[red]{wish.dataset} {batch} was not judged[/red]")
        for log in crashed.get((wish.dataset, batch), ()):
            screen.console.print(f"  the task's log: {log}", highlight=False, soft_wrap=True)
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
