from ._annotations import AnnotationColumns, annotations_of_dataset, annotations_of_file
from ._noise import find_label_noise, write_suspects
from ._write import gold_answers, write_labels, write_review

__all__ = [
    "AnnotationColumns",
    "annotations_of_dataset",
    "annotations_of_file",
    "find_label_noise",
    "gold_answers",
    "write_labels",
    "write_review",
    "write_suspects",
]
