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

typedef struct {
    fa_loop *loops[FA_ACTIVATIONS][FA_TYPES][FA_KINDS];
    fa_loop *add[FA_TYPES]; /* a, b -> a + b: a bias on its way into an activation */
    fa_loop *mul[FA_TYPES]; /* a, b -> a * b: a value and its gate */
} fa_elementwise;

extern const fa_elementwise fa_elementwise_avx512, fa_elementwise_avx2, fa_elementwise_neon, fa_elementwise_portable;

#endif
