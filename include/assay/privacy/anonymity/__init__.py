"""Anonymity: how well people hide among others who look alike.

Rows that agree in all *quasi-identifiers* are a *class*. Who knows these columns of a person finds
the person's class, and no more. *k* is the number of people in the smallest class; *l* says how
many values of a sensitive column a class has, so that the class doesn't give the value away; *t*
says how far the values of a class may lie from those of everybody. :func:`measure_anonymity`
measures all three and the risks that follow; it knows no limit.
"""

from assay.privacy.anonymity._closeness import is_ordered
from assay.privacy.anonymity._found import Anonymity, Diversity, Population
from assay.privacy.anonymity._measure import Who, measure_anonymity
from assay.privacy.anonymity._render import render_text

__all__ = [
    "Anonymity",
    "Diversity",
    "Population",
    "Who",
    "is_ordered",
    "measure_anonymity",
    "render_text",
]
