"""The program that judges texts in Python, in a process of its own that can be ended.

It is started by its path and imports nothing of Assay's, so that it starts quickly. It reads JSON
lines: first what to judge by, then lists of texts. It answers each list with a line:
``{"holds": "101", "seconds": 0.1}``, a digit a text; ``{"late": n}`` if the time was over after
``n`` texts of the list; or ``{"fails": why}``.

Time is the processor's, not the clock's, so a busy machine changes no verdict.
"""

from __future__ import annotations

import json
import re
import resource
import signal
import sys
import time
from collections.abc import Callable
from typing import Any, Final

Holds = Callable[[str], bool]
_GRACE: Final = 30
"""Seconds beyond its time after which the system ends what doesn't even notice the signal."""


class _Late(BaseException):
    """The time is over; no ``except Exception`` of a library stops it."""


class _UnfitError(Exception):
    """What to judge by can't be judged by."""


def _regex(pattern: str) -> Holds:
    search = re.compile(pattern).search
    return lambda text: search(text) is not None


def _json_schema(schema: Any) -> Holds:
    from jsonschema.validators import validator_for
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    validator = validator_for(schema)(schema, registry=Registry())

    def holds(text: str) -> bool:
        try:
            return bool(validator.is_valid(json.loads(text)))
        except Unresolvable:
            raise _UnfitError("json_schema refers to a schema that it doesn't hold") from None
        except (ValueError, RecursionError):
            return False

    return holds


_KINDS: Final[dict[str, Callable[[Any], Holds]]] = {"regex": _regex, "json_schema": _json_schema}


def _late(*_: Any) -> None:
    raise _Late


def _answer(holds: Holds, texts: list[str], seconds: float) -> dict[str, Any]:
    found: list[str] = []
    start = time.process_time()
    limit = int(start + seconds) + _GRACE
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    try:
        signal.setitimer(signal.ITIMER_PROF, seconds)
        for text in texts:
            found.append("1" if holds(text) else "0")
    except _Late:
        return {"late": len(found)}
    except _UnfitError as failure:
        return {"fails": str(failure)}
    except Exception as error:
        return {"fails": f"it fails: {type(error).__name__}"}
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return {"holds": "".join(found), "seconds": time.process_time() - start}


def main() -> None:
    """Answer until there is no more to read."""
    signal.signal(signal.SIGPROF, _late)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asked = json.loads(sys.stdin.readline())
    holds = _KINDS[asked["kind"]](asked["argument"])
    for line in sys.stdin:
        block = json.loads(line)
        sys.stdout.write(json.dumps(_answer(holds, block["texts"], block["seconds"])) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
