"""What a registered version keeps: its model, its record and its model file, read back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from assay.errors import InputError
from assay.policy.model import ModelFile
from assay.records.models import TrainingRecord
from assay.stages.models._training import packages_of, parse_model
from assay.stages.models._versions import RegisteredVersion
from assay.stages.services import Services

if TYPE_CHECKING:
    from assay.training import Fitted


def object_bytes(services: Services, version: RegisteredVersion, name: str) -> bytes:
    """An object of a version, its bytes verified.

    Raises
    ------
    InputError
        If the version keeps no such object.
    ObjectDamaged
        If the store doesn't hold the bytes that were registered.
    """
    stored = version.objects.get(name)
    if stored is None:
        raise InputError("the version keeps no such object", where=version.name, got=name)
    return services.registry.open(stored).read_bytes()


def load_record(services: Services, version: RegisteredVersion) -> TrainingRecord:
    """The record of the training run that gave a version."""
    content: dict[str, Any] = json.loads(object_bytes(services, version, "record"))
    content.pop("nonce", None)
    return TrainingRecord.model_validate_json(json.dumps(content))


def load_file(services: Services, version: RegisteredVersion) -> ModelFile:
    """The model file by which a version was trained."""
    return parse_model(version.model, object_bytes(services, version, "model_file").decode())


def load_fitted(services: Services, version: RegisteredVersion) -> Fitted:
    """The fitted model of a version.

    Raises
    ------
    InputError
        If it has a part of a type that isn't trusted.
    """
    from assay.training import load_model_object

    packages = packages_of(load_file(services, version), version.package)
    data = object_bytes(services, version, "model")
    return services.beside(load_model_object, data, packages)
