"""A generative adversarial network for tables, in NumPy, with its gradients by hand.

:func:`train_gan` trains it, from a checkpoint where there is one; what it gives draws rows.
"""

from assay.synthesis.gan._network import GanModel, train_gan

__all__ = ["GanModel", "train_gan"]
