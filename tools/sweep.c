/* Every float32 input through the float32 loops of each instruction set, against the float64 loop, which shares no
 * kernel with them and is itself held against mpmath (tools/check_float64.py, and --check-reference of tools/sweep.py,
 * which builds and runs this).  By hand:
 *
 *     sweep FUNCTION KINDS ZERO FIRST LAST EVERY THREADS PARAMETER...   the sweep over the bit patterns; prints JSON
 *     sweep FUNCTION KIND ZERO reference PARAMETER... < hex             the reference of each bit pattern read
 *
 * KINDS: value, derivative or value,derivative, which takes less time than one after the other, since they share the
 * fused kinds; a line for each.  ZERO is where the derivative is 0 while the function is curved; 0: nowhere.
 *
 * What is done for each input is in plain loops that compilers make vectors of; only a result that is not the exact
 * one correctly rounded, at most a few in a hundred, is looked at by itself. */
#define _GNU_SOURCE
#include "../src/kernels.h"
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- the loops ----------------------------------------------------------------------------------- */

static const char *const activations[] = {
#define ACTIVATION(name, ...) #name,
#include "../src/activations.def"
#undef ACTIVATION
};

/* Those that were linked in. */
#define ISA(name) extern const fa_elementwise fa_elementwise_##name __attribute__((weak))
ISA(avx512);
ISA(avx2);
ISA(neon);
ISA(portable);
#undef ISA
static const struct {
    const char *name;
    const fa_elementwise *table;
} isas[] = {
    {"avx512", &fa_elementwise_avx512},
    {"avx2", &fa_elementwise_avx2},
    {"neon", &fa_elementwise_neon},
    {"portable", &fa_elementwise_portable},
};
enum { ISAS = sizeof isas / sizeof *isas, BLOCK = 1 << 11 };

/* -- the sweep ----------------------------------------------------------------------------------- */

struct worst {
    double ulp;
    uint32_t x;
};
struct result {
    struct worst normal, subnormal, near_zero; /* near_zero: absolute error */
    uint64_t tried, over_half, over_three_quarters, over_one;
    uint64_t wrong_nan, wrong_infinity, wrong_sign;
    uint32_t wrong_x;
    uint64_t hash[ISAS], differing[ISAS], unlike_fused[ISAS];
    uint32_t differing_x;
};

/* A derivative with a zero of its own is bounded absolutely near it: where it is smaller than NEAR_ZERO. */
static const double NEAR_ZERO = 0x1p-4;
enum { KINDS = FA_DERIVATIVE + 1 };
static struct {
    int activation, parameters, wanted[KINDS];
    double zero[KINDS]; /* 0: none */
    float p[FA_MAX_PARAMETERS];
    double wide[FA_MAX_PARAMETERS];
    uint64_t first, last, every;
    atomic_uint_fast64_t next;
    pthread_mutex_t lock;
    struct result sum[KINDS];
} job = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void keep_worst(struct worst *w, double ulp, uint32_t x)
{
    if (ulp > w->ulp || (ulp == w->ulp && ulp > 0 && x < w->x))
        *w = (struct worst){ulp, x};
}

static float float_of(uint32_t b)
{
    float a;
    memcpy(&a, &b, sizeof a);
    return a;
}
/* The bit pattern, with one NaN for all. */
static inline uint32_t bits_of(float a)
{
    uint32_t b;
    memcpy(&b, &a, sizeof b);
    return (b & 0x7fffffffu) > 0x7f800000u ? 0x7fc00000u : b;
}
static uint64_t unlike(const uint32_t *bits, const float *a, size_t n)
{
    uint32_t count = 0;
    if (memcmp(bits, a, n * sizeof *a)) /* else without looking for NaN */
        for (size_t i = 0; i < n; i++)
            count += bits[i] != bits_of(a[i]);
    return count;
}

/* A sum over all inputs, so that it depends on no order: the hash of (input, result). */
static uint64_t hash_of(const uint32_t *input, const uint32_t *bits, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t h = (uint64_t)input[i] << 32 | bits[i];
        h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9u;
        h = (h ^ (h >> 27)) * 0x94d049bb133111ebu;
        sum += h ^ (h >> 31);
    }
    return sum;
}

