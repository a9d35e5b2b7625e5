/* Row functions: softmax and its family.  Memory is x[outer][n][inner], contiguous; a row runs along n, and there are
 * outer * inner of them (inner == 1: the last axis).  The bits of a row depend on its n numbers and on nothing else:
 * not on its place in the batch, on inner, on how the work is cut up, or on the instruction set. */
#ifndef FA_ROWS_H
#define FA_ROWS_H
#include "kernels.h"

enum fa_row {
    FA_SOFTMAX,
    FA_LOG_SOFTMAX,
    FA_LOGSUMEXP,
    FA_SOFTMAX_BACKWARD,
    FA_LOG_SOFTMAX_BACKWARD,
    FA_LOGSUMEXP_BACKWARD,
    FA_ROWS
};

/* The arrays of one call.  `out` may be exactly x or exactly grad; any other overlap is the caller's to resolve.
 *
 *                          x      grad             out
 *   softmax                x      -                [outer][n][inner]
 *   log_softmax            x      -                [outer][n][inner]
 *   logsumexp              x      -                [outer][inner]
 *   softmax_backward       y      [outer][n][inner]  [outer][n][inner]
 *   log_softmax_backward   y      [outer][n][inner]  [outer][n][inner]
 *   logsumexp_backward     x      [outer][inner]   [outer][n][inner]           */
typedef struct {
    const void *x, *grad;
    void *out;
    size_t n, inner;
    double temperature; /* > 0; 1 costs nothing */
    int half;           /* 0; of an entry of float32 also FA_F16 + 1 or FA_BF16 + 1: what its arrays hold is that */
    void *scratch;      /* fa_row_scratch bytes for each thread, where they are not 0 */
} fa_row_call;

/* The rows (o, i) with outer_begin <= o < outer_end and inner_begin <= i < inner_end.  No allocation, no scratch
 * (at most FA_ROW_STACK bytes of stack), no errno, no change of FP mode.  Cut over outer or, in multiples of
 * FA_ROW_COLUMNS where possible (speed only), over inner.  n == 0 writes -inf for logsumexp and nothing else. */
typedef void fa_row_loop(const fa_row_call *call, size_t outer_begin, size_t outer_end, size_t inner_begin,
                         size_t inner_end);

/* One long row (inner == 1, n > FA_ROW_BLOCK) among several threads: blocks of FA_ROW_BLOCK elements, the last one shorter.  For each
 * stage s < stages: partial(call, row, s, block, &state, &part[block]) for every block, in any order and in parallel;
 * then once combine(call, s, blocks, part, &state).  At the end finish(call, row, block, &state) for every block in
 * parallel; logsumexp has its result from finish of block 0.  The bits are those of the loop above, which does the
 * same in turn.  `row` counts along outer; part is the caller's (16 bytes a block), state needs no set-up. */
enum { FA_ROW_BLOCK = 8192, FA_ROW_COLUMNS = 64, FA_ROW_STACK = 98304 };
typedef struct { double a, b; } fa_row_part;
typedef struct { double v[4]; } fa_row_state;
/* Columns of halves are brought into scratch memory, as float32 that stay in the cache, so many at once that whole lines
 * are read. */
static inline size_t fa_row_columns(size_t n)
{
    const size_t near = 16384 / n / FA_ROW_COLUMNS * FA_ROW_COLUMNS, far = 131072 / n / 16 * 16;
    return near ? near : far < 16 ? 16 : far < FA_ROW_COLUMNS ? far : FA_ROW_COLUMNS;
}
static inline size_t fa_row_scratch(const fa_row_call *call)
{
    const size_t n = call->n < FA_ROW_BLOCK ? call->n : FA_ROW_BLOCK, most = n ? fa_row_columns(n) : 0;
    return call->half && call->inner > 1 ? n * (call->inner < most ? call->inner : most) * sizeof(float) + 64 : 0;
}
typedef void fa_row_partial(const fa_row_call *call, size_t row, int stage, size_t block, const fa_row_state *state,
                            fa_row_part *part);
