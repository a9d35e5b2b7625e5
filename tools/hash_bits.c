/* Prints a hash of the results of every loop of one instruction set, one line per function, kind and type: two
 * instruction sets agree if all lines do.  NaN counts as one value, whatever its sign and payload.
 *
 *     FLAGS="-O3 -std=gnu11 -ffp-contract=off -fno-math-errno -Isrc -DFA_ISA=avx2 -DFA_ISA_avx2 -mavx2 -mfma -mf16c"
 *     cc $FLAGS tools/hash_bits.c src/elementwise.c src/rows.c -lm -o hash_bits && ./hash_bits [stride]
 *
 * float32: every stride-th of all 2^32 numbers; float64: the same number of hard ones.  tests/test_neon.py compares
 * NEON, under emulation, with the host. */
#include "rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLE__(kind, isa) fa_##kind##_##isa
#define TABLE_(kind, isa) TABLE__(kind, isa)

typedef struct {
    const char *name;
    int parameters;
} activation;
static const activation activations[] = {
#define ACTIVATION(name, parameters, ...) {#name, parameters},
#include "activations.def"
#undef ACTIVATION
};
static const char *const kinds[] = {"value", "derivative", "backward", "both"};
static const char *const types[] = {"f32", "f64"};
static const char *const rows[] = {"softmax",          "log_softmax",          "logsumexp",
                                   "softmax_backward", "log_softmax_backward", "logsumexp_backward"};

/* -- hashing --------------------------------------------------------------------------------------- */
static uint64_t mixed(uint64_t a)
{
    a = (a ^ a >> 32) * 0xd6e8feb86659fd93u;
    a = (a ^ a >> 29) * 0x9e3779b97f4a7c15u;
    return a ^ a >> 32;
}
static uint64_t hash(uint64_t h, enum fa_type type, const void *data, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t bits;
        if (type == FA_F32) {
            const float a = ((const float *)data)[i];
            uint32_t b;
            memcpy(&b, &a, sizeof b);
            bits = a == a ? b : 0x7fc00000u;
        } else {
            const double a = ((const double *)data)[i];
            memcpy(&bits, &a, sizeof bits);
            bits = a == a ? bits : 0x7ff8000000000000u;
        }
        h = (h ^ bits) * 0x9e3779b97f4a7c15u;
        h ^= h >> 29;
    }
    return h;
}

/* -- inputs ---------------------------------------------------------------------------------------- */
static const double special[] = {
    0.0,    -0.0,   1.0,    -1.0,    1e-300, -1e-300, 5e-324, -5e-324, 1e-40,   -1e-40, 1e-45,
    -1e-45, 1e300,  -1e300, 3e38,    -3e38,  88.7,    88.8,   -87.3,   -87.4,   -103.9, -104.0,
    709.7,  709.8,  -708.39, -708.4, -745,   -745.2,  9.01,   -9.01,   17.3,    -17.3,  37,
    -37,    -5.5,   -13.2,  -14.3,   -38.5,  0x1p-27, 0x1p-54, -0.7,   -0.75,   1e-20,  -1e-20,
    1e154,  -1e154, 0x1.fffffep127, -0x1.fffffep127, __builtin_inf(), -__builtin_inf(), __builtin_nan("")};
enum { SPECIAL = sizeof special / sizeof *special };

static double uniform(uint64_t r) { return (double)(r >> 11) * 0x1p-53; }
/* Number i for the functions: all float32 in turn, or float64 of all sizes and of those where the functions bend. */
static double hard(enum fa_type type, uint64_t i, uint64_t stride, uint64_t seed)
{
    const uint64_t r = mixed(i * 4 + seed), s = mixed(r);
    if (i < SPECIAL * SPECIAL)
        return special[seed == 0 ? i % SPECIAL : i / SPECIAL];
    if (type == FA_F32 && seed == 0) {
        const uint32_t bits = (uint32_t)(i * stride);
        float a;
        memcpy(&a, &bits, sizeof a);
        return a;
    }
    const double sign = s & 16 ? -1 : 1;
    switch (s & 7) {
    case 0: {
        double a;
        memcpy(&a, &r, sizeof a);
        return a;
    }
    case 1:
        return 760 * sign * uniform(r);
    case 2:
        return 110 * sign * uniform(r);
    case 3:
        return sign * uniform(r) * 0x1p-20;
    default:
        return 20 * sign * uniform(r) * uniform(s);
    }
}
static void put(enum fa_type type, void *to, size_t i, double a)
{
    if (type == FA_F32)
        ((float *)to)[i] = (float)a;
    else
        ((double *)to)[i] = a;
}

