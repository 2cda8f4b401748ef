"""Readers: an original becomes rows in the contract's types, one module a file format.

They write the engine's SQL, because only that reads text without guessing.
"""
