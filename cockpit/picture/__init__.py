"""
Maps as pictures: regions, lines and marks as SVG, whole sheets with legend, as PNG and PDF too.

``draw`` makes the map alone, for a page without scripts; ``sheet`` puts it on paper or a slide.
"""

from cockpit.picture.drawing import Link, Mark, MarkShape, Name, Outline, Picture, draw
from cockpit.picture.files import as_pdf, as_png
from cockpit.picture.sheet import FORMATS, Legend, Row, Sheet, sheet

__all__ = [
    "FORMATS",
    "Legend",
    "Link",
    "Mark",
    "MarkShape",
    "Name",
    "Outline",
    "Picture",
    "Row",
    "Sheet",
    "as_pdf",
    "as_png",
    "draw",
    "sheet",
]
