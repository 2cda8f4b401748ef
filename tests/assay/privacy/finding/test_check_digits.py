"""Check digits against slow definitions, and against each error that they are made to find."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.privacy.finding import _check_digits as checks

NUMERIC = [
    (checks.luhn, 16), (checks.luhn, 9), (checks.nhs, 10), (checks.mod_11_10, 11), (checks.bsn, 9),
    (checks.belgium, 11), (checks.pesel, 11), (checks.cpf, 11), (checks.verhoeff, 12),
    (checks.tfn, 9), (checks.personnummer, 10), (checks.fodselsnummer, 11), (checks.nir, 15),
]  # fmt: skip


def luhn_by_definition(value: str) -> bool:
    total = 0
    for i, digit in enumerate(reversed(value)):
        n = int(digit) * (2 if i % 2 else 1)
        total += n - 9 if n > 9 else n
    return total % 10 == 0 and set(value) != {"0"}


@given(st.lists(st.text("0123456789", min_size=1, max_size=19), min_size=1, max_size=20))
def test_luhn_is_its_definition(values: list[str]) -> None:
    assert checks.luhn(values).tolist() == [luhn_by_definition(v) for v in values]


@given(st.text("0123456789abcdefghijklmnopqrstuvwxyz", min_size=11, max_size=30))
def test_an_iban_is_its_remainder(account: str) -> None:
    moved = "".join(str(int(sign, 36)) for sign in account + "xq00")
    value = f"xq{98 - int(moved) % 97:02d}{account}"
    wrong = f"xq{(98 - int(moved) % 97) % 97 + 1:02d}{account}"
    assert checks.iban([value, wrong]).tolist() == [True, wrong == value]


@pytest.mark.parametrize(("check", "length"), NUMERIC)
def test_few_numbers_at_random_fit_and_one_wrong_digit_hardly_does(
    check: Callable[[list[str]], Any], length: int
) -> None:
    step = 10**length // 20_011
    values = [f"{(i * step + 10 ** (length - 1)) % 10**length:0{length}d}" for i in range(20_000)]
    fitting = [v for v, fits in zip(values, check(values), strict=True) if fits]
    assert 0.002 < len(fitting) / len(values) < 0.15
    changed = [
        v[:at] + str((int(v[at]) + 3) % 10) + v[at + 1 :]
        for v, at in itertools.product(fitting[:20], range(length))
    ]
    assert check(changed).sum() <= len(changed) * 0.04


@pytest.mark.parametrize(("check", "_"), NUMERIC)
def test_what_is_no_number_fits_nothing(check: Callable[[list[str]], Any], _: int) -> None:
    assert not any(check(["", "x", "12a", "٣٣٣٣٣٣٣٣٣", "0"]))


@pytest.mark.parametrize("check", [checks.dni, checks.hetu, checks.mod_11_2, checks.codice_fiscale])
def test_letters_are_checked_too(check: Callable[[list[str]], Any]) -> None:
    assert not any(check(["", "x", "1234567a", "äöü", "12345678"]))
