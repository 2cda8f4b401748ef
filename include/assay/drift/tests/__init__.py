"""Tests: whether a shift is there. Each has a statistic, its p, and the law that p comes from."""
