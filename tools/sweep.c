/* Every float32 input through the float32 loops of each instruction set, against the float64 loop, which shares no
 * kernel with them and is itself held against mpmath (tools/check_float64.py, and --check-reference of tools/sweep.py,
 * which builds and runs this).  By hand:
 *
 *     sweep FUNCTION KIND ZERO FIRST LAST EVERY THREADS PARAMETER...    the sweep over the bit patterns; prints JSON
 *     sweep FUNCTION KIND ZERO reference PARAMETER... < hex             the reference of each bit pattern read
 *
 * ZERO is where the derivative is 0 while the function is curved; 0: nowhere. */
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
enum { ISAS = sizeof isas / sizeof *isas, BLOCK = 1 << 14 };

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
static struct {
    double zero;
    int activation, kind, parameters;
    float p[FA_MAX_PARAMETERS];
    double wide[FA_MAX_PARAMETERS];
    uint64_t first, last, every;
    atomic_uint_fast64_t next;
    pthread_mutex_t lock;
    struct result sum;
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
/* The bit patterns, with one NaN for all. */
static void bits_of(uint32_t *b, const float *a, size_t n)
{
    memcpy(b, a, n * sizeof *b);
    for (size_t i = 0; i < n; i++)
        b[i] = (b[i] & 0x7fffffffu) > 0x7f800000u ? 0x7fc00000u : b[i];
}
static uint64_t unlike(const uint32_t *a, const uint32_t *b, size_t n)
{
    uint64_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += a[i] != b[i];
    return count;
}

/* A sum over all inputs, so that it depends on no order: the hash of (input, result). */
static uint64_t mixed(uint64_t h)
{
    h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9u;
    h = (h ^ (h >> 27)) * 0x94d049bb133111ebu;
    return h ^ (h >> 31);
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

static int near_zero(float x, double exact)
{
    return job.zero != 0 && fabs(x - job.zero) < 1 && fabs(exact) < NEAR_ZERO;
}

/* A result that is not the exact one correctly rounded (or is near a zero). */
static void judge(struct result *r, uint32_t bits, float x, float y, double exact)
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
    if (near_zero(x, exact)) {
        keep_worst(&r->near_zero, error, bits);
        return;
    }
    const double ulp = error * units(subnormal ? 0x1p-126 : size);
    keep_worst(subnormal ? &r->subnormal : &r->normal, ulp, bits);
    r->over_half += ulp > 0.5;
    r->over_three_quarters += ulp > 0.75;
    r->over_one += ulp > 1;
}

static void run(fa_loop *loop, int kind, size_t n, void *grad, void *x, void *y, void *y2, int type)
{
    static const unsigned char no_steps[FA_MAX_OPERANDS] = {0};
    unsigned char steps[FA_MAX_OPERANDS];
    char *o[FA_MAX_OPERANDS];
    int k = 0;
    memcpy(steps, no_steps, sizeof steps);
    if (kind == FA_BACKWARD)
        steps[k] = 1, o[k++] = (char *)grad;
    steps[k] = 1, o[k++] = (char *)x;
    for (int i = 0; i < job.parameters; i++)
        o[k++] = type == FA_F64 ? (char *)&job.wide[i] : (char *)&job.p[i];
    steps[k] = 1, o[k++] = (char *)y;
    if (kind == FA_BOTH)
        steps[k] = 1, o[k++] = (char *)y2;
    loop(n, o, steps);
}
/* The float64 results for float32 inputs, by the instruction set that is judged. */
static void exact_of(double *y, const float *x, size_t n)
{
    static _Thread_local double wide[BLOCK];
    for (size_t i = 0; i < n; i++)
        wide[i] = x[i];
    for (int k = 0; k < ISAS; k++)
        if (isas[k].table) {
            run(isas[k].table->loops[job.activation][FA_F64][job.kind], job.kind, n, NULL, wide, y, NULL, FA_F64);
            return;
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
    static _Thread_local float x[BLOCK], y[BLOCK], value[BLOCK], slope[BLOCK], ones[BLOCK], rounded[BLOCK];
    static _Thread_local uint32_t input[BLOCK], first[BLOCK], bits[BLOCK], fused[BLOCK];
    static _Thread_local double exact[BLOCK];
    struct result r;
    memset(&r, 0, sizeof r);
    for (int i = 0; i < BLOCK; i++)
        ones[i] = 1;
    const uint64_t begin = job.first, every = job.every, count = (job.last - begin) / every + 1;
    for (uint64_t at; (at = atomic_fetch_add(&job.next, BLOCK)) < count;) {
        const size_t n = count - at < BLOCK ? count - at : BLOCK;
        for (size_t i = 0; i < n; i++)
            input[i] = (uint32_t)(begin + (at + i) * every);
        memcpy(x, input, n * sizeof *x);

        uint64_t block_hash = 0;
        int have = 0;
        for (int k = 0; k < ISAS; k++) {
            if (!isas[k].table)
                continue;
            fa_loop *const *loops = isas[k].table->loops[job.activation][FA_F32];
            run(loops[job.kind], job.kind, n, ones, x, y, slope, FA_F32);
            bits_of(have ? bits : first, y, n);
            const uint64_t differing = have ? unlike(first, bits, n) : 0;
            const uint32_t *b = have ? bits : first;
            if (!have || differing) {
                block_hash = 0;
                for (size_t i = 0; i < n; i++)
                    block_hash += mixed((uint64_t)input[i] << 32 | b[i]);
            }
            r.hash[k] += block_hash;
            r.differing[k] += differing;
            for (size_t i = 0; differing && i < n; i++)
                if (first[i] != bits[i])
                    r.differing_x = input[i];

            /* the fused kinds give the same: value and derivative at once, a gradient of 1 */
            run(loops[FA_BOTH], FA_BOTH, n, ones, x, value, slope, FA_F32);
            bits_of(fused, job.kind == FA_VALUE ? value : slope, n);
            r.unlike_fused[k] += unlike(fused, b, n);
            if (job.kind == FA_DERIVATIVE) {
                run(loops[FA_BACKWARD], FA_BACKWARD, n, ones, x, value, slope, FA_F32);
                bits_of(fused, value, n);
                r.unlike_fused[k] += unlike(fused, b, n);
            }
            have = 1;
        }

        r.tried += n;
        if (flat(input[0], input[n - 1]) && !unlike(first, first + 1, n - 1)) {
            /* between two correctly rounded ends of one value */
            const float ends[2] = {x[0], x[n - 1]};
            exact_of(exact, ends, 2);
            rounded[0] = (float)exact[0];
            rounded[1] = (float)exact[1];
            bits_of(fused, rounded, 2);
            if (fused[0] == first[0] && fused[1] == first[0])
                continue;
        }
        exact_of(exact, x, n);
        for (size_t i = 0; i < n; i++)
            rounded[i] = (float)exact[i];
        bits_of(fused, rounded, n);
        for (size_t i = 0; i < n; i++)
            if (first[i] != fused[i] || near_zero(x[i], exact[i]))
                judge(&r, input[i], x[i], float_of(first[i]), exact[i]);
    }
    pthread_mutex_lock(&job.lock);
    merge(&job.sum, &r);
    pthread_mutex_unlock(&job.lock);
    return unused;
}

static void print_worst(const char *name, struct worst w)
{
    printf("\"%s\": {\"error\": %.9g, \"input\": \"0x%08x\", \"x\": \"%.9g\"}, ", name, w.ulp, w.x, float_of(w.x));
}

int main(int argc, char **argv)
{
    if (argc < 5)
        return fputs("usage: sweep FUNCTION KIND ZERO (FIRST LAST EVERY THREADS | reference) PARAMETER...\n", stderr), 2;
    const int only_reference = !strcmp(argv[4], "reference"), before = only_reference ? 5 : 8;
    job.kind = !strcmp(argv[2], "derivative") ? FA_DERIVATIVE : FA_VALUE;
    job.zero = strtod(argv[3], NULL);
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
            const float x = float_of(b);
            double y;
            exact_of(&y, &x, 1);
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

    const struct result *r = &job.sum;
    printf("{\"tried\": %llu, ", (unsigned long long)r->tried);
    print_worst("normal", r->normal);
    print_worst("subnormal", r->subnormal);
    if (job.zero != 0)
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
    return 0;
}
