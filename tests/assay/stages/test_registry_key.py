"""The key of a registry whose remotes lie elsewhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from assay.errors import RegistryError
from assay.project import Project
from assay.stages.services import Services


def _office(tmp_path, secrets):
    project = Project(
        home=tmp_path,
        include=tmp_path,
        catalog_url="sqlite://",
        registry_git=str(tmp_path / "git"),
        registry_objects=str(tmp_path / "objects"),
    )
    return Services(project, lambda: datetime.now(UTC), secrets)


@pytest.mark.parametrize("secrets", [{}, {"registry_key": ""}, {"registry_key": "not hexadecimal"}])
def test_without_a_key_it_says_where_one_is_looked_for(tmp_path, secrets):
    with pytest.raises(RegistryError, match="assay_registry_key") as raised:
        _ = _office(tmp_path, secrets).registry
    assert "not hexadecimal" not in str(raised.value)


@pytest.mark.parametrize("missing", ["registry_git", "registry_objects"])
def test_one_remote_without_the_other_is_refused(tmp_path, missing):
    whole = _office(tmp_path, {"registry_key": "00" * 32})
    half = replace(whole, project=replace(whole.project, **{missing: None}))
    with pytest.raises(RegistryError, match="both ASSAY_REGISTRY_GIT and ASSAY_REGISTRY_OBJECTS"):
        _ = half.registry
