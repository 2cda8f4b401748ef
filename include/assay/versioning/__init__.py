"""Versions of batches and releases of data sets, in a registry of Git and DVC.

A **batch version** is one immutable partition: its files are DVC objects, its ``.dvc`` file stands
in the registry's Git repository, and its id is a keyed hash of all that it derives from, so that a
run that would make the same version finds it instead. A **snapshot** is a numbered map of batches
to versions; the **pointer** names the one that readers get. A release makes the next snapshot by
compare-and-swap on the Git remote, so that parallel and out-of-order releases merge::

    registry = Registry(embedded(home))
    version = registry.commit("flights", "2013-02-04", derivation, {"data": path}, at=now)
    registry.release("flights", "2013-02-04", version.version, reason=…, author=…, at=now)

The Git remote is the truth. It holds pointers, hashes of files with a secret nonce, counts, and who
released what and why; never a data value. Whatever the machine keeps beside it can be made again.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
