"""The one stage of a feedback: join, measure, judge, and write what people read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from assay.feedback import (
    FeedbackColumns,
    FeedbackReport,
    compare_marked_rows,
    estimate_performance,
    find_segments,
    judge_feedback,
    measure_feedback,
    render_html,
    render_text,
)
from assay.stages.feedback._join import CHANCE, ROW, SAID, TRUTH, VERSION, join_earlier, join_rows
from assay.stages.feedback._reference import Reference, reference_elsewhere, reference_of
from assay.stages.feedback._spec import FeedbackWork
from assay.stages.feedback.marks import MarkedRows, find_marked_rows
from assay.stages.run._result import Finished, StageResult
from assay.stages.stage import Stage
from assay.stages.work import DoesNotApply
from assay.statistics.scores.estimate import Estimate

if TYPE_CHECKING:
    import pyarrow as pa

    from assay.verdict import Verdict

STAGE = Stage(
    name="feedback",
    work="assay.stages.feedback._judge:judge",
    does="Join a batch of predictions with its outcomes, and judge it by the model file.",
    writes=("page", "text", "misclassified"),
)
Figures = Mapping[str, Estimate]
_LEARNED = "the model has learned from every batch of these rows, or was tested on it"


def judge(work: FeedbackWork) -> Finished:
    """Judge the predictions of a batch by the outcomes that have come.

    Raises
    ------
    DoesNotApply
        If the versions that predicted have learned from the batch.
    """
    found = _Judging(work)
    if not found.rows.num_rows:
        raise DoesNotApply(f"{work.name}: {_LEARNED}")
    verdict, report = found.verdict, found.report
    work.workspace.page.write(render_html(verdict, report, work.page_context))
    work.workspace.text.write(render_text(verdict, report) + "\n")
    work.workspace.misclassified.write(_as_json(report))
    part = report.measured.judged
    counted = (part.rows, part.labelled) if part else (0, 0)
    rows = dict(zip(("predicted", "labelled"), counted, strict=True))
    rows["misclassified"] = len(report.misclassified)
    result = StageResult.judged(STAGE.name, verdict, report=work.workspace.page.relative, rows=rows)
    return Finished(result=result, verdict=verdict)


def _as_json(report: FeedbackReport) -> str:
    marks = {name: list(numbers) for name, numbers in report.misclassified_by_mark.items()}
    return json.dumps(
        {"rows_of": report.numbered_by, "__id": list(report.misclassified), "marks": marks}
    )


@dataclass(frozen=True)
class _Judging:
    """One batch at work; each part is made when it is first asked for."""

    work: FeedbackWork

    @cached_property
    def joined(self) -> tuple[pa.Table, FeedbackColumns]:
        """Every prediction of the batch, and what its columns are."""
        work = self.work
        return join_rows(work.services, work.file, work.policy, work.spec.sources)

    @property
    def columns(self) -> FeedbackColumns:
        """What the joined columns are."""
        return self.joined[1]

    @cached_property
    def references(self) -> dict[str, Reference]:
        """Model version → its test; of predictions made elsewhere one, without a name."""
        work, (rows, columns) = self.work, self.joined
        if columns.version is None:
            earlier = join_earlier(work.services, work.file, work.policy, work.spec.sources)
            return {"": reference_elsewhere(rows, earlier, columns, work.file)}
        names = sorted(set(rows[VERSION].to_pylist()))
        return {name: reference_of(work.services, name, work.policy) for name in names}

    @cached_property
    def rows(self) -> pa.Table:
        """The predictions of versions that haven't learned from the batch."""
        import pyarrow.compute as pc

        rows, columns = self.joined
        if columns.version is None:
            return rows
        batch = self.work.spec.batch
        fresh = [n for n, known in self.references.items() if batch not in known.batches]
        return rows.filter(pc.is_in(rows[VERSION], _strings(fresh)))

    @cached_property
    def judged(self) -> dict[str, Reference]:
        """The references of the versions whose rows are judged."""
        if self.columns.version is None:
            return self.references
        there = set(self.rows[VERSION].to_pylist())
        return {name: known for name, known in self.references.items() if name in there}

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The classes of the label; empty for a number."""
        return tuple(sorted({c for known in self.judged.values() for c in known.classes}))

    @cached_property
    def usual(self) -> dict[str, Any]:
        """How rows are measured."""
        label = self.work.file.label
        return {
            "batch": self.work.spec.batch,
            "classes": self.classes or None,
            "favourable": label.favourable if len(self.classes) == 2 else None,
            "seed": self.work.file.estimator.seed,
        }

    @cached_property
    def wrong(self) -> Any:
        """Mask (k,) of the rows with an outcome: whether the prediction is wrong."""
        import numpy as np
        import pyarrow.compute as pc

        truth, said = (pc.cast(self.labelled[name], "string") for name in (TRUTH, SAID))
        return np.asarray(pc.not_equal(truth, said).to_numpy(), dtype=bool)

    @cached_property
    def labelled(self) -> pa.Table:
        """The rows whose outcome has come."""
        return self.rows.filter(self.rows[TRUTH].is_valid())

    @cached_property
    def estimated(self) -> Figures:
        """The figures as the probabilities alone give them."""
        import numpy as np

        found = list(self.judged.values())
        two = len(self.classes) == 2
        if not two or not self.columns.probability or any(k.calibration is None for k in found):
            return {}
        alpha, favourable = self.work.policy.alpha, self.work.file.label.favourable
        said = np.array([v == favourable for v in self._texts(SAID)], dtype=bool)
        stated = _floats(self.rows, CHANCE)
        if len(found) == 1:
            return estimate_performance(stated, said, found[0].calibration, alpha=alpha)
        names = np.array(self.rows[VERSION].to_pylist(), dtype=object)
        for name, known in self.judged.items():  # each version by its own calibration
            stated[names == name] = known.calibration.apply(stated[names == name])
        return estimate_performance(stated, said, type(found[0].calibration)(), alpha=alpha)

    def _texts(self, name: str) -> list[str | None]:
        import pyarrow.compute as pc

        return list(pc.cast(self.rows[name], "string").to_pylist())

    @cached_property
    def measured(self) -> Any:
        """The figures of the batch, its versions and slices."""
        return measure_feedback(self.rows, self.columns, self.work.policy, **self.usual)

    @cached_property
    def verdict(self) -> Verdict:
        """What the figures say beside the limits and the test."""
        known = list(self.judged.values())
        several = len(known) > 1
        return judge_feedback(
            self.measured,
            self.work.policy,
            {} if several else known[0].figures,
            test_slices={} if several else known[0].slices,
            test_versions={n: k.figures for n, k in self.judged.items()} if several else None,
            estimated=self.estimated,
        )

    @cached_property
    def report(self) -> FeedbackReport:
        """What people read."""
        known, described = list(self.judged.values()), self.work.spec.sources.described
        (version,) = described.versions.values()
        named = f"{described.dataset} {self.work.spec.batch} ({version[:12]})"
        batch = self.work.spec.batch
        return FeedbackReport(
            measured=self.measured,
            test=known[0].figures if len(known) == 1 else {},
            estimated={batch: self.estimated} if self.estimated else {},
            segments=self._segments(),
            marked=self._marked(),
            notes=tuple(self._notes()),
            misclassified=self.misclassified,
            misclassified_by_mark=self._by_mark(),
            numbered_by=named,
        )

    def _segments(self) -> Any:
        policy = self.work.policy
        if not policy.segments or not self.classes or not self.labelled.num_rows:
            return None
        return find_segments(
            self.labelled, self.wrong, policy.segments, alpha=policy.alpha,
            least_number=policy.least_number,
            groups=None if policy.group is None else _codes(self.labelled, policy.group),
        )  # fmt: skip

    @cached_property
    def marks(self) -> MarkedRows:
        """What makes rows suspect; nothing where no error can be counted."""
        if not self.classes or not self.labelled.num_rows:
            return MarkedRows({})
        version = min(self.judged) if self.columns.version else None
        return find_marked_rows(self.work, self.labelled, version)

    def _marked(self) -> Any:
        policy = self.work.policy
        if not self.marks.rows:
            return ()
        return compare_marked_rows(
            self.wrong, self.marks.masks(_numbers(self.labelled)), alpha=policy.alpha,
            least_number=policy.least_number,
        )  # fmt: skip

    def _by_mark(self) -> dict[str, tuple[int, ...]]:
        """Mark → the misclassified rows that have it; marks that none of them has aren't there."""
        found = {
            name: tuple(number for number in self.misclassified if number in rows)
            for name, rows in self.marks.rows.items()
        }
        return {name: numbers for name, numbers in found.items() if numbers}

    @cached_property
    def misclassified(self) -> tuple[int, ...]:
        """Numbers of the wrongly predicted rows, the most certain prediction first."""
        import numpy as np

        if not self.classes:
            return ()
        wrong = self.labelled.filter(_booleans(self.wrong))
        numbers, certain = _numbers(wrong), np.zeros(wrong.num_rows)
        if self.columns.probability:
            certain = np.abs(_floats(wrong, CHANCE) - 0.5)
        order = np.lexsort((numbers, -certain))
        return tuple(int(number) for number in numbers[order] if number >= 0)

    def _notes(self) -> list[str]:
        left = self.joined[0].num_rows - self.rows.num_rows
        notes = []
        if left:
            notes.append(
                f"{left:,} predictions are left out: their version has learned from the batch, or "
                "was tested on it."
            )
        for name, known in self.judged.items():
            if known.missing:
                notes.append(f"The test rows of {name} can't be read again: {known.missing}")
        return [*notes, *self.marks.notes]


def _numbers(rows: pa.Table) -> Any:
    """``__id`` of the described rows (n,); -1 where there is none."""
    import numpy as np
    import pyarrow.compute as pc

    name = ROW if ROW in rows.column_names else "__id"
    return np.asarray(pc.fill_null(rows[name], -1).to_numpy(), dtype=np.int64)


def _floats(rows: pa.Table, name: str) -> Any:
    import numpy as np
    import pyarrow.compute as pc

    return np.array(pc.cast(rows[name], "float64").to_numpy(), dtype=np.float64)


def _codes(rows: pa.Table, name: str) -> Any:
    import numpy as np
    import pyarrow.compute as pc

    coded = pc.dictionary_encode(rows[name].combine_chunks(), null_encoding="encode")
    return np.asarray(coded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)


def _strings(values: list[str]) -> Any:
    import pyarrow as pa

    return pa.array(values, pa.string())


def _booleans(mask: Any) -> Any:
    import pyarrow as pa

    return pa.array(mask)
