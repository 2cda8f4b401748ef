"""Work goes to a second process that got ready for it, or is done here where there can't be one."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading

import pytest

from assay.stages.second_process import SecondProcess


def _said_by(program: str) -> list[str]:
    """The lines that a program of its own prints, in a process with one thread."""
    before = "import os, signal, sys\nfrom assay.stages.second_process import SecondProcess\n"
    done = subprocess.run(
        [sys.executable, "-c", before + textwrap.dedent(program)],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return done.stdout.split()


linux = pytest.mark.skipif(sys.platform != "linux", reason="a copy is made on Linux alone")


@linux
def test_the_other_process_works_after_it_got_ready_and_is_stopped():
    program = """
    import json
    with SecondProcess(lambda: sys.modules.pop("json")) as second:
        other = second.call(os.getpid)
        print(other != os.getpid(), second.call(eval, "'json' in __import__('sys').modules"))
    try:
        os.kill(other, 0)
    except ProcessLookupError:
        print("stopped", "json" in sys.modules)
    """
    assert _said_by(program) == ["True", "False", "stopped", "True"]


@linux
def test_what_the_work_raises_is_raised_here_and_the_next_work_is_done():
    program = """
    with SecondProcess(lambda: 1 / 0) as second:
        try:
            second.call(int, "no number")
        except ValueError:
            print("raised", second.call(int, "7"), second.call(os.getpid) != os.getpid())
    """
    assert _said_by(program) == ["raised", "7", "True"]


@linux
def test_it_gets_ready_for_more_without_being_waited_for():
    program = """
    with SecondProcess(lambda: None) as second:
        second.begin(os.getcwd)
        print(second.call(os.getppid) == os.getpid())
        try:
            second.call(open, "/none")
        except FileNotFoundError:
            print("raised")
        print(second.call(lambda: os.getpid()) == os.getpid())  # a lambda can't be sent
    """
    assert _said_by(program) == ["True", "raised", "True"]


@linux
@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_a_process_that_was_killed_is_replaced_by_this_one(when):
    program = f"""
    def work(first):
        if os.getpid() != first and "{when}" == "meanwhile":
            os.kill(os.getpid(), signal.SIGKILL)
        return os.getpid()
    with SecondProcess(lambda: None) as second:
        if "{when}" == "before":
            os.kill(second.call(os.getpid), signal.SIGKILL)
        print(second.call(work, os.getpid()) == os.getpid())
    """
    assert _said_by(program) == ["True"]


def test_with_several_threads_the_work_is_done_in_this_process():
    over = threading.Event()
    another = threading.Thread(target=over.wait)
    another.start()
    try:
        with SecondProcess(lambda: pytest.fail("nothing gets ready here")) as second:
            assert second.call(os.getpid) == os.getpid()
    finally:
        over.set()
        another.join()