/* 2^(23-e), e the exponent of a normal size: units of the last place of a float32 in 1 */
static double units(double size)
{
    uint64_t b;
    memcpy(&b, &size, sizeof b);
    b = ((uint64_t)(2 * 1023 + 23) - (b >> 52)) << 52;
    memcpy(&size, &b, sizeof size);
    return size;
}

/* Whether all functions here are monotone between these inputs: both beyond 4 or both within 2^-20, on one side. */
static int flat(uint32_t low, uint32_t high)
{
    const uint32_t from = low & 0x7fffffffu, to = high & 0x7fffffffu;
    return low >> 31 == high >> 31 && (from >= 0x40800000u || to <= 0x35800000u);
}

static inline int near_zero(double zero, double x, double exact)
{
    return zero != 0 && fabs(x - zero) < 1 && fabs(exact) < NEAR_ZERO;
}

/* A result that is not the exact one correctly rounded (or is near a zero). */
static void judge(struct result *r, double zero, uint32_t bits, double x, float y, double exact)
{
    const double size = fabs(exact);
    if (exact != exact || y != y) {
        if ((exact == exact) != (y == y))
            r->wrong_nan++, r->wrong_x = bits;
        return;
    }
    if (!signbit(y) != !signbit(exact))
        r->wrong_sign++, r->wrong_x = bits;
    const int overflows = size >= 0x1.ffffffp127;
    if (overflows || isinf(y)) {
        if (!overflows || !isinf(y))
            r->wrong_infinity++, r->wrong_x = bits;
        return;
    }
    const double error = fabs((double)y - exact);
    const int subnormal = size < 0x1p-126;
    if (near_zero(zero, x, exact)) {
        keep_worst(&r->near_zero, error, bits);
        return;
    }
    const double ulp = error * units(subnormal ? 0x1p-126 : size);
    keep_worst(subnormal ? &r->subnormal : &r->normal, ulp, bits);
    r->over_half += ulp > 0.5;
    r->over_three_quarters += ulp > 0.75;
    r->over_one += ulp > 1;
}

static void run(const fa_elementwise *table, int type, int kind, size_t n, const void *grad, const void *x, void *y,
                void *y2)
{
    unsigned char steps[FA_MAX_OPERANDS] = {0};
    char *o[FA_MAX_OPERANDS];
    int k = 0;
    if (kind == FA_BACKWARD)
        steps[k] = 1, o[k++] = (char *)grad;
    steps[k] = 1, o[k++] = (char *)x;
    for (int i = 0; i < job.parameters; i++)
        o[k++] = type == FA_F64 ? (char *)&job.wide[i] : (char *)&job.p[i];
    steps[k] = 1, o[k++] = (char *)y;
    if (kind == FA_BOTH)
        steps[k] = 1, o[k++] = (char *)y2;
    table->loops[job.activation][type][kind](n, o, steps);
}
/* The float64 results, by the instruction set that is judged. */
static void exact_of(int kind, double *y, const double *x, size_t n)
{
    for (int k = 0; k < ISAS; k++)
        if (isas[k].table) {
            run(isas[k].table, FA_F64, kind, n, NULL, x, y, NULL);
            return;
        }
}

/* The results of one block, as bits, against the exact ones. */
static void judge_all(struct result *r, int kind, const uint32_t *input, const double *x, const uint32_t *bits,
                      size_t n)
{
    enum { PIECE = 64 };
    static _Thread_local double exact[BLOCK];
    const double zero = job.zero[kind];
    if (flat(input[0], input[n - 1]) && !memcmp(bits, bits + 1, (n - 1) * sizeof *bits)) {
        /* one value between two ends, which may be correctly rounded */
        const double ends[2] = {x[0], x[n - 1]};
        exact_of(kind, exact, ends, 2);
        if (bits_of((float)exact[0]) == bits[0] && bits_of((float)exact[1]) == bits[0])
            return;
    }
    exact_of(kind, exact, x, n);
    for (size_t i = 0; i < n; i += PIECE) {
        const size_t end = n - i < PIECE ? n : i + PIECE;
        int any = 0;
        for (size_t j = i; j < end; j++)
            any |= (bits[j] != bits_of((float)exact[j])) | near_zero(zero, x[j], exact[j]);
        if (any)
            for (size_t j = i; j < end; j++)
                if (bits[j] != bits_of((float)exact[j]) || near_zero(zero, x[j], exact[j]))
                    judge(r, zero, input[j], x[j], float_of(bits[j]), exact[j]);
    }
}

