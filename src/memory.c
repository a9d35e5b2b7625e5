/* The pool of results; see memory.h. */
#define _GNU_SOURCE /* MAP_ANONYMOUS, MADV_HUGEPAGE, mincore */
#include "memory.h"

#include "cgroups.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#define FA_POSIX 1
#endif

/* Of the memory that the process may use, one part in so many is kept idle at most, and never more than MOST_BYTES. */
enum { SHARE = 8 };
#define MOST_BYTES ((size_t)1 << 30)

atomic_size_t fa_pool_bytes;
static size_t default_bytes;
static char default_why[96];
static atomic_int from_call; /* set_pool_limit */

#ifdef FA_POSIX

enum {
    CACHE_LINE = 64,
    HUGE_PAGE = 2 << 20,
    HUGE_LEAST = 4 << 20, /* NumPy's */
    MOST_BLOCKS = 32
};

/* In front of a block, a cache line of its own. */
typedef struct { size_t mapped; /* bytes in all, from mmap; 0: from malloc */ } header;

/* The idle blocks, the one freed last at the end.  Nothing but the list is touched under the lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static header *idle[MOST_BLOCKS];
static size_t idle_sizes[MOST_BLOCKS], idle_bytes;
static int idle_count;
static size_t page = 4096;
static int huge_pages;

static header *take(int k)
{
    header *block = idle[k];
    idle_bytes -= idle_sizes[k];
    idle_count--;
    memmove(idle + k, idle + k + 1, (size_t)(idle_count - k) * sizeof *idle);
    memmove(idle_sizes + k, idle_sizes + k + 1, (size_t)(idle_count - k) * sizeof *idle_sizes);
    return block;
}

/* Takes out the blocks freed first until no more than `bytes` in `count` are left; the caller unmaps them. */
static int shrink(size_t bytes, int count, header **out)
{
    int n = 0;
    while (idle_count && (idle_bytes > bytes || idle_count > count))
        out[n++] = take(0);
    return n;
}

static void unmap(header *const *blocks, int n)
{
    for (int k = 0; k < n; k++)
        munmap(blocks[k], blocks[k]->mapped);
}

static void trim(size_t bytes)
{
    header *out[MOST_BLOCKS];
    pthread_mutex_lock(&lock);
    const int n = shrink(bytes, MOST_BLOCKS, out);
    pthread_mutex_unlock(&lock);
    unmap(out, n);
}

/* A block that was kept: the smallest that is large enough, if it is not much too large. */
static header *find(size_t mapped)
{
    int best = -1;
    pthread_mutex_lock(&lock);
    for (int k = 0; k < idle_count; k++)
        if (idle_sizes[k] >= mapped && idle_sizes[k] <= mapped + mapped / 4 &&
            (best < 0 || idle_sizes[k] <= idle_sizes[best]))
            best = k;
    header *block = best < 0 ? NULL : take(best);
    pthread_mutex_unlock(&lock);
    return block;
}

/* Fresh pages; who computes touches them first.  At a boundary of huge pages, where they can be had. */
static header *map(size_t mapped)
{
    const size_t align = huge_pages && mapped >= HUGE_LEAST ? HUGE_PAGE : page, spare = align - page;
    char *start = mmap(NULL, mapped + spare, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED)
        return NULL;
    if (spare) {
        const size_t before = -(uintptr_t)start % align;
        if (before)
            munmap(start, before);
        if (spare - before)
            munmap(start + before + mapped, spare - before);
        start += before;
#ifdef MADV_HUGEPAGE
        madvise(start, mapped, MADV_HUGEPAGE);
#endif
    }
    header *block = (header *)start;
    block->mapped = mapped;
    return block;
}

static void *allocate(size_t bytes, int *zero)
{
    *zero = 0;
    if (bytes > SIZE_MAX / 2)
        return NULL;
    if (bytes < FA_POOL_LEAST) { /* NumPy's own small needs, while the handler is set */
        void *start = NULL;
        if (posix_memalign(&start, CACHE_LINE, CACHE_LINE + bytes))
            return NULL;
        ((header *)start)->mapped = 0;
        return (char *)start + CACHE_LINE;
    }
    const size_t mapped = (CACHE_LINE + bytes + page - 1) / page * page;
    header *block = find(mapped);
    if (!block) {
        *zero = 1;
        block = map(mapped);
        if (!block) { /* what is idle may be what is missing */
            fa_pool_clear();
            block = map(mapped);
        }
    }
    return block ? (char *)block + CACHE_LINE : NULL;
}

