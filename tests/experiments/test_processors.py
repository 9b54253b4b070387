"""Fits keep to one thread, whatever was loaded before."""

import subprocess
import sys

CODE = """
from experiments.processors import one_thread
with one_thread():
    import scipy.linalg, sklearn.ensemble
    from threadpoolctl import threadpool_info
    print(sorted({found["num_threads"] for found in threadpool_info()}))
"""


def test_libraries_that_are_loaded_later_keep_to_one_thread_too():
    """In a fresh process, where neither library is loaded yet."""
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "[1]"
