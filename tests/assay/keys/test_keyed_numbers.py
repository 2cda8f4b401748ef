"""Random numbers under a key: the same for one key and label, and different for each number."""

from __future__ import annotations

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from assay.keys import derived_key
from assay.keys.keyed_numbers import keyed_numbers

KEY = bytes(range(32))


def test_a_number_is_the_beginning_of_its_encrypted_block() -> None:
    cipher = Cipher(AES(derived_key(KEY, "assay numbers", "a", "b")), CBC(bytes(16)))
    for number in (0, 1, 255, 2**40 + 7):
        block = cipher.encryptor().update(number.to_bytes(16, "little"))
        (found,) = keyed_numbers(KEY, "a", "b")(np.array([number]))
        assert found == int.from_bytes(block[:8], "little")


def test_blocks_of_any_length_give_the_same_numbers() -> None:
    keyed, numbers = keyed_numbers(KEY, "a"), np.arange(10_000)
    parts = np.concatenate([keyed(part) for part in np.array_split(numbers, 7)])
    assert (parts == keyed(numbers)).all()
    assert len(keyed(numbers[:0])) == 0


def test_no_two_numbers_and_no_two_labels_are_alike() -> None:
    numbers = np.arange(100_000)
    found = [keyed_numbers(*of)(numbers) for of in ((KEY, "a"), (KEY, "b"), (bytes(32), "a"))]
    for one in found:
        assert len(np.unique(one)) == len(one)
        ranks = np.argsort(np.argsort(one))
        assert abs(np.corrcoef(ranks, numbers)[0, 1]) < 5 / len(numbers) ** 0.5
    for i, j in ((0, 1), (0, 2), (1, 2)):
        assert abs(np.corrcoef(np.argsort(found[i]), np.argsort(found[j]))[0, 1]) < 0.02
