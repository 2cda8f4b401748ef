"""More images of a class, by changes that leave the label as it is.

For training images alone: a picture that is made of another one says nothing new about test images.

References
----------
Shorten C, Khoshgoftaar TM (2019), A survey on image data augmentation for deep learning,
https://doi.org/10.1186/s40537-019-0197-0.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from assay.errors import AssayError, InputError
from assay.policy.images import Change, ImageChange, ImagesPolicy

if TYPE_CHECKING:
    from PIL.Image import Image

Random = np.random.Generator
_TRIES: Final = 100
FORMATS: Final = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
_MODES: Final = frozenset({"L", "LA", "RGB", "RGBA"})
_ALIKE: Final = {"1": "L", "P": "RGBA", "CMYK": "RGB", "YCbCr": "RGB", "HSV": "RGB", "LAB": "RGB"}


class MadeImage(NamedTuple):
    """An image that was made, and what was done to the one that it was made of.

    Parameters
    ----------
    content : bytes
        A PNG of the same size.
    changes : str
        Such as ``rotate -7.25, noise 0.031``.
    """

    content: bytes
    changes: str


def safe_changes(policy: ImagesPolicy, label: str) -> tuple[ImageChange, ...]:
    """The changes that leave this label, as text, as it is.

    Raises
    ------
    InputError
        If there is none.
    """
    found = tuple(one for one in policy.changes if one.is_safe_for(label))
    if not found:
        raise InputError(
            "no change is safe for a label", where="changes", got=label,
            do="Name the label in the `safe_for` of a change, or leave its images out.",
        )  # fmt: skip
    return found


def change_image(
    content: bytes,
    changes: tuple[ImageChange, ...],
    random: Random,
    *,
    most_pixels: int,
    where: str = "image",
) -> MadeImage:
    """Change an image by at least one of several changes, each with its probability.

    Parameters
    ----------
    content : bytes
        An image file: PNG, JPEG, WebP, BMP, GIF (its first picture) or TIFF.
    changes : tuple of ImageChange
        Those that are safe for its label; see :func:`safe_changes`.
    random : numpy.random.Generator
    most_pixels : int
        Width times height that is read at most.
    where : str
        What an error names.

    Raises
    ------
    InputError
        If the bytes are no such image, it is larger, it has more than 8 bits a value, or its pixels
        stay the same however it is changed, as a white page does that is mirrored.
    """
    image = _opened(content, most_pixels, where)
    for _ in range(_TRIES):
        changed, done = image, []
        for one in _drawn(changes, random):
            strength = 0.0 if one.most is None else _strength(one.change, one.most, random)
            changed = _CHANGES[one.change](changed, strength, random)
            done.append(one.change if one.most is None else f"{one.change} {strength:.3g}")
        if changed.tobytes() != image.tobytes():
            return MadeImage(_png(changed), ", ".join(done))
    raise InputError("no change alters an image", where=where, do="Allow stronger changes.")


def _png(image: Image) -> bytes:
    written = io.BytesIO()
    image.save(written, "PNG")
    return written.getvalue()


def _opened(content: bytes, most_pixels: int, where: str) -> Image:
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            if opened.width * opened.height > most_pixels:
                raise InputError(
                    "an image is too large", where=where, got=f"{opened.width} x {opened.height}",
                    expected=f"at most {most_pixels:,} pixels", do="Raise `most_pixels`.",
                )  # fmt: skip
            mode = opened.mode if opened.mode in _MODES else _ALIKE.get(opened.mode)
            if mode is None:
                raise InputError(
                    "an image has more than 8 bits a value", where=where, got=opened.mode,
                    expected="8 bits: gray or colored, with or without alpha",
                )  # fmt: skip
            return ImageOps.exif_transpose(opened).convert(mode)
    except AssayError:
        raise
    except Exception:  # what a broken file can raise differs by format
        raise InputError("not a whole image", where=where, expected=", ".join(FORMATS)) from None


def _drawn(changes: tuple[ImageChange, ...], random: Random) -> list[ImageChange]:
    """Each change with its probability, given that there is one at least."""
    while True:
        draws = random.random(len(changes))
        if found := [
            one for one, draw in zip(changes, draws, strict=True) if draw < one.probability
        ]:
            return found


def _strength(change: Change, most: float, random: Random) -> float:
    """How strong a change is: an angle and a brightness go both ways."""
    signed = change in {"rotate", "brighten"}
    return float(random.uniform(-most if signed else 0, most))


def _flip_horizontally(image: Image, _: float, __: Random) -> Image:
    from PIL import ImageOps

    return ImageOps.mirror(image)


def _flip_vertically(image: Image, _: float, __: Random) -> Image:
    from PIL import ImageOps

    return ImageOps.flip(image)


def _rotate(image: Image, degrees: float, _: Random) -> Image:
    """Corners that come in have the median color of the edge."""
    from PIL.Image import Resampling

    return image.rotate(degrees, Resampling.BILINEAR, fillcolor=_edge_color(image))


def _crop(image: Image, share: float, random: Random) -> Image:
    from PIL.Image import Resampling

    wide, high = image.width * (1 - share), image.height * (1 - share)
    left, top = random.uniform(0, (image.width - wide, image.height - high))
    box = (float(left), float(top), float(left + wide), float(top + high))
    return image.resize(image.size, Resampling.BILINEAR, box=box)


def _brighten(image: Image, more: float, _: Random) -> Image:
    from PIL import ImageEnhance

    return ImageEnhance.Brightness(image).enhance(1 + more)


def _noise(image: Image, spread: float, random: Random) -> Image:
    from PIL import Image

    values = np.asarray(image, dtype=np.float64)
    drawn = random.normal(0, 255 * spread, values.shape)
    if image.mode in {"LA", "RGBA"}:
        drawn[..., -1] = 0  # alpha stays
    return Image.fromarray(np.clip(np.rint(values + drawn), 0, 255).astype(np.uint8))


_CHANGES: Final[Mapping[Change, Callable[[Image, float, Random], Image]]] = {
    "flip_horizontally": _flip_horizontally, "flip_vertically": _flip_vertically,
    "rotate": _rotate, "crop": _crop, "brighten": _brighten, "noise": _noise,
}  # fmt: skip


def _edge_color(image: Image) -> int | tuple[int, ...]:
    values = np.asarray(image)
    edge = np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])
    color = np.median(edge, axis=0).astype(int)
    return int(color) if color.ndim == 0 else tuple(int(one) for one in color)
