"""Operators: each makes one call of the library.

A run is ``PinOperator`` → one ``StageOperator`` for each stage of ``assay.stages.run.chain`` →
``ApproveForceOperator`` → ``ReleaseOperator`` → ``NotifyOperator``.
"""
