"""The generated documentation: ``python -m docgen`` (``make docs``) writes it.

Each module renders one page from the code or the files that define it: policies and their JSON
Schemas from the pydantic models, the command from Typer, the DAGs from ``dags/``, expectations from
the compiler's registry. A test renders every page again and fails on a difference. Assay runs
without this package.
"""

from docgen._pages import render_pages, write_pages

__all__ = ["render_pages", "write_pages"]
