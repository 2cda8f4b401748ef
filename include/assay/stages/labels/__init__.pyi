from ._annotations import AnnotationColumns, annotations_of_dataset, annotations_of_file

__all__ = ["AnnotationColumns", "annotations_of_dataset", "annotations_of_file"]
