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

/* Two floats of 16 bits, as bit patterns.  Kernels see them as float32: blocks are widened, worked on, narrowed. */
enum fa_half { FA_F16, FA_BF16, FA_HALVES };

/* n halves as float32: exact. */
typedef void fa_widen(size_t n, const uint16_t *from, float *to);

/* n float32 rounded to halves, ties to even; NaN stays NaN.  `to` may begin where `from` does.  Where `near` is not
 * NULL, n is at most 65,536 and it is given the index of each number so close to the middle of two halves that a result
 * of the float32 loops, which may be a little wrong, may round to the wrong one (and has: it may be either here); the
 * return value is how many they are.  About one in 700 for float16, one in 8,192 for bfloat16, and no half itself. */
typedef size_t fa_narrow(size_t n, const float *from, uint16_t *to, uint16_t *near);

/* The indices at which x is one of the `count` halves of `wanted`, at most FA_WANTED, in turn; n as for fa_narrow. */
enum { FA_WANTED = 4 };
typedef size_t fa_find(size_t n, const uint16_t *x, const uint16_t *wanted, int count, uint16_t *found);

typedef struct {
    fa_loop *loops[FA_ACTIVATIONS][FA_TYPES][FA_KINDS];
    fa_loop *add[FA_TYPES]; /* a, b -> a + b: a bias on its way into an activation */
    fa_loop *mul[FA_TYPES]; /* a, b -> a * b: a value and its gate */
    fa_widen *widen[FA_HALVES];
    fa_narrow *narrow[FA_HALVES];
    fa_find *find;
    fa_stream *stream;
} fa_elementwise;

extern const fa_elementwise fa_elementwise_avx512, fa_elementwise_avx2, fa_elementwise_neon, fa_elementwise_portable;

#endif
