"""Pictures that rows name by path: read below one folder, and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from assay.errors import InputError

MOST_BYTES: Final = 50_000_000


def read_picture(folder: Path, name: str, *, where: str) -> bytes:
    """The bytes of a picture.

    Parameters
    ----------
    folder : Path
        Paths are relative to it.
    name : str
        As the row has it.
    where : str
        What an error names.

    Raises
    ------
    InputError
        If there is no such file, it leads out of the folder, or it is larger than 50 MB. The
        message has no path: that is a value of a row.
    """
    root = folder.resolve()
    try:
        path = (root / name).resolve()
        known = path.is_relative_to(root) and path.is_file()
    except (OSError, ValueError):  # too long, or with a NUL
        known = False
    if not known:
        raise InputError("no such picture", where=where,
                         expected="the path of a file below the pictures' folder")  # fmt: skip
    if (size := path.stat().st_size) > MOST_BYTES:
        raise InputError("a picture is too large", where=where, got=f"{size:,} bytes",
                         expected=f"at most {MOST_BYTES:,}")  # fmt: skip
    return path.read_bytes()
