"""The form that answers an incident."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from assay.page._layout import environment


def answer_form(number: int, batches: Sequence[str], token: str) -> Markup:
    """Make the form to acknowledge, snooze or dismiss an incident; it works without a script.

    Parameters
    ----------
    number : int
        The incident, and the address that the form is sent to.
    batches : sequence of str
        Its failing batches, one of which may be chosen.
    token : str
        What is sent along, so that a form of another site can be refused.
    """
    template = environment().get_template("answer_form.html.j2")
    return Markup(template.render(number=number, batches=batches, token=token))  # noqa: S704 - the template escapes
