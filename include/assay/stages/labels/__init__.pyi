from ._annotations import AnnotationColumns, annotations_of_dataset, annotations_of_file
from ._write import gold_answers, write_labels

__all__ = [
    "AnnotationColumns",
    "annotations_of_dataset",
    "annotations_of_file",
    "gold_answers",
    "write_labels",
]
