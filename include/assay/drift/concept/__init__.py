"""Concept: whether label, prediction and score still go together."""
