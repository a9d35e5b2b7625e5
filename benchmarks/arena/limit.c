// The machine's limit for a function of one array: reading it and writing another, by vectors, with nothing between.
// stream: stores past the cache; prefetch: how many bytes ahead of the loads, into the L2.  contenders.py compiles it.
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__AVX512F__)
#include <immintrin.h>
typedef __m512i vector;
#define LOAD(p) _mm512_loadu_si512(p)
#define STORE(p, v) _mm512_storeu_si512(p, v)
#define STREAM(p, v) _mm512_stream_si512((void *)(p), v)
#define FENCE() _mm_sfence()
#elif defined(__AVX2__)
#include <immintrin.h>
typedef __m256i vector;
#define LOAD(p) _mm256_loadu_si256((const __m256i *)(p))
#define STORE(p, v) _mm256_storeu_si256((__m256i *)(p), v)
#define STREAM(p, v) _mm256_stream_si256((__m256i *)(p), v)
#define FENCE() _mm_sfence()
#else
typedef struct { uint64_t word[4]; } vector;
#define LOAD(p) (*(const vector *)(p))
#define STORE(p, v) (*(vector *)(p) = (v))
#define STREAM(p, v) STORE(p, v)
#define FENCE() (void)0
#endif

enum { W = sizeof(vector), STEP = 4 * W };

typedef struct {
    char *to;
    const char *from;
    size_t bytes, times;
    int stream;
    size_t prefetch;
} part;

#define LOOP(STORE_ONE)                                                                                                \
    for (; i + STEP <= p->bytes; i += STEP) {                                                                          \
        if (p->prefetch)                                                                                               \
            for (size_t line = 0; line < STEP; line += 64)                                                             \
                __builtin_prefetch(p->from + i + p->prefetch + line, 0, 2);                                            \
        vector a = LOAD(p->from + i), b = LOAD(p->from + i + W);                                                       \
        vector c = LOAD(p->from + i + 2 * W), d = LOAD(p->from + i + 3 * W);                                           \
        STORE_ONE(p->to + i, a);                                                                                       \
        STORE_ONE(p->to + i + W, b);                                                                                   \
        STORE_ONE(p->to + i + 2 * W, c);                                                                               \
        STORE_ONE(p->to + i + 3 * W, d);                                                                               \
    }

static void *run(void *argument)
{
    const part *p = argument;
    for (size_t time = 0; time < p->times; time++) {
        size_t i = 0;
        if (p->stream) {
            // Streaming stores want aligned places.
            size_t head = -(uintptr_t)p->to % W;
            i = head < p->bytes ? head : p->bytes;
            memcpy(p->to, p->from, i);
            LOOP(STREAM)
            FENCE();
        } else {
            LOOP(STORE)
        }
        memcpy(p->to + i, p->from + i, p->bytes - i);
        __asm__ volatile("" ::: "memory");
    }
    return NULL;
}

enum { MOST = 64, WORTH_A_THREAD = 1 << 20 };

void limit_copy(char *to, const char *from, size_t bytes, size_t times, size_t threads, size_t stream, size_t prefetch)
{
    pthread_t started[MOST];
    part parts[MOST];
    size_t n = threads > MOST ? MOST : threads;
    if (bytes < WORTH_A_THREAD)
        n = 1;
    // Whole pages for each.
    size_t share = (bytes / n + 4095) / 4096 * 4096, running = 0;
    for (size_t t = 0; t < n; t++) {
        size_t begin = t * share < bytes ? t * share : bytes;
        size_t end = t == n - 1 || begin + share > bytes ? bytes : begin + share;
        parts[t] = (part){to + begin, from + begin, end - begin, times, stream != 0, prefetch};
    }
    for (size_t t = 1; t < n; t++) {
        if (pthread_create(&started[t], NULL, run, &parts[t]))
            break;
        running = t;
    }
    run(&parts[0]);
    for (size_t t = 1; t <= running; t++)
        pthread_join(started[t], NULL);
    for (size_t t = running + 1; t < n; t++)
        run(&parts[t]);
}