static void merge(struct result *sum, const struct result *r)
{
    keep_worst(&sum->normal, r->normal.ulp, r->normal.x);
    keep_worst(&sum->subnormal, r->subnormal.ulp, r->subnormal.x);
    keep_worst(&sum->near_zero, r->near_zero.ulp, r->near_zero.x);
    sum->tried += r->tried, sum->over_half += r->over_half, sum->over_one += r->over_one;
    sum->over_three_quarters += r->over_three_quarters;
    sum->wrong_nan += r->wrong_nan, sum->wrong_infinity += r->wrong_infinity, sum->wrong_sign += r->wrong_sign;
    if (r->wrong_nan + r->wrong_infinity + r->wrong_sign)
        sum->wrong_x = r->wrong_x;
    for (int k = 0; k < ISAS; k++) {
        sum->hash[k] += r->hash[k];
        sum->unlike_fused[k] += r->unlike_fused[k];
        if (r->differing[k])
            sum->differing[k] += r->differing[k], sum->differing_x = r->differing_x;
    }
}

static void *worker(void *unused)
{
    static _Thread_local float x[BLOCK], y[BLOCK], fused[KINDS][BLOCK], ones[BLOCK];
    static _Thread_local uint32_t input[BLOCK], first[KINDS][BLOCK], other[BLOCK];
    static _Thread_local double wide[BLOCK];
    struct result results[KINDS];
    memset(results, 0, sizeof results);
    for (int i = 0; i < BLOCK; i++)
        ones[i] = 1;
    const uint64_t begin = job.first, every = job.every, count = (job.last - begin) / every + 1;
    for (uint64_t at; (at = atomic_fetch_add(&job.next, BLOCK)) < count;) {
        const size_t n = count - at < BLOCK ? count - at : BLOCK;
        uint64_t hash[KINDS] = {0};
        int have = 0;
        for (size_t i = 0; i < n; i++)
            input[i] = (uint32_t)(begin + (at + i) * every);
        memcpy(x, input, n * sizeof *x);
        for (size_t i = 0; i < n; i++)
            wide[i] = x[i];

        for (int k = 0; k < ISAS; k++) {
            const fa_elementwise *table = isas[k].table;
            if (!table)
                continue;
            run(table, FA_F32, FA_BOTH, n, NULL, x, fused[FA_VALUE], fused[FA_DERIVATIVE]);
            for (int kind = 0; kind < KINDS; kind++) {
                struct result *r = &results[kind];
                const uint32_t *bits = first[kind];
                if (!job.wanted[kind])
                    continue;
                run(table, FA_F32, kind, n, NULL, x, y, NULL);
                if (!have) {
                    for (size_t i = 0; i < n; i++)
                        first[kind][i] = bits_of(y[i]);
                    hash[kind] = hash_of(input, bits, n);
                    r->hash[k] += hash[kind];
                } else {
                    const uint64_t differing = unlike(bits, y, n);
                    r->differing[k] += differing;
                    for (size_t i = 0; differing && i < n; i++) {
                        other[i] = bits_of(y[i]);
                        if (other[i] != first[kind][i])
                            r->differing_x = input[i];
                    }
                    if (differing)
                        bits = other;
                    r->hash[k] += differing ? hash_of(input, bits, n) : hash[kind];
                }
                /* the fused kinds give the same: value and derivative at once, a gradient of 1 */
                r->unlike_fused[k] += unlike(bits, fused[kind], n);
                if (kind == FA_DERIVATIVE) {
                    run(table, FA_F32, FA_BACKWARD, n, ones, x, y, NULL);
                    r->unlike_fused[k] += unlike(bits, y, n);
                }
            }
            have = 1;
        }
        for (int kind = 0; kind < KINDS; kind++)
            if (job.wanted[kind]) {
                results[kind].tried += n;
                judge_all(&results[kind], kind, input, wide, first[kind], n);
            }
    }
    pthread_mutex_lock(&job.lock);
    for (int kind = 0; kind < KINDS; kind++)
        merge(&job.sum[kind], &results[kind]);
    pthread_mutex_unlock(&job.lock);
    return unused;
}

