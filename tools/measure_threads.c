/* What a parallel region costs here, from which work on it pays, and how many threads the memory serves: the figures
 * of src/machine.h, which it writes where it is named.
 *
 *     cc -O3 -fopenmp tools/measure_threads.c -o measure_threads && ./measure_threads [src/machine.h]
 *
 * Each row is one length of the pause since the last region: the pool's threads wait actively for a while (about a
 * millisecond or more, GOMP_SPINCOUNT, OMP_WAIT_POLICY), then sleep.  A figure far from its neighbours tells of another
 * process on one of the processors: repeat it on a quiet machine. */
#define _GNU_SOURCE
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifdef __SSE2__
#include <immintrin.h>
#endif

enum { REPEATS = 41, BLOCKS = 64, LARGEST = 1 << 24 };

static double now(void) /* in µs */
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e6 + t.tv_nsec * 1e-3;
}

/* The caller is busy with something else, or sleeps. */
static void pause_for(double us, int asleep)
{
    const double end = now() + us;
    if (asleep && us > 0) {
        struct timespec t = {(time_t)(us / 1e6), (long)(us * 1e3) % 1000000000};
        nanosleep(&t, NULL);
    }
    while (now() < end)
        ;
}

static int order(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *t)
{
    qsort(t, REPEATS, sizeof *t, order);
    return t[REPEATS / 2];
}

/* Work that needs no memory: `steps` dependent multiplications, about .9 to 2 ns each. */
static volatile double sink;

static void spin(long steps)
{
    double x = 1.0000001;
    for (long i = 0; i < steps; i++)
        x = x * 0.9999999 + 1e-9;
    sink = x;
}

static void region(int team, long steps)
{
    if (team == 1) {
        for (int i = 0; i < BLOCKS; i++)
            spin(steps);
        return;
    }
#pragma omp parallel for num_threads(team) schedule(static)
    for (int i = 0; i < BLOCKS; i++)
        spin(steps);
}

static double time_region(int team, long steps, double gap, int asleep)
{
    double t[REPEATS];
    for (int k = 0; k < REPEATS; k++) {
        region(omp_get_max_threads(), 1);
        pause_for(gap, asleep);
        const double start = now();
        region(team, steps);
        t[k] = now() - start;
    }
    return median(t);
}

/* `past` the cache, as the loops write large results; what is read is fetched as far ahead as there. */
static void rectify_block(size_t n, const float *x, float *y, int past)
{
#ifdef __SSE2__
    for (size_t i = 0; past && i < n; i += 4) {
        if (i % 16 == 0)
            __builtin_prefetch(x + i + 1024, 0, 2);
        _mm_stream_ps(y + i, _mm_max_ps(_mm_loadu_ps(x + i), _mm_setzero_ps()));
    }
    if (past)
        return _mm_sfence();
#endif
    (void)past;
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] < 0 ? 0 : x[i];
}

static void rectify(int team, size_t n, const float *x, float *y, int past)
{
    const size_t block = n / BLOCKS;
#pragma omp parallel for num_threads(team) schedule(static) if (team > 1)
    for (int b = 0; b < BLOCKS; b++)
        rectify_block(block, x + b * block, y + b * block, past);
}

/* GB/s of relu, read and written. */
static double bandwidth(int team, size_t n, const float *x, float *y, int past)
{
    double t[REPEATS];
    for (int k = 0; k < REPEATS; k++) {
        const double start = now();
        rectify(team, n, x, y, past);
        t[k] = now() - start;
    }
    return 8e-3 * n / median(t);
}

struct machine {
    double warm, cold, each;          /* us; 0: not known */
    double shared, memory, served;    /* GB/s, GB/s, cores; 0: not known */
    double cached_bytes, shared_bytes;
};

/* What cannot be told here is assumed: .2 us for a thread's part in the launch, and memory for 8 cores (8 times 25 GB/s
 * is two thirds of what the eight channels of DDR5-4800 of a server's socket can give). */
static int write_header(const char *path, struct machine m)
{
    FILE *file = fopen(path, "w");
    if (!file)
        return perror(path), 1;
    fprintf(file,
            "/* What the thread cost model (threads.c) knows of the machine; written by tools/measure_threads.c. */\n"
            "#ifndef FA_MACHINE_H\n#define FA_MACHINE_H\n\n"
            "/* Picoseconds: a region of two threads, while their pool is awake and once it sleeps; what each further\n"
            " * thread adds%s. */\n"
            "#define FA_LAUNCH_WARM %.1fe6\n#define FA_LAUNCH_COLD %.0fe6\n#define FA_LAUNCH_EACH %.2fe6\n\n"
            "/* Less is in the caches of one core, and less in the cache that cores share. */\n"
            "#define FA_CACHED_BYTES %.1fe6\n#define FA_SHARED_BYTES %.1fe6\n\n"
            "/* Picoseconds: a byte from the shared cache, and from memory, for one core; and how many cores at once\n"
            " * the memory serves as fast%s. */\n"
            "#define FA_SHARED_BYTE %.0f.\n#define FA_MEMORY_BYTE %.0f.\n#define FA_MEMORY_TEAM %.1f\n\n#endif\n",
            m.each > 0 ? "" : " (assumed)", m.warm, m.cold, m.each > 0 ? m.each : .2, m.cached_bytes / 1e6,
            m.shared_bytes / 1e6, m.served > 0 ? "" : " (assumed)", 1e3 / m.shared, 1e3 / m.memory,
            m.served > 0 ? m.served : 8.);
    return fclose(file);
}

