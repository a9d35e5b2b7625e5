/* What an instruction set offers: one table of loops.  Elementwise loops come from activations.def, one per
 * activation, float type and kind; row loops are named in rows.def.  Loops see contiguous memory of one type. */
#ifndef FA_KERNELS_H
#define FA_KERNELS_H
#include <stddef.h>
#include <stdint.h>

enum fa_type { FA_F32, FA_F64, FA_TYPES };

/* Operands, in this order (p = the parameters of activations.def):
 *   FA_VALUE       x, p...        -> f(x)
 *   FA_DERIVATIVE  x, p...        -> f'(x)
 *   FA_BACKWARD    grad, x, p...  -> grad * f'(x)
 *   FA_BOTH        x, p...        -> f(x), f'(x)          */
enum fa_kind { FA_VALUE, FA_DERIVATIVE, FA_BACKWARD, FA_BOTH, FA_KINDS };

enum { FA_MAX_PARAMETERS = 4, FA_MAX_OPERANDS = FA_MAX_PARAMETERS + 4 };

enum fa_activation {
#define ACTIVATION(name, parameters, ...) FA_##name,
#include "activations.def"
#undef ACTIVATION
    FA_ACTIVATIONS
};

/* n elements of every operand; steps[k] is 1, or 0 for a parameter that is one number for all.  An output may be
 * exactly an input; any other overlap is the caller's to resolve.  No allocation, no errno, no FP mode change. */
typedef void fa_loop(size_t n, char *const *operands, const unsigned char *steps);

/* A loop over large operands: what it reads is fetched ahead, and its outputs (as many operands after as many inputs,
 * parameters among them) go past the cache.  They lie alike within a cache line, and none is an input.  NULL where there
 * are no such stores. */
typedef void fa_stream(fa_loop *loop, int inputs, int outputs, size_t itemsize, size_t n, char *const *operands,
                       const unsigned char *steps);

/* Two floats of 16 bits, as bit patterns.  Kernels see them as float32. */
enum fa_half { FA_F16, FA_BF16, FA_HALVES };

/* FA_VALUE and FA_DERIVATIVE of n halves: operands as for fa_loop, parameters each one float32.  The results are rounded
 * from float32 ones that are good enough, not exact: for a few x the wrong half.  Any NaN may stand for NaN. */
typedef void fa_half_loop(enum fa_half half, size_t n, char *const *operands);

/* How the slope meets the gradient: all but FA_PRODUCT are 0 where the slope is, whatever the gradient.  The slopes of
 * FA_SHORT are halves times 2, so that float32 holds the product if it is not subnormal; those of FA_STRAIGHT are 0, 1/2
 * or 1. */
enum fa_gradient { FA_PRODUCT, FA_DEAD, FA_SHORT, FA_STRAIGHT };

/* n halves as float32: exact. */
typedef void fa_widen(size_t n, const uint16_t *from, float *to);

/* n float32, or products of n slopes and halves `grad` if that is not NULL, rounded to halves, ties to even; NaN stays
 * NaN.  `to` may begin where `from` or `grad` does.  Where `near` is not NULL, n is at most 65,536 and it is given the
 * index of each number so close to the middle of two halves that a result of the float32 loops, which may be a little
 * wrong, may round to the wrong one (and has: it may be either here); of bfloat16 each too whose slope float32 does not
 * hold.  The return value is how many they are.  About one in 700 for float16, one in 8,192 for bfloat16, and no half
 * itself. */
typedef size_t fa_narrow(size_t n, const float *from, const uint16_t *grad, enum fa_gradient way, uint16_t *to,
                         uint16_t *near);

/* A set of at most FA_WANTED halves: x is in it if it is hashed[(x * multiplier >> 16) % FA_WANTED]. */
enum { FA_WANTED = 32 };
typedef struct {
    int count;
    uint16_t multiplier, listed[FA_WANTED], hashed[FA_WANTED];
} fa_set;

/* The indices at which x, n of them as for fa_narrow, is in the set or, if `tiny`, has size 1 to FA_TINY - 1; and what
 * is there. */
enum { FA_TINY = 256 };
typedef size_t fa_find(size_t n, const uint16_t *x, const fa_set *set, int tiny, uint16_t *found);

/* sums[i] += grad[i] * x[i] where x[i] is not above 0, for the columns i of so many rows, `stride` elements apart, in
 * turn.  `sums` has room for a whole register behind the last column. */
typedef void fa_slope_sums(size_t rows, size_t columns, size_t stride, const void *grad, const void *x, double *sums);

typedef struct {
    fa_loop *loops[FA_ACTIVATIONS][FA_TYPES][FA_KINDS];
    fa_loop *add[FA_TYPES]; /* a, b -> a + b: a bias on its way into an activation */
    fa_loop *mul[FA_TYPES]; /* a, b -> a * b: a value and its gate */
    fa_slope_sums *slope_sums[FA_TYPES];
    fa_half_loop *halves[FA_ACTIVATIONS][2]; /* FA_VALUE, FA_DERIVATIVE */
    unsigned char gradient[FA_ACTIVATIONS];
    fa_widen *widen[FA_HALVES];
    fa_narrow *narrow[FA_HALVES];
    fa_find *find;
    fa_stream *stream;
} fa_elementwise;

extern const fa_elementwise fa_elementwise_avx512, fa_elementwise_avx2, fa_elementwise_neon, fa_elementwise_portable;

#endif
