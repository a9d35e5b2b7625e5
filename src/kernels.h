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

/* FA_VALUE, FA_DERIVATIVE and FA_BACKWARD of n halves: operands as for fa_loop, parameters each one float32.  The results
 * are rounded from float32 ones that are good enough, not exact: for some parameters and x the wrong half.  Any NaN may
 * stand for NaN. */
typedef void fa_half_loop(enum fa_half half, size_t n, char *const *operands);

/* How the slope meets the gradient: FA_DEAD is 0 where the slope is, whatever the gradient. */
enum fa_gradient { FA_PRODUCT, FA_DEAD, FA_GRADIENTS };

/* FA_BACKWARD of n halves, where `table` has the slope of each; n is at most 65,536.  `near` is given the index of each
 * result so close to the middle of two halves that float32 does not decide about it (it may be either here), and each
 * whose slope is FA_LOST; the return value is how many they are.  `to` may be grad or x. */
enum { FA_LOST = 0x7fc08000 }; /* as bits: a NaN that shows, as long as products keep it */
typedef size_t fa_half_gradient(enum fa_half half, size_t n, const uint16_t *grad, const uint16_t *x,
                                const float *table, uint16_t *to, uint16_t *near);

/* n halves as float32: exact. */
typedef void fa_widen(size_t n, const uint16_t *from, float *to);

/* n float32, or products of n slopes and halves `grad` if that is not NULL, rounded to halves, ties to even; NaN stays
 * NaN.  `to` may begin where `from` or `grad` does.  `near`, if not NULL, as above: about one in 700 for float16, one in
 * 8,192 for bfloat16, and no half itself; in float16 each product that is NaN, too. */
typedef size_t fa_narrow(size_t n, const float *from, const uint16_t *grad, enum fa_gradient way, uint16_t *to,
                         uint16_t *near);

/* The results of all 65,536 halves, and two more bytes: to[i] = table[x[i]].  `to` may be x. */
typedef void fa_look_up(size_t n, const uint16_t *x, const uint16_t *table, uint16_t *to);

/* Results that are, piece by piece, (a & keep) | set: a itself, a constant, a zero with the sign of a.  The pieces follow
 * each other in the order of x, which goes on from the last NaN to the first; piece k begins beyond last[k], in numbers
 * with a sign, plus `shift`.  a is x or the gradient, and `to` may be x or a. */
enum { FA_PIECES = 4 };
typedef struct {
    int count;
    uint16_t shift, last[FA_PIECES], keep[FA_PIECES], set[FA_PIECES];
} fa_pieces;
typedef void fa_choose(size_t n, const uint16_t *x, const uint16_t *a, const fa_pieces *pieces, uint16_t *to);

/* sums[i] += grad[i] * x[i] where x[i] is not above 0, for the columns i of so many rows, `stride` elements apart, in
 * turn.  `sums` has room for a whole register behind the last column. */
typedef void fa_slope_sums(size_t rows, size_t columns, size_t stride, const void *grad, const void *x, double *sums);

typedef struct {
    fa_loop *loops[FA_ACTIVATIONS][FA_TYPES][FA_KINDS];
    fa_loop *add[FA_TYPES]; /* a, b -> a + b: a bias on its way into an activation */
    fa_loop *mul[FA_TYPES]; /* a, b -> a * b: a value and its gate */
    fa_slope_sums *slope_sums[FA_TYPES];
    fa_half_loop *halves[FA_ACTIVATIONS][FA_BOTH]; /* NULL where a look-up is as fast */
    fa_half_gradient *gradient[FA_GRADIENTS];
    unsigned char way[FA_ACTIVATIONS]; /* enum fa_gradient */
    fa_widen *widen[FA_HALVES];
    fa_narrow *narrow[FA_HALVES];
    fa_look_up *look_up;
    fa_choose *choose;
    fa_stream *stream;
} fa_elementwise;

extern const fa_elementwise fa_elementwise_avx512, fa_elementwise_avx2, fa_elementwise_neon, fa_elementwise_portable;

#endif