static void print_worst(const char *name, struct worst w)
{
    printf("\"%s\": {\"error\": %.9g, \"input\": \"0x%08x\", \"x\": \"%.9g\"}, ", name, w.ulp, w.x, float_of(w.x));
}

static void print_result(const struct result *r, int has_zero)
{
    printf("{\"tried\": %llu, ", (unsigned long long)r->tried);
    print_worst("normal", r->normal);
    print_worst("subnormal", r->subnormal);
    if (has_zero)
        print_worst("near_zero", r->near_zero);
    printf("\"over_half\": %llu, \"over_three_quarters\": %llu, \"over_one\": %llu, ", (unsigned long long)r->over_half,
           (unsigned long long)r->over_three_quarters, (unsigned long long)r->over_one);
    printf("\"wrong_nan\": %llu, \"wrong_infinity\": %llu, \"wrong_sign\": %llu, \"wrong_input\": \"0x%08x\", ",
           (unsigned long long)r->wrong_nan, (unsigned long long)r->wrong_infinity, (unsigned long long)r->wrong_sign,
           r->wrong_x);
    printf("\"differing_input\": \"0x%08x\", \"isa\": {", r->differing_x);
    for (int k = 0, any = 0; k < ISAS; k++)
        if (isas[k].table)
            printf("%s\"%s\": {\"hash\": \"%016llx\", \"differing\": %llu, \"unlike_fused\": %llu}", any++ ? ", " : "",
                   isas[k].name, (unsigned long long)r->hash[k], (unsigned long long)r->differing[k],
                   (unsigned long long)r->unlike_fused[k]);
    puts("}}");
}

int main(int argc, char **argv)
{
    if (argc < 5)
        return fputs("usage: sweep FUNCTION KINDS ZERO (FIRST LAST EVERY THREADS | reference) PARAMETER...\n", stderr),
               2;
    const int only_reference = !strcmp(argv[4], "reference"), before = only_reference ? 5 : 8;
    job.wanted[FA_VALUE] = strstr(argv[2], "value") != NULL;
    job.wanted[FA_DERIVATIVE] = strstr(argv[2], "derivative") != NULL;
    job.zero[FA_DERIVATIVE] = strtod(argv[3], NULL);
    job.activation = -1;
    for (int k = 0; k < FA_ACTIVATIONS; k++)
        if (!strcmp(activations[k], argv[1]))
            job.activation = k;
    if (job.activation < 0)
        return fprintf(stderr, "sweep: no function named %s\n", argv[1]), 2;
    for (int k = before; k < argc && k < before + FA_MAX_PARAMETERS; k++) {
        job.p[job.parameters] = strtof(argv[k], NULL);
        job.wide[job.parameters] = job.p[job.parameters];
        job.parameters++;
    }

    if (only_reference) {
        for (uint32_t b; scanf("%x", &b) == 1;) {
            const double x = float_of(b);
            double y;
            exact_of(job.wanted[FA_DERIVATIVE] ? FA_DERIVATIVE : FA_VALUE, &y, &x, 1);
            printf("%a\n", y);
        }
        return 0;
    }

    job.first = strtoull(argv[4], NULL, 0), job.last = strtoull(argv[5], NULL, 0);
    job.every = strtoull(argv[6], NULL, 0);
    const int threads = atoi(argv[7]);
    pthread_t thread[64];
    if (job.last > 0xffffffffu || job.first > job.last || !job.every || threads < 1 || threads > 64)
        return fputs("sweep: FIRST <= LAST < 2^32, EVERY >= 1, 1 <= THREADS <= 64\n", stderr), 2;
    for (int k = 0; k < threads; k++)
        pthread_create(&thread[k], NULL, worker, NULL);
    for (int k = 0; k < threads; k++)
        pthread_join(thread[k], NULL);
    for (int kind = 0; kind < KINDS; kind++)
        if (job.wanted[kind])
            print_result(&job.sum[kind], job.zero[kind] != 0);
    return 0;
}
