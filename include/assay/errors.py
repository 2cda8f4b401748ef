"""Errors that say what is wrong, where, the received value, the expected one, and what to do."""

from __future__ import annotations

import difflib
import traceback
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final


class _Unset(Enum):
    """No value was received; ``None`` may be a received value."""

    UNSET = "unset"


UNSET: Final = _Unset.UNSET
_LONGEST_GOT: Final = 120
_LONGEST_CAUSE: Final = 600
_MOST_NAMES: Final = 40


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_GOT else text[: _LONGEST_GOT - 1] + "…"


@dataclass(frozen=True)
class Problem:
    """One fault: what is wrong, where, the received value, the expected one, and what to do.

    Parameters
    ----------
    what : str
        The fault in one clause, without a full stop.
    where : str, optional
        ``file:line key``, or another place that a person can find.
    got : object, optional
        The received value, shown by ``repr`` and shortened; never a value of a data row.
    expected : str, optional
        The correct values.
    do : str, optional
        The next step, a sentence.

    Examples
    --------
    >>> print(Problem("no such column", where="drift.yaml:7 columns", got="incme",
    ...               expected="one of: age, income", do="Did you mean 'income'?"))
    drift.yaml:7 columns: no such column. Got 'incme'. Expected one of: age, income. \
Did you mean 'income'?
    """

    what: str
    where: str | None = None
    got: object = UNSET
    expected: str | None = None
    do: str | None = None

    def __str__(self) -> str:
        what = self.what if self.what.endswith("?") else f"{self.what}."
        text = f"{self.where}: {what}" if self.where else what
        if self.got is not UNSET:
            text += f" Got {_shown(self.got)}."
        if self.expected:
            text += f" Expected {self.expected.rstrip('.')}."
        if self.do:
            text += f" {self.do}"
        return text


def cause_of(error: BaseException) -> str:
    """Say why something ended in an error, in one line that quotes no row of the data.

    Of an unforeseen error, whose text may quote rows, the kind and the place.

    Examples
    --------
    >>> cause_of(AssayError("the source refuses the request", got=401))
    'the source refuses the request. Got 401.'
    """
    if isinstance(error, AssayError | OSError):
        said = " ".join(str(error).split()) or type(error).__name__
        return said if len(said) <= _LONGEST_CAUSE else said[: _LONGEST_CAUSE - 1] + "…"
    kind, frames = type(error), traceback.extract_tb(error.__traceback__)
    at = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return f"An unforeseen error: {kind.__module__}.{kind.__qualname__}{at}"


class AssayError(Exception):
    """Input, policy or program is wrong, so that nothing could be judged (exit code 2).

    Retrying doesn't help: a person must correct something. It is never raised for I/O that may
    work the next time.
    """

    exit_code: int = 2

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        got: object = UNSET,
        expected: str | None = None,
        do: str | None = None,
        problems: Sequence[Problem] = (),
    ) -> None:
        own = Problem(what, where=where, got=got, expected=expected, do=do)
        self.problems: tuple[Problem, ...] = tuple(problems) or (own,)
        lines = [str(own)] if not problems else [what, *(f"  {p}" for p in problems)]
        super().__init__("\n".join(lines))

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.args, self.problems))


def _rebuild(cls: type[AssayError], args: tuple[Any, ...], problems: tuple[Problem, ...]) -> Any:
    error = cls.__new__(cls)
    Exception.__init__(error, *args)
    error.problems = problems
    return error


class ContractError(AssayError):
    """A contract doesn't load, or contradicts itself."""


class PolicyError(AssayError):
    """A policy doesn't load, or names something that doesn't exist."""


class AccessError(AssayError):
    """No line of the access policy allows this."""


class SuiteError(AssayError):
    """An expectation suite doesn't load, or would judge less than it says without notice."""


class InputError(AssayError):
    """The data, or its source, can't be read."""


class RegistryError(AssayError):
    """The registry of versions refuses a change, or doesn't hold what was asked for."""


class VersionExpired(RegistryError):  # noqa: N818 - what has become of it is its name
    """The version was removed when its period ended."""


class HistoryRewound(RegistryError):  # noqa: N818 - what has become of it is its name
    """The registry's history doesn't follow from the last that was seen: nothing may be changed."""


class ObjectDamaged(RegistryError):  # noqa: N818 - what has become of it is its name
    """The store doesn't hold the bytes that a version was committed with."""


class CatalogError(AssayError):
    """The catalog refuses a record that would break one of its rules."""


class UnreachableError(AssayError):
    """A service doesn't answer, or not now; the same may work later, so that it is tried again."""


class LeaseError(AssayError):
    """Another run holds the lease of this batch."""


class UndecidedError(AssayError):
    """An earlier batch that this one depends on is not decided yet; ``batches`` names them."""

    batches: tuple[str, ...] = ()


class DeliveryError(AssayError):
    """A message could not be delivered, and another try will not help."""


def problems_error(cls: type[AssayError], problems: Sequence[Problem]) -> AssayError:
    """Make one error that lists every problem found, so that a person can correct a file once.

    Examples
    --------
    >>> print(problems_error(PolicyError, [Problem("a"), Problem("b")]))
    2 problems:
      a.
      b.
    """
    if len(problems) == 1:
        p = problems[0]
        return cls(p.what, where=p.where, got=p.got, expected=p.expected, do=p.do)
    return cls(f"{len(problems)} problems:", problems=problems)


def unknown(name: object, known: Collection[str]) -> dict[str, Any]:
    """Say of a name what was got, which names are known, and which of these is the nearest."""
    shown, more = list(known)[:_MOST_NAMES], len(known) - _MOST_NAMES
    expected = "one of: " + ", ".join(shown) + (f" … and {more:,} more" if more > 0 else "")
    return {"got": name, "expected": expected, "do": did_you_mean(str(name), known) or None}


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """Ask whether the nearest option was meant; an empty text if none is near.

    Examples
    --------
    >>> did_you_mean("incme", ["age", "income"])
    "Did you mean 'income'?"
    >>> did_you_mean("zzz", ["age", "income"])
    ''
    """
    near = difflib.get_close_matches(word, list(options), n=1, cutoff=0.6)
    return f"Did you mean {near[0]!r}?" if near else ""


def no_connection(conn_id: str) -> InputError:
    """The error that a contract names a connection which Airflow doesn't know."""
    return InputError(
        "Airflow knows no such connection", got=conn_id,
        do="Add it in the UI, by `assay airflow connections add`, or as the environment variable "
        f"AIRFLOW_CONN_{conn_id.upper()} of every component.",
    )  # fmt: skip
