/* The row loops, compiled once per instruction set (FA_ISA_<name>) into one table of functions. */
#include <math.h>

#include "rows.h"
#include "simd/pack.h"

#include "math/float32/tanh.h"
#include "math/float64/tanh.h"
#include "rows/constants.h"
#include "rows/scalar.h"
#include "rows/walk.h"

/* Rows hold more in registers than elementwise loops do. */
#define UNROLL UNROLL_ROWS

#define INLINE PACK_FN

typedef f32r reg_f32;
typedef f64r reg_f64;

/* Powers are kept times 2^LIFT_BITS, so that none is subnormal. */
#define LIFT_BITS 64
#define DROP 0x1p-64f
#define RAISED 0x1p64f

/* Blocks of a long row. */
#define EACH_BLOCK(from, count, size)                                                                   \
    for (size_t from = 0, count; count = (size) - from < FA_ROW_BLOCK ? (size) - from : FA_ROW_BLOCK, from < (size); \
         from += FA_ROW_BLOCK)

#define PASTE_(a, b) a##_##b
#define PASTE(a, b) PASTE_(a, b)
#define M(name) PASTE(name, REAL)

#define REAL f32
#define S float
#define PACK f32p
#define MASK m32p
#define C(c) splat_f32p(c)
#define ROW_LANES_f32 16
#define ABS(a) __builtin_fabsf(a)
#define FMA(a, b, c) __builtin_fmaf(a, b, c)
#define MAGIC 0x1.8p20f
#define DEGREE 4
#define FAR 212.0f            /* twice the width of the live range */
#define LOWEST 104.0f         /* e^-LOWEST is 0 */
#define LARGEST 0x1.fffffep127f
#define ACCUMULATE(d, k, a)                                                                             \
    (d[2 * (k)] = add_f64(d[2 * (k)], widen_low_f32(a)), d[2 * (k) + 1] = add_f64(d[2 * (k) + 1], widen_high_f32(a)))
#define WIDEN(a) ((f64p){{widen_low_f32(a), widen_high_f32(a)}})
#define NARROW(a) narrow_f64((a).r[0], (a).r[1])
#define LOAD_F16(p) load_f16(p)
#define LOAD_BF16(p) load_bf16(p)
#define STORE_F16(p, a) store_h16(p, to_f16(a))
#define STORE_BF16(p, a) store_h16(p, to_bf16(a))
#define STORE_SAFE_BF16(p, a) store_h16(p, quick_bf16(a))
#include "rows/kernel.h"
#include "rows/transpose.h"
#include "rows/softmax.h"
#include "rows/calls.h"
#include "rows/stage.h"
#undef REAL
#undef S
#undef PACK
#undef MASK
#undef C
#undef ABS
#undef FMA
#undef MAGIC
#undef DEGREE
#undef FAR
#undef LOWEST
#undef LARGEST
#undef ACCUMULATE
#undef WIDEN
#undef NARROW
#undef LOAD_F16
#undef LOAD_BF16
#undef STORE_F16
#undef STORE_BF16
#undef STORE_SAFE_BF16

#define REAL f64
#define S double
#define PACK f64p
#define MASK m64p
#define C(c) splat_f64p(c)
#define ROW_LANES_f64 8
#define ABS(a) __builtin_fabs(a)
#define FMA(a, b, c) __builtin_fma(a, b, c)
#define MAGIC 0x1.8p49
#define DEGREE 8
#define FAR 1500.0
#define LOWEST 745.2
#define LARGEST 0x1.fffffffffffffp1023
#define ACCUMULATE(d, k, a) (d[k] = add_f64(d[k], a))
#define WIDEN(a) ((f64p){{a}})
#define NARROW(a) ((a).r[0])
#define LOAD_F16(p) splat_f64(*(p)) /* never reached: halves become float32 */
#define LOAD_BF16(p) splat_f64(*(p))
#define STORE_F16(p, a) ((void)(p), (void)(a))
#define STORE_BF16(p, a) ((void)(p), (void)(a))
#define STORE_SAFE_BF16(p, a) ((void)(p), (void)(a))
#include "rows/kernel.h"
#include "rows/transpose.h"
#include "rows/softmax.h"
#include "rows/calls.h"
#include "rows/stage.h"

#define ENTRY(name, stages, T, cost) {name##_loop_##T, stages, cost, name##_partial_##T, name##_combine_##T, name##_finish_##T}
#define ROW(name, stages, cost32, cost64) {ENTRY(name, stages, f32, cost32), ENTRY(name, stages, f64, cost64)}
#define TABLE__(isa) fa_rows_##isa
#define TABLE_(isa) TABLE__(isa)
const fa_row_table TABLE_(FA_ISA) = {
    ROW(softmax, 1, 0.37f, 0.82f),
    ROW(log_softmax, 1, 0.41f, 0.78f),
    ROW(logsumexp, 1, 0.32f, 0.66f),
    ROW(softmax_backward, 2, 0.29f, 0.59f),
    ROW(log_softmax_backward, 1, 0.36f, 0.84f),
    ROW(logsumexp_backward, 1, 0.41f, 0.94f),
};

#define STAGED__(isa) fa_staged_##isa
#define STAGED_(isa) STAGED__(isa)
const fa_staged_table STAGED_(FA_ISA) = {staged_f32, staged_f64};
