"""The registry of expectations: each type's compiler, and all else that the room asks of a type."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from assay.policy.quality import Dimension
    from assay.quality._check import Check
    from assay.quality._frame import Frame
    from assay.quality._suite import Expectation

    Compiler = Callable[[Frame, Expectation], Check]

ONE_SCAN: Final = "the one scan"
GX_PANDAS: Final = "GX on pandas"
GX_SQLITE: Final = "GX on SQLite"
OWN_TESTS: Final = "Assay's own tests"
OF_CONTRACTS: Final = frozenset({"tolerated", "negated"})
"""Arguments that the rules of a contract have, and Great Expectations doesn't know."""


@dataclass(frozen=True)
class Entry:
    """How an expectation type is compiled, documented, redacted and scored.

    Parameters
    ----------
    compile : callable, optional
        From a frame and an expectation to a check; None for a type that only Great Expectations
        knows.
    row_level : bool
        Whether it judges rows one by one.
    scans, oracle, differences : str
        For the docs: what is scanned, what its results are compared with, and where they differ on
        purpose.
    required : tuple of str
        Arguments without which it can't be judged.
    observed : {"value", "count", "columns"}
        What ``observed_value`` is: a value of the data, a count or a type, or names of columns.
        Values of classified columns are left out of results.
    takes : {"own", "numbers", "bounded", "any"}
        What a text column without a value is read as: text, numbers, numbers unless a bound is
        text, or whatever the other expectations take.
    reads_all : bool
        Whether it can read columns that it doesn't name.
    needs_columns : bool
        Whether the columns that it names must be there.
    distinct : bool
        Whether its columns, taken together, should hold each value once.
    dimension : str, optional
        The dimension of quality; by the words of its name where it is None.
    """

    compile: Compiler | None = None
    row_level: bool = False
    scans: str = ONE_SCAN
    oracle: str = GX_PANDAS
    differences: str = ""
    required: tuple[str, ...] = ("column",)
    observed: Literal["value", "count", "columns"] = "value"
    takes: Literal["own", "numbers", "bounded", "any"] = "own"
    reads_all: bool = False
    needs_columns: bool = True
    distinct: bool = False
    dimension: Dimension | None = None


@dataclass(frozen=True, repr=False)
class _Registry(MutableMapping[str, Entry]):
    """Type → entry; the first look-up imports the modules that register them.

    They need the engine, which who loads a suite for its hash alone does without.
    """

    _entries: dict[str, Entry] = field(default_factory=dict)

    def __getitem__(self, kind: str) -> Entry:
        return self._filled()[kind]

    def __setitem__(self, kind: str, entry: Entry) -> None:
        self._entries[kind] = entry

    def __delitem__(self, kind: str) -> None:
        del self._filled()[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(self._filled())

    def __len__(self) -> int:
        return len(self._filled())

    def _filled(self) -> dict[str, Entry]:
        import assay.quality.expectations  # noqa: F401  # registers their compilers

        return self._entries


REGISTRY: Final[MutableMapping[str, Entry]] = _Registry()
_NOT_COMPILED: Final = Entry()


def compiles(*kinds: str, **about: Any) -> Callable[[Compiler], Compiler]:
    """Register the compiler of expectation types; ``about`` are the fields of their entry."""

    def register(compiler: Compiler) -> Compiler:
        REGISTRY.update(dict.fromkeys(kinds, Entry(compiler, **about)))
        return compiler

    return register


def entry_of(kind: str) -> Entry:
    """The entry of a type; one with the defaults for a type that isn't compiled."""
    return REGISTRY.get(kind, _NOT_COMPILED)
