from ._augment import augment_file
from ._images import augment_images_file
from ._rules import check_rows, row_rules
from ._synthesise import Synthesised, synthesise

__all__ = [
    "Synthesised",
    "augment_file",
    "augment_images_file",
    "check_rows",
    "row_rules",
    "synthesise",
]
