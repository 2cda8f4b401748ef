"""The key of a registry whose remotes lie elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from assay.errors import RegistryError
from assay.project import Project
from assay.stages import Office


def _office(tmp_path, secrets):
    project = Project(
        home=tmp_path,
        include=tmp_path,
        catalog_url="sqlite://",
        registry_git=str(tmp_path / "git"),
        registry_objects=str(tmp_path / "objects"),
    )
    return Office(project, lambda: datetime.now(UTC), secrets)


@pytest.mark.parametrize("secrets", [{}, {"registry_key": ""}, {"registry_key": "not hexadecimal"}])
def test_without_a_key_it_says_where_one_is_looked_for(tmp_path, secrets):
    with pytest.raises(RegistryError, match="assay_registry_key") as raised:
        _ = _office(tmp_path, secrets).registry
    assert "not hexadecimal" not in str(raised.value)