/* -- elementwise ----------------------------------------------------------------------------------- */
/* Blocks of a length that leaves rests; parameters, between 0 and 1, as one number in even blocks, as arrays in odd ones. */
enum { BLOCK = 4099 };
static void run(fa_loop *loop, const char *name, const char *kind, enum fa_type type, int before, int parameters,
                int outputs, uint64_t count, uint64_t stride)
{
    static char memory[FA_MAX_OPERANDS][BLOCK * sizeof(double)];
    char *operands[FA_MAX_OPERANDS];
    uint64_t h = 0;
    for (uint64_t begin = 0, block = 0; begin < count; begin += BLOCK, block++) {
        const size_t n = count - begin < BLOCK ? (size_t)(count - begin) : BLOCK;
        unsigned char steps[FA_MAX_OPERANDS];
        for (int k = 0; k < before + parameters + outputs; k++) {
            operands[k] = memory[k];
            steps[k] = k < before || k >= before + parameters || block % 2;
            /* the last operand before the parameters is x, a gradient stands in front of it */
            for (size_t i = 0; i < n && k < before + parameters; i++)
                put(type, memory[k], i,
                    k < before ? hard(type, begin + i, stride, (uint64_t)(before - 1 - k))
                               : uniform(mixed(begin + i * steps[k])));
        }
        loop(n, operands, steps);
        for (int k = 0; k < outputs; k++)
            h = hash(h, type, operands[before + parameters + k], n);
    }
    printf("%s %s %s: %016llx\n", name, kind, types[type], (unsigned long long)h);
}

static uint16_t one_nan(enum fa_half half, uint16_t a)
{
    return (a & 0x7fff) > (half == FA_F16 ? 0x7c00 : 0x7f80) ? 0x7fff : a;
}

/* All halves widened; float32 around every middle of two halves, and others, narrowed, alone and as slopes of gradients,
 * with what is not decided. */
static void run_half(const fa_elementwise *table, enum fa_half half, const char *name)
{
    enum { N = 65536 };
    static uint16_t halves[N], near[N];
    static float numbers[N];
    uint64_t h = 0;
    for (uint32_t i = 0; i < N; i++)
        halves[i] = (uint16_t)i;
    table->widen[half](N, halves, numbers);
    printf("widen %s: %016llx\n", name, (unsigned long long)hash(0, FA_F32, numbers, N));
    for (uint32_t round = 0; round < 40; round++) {
        for (uint32_t i = 0; i < N; i++) {
            uint32_t bits = i << 16 | (uint32_t)(mixed(i + round * N) & 0xffff);
            if (round < 20)
                bits = half == FA_F16 ? 0x32000000 + i * 0x1000 : i << 16 | 0x8000;
            bits += round < 20 ? round - 10 : 0;
            memcpy(&numbers[i], &bits, sizeof bits);
        }
        for (uint32_t i = 0; i < N; i++)
            halves[i] = (uint16_t)mixed(i + round);
        const size_t found =
            table->narrow[half](N - round, numbers, round % 2 ? halves : NULL, round / 2 % FA_GRADIENTS, halves, near);
        for (uint32_t i = 0; i < N - round; i++)
            h = mixed(h ^ one_nan(half, halves[i]));
        for (size_t i = 0; i < found; i++) /* which NaN is told depends on its bits */
            h = one_nan(half, halves[near[i]]) == 0x7fff ? h : mixed(h ^ near[i]);
    }
    printf("narrow %s: %016llx\n", name, (unsigned long long)h);
}

/* The loops of halves: all of them, and some lengths. */
static void run_halves(const fa_elementwise *table, enum fa_half half, int f, int kind)
{
    enum { N = 65536 };
    static const float parameters[FA_MAX_PARAMETERS] = {0.25f, 0.5f, 0.75f, 1.5f};
    static uint16_t grad[N], x[N], y[N];
    const int before = kind == FA_BACKWARD ? 2 : 1;
    char *operands[FA_MAX_OPERANDS] = {(char *)grad};
    uint64_t h = 0;
    for (uint32_t i = 0; i < N; i++) {
        x[i] = (uint16_t)i;
        grad[i] = (uint16_t)mixed(i);
    }
    operands[before - 1] = (char *)x;
    for (int k = 0; k < activations[f].parameters; k++)
        operands[before + k] = (char *)&parameters[k];
    operands[before + activations[f].parameters] = (char *)y;
    if (!table->halves[f][kind])
        return;
    for (size_t n = N - 3; n <= N; n++) {
        table->halves[f][kind](half, n, operands);
        for (size_t i = 0; i < n; i++)
            h = mixed(h ^ one_nan(half, y[i]));
    }
    printf("%s %s %s: %016llx\n", activations[f].name, kinds[kind], half == FA_F16 ? "f16" : "bf16", (unsigned long long)h);
}

