"""A generative adversarial network for tables, in NumPy, with its gradients by hand.

:func:`train_gan` trains it, from a checkpoint where there is one; what it gives draws rows, and
:func:`rake` lets columns and pairs of them have the shares of real rows.
"""

from assay.synthesis._raking import rake
from assay.synthesis.gan._network import GanModel, train_gan

__all__ = ["GanModel", "rake", "train_gan"]
