"""Pages of the documentation hold no HTML of their own, and no link that leads nowhere."""

from __future__ import annotations

from assay.page.markdown import render_markdown, runbook, slug


def test_html_and_scripts_are_text() -> None:
    page = render_markdown("# A\n\n<script>x</script> [a](javascript:x) ![i](http://x/y.png)",
                           lambda _: None)  # fmt: skip
    assert "<script" not in page
    assert "javascript:x" not in page.replace("[a](javascript:x)", "")
    assert '<h1 id="a">' in page


def test_an_anchor_is_one_and_nothing_else_is() -> None:
    page = render_markdown('| a |\n|--:|\n| <a id="x-1"></a>`y` <a id="q" onclick="z"></a> |',
                           lambda _: None)  # fmt: skip
    assert '<td><a id="x-1"></a><code>y</code> &lt;a id=' in page
    assert "style" not in page


def test_a_link_without_an_address_is_words() -> None:
    known = {"b.md": "b.md"}.get
    page = render_markdown("[`a`](a.md) and [b *c*](b.md)", known)
    assert page.strip() == ('<p><code>a</code> and <a href="b.md">b <em>c</em></a></p>')


def test_a_runbook_is_part_of_a_page() -> None:
    page = runbook("drift_detected")
    assert "<h4>What to do</h4>" in page
    assert "<h1" not in page
    assert "href" not in page
    assert runbook("made_up") == ""
    assert slug("What, `x`?") == "what-x"
