"""Writes fastact/_mills.py: the Mills ratio M(a) = Phi(-a) exp(a^2/2) on a >= 0 for the NumPy backend.

(1 + 2a) M(a) is smooth in t = (a - K)/(a + K), -1 <= t <= 1 (M. Shepherd and J. Laframboise, "Chebyshev
approximation of (1 + 2x) exp(x^2) erfc(x)", Math. Comp. 36, 1981, had the idea): its Chebyshev coefficients
fall below 2^-56 after a few dozen.  They are computed here to 60 digits and rounded once.

    python tools/fit_mills.py > fastact/_mills.py
"""

import mpmath

mpmath.mp.dps = 60
K = mpmath.mpf(4)
NODES = 200

TEXT = '''"""The Mills ratio of the normal distribution, Phi(-a) exp(a^2/2), a >= 0.  Written by tools/fit_mills.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Chebyshev coefficients of (1 + 2a) M(a) in t = (a - {k})/(a + {k}).
COEFFICIENTS = (
{coefficients}
)


def mills(a: NDArray[np.float64]) -> NDArray[np.float64]:
    """M(a) for 0 <= a < inf, to about 4 ULP; NaN goes through."""
    t = (a - {k}) / (a + {k})
    b0, b1, b2, twice = np.zeros_like(a), np.zeros_like(a), np.zeros_like(a), 2.0 * t
    for c in COEFFICIENTS[:0:-1]:  # Clenshaw's recurrence: b0 = 2 t b1 - b2 + c
        np.multiply(twice, b1, out=b0)
        np.subtract(b0, b2, out=b0)
        np.add(b0, c, out=b0)
        b0, b1, b2 = b2, b0, b1
    return (COEFFICIENTS[0] + (t * b1 - b2)) / (1.0 + 2.0 * a)'''


def function(t):
    """(1 + 2a) M(a) as a function of t."""
    if t == 1:
        return 2 / mpmath.sqrt(2 * mpmath.pi)
    a = K * (1 + t) / (1 - t)
    if a > 1000:  # the asymptotic series: exp and erfc leave the range
        series = mpmath.nsum(lambda n: (-1) ** int(n) * mpmath.fac2(2 * n - 1) / a ** (2 * n), [0, 12])
        return (1 + 2 * a) * series / (a * mpmath.sqrt(2 * mpmath.pi))
    return (1 + 2 * a) * mpmath.erfc(a / mpmath.sqrt(2)) * mpmath.exp(a * a / 2) / 2


def main():
    angles = [mpmath.pi * (i + mpmath.mpf(1) / 2) / NODES for i in range(NODES)]
    values = [function(mpmath.cos(angle)) for angle in angles]
    lines = []
    for k in range(NODES):
        c = sum(v * mpmath.cos(k * angle) for v, angle in zip(values, angles, strict=True)) * 2 / NODES
        c = c / 2 if k == 0 else c
        if k > 4 and abs(c) < mpmath.mpf(2) ** -57:
            break
        lines.append(f"    {float(c)!r},")
    print(TEXT.format(k=f"{float(K)}", coefficients="\n".join(lines)))


if __name__ == "__main__":
    main()
