"""A metric of a model over its versions: by the data that each learned from, and by time."""

from assay.training.trend._html import render_html, render_svg
from assay.training.trend._render import render_text
from assay.training.trend._trend import TrainedVersion, Trend

__all__ = ["TrainedVersion", "Trend", "render_html", "render_svg", "render_text"]
