"""The format of arrays in case files: float32, or u32 for indices, in base64."""
import base64

import numpy as np


def encoded(array):
    """Encodes an array for a case file."""
    whole = array.dtype == np.uint32
    data = np.asarray(array, np.uint32 if whole else np.float32)
    text = base64.b64encode(data.tobytes()).decode()
    return {"shape": list(data.shape), "data": text, **({"dtype": "u32"} if whole else {})}