typedef void fa_row_combine(const fa_row_call *call, int stage, size_t blocks, const fa_row_part *parts,
                            fa_row_state *state);
typedef void fa_row_finish(const fa_row_call *call, size_t row, size_t block, const fa_row_state *state);

typedef struct {
    fa_row_loop *loop;
    int stages;
    float cost; /* nanoseconds per element on one core with AVX-512, for the thread cost model */
    fa_row_partial *partial;
    fa_row_combine *combine;
    fa_row_finish *finish;
} fa_row_entry;

typedef fa_row_entry fa_row_table[FA_ROWS][FA_TYPES];

/* -- Rows with options ------------------------------------------------------------------------------------------
 *
 * What a row function takes beside its row: a staged call brings a few rows at a time into memory that stays in the
 * cache, as z = softcap(x/temperature) + bias, -inf where masked, a sink as one more entry at the end, and runs the
 * loops above on them.  Any strides; `out` may lie exactly as x or as grad does.  The bits of a row depend on what
 * belongs to it and on nothing else; without options they are those of the loops. */
enum fa_staged_kind {
    FA_HARDMAX = FA_ROWS, /* the kinds above, and these */
    FA_HARDMAX_BACKWARD,  /* x is y; 0, but where a NaN went in */
    FA_SPARSEMAX,
    FA_SPARSEMAX_BACKWARD, /* x is y */
    FA_LOGSUMEXP_WEIGHTED,
    FA_LOGSUMEXP_WEIGHTED_BACKWARD,
    FA_STAGED_KINDS
};
enum fa_operand {
    FA_X,
    FA_GRAD,
    FA_OUT,
    FA_SIGN, /* a second output, one number a row */
    FA_BIAS,
    FA_WEIGHTS,
    FA_KEEP,        /* bytes: 1, or with `flip` 0, where an entry is kept */
    FA_TEMPERATURE, /* double, one a row */
    FA_SINK,        /* double, one a row */
    FA_LENGTHS,     /* int64, one a row, 0 to n: the first entries are kept */
    FA_PREFIX,      /* the same; the lesser counts */
    FA_OPERANDS
};
enum { FA_ROW_DIMS = 64 };
typedef struct {
    int kind, outer, axes; /* dimensions that count rows, and those along a row; at least one of each */
    size_t n;              /* the entries of a row */
    size_t outer_dim[FA_ROW_DIMS], axis_dim[FA_ROW_DIMS];
    struct {
        char *at; /* NULL: not given */
        ptrdiff_t outer[FA_ROW_DIMS], axis[FA_ROW_DIMS]; /* bytes; along the axes 0 for one number a row */
    } operand[FA_OPERANDS];
    double temperature; /* where FA_TEMPERATURE is not given */
    double softcap;     /* 0: none */
    int negate;         /* softmax(-x), or the gradient negated */
    unsigned char flip;
} fa_staged_call;

/* The rows begin <= r < end, counted through the outer dimensions.  `scratch` has fa_staged_scratch bytes. */
typedef void fa_staged_loop(const fa_staged_call *call, size_t begin, size_t end, void *scratch);
typedef fa_staged_loop *fa_staged_table[FA_TYPES];
enum { FA_STAGED_COLUMNS = 65536 }; /* entries in memory where rows stand side by side */
static inline size_t fa_staged_room(const fa_staged_call *call, size_t itemsize)
{
    const int columns = call->operand[FA_X].axis[call->axes - 1] != (ptrdiff_t)itemsize ||
                        call->operand[FA_OUT].axis[call->axes - 1] != (ptrdiff_t)itemsize;
    return (columns ? FA_STAGED_COLUMNS : FA_ROW_BLOCK) + 64;
}
static inline size_t fa_staged_scratch(const fa_staged_call *call, size_t itemsize)
{
    return 3 * fa_staged_room(call, itemsize) * itemsize + FA_ROW_BLOCK + 128;
}

extern const fa_staged_table fa_staged_avx512, fa_staged_avx2, fa_staged_neon, fa_staged_portable;

extern const fa_row_table fa_rows_avx512, fa_rows_avx2, fa_rows_neon, fa_rows_portable;

#endif
