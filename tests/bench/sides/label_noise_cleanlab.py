"""Find label issues with cleanlab, as it does by default."""

import sys

import numpy as np
from cleanlab.count import compute_confident_joint
from cleanlab.filter import find_label_issues

data = np.load(sys.argv[1])
given, chance = data["given"], data["chance"]
np.savez(
    sys.argv[2],
    suspect=find_label_issues(given, chance, n_jobs=1),
    joint=compute_confident_joint(given, chance, calibrate=False),
)
