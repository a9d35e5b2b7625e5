"""The Mills ratio of the normal distribution, Phi(-a) exp(a^2/2), a >= 0.  Written by tools/fit_mills.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Chebyshev coefficients of (1 + 2a) M(a) in t = (a - 4.0)/(a + 4.0).
COEFFICIENTS = (
    0.762884997769524,
    0.10068206565872245,
    -0.10013137428409985,
    0.045657298407026564,
    -0.013575118325721563,
    0.00262542744956912,
    -0.0002451074241891889,
    -2.2281162554481234e-05,
    9.138017046994602e-06,
    -2.507982182146344e-07,
    -2.6361169564422014e-07,
    2.174376387603837e-08,
    8.583304819905203e-09,
    -9.282874771695218e-10,
    -3.374089055517056e-10,
    3.216964540162219e-11,
    1.5386776705240776e-11,
    -7.470762646545073e-13,
    -7.488304763722645e-13,
    -1.53278981059926e-14,
    3.54842272265676e-14,
    3.93487454895106e-15,
    -1.451285270376527e-15,
    -3.667123498186419e-16,
    3.619261323073453e-17,
    2.5045749737064078e-17,
)


def mills(a: NDArray[np.float64]) -> NDArray[np.float64]:
    """M(a) for 0 <= a < inf, to about 4 ULP; NaN goes through."""
    t = (a - 4.0) / (a + 4.0)
    b0, b1, b2, twice = np.zeros_like(a), np.zeros_like(a), np.zeros_like(a), 2.0 * t
    for c in COEFFICIENTS[:0:-1]:  # Clenshaw's recurrence: b0 = 2 t b1 - b2 + c
        np.multiply(twice, b1, out=b0)
        np.subtract(b0, b2, out=b0)
        np.add(b0, c, out=b0)
        b0, b1, b2 = b2, b0, b1
    return (COEFFICIENTS[0] + (t * b1 - b2)) / (1.0 + 2.0 * a)
