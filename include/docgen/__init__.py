"""The generated part of the documentation: ``python -m docgen`` (``make docs``) writes it.

Each module renders one thing from the code or the files that define it: policies and their JSON
Schemas from the pydantic models, the command from Typer, the DAGs from ``dags/``, expectations from
the compiler's registry. A test renders everything again and fails on a difference. Nothing here is
needed to run Assay.
"""

from docgen._pages import render_pages, write_pages

__all__ = ["render_pages", "write_pages"]
