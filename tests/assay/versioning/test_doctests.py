import doctest
import importlib

import pytest


@pytest.mark.parametrize("name", ["_ids", "_layout", "_process"])
def test_examples_in_docstrings_are_true(name):
    module = importlib.import_module(f"assay.versioning.{name}")
    result = doctest.testmod(module)
    assert result.failed == 0
    assert result.attempted > 0
