"""Stages: where rooms meet, one package a subject.

Rooms never import each other. A function here loads contract and policies, calls the rooms, and
writes what they found. What a name needs is imported when the name is first asked for: incidents
are answered without the engine, and a file is checked without a registry. The stub beside each
package's ``__init__`` says which names it has.
"""

__all__: list[str] = []
