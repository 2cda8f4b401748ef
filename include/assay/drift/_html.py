"""A drift verdict as one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any, Final

from assay.drift._model import Cell, ColumnDrift, DriftMeasurements
from assay.drift._render import name_of, shown
from assay.verdict import Verdict

_HEAD: Final = (
    "column",
    "verdict",
    "effect",
    "value",
    "limit",
    "by chance",
    "",
    "test",
    "adjusted p",
    "rows",
)
_STYLE: Final = """
:root{color-scheme:light dark;--bg:#fff;--fg:#1c2127;--dim:#5f6b7a;--line:#d8dee6;--ref:#8a97a8;
--cur:#2565c7;--FAIL:#b3261e;--INCONCLUSIVE:#8a5a00;--WARN:#8a5a00;--PASS:#1b6e3c}
@media(prefers-color-scheme:dark){:root{--bg:#14181d;--fg:#e4e8ee;--dim:#9aa6b5;--line:#323a45;
--ref:#77849a;--cur:#6ea8ff;--FAIL:#ff8a80;--INCONCLUSIVE:#ffcc66;--WARN:#ffcc66;--PASS:#7ddc9f}}
body{background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,sans-serif;margin:2rem auto;
max-width:70rem;padding:0 1rem}h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2.2rem}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
.wide{overflow-x:auto}th,td{text-align:left;padding:.3rem .7rem .3rem 0;white-space:nowrap;
border-bottom:1px solid var(--line)}th{color:var(--dim);font-weight:500}
.o{font-weight:600}p.dim,.dim{color:var(--dim)}.grid{display:grid;gap:1.2rem;margin-top:1.5rem;
grid-template-columns:repeat(auto-fill,minmax(20rem,1fr))}figure{margin:0;padding:.8rem 1rem;
border:1px solid var(--line);border-radius:.5rem}figcaption{font-weight:600;margin-bottom:.4rem}
svg{width:100%;height:auto;display:block}svg text{fill:var(--fg);font:11px system-ui,sans-serif}
svg .dim{fill:var(--dim)}.ref{fill:var(--ref)}.cur{fill:var(--cur)}
"""


def render_drift_html(
    verdict: Verdict,
    measurements: DriftMeasurements | Sequence[DriftMeasurements],
    title: str = "Drift",
) -> str:
    """A page to send to a colleague: reasons, effects against limits, distributions.

    It holds no script and fetches nothing; it follows the reader's light or dark setting. Of
    classified columns it shows what the measurements do: closed levels at most.
    """
    found = [measurements] if isinstance(measurements, DriftMeasurements) else measurements
    parts = [*_summary(verdict, title), *(p for one in found for p in _table(verdict, one))]
    body = "".join(parts)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>{body}</body></html>\n"
    )


def _summary(verdict: Verdict, title: str) -> Iterator[str]:
    yield f"<h1>{escape(title)}: {_outcome(verdict.outcome.value)}</h1>"
    effect = "holds the batch" if verdict.holds else "doesn't hold the batch"
    yield f'<p class="dim">The verdict {effect}. Policy {escape(verdict.policy_hash[:12])}.</p>'
    if verdict.reasons:
        items = (
            f"<li>{_outcome(r.outcome.value)} <code>{r.code}</code> {escape(r.message)}</li>"
            for r in verdict.reasons
        )
        yield f"<ul>{''.join(items)}</ul>"


def _table(verdict: Verdict, one: DriftMeasurements) -> Iterator[str]:
    yield f"<h2>{escape(one.table)} against {escape(one.reference)}</h2>"
    batches = f" ({escape(', '.join(one.batches))})" if one.batches else ""
    yield (
        f'<p class="dim">{one.rows_current:,} rows against {one.rows_reference:,}{batches}. '
        "“By chance” is what the effect reaches without any shift at this number of rows.</p>"
    )
    rows = [
        row
        for row in verdict.detail["columns"]
        if (row["table"], row["reference"]) == (one.table, one.reference)
    ]
    if rows:
        yield _effects_table(rows)
        outcomes = {name_of(row): row["outcome"] for row in rows}
        figures = (_figure(column, outcomes.get(column.name, "")) for column in one.columns)
        yield f'<div class="grid">{"".join(figures)}</div>'
    if one.concept:
        yield _concept(one)


def _effects_table(rows: Sequence[dict[str, Any]]) -> str:
    lines = [f"<tr>{''.join(f'<th>{cell}</th>' for cell in _HEAD)}</tr>"]
    for row in rows:
        cells = [
            escape(name_of(row)),
            _outcome(row["outcome"]),
            escape(row["effect"]),
            shown(row["value"]),
            shown(row["limit"]),
            shown(row["null_quantile"]),
            _gauge(row["value"], row["limit"], row["null_quantile"]),
            escape(row["test"]),
            shown(row["p_adjusted"]),
            f"{row['n_current']:,} / {row['n_reference']:,}",
        ]
        lines.append(f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    return f'<div class="wide"><table>{"".join(lines)}</table></div>'


def _gauge(value: float | None, limit: float, null: float | None) -> str:
    """The effect as a bar, up to the limit (solid line) and the null quantile (dashed)."""
    if value is None:
        return ""
    most = max(value, limit, null or 0) * 1.1
    x = [round(140 * v / most, 1) for v in (value, limit, null or 0)]
    return (
        '<svg viewBox="0 0 140 14" style="width:140px" role="img" '
        f'aria-label="effect {shown(value)}, limit {shown(limit)}, by chance {shown(null)}">'
        f'<rect class="cur" x="0" y="4" width="{x[0]}" height="6" rx="1"/>'
        f'<path d="M{x[1]} 0V14" stroke="currentColor" stroke-width="2"/>'
        f'<path d="M{x[2]} 0V14" stroke="currentColor" stroke-dasharray="2 2"/></svg>'
    )


def _figure(column: ColumnDrift, outcome: str) -> str:
    caption = f"<figcaption>{escape(column.name)} {_outcome(outcome)}</figcaption>"
    if not column.cells:
        return f'<figure>{caption}<p class="dim">No distribution is shown.</p></figure>'
    legend = (
        '<p class="dim"><svg viewBox="0 0 10 10" style="width:10px;display:inline">'
        '<rect class="ref" width="10" height="10"/></svg> reference '
        '<svg viewBox="0 0 10 10" style="width:10px;display:inline">'
        '<rect class="cur" width="10" height="10"/></svg> this batch, share of rows</p>'
    )
    return f"<figure>{caption}{_bars(column.cells)}{legend}</figure>"


def _bars(cells: Sequence[Cell]) -> str:
    """Two bars a cell, as shares of all rows shown."""
    totals = [max(sum(getattr(c, side) for c in cells), 1) for side in ("reference", "current")]
    shares = [(c, c.reference / totals[0], c.current / totals[1]) for c in cells]
    most = max(max(before, now) for _, before, now in shares) or 1.0
    parts = []
    for i, (cell, before, now) in enumerate(shares):
        y, label = 22 * i, "missing" if cell.label is None else cell.label
        short = label if len(label) <= 14 else label[:13] + "…"
        widths = [round(170 * share / most, 1) for share in (before, now)]
        parts.append(
            f"<g><title>{escape(label)}: {before:.2%} before, {now:.2%} now</title>"
            f'<text class="dim" x="92" y="{y + 14}" text-anchor="end">{escape(short)}</text>'
            f'<rect class="ref" x="98" y="{y + 3}" width="{widths[0]}" height="7"/>'
            f'<rect class="cur" x="98" y="{y + 11}" width="{widths[1]}" height="7"/>'
            f'<text x="{100 + max(widths)}" y="{y + 14}">{now:.1%}</text></g>'
        )
    return f'<svg viewBox="0 0 320 {22 * len(cells) + 4}" role="img">{"".join(parts)}</svg>'


def _concept(one: DriftMeasurements) -> str:
    lines = ["<tr><th>measure</th><th>rows of</th><th>value</th><th>denominator</th></tr>"]
    lines += [
        f"<tr><td>{escape(m.name)}</td><td>{escape(m.group or '')}</td>"
        f"<td>{shown(m.value)}</td><td>{m.n or 0:,}</td></tr>"
        for m in one.concept
    ]
    return f'<h2>Label and prediction</h2><div class="wide"><table>{"".join(lines)}</table></div>'


def _outcome(outcome: str) -> str:
    return f'<span class="o" style="color:var(--{escape(outcome)})">{escape(outcome)}</span>'
