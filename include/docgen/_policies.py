"""The page of policies: every key of every policy, with an example from those that are shipped."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from assay.document import Loc, load_document
from assay.policy import Policy
from assay.project import Project
from assay.stages.authoring._check import OPTIONAL, policy_models
from docgen._markdown import GENERATED, code, table
from docgen._schemas import schema_of

_INTRO: Final = """\
A policy says how a data set is judged and handled. Each data set has one file of each kind below,
in `include/policies/<dataset>/`; where one is optional, its section says so. `assay check` lists
every fault of all of them, with file and line. The code has no limits of its own: a limit exists
only if a policy states it, and `rationale` says where it comes from. Editors can use the JSON
Schemas in `include/schemas/`.

An organisation may bound some keys for all data sets, in `include/policies/_organisation/`: see
[privacy.md](privacy.md#for-the-whole-organisation). The schema `organisation_<policy>` lists the
keys."""


@dataclass(frozen=True)
class Example:
    """An excerpt of a shipped policy: the data set, and what is left out for shortness."""

    dataset: str
    leave_out: Sequence[Loc] = ()


EXAMPLES: Final[Mapping[str, Example]] = {
    "drift": Example(
        "flights",
        [("columns", name) for name in ("arr_delay", "air_time", "distance", "origin", "dest")],
    ),
    "fairness": Example("census_employment", [("metrics", 2)]),
    "label_noise": Example("census_employment"),
    "synthesis": Example("census_employment"),
}
"""Policies that the page shows otherwise than whole and from flights."""
_READ_MORE: Final = {
    "access": "[access.md](access.md) has an example.",
    "images": "[synthesis.md](synthesis.md#more-images-of-a-rare-label) has an example.",
    "labelling": "[labels.md](labels.md) has an example.",
    "publishing": "[publishing.md](publishing.md) has an example.",
    "synthesis": "[synthesis.md](synthesis.md) says what it is for.",
}


def render_policies(project: Project) -> str:
    """The page ``include/docs/policies.md``."""
    lines = ["# Policies", "", GENERATED, "", _INTRO, ""]
    for noun, model in policy_models().items():
        about = inspect.cleandoc(inspect.getmodule(model).__doc__ or "").split("\n", 1)[0]
        lines.append(f"- [{noun}](#{noun}): {about.split(': ', 1)[-1]}")
    for noun, model in policy_models().items():
        lines += ["", *_section(project, noun, model)]
    return "\n".join(lines) + "\n"


def _section(project: Project, noun: str, model: type[Policy]) -> Iterator[str]:
    example = EXAMPLES.get(noun, Example("flights"))
    about = inspect.cleandoc(inspect.getmodule(model).__doc__ or "")
    yield from (f"## {noun}", "", about, "")
    if noun in OPTIONAL:
        yield from (f"It is optional. {_READ_MORE[noun]}", "")
    if project.policy(example.dataset, noun).is_file():
        yield from (f"From `include/policies/{example.dataset}/{noun}.yaml`:", "")
        yield from ("```yaml", *_excerpt(project, noun, example), "```", "")
    yield from Keys(noun, schema_of(model)).lines()


def _excerpt(project: Project, noun: str, example: Example) -> Iterator[str]:
    """The lines of a policy file without some of its parts."""
    path = project.policy(example.dataset, noun)
    document = load_document(path)
    lines = path.read_text(encoding="utf-8").splitlines()
    starts = {document.lines[loc] - 1: loc for loc in example.leave_out}
    depth: int | None = None
    for number, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        if depth is not None and (indent > depth or not line.strip()):
            continue
        was, depth = depth, indent if number in starts else None
        if depth is None:
            yield line
        elif was is None:
            yield f"{line[:indent]}# …"


class Keys:
    """The tables of a model's keys, nested models after their first mention."""

    def __init__(self, noun: str, schema: Mapping[str, Any]) -> None:
        self.noun, self.schema = noun, schema
        self.waiting: list[str] = []

    def lines(self) -> Iterator[str]:
        """The table of the policy itself, then of each part."""
        yield from self._table(self.schema)
        place = 0
        while place < len(self.waiting):
            name = self.waiting[place]
            part = self.schema["$defs"][name]
            yield from ("", f'<a id="{self._anchor(name)}"></a>', "", f"### {noun_of(name)}", "")
            yield from (" ".join(part.get("description", "").split()), "")
            yield from self._table(part)
            place += 1

    def _table(self, part: Mapping[str, Any]) -> list[str]:
        needed = set(part.get("required", ()))
        rows = [
            (code(name), self._type(of), _default(of, name in needed), of.get("description", ""))
            for name, of in part["properties"].items()
        ]
        return table(("key", "type", "default", "meaning"), rows)

    def _anchor(self, name: str) -> str:
        return f"{self.noun}-{name.lower()}"

    def _type(self, of: Mapping[str, Any]) -> str:
        """What may stand there, in words."""
        if "$ref" in of:
            return self._part(of["$ref"].rsplit("/", 1)[-1])
        options = of.get("anyOf") or of.get("oneOf")
        if options:
            kinds = dict.fromkeys(self._type(o) for o in options if o != {"type": "null"})
            return " or ".join(_shortened(list(kinds)))
        if of.get("type") == "array":
            least = ", at least one" if of.get("minItems") else ""
            return f"list of {self._type(of.get('items', {}))}{least}"
        values = _values(of)
        if values is not None:
            return f"mapping of names to {self._type(values)}"
        return _scalar(of)

    def _part(self, name: str) -> str:
        """A link to a part's own table, which then follows."""
        part = self.schema["$defs"][name]
        if "properties" not in part:
            return self._type(part)
        if name not in self.waiting:
            self.waiting.append(name)
        return f"[{noun_of(name)}](#{self._anchor(name)})"


_BOUNDS: Final = {
    "minimum": "≥ {}",
    "exclusiveMinimum": "> {}",
    "maximum": "≤ {}",
    "exclusiveMaximum": "< {}",
    "pattern": "like `{}`",
    "format": "as {}",
}
_NAMES: Final = {"string": "text", "number": "number", "integer": "integer", "boolean": "boolean"}


def _values(of: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What the values of a mapping are, None for what is none; names may have a pattern."""
    if of.get("type") != "object":
        return None
    found = [of.get("additionalProperties"), *of.get("patternProperties", {}).values()]
    return next((v for v in found if isinstance(v, dict)), None)


def _shortened(kinds: list[str]) -> list[str]:
    """Kinds without those that the word `scalar` stands for, where all of them may be there.

    Examples
    --------
    >>> _shortened(["boolean", "integer", "number", "text", "list of text"])
    ['scalar', 'list of text']
    """
    scalars = {"boolean", "integer", "number", "text"}
    if not scalars <= set(kinds):
        return kinds
    return ["scalar", *(kind for kind in kinds if kind not in scalars)]


def _scalar(of: Mapping[str, Any]) -> str:
    listed = [of["const"]] if "const" in of else of.get("enum")
    if listed:
        return " or ".join(code(value) for value in listed)
    kind = of.get("type", "anything")
    if isinstance(kind, list):
        kind = kind[0]
    bounds = [shape.format(of[name]) for name, shape in _BOUNDS.items() if name in of]
    return ", ".join([_NAMES.get(kind, kind), *bounds])


def _default(of: Mapping[str, Any], needed: bool) -> str:
    if needed:
        return "**required**"
    value = of.get("default")
    return "–" if value in (None, [], {}) else code(json.dumps(value, ensure_ascii=False))


def noun_of(name: str) -> str:
    """A class name as words.

    Examples
    --------
    >>> noun_of("QuarantineLimit")
    'quarantine limit'
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