/* Gradients of all halves and any number, with slopes of all sizes from a table, and which are not decided, in whatever
 * order. */
static void run_gradient(fa_half_gradient *loop, enum fa_half half, const char *name)
{
    enum { N = 65536 };
    static uint16_t grad[N], x[N], y[N], near[N];
    static unsigned char undecided[N];
    static float slopes[N];
    uint64_t h = 0;
    for (uint32_t i = 0; i < N; i++) {
        const uint32_t bits = (uint32_t)mixed(i);
        memcpy(&slopes[i], &bits, sizeof bits);
        x[i] = (uint16_t)i;
    }
    for (uint32_t round = 0; round < 20; round++) {
        for (uint32_t i = 0; i < N; i++)
            grad[i] = (uint16_t)mixed(i + round * N);
        memset(undecided, 0, sizeof undecided);
        for (size_t found = loop(half, N - round, grad, x, slopes, y, near); found; found--)
            undecided[near[found - 1]] = 1;
        for (uint32_t i = 0; i < N - round; i++) {
            const uint16_t a = one_nan(half, y[i]);
            h = mixed(h ^ a ^ (uint64_t)(a != 0x7fff && undecided[i]) << 16);
        }
    }
    printf("gradient %s %s: %016llx\n", name, half == FA_F16 ? "f16" : "bf16", (unsigned long long)h);
}

/* Results looked up, and chosen from pieces. */
static void run_known(const fa_elementwise *table, enum fa_half half)
{
    enum { N = 65536 };
    static uint16_t x[N], y[N], known[N + 1];
    uint64_t h = 0;
    for (uint32_t i = 0; i < N; i++) {
        x[i] = (uint16_t)mixed(i);
        known[i] = (uint16_t)mixed(i + N);
    }
    for (size_t n = N - 40; n <= N; n++) {
        table->look_up(n, x, known, y);
        for (size_t i = 0; i < n; i++)
            h = mixed(h ^ y[i]);
    }
    for (uint32_t round = 0; round < 40; round++) {
        fa_pieces pieces = {.count = 2 + (int)(round % 3), .shift = known[round]};
        for (uint32_t k = 0; k < FA_PIECES; k++) {
            const uint16_t what = known[round * FA_PIECES + k];
            pieces.last[k] = (uint16_t)(k * 0x3000 - 0x6000 + (what & 0xfff));
            pieces.keep[k] = what & 0x1000 ? 0xffff : what & 0x2000 ? 0x8000 : 0;
            pieces.set[k] = pieces.keep[k] == 0xffff ? 0 : what & 0x7fff;
        }
        table->choose(N - round, x, known, &pieces, y);
        for (uint32_t i = 0; i < N - round; i++)
            h = mixed(h ^ one_nan(half, y[i]));
    }
    printf("known %s: %016llx\n", half == FA_F16 ? "f16" : "bf16", (unsigned long long)h);
}

