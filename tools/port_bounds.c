/* What tools/port_bounds.py, which builds and runs this, asks of one AVX-512 loop:
 *
 *     port_bounds FUNCTION N ROWS trace      the address of each instruction one call executes, as 64-bit words
 *     port_bounds FUNCTION N ROWS            cycles a call, of the fastest tenth, and the clock in GHz
 *     port_bounds machine 1 1                a division of 16: its cycles, and the products it takes the place of
 *
 * FUNCTION is an activation without parameters, or softmax over ROWS rows of N.  A cycle is a step of a chain of
 * dependent operations on a register, timed beside the calls: no counter is needed, and a clock that wide vectors lower
 * is the same. */
#define _GNU_SOURCE
#include "../src/rows.h"

#include <immintrin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *const activations[] = {
#define ACTIVATION(name, ...) #name,
#include "../src/activations.def"
#undef ACTIVATION
};
static fa_loop *loop; /* NULL: softmax */
static size_t count, rows;
static float *x, *y;

static void __attribute__((noinline)) call(void)
{
    static const unsigned char steps[2] = {1, 1};
    if (loop) {
        char *const operands[2] = {(char *)x, (char *)y};
        loop(count * rows, operands, steps);
    } else {
        const fa_row_call c = {x, NULL, y, count, 1, 1, 0, NULL};
        fa_rows_avx512[FA_SOFTMAX][FA_F32].loop(&c, 0, rows, 0, 1);
    }
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}
/* Nanoseconds of WHAT, where %0 is a register of sixteen ones. */
#define TIMED(name, WHAT)                                                              \
    static double name(void)                                                           \
    {                                                                                  \
        enum { TIMES = 20000 };                                                        \
        __m512 a = _mm512_set1_ps(1.0f);                                               \
        const double begin = now();                                                    \
        for (int i = 0; i < TIMES; i++)                                                \
            __asm__ volatile(WHAT : "+v"(a)::"xmm1", "xmm2");                          \
        return (now() - begin) / TIMES;                                                \
    }
TIMED(ten_cycles, ".rept 10\n vpord %0, %0, %0\n .endr")
TIMED(ten_divisions, ".rept 10\n vdivps %0, %0, %%zmm1\n .endr")
/* more products than fit beside the division: what it takes from them is its share of the two units */
TIMED(ten_mixed, ".rept 10\n vdivps %0, %0, %%zmm1\n .rept 16\n vmulps %0, %0, %%zmm2\n .endr\n .endr")
static double cycle(void) { return ten_cycles() / 10; }

static int by_size(const void *a, const void *b)
{
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}
static void measure(void)
{
    enum { TIMES = 301 };
    double took[TIMES], cycles = 0;
    const size_t calls = 1 + 100000 / (count * rows);
    int n = 0;
    for (int k = 0; k < TIMES; k++) {
        const double before = cycle(), begin = now();
        for (size_t i = 0; i < calls; i++)
            call();
        const double all = now() - begin, after = cycle();
        /* where the clock changed meanwhile, nothing is learned */
        if (after < 1.01 * before && before < 1.01 * after)
            took[n++] = all / (double)calls * 2 / (before + after), cycles += (before + after) / 2;
    }
    qsort(took, (size_t)n, sizeof *took, by_size);
    printf("%.1f %.3f\n", took[n / 10], n / cycles);
}

static void trace(void)
{
    call(); /* memory and caches */
    const pid_t child = fork();
    if (!child) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        call();
        raise(SIGSTOP);
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    for (;;) {
        struct user_regs_struct r;
        if (ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) || waitpid(child, &status, 0) < 0 || !WIFSTOPPED(status) ||
            WSTOPSIG(status) != SIGTRAP)
            break;
        ptrace(PTRACE_GETREGS, child, NULL, &r);
        const uint64_t at = r.rip;
        fwrite(&at, sizeof at, 1, stdout);
    }
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return fputs("usage: port_bounds FUNCTION N ROWS [trace]\n", stderr), 2;
    if (!strcmp(argv[1], "machine")) {
        double least[3] = {1e300, 1e300, 1e300};
        for (int k = 0; k < 100; k++) {
            const double took[3] = {ten_cycles(), ten_divisions(), ten_mixed()};
            for (int i = 0; i < 3; i++)
                least[i] = took[i] < least[i] ? took[i] : least[i];
        }
        printf("%.2f %.2f\n", least[1] / least[0], 2 * least[2] / least[0] - 16);
        return 0;
    }
    count = strtoull(argv[2], NULL, 0), rows = strtoull(argv[3], NULL, 0);
    for (int k = 0; k < FA_ACTIVATIONS; k++)
        if (!strcmp(activations[k], argv[1]))
            loop = fa_elementwise_avx512.loops[k][FA_F32][FA_VALUE];
    if (!loop && strcmp(argv[1], "softmax"))
        return fprintf(stderr, "port_bounds: no function named %s\n", argv[1]), 2;
    x = aligned_alloc(64, 2 * count * rows * sizeof *x + 4096 + 64);
    y = x + count * rows + 512; /* not where the caches take stores for loads of the same place */
    for (size_t i = 0; i < count * rows; i++)
        x[i] = (float)(int)(i * 2654435761u >> 8 & 0xffff) * 0x1p-13f - 4; /* in (-4, 4) */
    memset(y, 0, count * rows * sizeof *y);
    if (argc > 4)
        trace();
    else
        measure();
    return 0;
}
