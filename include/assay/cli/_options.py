"""Arguments and options that several verbs of the command have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Role = Annotated[
    str | None,
    typer.Option("--as", metavar="ROLE", help="Role of the access policy; ASSAY_ROLE by default."),
]
Purpose = Annotated[str | None, typer.Option(help="What it is read for; ASSAY_PURPOSE by default.")]
Author = Annotated[str | None, typer.Option(help="User id on record; yours by default.")]
Dataset = Annotated[str, typer.Argument(help="Name of the data set.")]
OneOrAll = Annotated[str | None, typer.Argument(help="Only this data set.")]
Parameters = Annotated[
    list[str] | None, typer.Option("--param", help="NAME=VALUE of a $PARAMETER.")
]
Redact = Annotated[
    list[str] | None, typer.Option(help="A column whose values aren't shown; repeat for more.")
]
Data = Annotated[str, typer.Argument(metavar="DATA", help="CSV or Parquet, by path or URL.")]
DataList = Annotated[
    list[str],
    typer.Argument(metavar="DATA...", help="CSV or Parquet, by path, URL or pattern; batches."),
]
Delimiter = Annotated[
    str | None, typer.Option(help="Sign between the fields of CSV; found in the file by default.")
]
Encoding = Annotated[
    str | None, typer.Option(help="Encoding of CSV, such as cp1252; found by default.")
]
Decimal = Annotated[
    str | None,
    typer.Option(help="Sign before the decimals of numbers in CSV, `.` or `,`; found by default."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, to stdout.")]
Policy = Annotated[
    Path,
    typer.Option(
        "--policy",
        help="The policy file, the same as in include/policies/<dataset>/; without a contract "
        "column roles come from `roles:` in it.",
    ),
]
Report = Annotated[Path | None, typer.Option(help="Write the report as HTML here.")]


def tab_for(delimiter: str | None) -> str | None:
    r"""The delimiter that a person means, who can't type a tab: ``\t`` or ``tab``.

    Examples
    --------
    >>> tab_for("tab"), tab_for(";")
    ('\t', ';')
    """
    return "\t" if delimiter in {"tab", "\\t"} else delimiter