/* -- rows ------------------------------------------------------------------------------------------ */
/* A row is ordinary, wide, with many ties, far from 0, or has infinities or a NaN. */
static double row_element(uint64_t row, uint64_t i)
{
    const uint64_t r = mixed(row << 32 | i), s = mixed(row + 77);
    const double a = 2 * (uniform(r) + uniform(mixed(r)) - 1);
    switch (row % 11) {
    case 1:
        return 100 * a;
    case 2:
        return 900 * a;
    case 3:
        return (double)(r % 3);
    case 4:
        return 1e4 + 30 * a;
    case 5:
        return -3e38 * uniform(r) * (s & 1 ? 1e-30 : 1);
    case 6:
        return r % 8 ? 8 * a : -__builtin_inf();
    case 7:
        return r % 64 || s & 1 ? a : __builtin_nan("");
    case 8:
        return r % 32 || s & 1 ? a : __builtin_inf();
    case 9:
        return s & 1 ? -__builtin_inf() : 1e-3 * a;
    default:
        return 8 * a;
    }
}
static int long_row(const fa_row_entry *entry, const fa_row_call *call, size_t row)
{
    enum { BLOCKS = 8 };
    fa_row_part parts[BLOCKS];
    fa_row_state state;
    const size_t blocks = (call->n + FA_ROW_BLOCK - 1) / FA_ROW_BLOCK;
    if (blocks > BLOCKS)
        return 1;
    for (int stage = 0; stage < entry->stages; stage++) {
        for (size_t b = blocks; b-- > 0;)
            entry->partial(call, row, stage, b, &state, &parts[b]);
        entry->combine(call, stage, blocks, parts, &state);
    }
    for (size_t b = blocks; b-- > 0;)
        entry->finish(call, row, b, &state);
    return 0;
}
/* Every row function over x[outer][n][inner]; `apart`: block by block, as threads do. */
static int run_rows(const fa_row_entry (*table)[FA_TYPES], enum fa_type type, size_t outer, size_t n, size_t inner,
                    double temperature, int apart)
{
    const size_t count = outer * n * inner;
    void *x = malloc(count * 8), *grad = malloc(count * 8), *result[FA_ROWS];
    if (!x || !grad)
        return 1;
    for (size_t i = 0; i < count; i++) {
        put(type, x, i, row_element(i / (n * inner) * inner + i % inner, i / inner % n));
        put(type, grad, i, 4 * uniform(mixed(i)) - 2);
    }
    int failed = 0;
    for (int f = 0; f < FA_ROWS; f++) {
        const fa_row_entry *entry = &table[f][type];
        const size_t results = f == FA_LOGSUMEXP ? outer * inner : count;
        if (!(result[f] = calloc(results, 8)))
            return 1;
        const int softmax = f == FA_SOFTMAX_BACKWARD, log_softmax = f == FA_LOG_SOFTMAX_BACKWARD;
        const fa_row_call call = {.x = softmax       ? result[FA_SOFTMAX]
                                       : log_softmax ? result[FA_LOG_SOFTMAX]
                                                     : x,
                                  .grad = f >= FA_SOFTMAX_BACKWARD ? grad : NULL,
                                  .out = result[f],
                                  .n = n,
                                  .inner = inner,
                                  .temperature = temperature};
        if (apart)
            for (size_t row = 0; row < outer; row++)
                failed |= long_row(entry, &call, row);
        else
            entry->loop(&call, 0, outer, 0, inner);
        printf("%s %s %zux%zux%zu /%g%s: %016llx\n", rows[f], types[type], outer, n, inner, temperature,
               apart ? " apart" : "", (unsigned long long)hash(0, type, result[f], results));
    }
    for (int f = 0; f < FA_ROWS; f++)
        free(result[f]);
    free(x);
    free(grad);
    return failed;
}

int main(int argc, char **argv)
{
    const uint64_t stride = argc > 1 ? strtoull(argv[1], NULL, 0) : 16411,
                   count = (UINT64_C(1) << 32) / (stride + !stride);
    const fa_elementwise *table = &TABLE_(elementwise, FA_ISA);
    for (int f = 0; f < FA_ACTIVATIONS; f++)
        for (int type = 0; type < FA_TYPES; type++)
            for (int kind = 0; kind < FA_KINDS; kind++)
                run(table->loops[f][type][kind], activations[f].name, kinds[kind], type, kind == FA_BACKWARD ? 2 : 1,
                    activations[f].parameters, kind == FA_BOTH ? 2 : 1, count, stride);
    for (int type = 0; type < FA_TYPES; type++) {
        run(table->add[type], "add", "value", type, 2, 0, 1, count / 8, stride);
        run(table->mul[type], "mul", "value", type, 2, 0, 1, count / 8, stride);
    }
    run_half(table, FA_F16, "f16");
    run_half(table, FA_BF16, "bf16");
    for (int half = 0; half < FA_HALVES; half++) {
        run_known(table, half);
        run_gradient(table->gradient[FA_PRODUCT], half, "product");
        run_gradient(table->gradient[FA_DEAD], half, "dead");
    }
    for (int f = 0; f < FA_ACTIVATIONS; f++)
        for (int kind = 0; kind < FA_BOTH; kind++)
            for (int half = 0; half < FA_HALVES; half++)
                run_halves(table, half, f, kind);

    int failed = 0;
    for (int type = 0; type < FA_TYPES; type++) {
        static const size_t lengths[] = {1,  2,  3,  4,  5,  7,  8,  9,   15,  16,  17,
                                         23, 31, 32, 33, 63, 64, 65, 100, 255, 256, 1001};
        static const size_t inners[] = {1, 2, 3, 16, 37};
        for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
            for (size_t j = 0; j < sizeof inners / sizeof *inners; j++) {
                const size_t n = lengths[i], inner = inners[j], outer = 1 + 43 / inner * (n < 200);
                failed |= run_rows(TABLE_(rows, FA_ISA), type, outer, n, inner, (i + j) % 2 ? 1.0 : 0.7, 0);
            }
        for (size_t row = 1; row <= 9; row += 4)
            for (int apart = 0; apart < 2; apart++)
                failed |= run_rows(TABLE_(rows, FA_ISA), type, row, 3 * FA_ROW_BLOCK + 1000, 1, 1.0, apart);
        failed |= run_rows(TABLE_(rows, FA_ISA), type, 1, FA_ROW_BLOCK + 3, 5, 1.0, 0);
    }
    return failed;
}
