"""The one array type of the product."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
"""Double-precision array."""
