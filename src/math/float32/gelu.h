/* gelu(x) = x Phi(x) and its derivative Phi(x) + x phi(x), by the row engine (engine/engine.h; tables, ranges and
 * centres by tools/make_engine.py).  Left of 0 Phi is exp(-x*x/2) times rows of a smooth ratio, so that nothing
 * cancels down to the last subnormal at -14.356; right of 0 the rows give Phi itself.
 * The derivative is 0 at -.7517915: its rows hold f/(x - offset), and the product with x - offset is made in two
 * words, so that the relative error stays bounded at the zero.
 *
 * Worst of all 2^32 inputs: gelu .938625 ULP at -3.87090206,
 * derivative .82933 ULP at -13.3497219 (a subnormal result; of the 4096 floats around the zero .627).
 *
 * What did not help: rows of the derivative without the offset (unbounded error at the zero); the
 * zero itself as offset everywhere (x - offset is inexact for x < -1.7518 and x > -.2518: 1.4 and 1.09 ULP; hence
 * the edges of the rows, and elsewhere an offset of 12 bits); a first row [-.25, 0] for it (1.19 ULP: what is
 * added to c0 is .23 of it); selecting 2^80 instead of the table's first entry on the right (one or two operations
 * more, no more accurate).  AVX2 pays 24 operations for the rows' transpose. */
#ifndef FA_MATH_FLOAT32_GELU_H
#define FA_MATH_FLOAT32_GELU_H
#include "../../engine/rows_gelu.h"
#include "../../engine/rows_gelu_slope.h"

PACK_FN f32p gelu_f32(const int U, f32p x, row_turn turn) { return engine_f32(U, x, gelu_engine, turn); }

PACK_FN f32p gelu_slope_f32(const int U, f32p x, row_turn turn) { return engine_f32(U, x, gelu_slope_engine, turn); }
#endif
