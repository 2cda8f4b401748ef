"""Write the generated documentation: ``python -m docgen``."""

from __future__ import annotations

from assay.project import Project
from docgen import write_pages

for page in write_pages(Project.from_environment({})):
    print(page)  # noqa: T201 - the command's result