int main(int argc, char **argv)
{
    const int team = omp_get_max_threads();
    const double gaps[] = {0, 10, 100, 300, 1000, 2000, 3000, 5000, 10000, 20000};
    const int gap_count = sizeof gaps / sizeof *gaps;
    if (team < 2)
        return fputs("one processor: there is nothing to measure\n", stderr), 1;

    printf("launch of an empty region of %d threads, us (median of %d)\n%10s %10s %10s\n", team, REPEATS, "pause us",
           "busy", "asleep");
    for (int g = 0; g < gap_count; g++)
        printf("%10.0f %10.1f %10.1f\n", gaps[g], time_region(team, 0, gaps[g], 0), time_region(team, 0, gaps[g], 1));

    printf("\nspeed of %d threads against 1, no memory traffic\n%10s %10s %10s %10s %10s\n", team, "serial us", "warm",
           "100 us", "1 ms", "20 ms");
    for (long steps = 16; steps <= 8192; steps = steps * 3 / 2) {
        const double serial = time_region(1, steps, 0, 0);
        printf("%10.1f", serial);
        const double pauses[] = {0, 100, 1000, 20000};
        for (int g = 0; g < 4; g++)
            printf(" %10.2f", time_region(1, steps, pauses[g], 0) / time_region(team, steps, pauses[g], 0));
        puts("");
    }

    printf("\nrelu of float32, input and output 8 bytes an element, warm\n%10s %10s %10s %10s\n", "elements",
           "serial us", "ns/element", "speed");
    float *x = malloc(LARGEST * sizeof *x), *y = malloc(LARGEST * sizeof *y);
    memset(x, 1, LARGEST * sizeof *x), memset(y, 1, LARGEST * sizeof *y);
    for (size_t n = 1 << 12; n <= LARGEST; n *= 2) {
        double t[2][REPEATS];
        for (int k = 0; k < REPEATS; k++)
            for (int w = 0; w < 2; w++) {
                rectify(w ? team : 1, n, x, y, 0);
                const double start = now();
                rectify(w ? team : 1, n, x, y, 0);
                t[w][k] = now() - start;
            }
        const double serial = median(t[0]);
        printf("%10zu %10.1f %10.3f %10.2f\n", n, serial, serial * 1e3 / n, serial / median(t[1]));
    }

    struct machine m = {0};
    m.cached_bytes = 1.5e6;
#ifdef _SC_LEVEL2_CACHE_SIZE
    if (sysconf(_SC_LEVEL2_CACHE_SIZE) > 0)
        m.cached_bytes = .75 * sysconf(_SC_LEVEL2_CACHE_SIZE); /* the last quarter is slower already */
#endif
    printf("\nthe same by one thread, and where more do not help it\n%10s %10s\n", "MB", "GB/s");
    for (size_t n = (size_t)1 << 19; n <= LARGEST; n *= 2) {
        const double rate = bandwidth(1, n, x, y, 0);
        printf("%10.0f %10.1f\n", 8e-6 * n, rate);
        if (!m.shared)
            m.shared = rate;
        if (rate > .75 * m.shared)
            m.shared_bytes = 8. * n;
    }
    double best = 0;
    printf("%10s past the cache\n", "threads");
    for (int n = 1, last = 0; last < team; n *= 2) {
        last = n < team ? n : team;
        const double rate = bandwidth(last, LARGEST, x, y, 1);
        if (n == 1)
            m.memory = rate;
        printf("%10d %10.1f\n", last, rate);
        best = rate > best ? rate : best;
    }
    /* Where the largest team still gains, the memory could serve a larger one. */
    m.served = best > .9 * team * m.memory ? 0 : best / m.memory;
    m.warm = time_region(2, 0, 100, 0);
    m.cold = time_region(2, 0, 20000, 0);
    m.each = team < 4 ? 0 : (time_region(team, 0, 100, 0) - m.warm) / (team - 2);
    return argc < 2 ? 0 : write_header(argv[1], m);
}