void *fa_pool_malloc(void *context, size_t bytes)
{
    int zero;
    (void)context;
    return allocate(bytes, &zero);
}

void *fa_pool_calloc(void *context, size_t count, size_t bytes)
{
    int zero;
    (void)context;
    if (bytes && count > SIZE_MAX / bytes)
        return NULL;
    void *block = allocate(count * bytes, &zero);
    if (block && !zero)
        memset(block, 0, count * bytes);
    return block;
}

void fa_pool_free(void *context, void *block, size_t bytes)
{
    (void)context, (void)bytes; /* NumPy's number is that of the array now; the header's does not change */
    if (!block)
        return;
    header *h = (header *)((char *)block - CACHE_LINE), *out[MOST_BLOCKS + 1];
    if (!h->mapped) {
        free(h);
        return;
    }
    const size_t mapped = h->mapped;
    int n = 0;
    pthread_mutex_lock(&lock);
    const size_t limit = atomic_load(&fa_pool_bytes);
    if (mapped <= limit) {
        n = shrink(limit - mapped, MOST_BLOCKS - 1, out);
        idle[idle_count] = h;
        idle_sizes[idle_count++] = mapped;
        idle_bytes += mapped;
    } else
        out[n++] = h;
    pthread_mutex_unlock(&lock);
    unmap(out, n);
}

void *fa_pool_realloc(void *context, void *block, size_t bytes)
{
    if (!block)
        return fa_pool_malloc(context, bytes);
    const header *h = (header *)((char *)block - CACHE_LINE);
    if (h->mapped && bytes >= FA_POOL_LEAST && bytes <= h->mapped - CACHE_LINE)
        return block;
    /* Of a block from malloc nobody knows the size: it is left to realloc, which keeps what it must. */
    if (!h->mapped) {
        if (bytes > SIZE_MAX / 2)
            return NULL;
        char *start = realloc((char *)block - CACHE_LINE, CACHE_LINE + bytes);
        return start ? start + CACHE_LINE : NULL;
    }
    const size_t held = h->mapped - CACHE_LINE;
    void *moved = fa_pool_malloc(context, bytes);
    if (moved) {
        memcpy(moved, block, bytes < held ? bytes : held);
        fa_pool_free(context, block, held);
    }
    return moved;
}

size_t fa_pool_idle(void)
{
    pthread_mutex_lock(&lock);
    const size_t bytes = idle_bytes;
    pthread_mutex_unlock(&lock);
    return bytes;
}

void fa_pool_clear(void) { trim(0); }

/* A child has the parent's idle blocks as copies on write, dearer than fresh pages. */
static void before_fork(void) { pthread_mutex_lock(&lock); }
static void in_parent(void) { pthread_mutex_unlock(&lock); }
static void in_child(void)
{
    pthread_mutex_unlock(&lock);
    fa_pool_clear();
}

static int watch_for_fork(void)
{
    static atomic_flag watched = ATOMIC_FLAG_INIT;
    return atomic_flag_test_and_set(&watched) ? 0 : pthread_atfork(before_fork, in_parent, in_child);
}

static void take_share(double bytes, const char *of)
{
    if (bytes > 0 && bytes / SHARE < (double)default_bytes) {
        default_bytes = (size_t)(bytes / SHARE);
        snprintf(default_why, sizeof default_why, "1/%d of %s", SHARE, of);
    }
}

static void find_default(void)
{
    struct rlimit limit;
    default_bytes = MOST_BYTES;
    snprintf(default_why, sizeof default_why, "the most by default");
#ifdef _SC_PHYS_PAGES
    take_share((double)sysconf(_SC_PHYS_PAGES) * (double)page, "the machine's memory");
#endif
    take_share(fa_cgroup_memory(""), "the cgroup's memory");
    if (!getrlimit(RLIMIT_AS, &limit) && limit.rlim_cur != RLIM_INFINITY)
        take_share((double)limit.rlim_cur, "RLIMIT_AS");
}

