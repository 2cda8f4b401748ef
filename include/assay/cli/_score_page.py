"""The history of quality scores as one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final

_WIDE: Final = 640
_HIGH: Final = 120
_PAD: Final = 12
_STYLE: Final = """
:root{color-scheme:light dark;--bg:#fff;--fg:#1c2127;--dim:#5f6b7a;--line:#d8dee6;--cur:#2565c7;
--bad:#b3261e}@media(prefers-color-scheme:dark){:root{--bg:#14181d;--fg:#e4e8ee;--dim:#9aa6b5;
--line:#323a45;--cur:#6ea8ff;--bad:#ff8a80}}
body{background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,sans-serif;margin:2rem auto;
max-width:50rem;padding:0 1rem}h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}
p{color:var(--dim)}figure{margin:1rem 0;padding:.8rem 1rem;border:1px solid var(--line);
border-radius:.5rem}figcaption{font-weight:600}figcaption span{color:var(--dim);font-weight:400}
svg{width:100%;height:auto;display:block}polyline{fill:none;stroke:var(--cur);stroke-width:2}
circle{fill:var(--cur)}circle.bad{fill:var(--bad)}line{stroke:var(--bad);stroke-dasharray:5 4}
text{fill:var(--dim);font:11px system-ui,sans-serif}
"""


def render_score_page(history: Mapping[str, Any]) -> str:
    """A line a dimension and stage, its limit dashed, a batch below the limit in red.

    It holds no script and fetches nothing; it follows the reader's light or dark setting.
    """
    title = f"Quality of {history['dataset']}"
    body = "".join(part for stage in history["stages"] for part in _stage(stage))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(title)}</h1><p>Each score is the share of the judged cells that meet what is "
        f"expected of them.</p>{body or '<p>No batch has been scored yet.</p>'}</body></html>\n"
    )


def _stage(stage: Mapping[str, Any]) -> Iterator[str]:
    yield f"<h2>{escape(stage['stage'])} rows</h2>"
    for name, series in stage["dimensions"].items():
        known = [v for v in series["scores"] if v is not None]
        if known:
            yield f"<figure><figcaption>{escape(name)} <span>{known[-1]:.4f} in the newest batch"
            yield f"</span></figcaption>{_line(stage['batches'], series)}</figure>"


def _line(batches: Sequence[str], series: Mapping[str, Any]) -> str:
    scores, limit = series["scores"], series["limit"]
    least = None if limit is None else float(limit["min"])
    known = [v for v in scores if v is not None] + ([] if least is None else [least])
    low = float(min(known))
    span = float(max(known)) - low or 1.0

    def x(i: int) -> float:
        return _PAD + i * (_WIDE - 2 * _PAD) / max(1, len(scores) - 1)

    def y(value: float) -> float:
        return _PAD + (1 - (value - low) / span) * (_HIGH - 2 * _PAD)

    points = [(x(i), y(v), v, batches[i]) for i, v in enumerate(scores) if v is not None]
    parts = [f'<polyline points="{" ".join(f"{a:.1f},{b:.1f}" for a, b, _, _ in points)}"/>']
    if least is not None:
        parts.append(f'<line x1="0" x2="{_WIDE}" y1="{y(least):.1f}" y2="{y(least):.1f}"/>')
    for a, b, value, batch in points:
        kind = ' class="bad"' if least is not None and value < least else ""
        told = escape(f"{batch}: {value:.6f}")
        parts.append(
            f'<circle cx="{a:.1f}" cy="{b:.1f}" r="4"{kind}><title>{told}</title></circle>'
        )
    ends = (
        f'<text x="0" y="{_HIGH + 12}">{escape(batches[0])}</text>'
        f'<text x="{_WIDE}" y="{_HIGH + 12}" text-anchor="end">{escape(batches[-1])}</text>'
    )
    return f'<svg viewBox="0 0 {_WIDE} {_HIGH + 18}" role="img">{"".join(parts)}{ends}</svg>'