int fa_pool_init(const char *wanted, char *error, size_t size)
{
    const char *huge = getenv("NUMPY_MADVISE_HUGEPAGE");
    huge_pages = !huge || strcmp(huge, "0");
    if (sysconf(_SC_PAGESIZE) > 0)
        page = (size_t)sysconf(_SC_PAGESIZE);
    find_default();
    if (wanted && *wanted) {
        char *end = NULL;
        const unsigned long long n = *wanted >= '0' && *wanted <= '9' ? strtoull(wanted, &end, 10) : 0;
        if (!end || *end || n > SIZE_MAX / 2) {
            snprintf(error, size,
                     "FASTACT_POOL='%.40s': expected a whole number from 0 on, the most bytes of freed results to keep",
                     wanted);
            return -1;
        }
        default_bytes = (size_t)n;
        snprintf(default_why, sizeof default_why, "FASTACT_POOL");
    }
    atomic_store(&fa_pool_bytes, default_bytes);
    if (watch_for_fork()) {
        snprintf(error, size, "no memory to watch for fork");
        return -1;
    }
    return 0;
}

void fa_pool_set_limit(size_t bytes)
{
    atomic_store(&from_call, bytes != FA_POOL_DEFAULT);
    atomic_store(&fa_pool_bytes, bytes == FA_POOL_DEFAULT ? default_bytes : bytes);
    trim(atomic_load(&fa_pool_bytes));
}

#else /* without mmap: no pool, and its handler is never set */

int fa_pool_init(const char *wanted, char *error, size_t size)
{
    (void)wanted, (void)error, (void)size;
    snprintf(default_why, sizeof default_why, "this system has no mmap");
    return 0;
}
void fa_pool_set_limit(size_t bytes) { (void)bytes; }
size_t fa_pool_idle(void) { return 0; }
void fa_pool_clear(void) {}
void *fa_pool_malloc(void *context, size_t bytes) { return (void)context, malloc(bytes); }
void *fa_pool_calloc(void *context, size_t count, size_t bytes) { return (void)context, calloc(count, bytes); }
void *fa_pool_realloc(void *context, void *block, size_t bytes) { return (void)context, realloc(block, bytes); }
void fa_pool_free(void *context, void *block, size_t bytes) { (void)context, (void)bytes, free(block); }

#endif

size_t fa_pool_limit(char *why, size_t size)
{
    if (why)
        snprintf(why, size, "%s", atomic_load(&from_call) ? "set_pool_limit" : default_why);
    return atomic_load(&fa_pool_bytes);
}

/* -- Stores past the cache ---------------------------------------------------------------------------------------- */

/* tools/measure_memory.py, two processors that share an L3 of 260 MiB: at 32 MiB and more every function gains, by one thread
 * and by two; below, relu gains (1.2 times as fast) while tanh loses a tenth, and the next step finds nothing of the result
 * in the cache (relu, then exp in place at 16 MiB: 1.4 times as long).  Results made for the call take turns in two blocks of
 * the pool, which together with x leave the cache earlier: at 16 MiB all gain, but tanh by two threads, and the next step. */
static atomic_size_t stream_least = (size_t)32 << 20;

/* Whether there is memory behind an address already. */
static int resident(const char *address)
{
#ifdef __linux__
    unsigned char there = 1;
    return !mincore((void *)((uintptr_t)address / page * page), 1, &there) && there & 1;
#else
    (void)address;
    return 1;
#endif
}

int fa_streams(const void *start, size_t bytes, int fresh)
{
    const size_t least = atomic_load_explicit(&stream_least, memory_order_relaxed);
    return bytes >= (fresh ? least / 2 : least) && resident((const char *)start + bytes / 2);
}

int fa_turns_back(void)
{
    static _Thread_local int turn;
    turn = !turn;
    return !turn;
}

size_t fa_set_stream_least(size_t bytes) { return atomic_exchange(&stream_least, bytes); }
