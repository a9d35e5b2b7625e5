/* The memory of large results.
 *
 * A fresh page costs more than what is computed into it: the kernel clears it and enters it at the first touch.  The
 * blocks of large results are therefore kept when they are freed, up to a limit, and given out again.  Every function
 * may be called from any thread, without the GIL, and in a forked child. */
#ifndef FA_MEMORY_H
#define FA_MEMORY_H
#include <stdatomic.h>
#include <stddef.h>

/* Once per import: how much may be kept idle, from FASTACT_POOL (`wanted`; NULL or "" where it is not set) or a share of
 * what memory there is.  0, or -1 with the text of an error: `wanted` is not a whole number from 0 on. */
int fa_pool_init(const char *wanted, char *error, size_t size);

/* At most so many bytes are kept idle; 0: there is no pool.  FA_POOL_DEFAULT: as at the start. */
#define FA_POOL_DEFAULT ((size_t)-1)
void fa_pool_set_limit(size_t bytes);

/* The limit, and (`why` may be NULL) where it is from. */
size_t fa_pool_limit(char *why, size_t size);

/* What is kept idle now, in bytes. */
size_t fa_pool_idle(void);

/* Gives all of it back to the system. */
void fa_pool_clear(void);

/* Results that are smaller are left to NumPy: glibc recycles what is below 32 MiB as well as we do, but gives the end of
 * its heap back now and then.  Huge pages are worth asking for from here on. */
#define FA_POOL_LEAST ((size_t)4 << 20)

extern atomic_size_t fa_pool_bytes; /* the limit */

/* Whether a result of so many bytes is to come from the pool. */
static inline int fa_pool_takes(size_t bytes)
{
    return bytes >= FA_POOL_LEAST && bytes <= atomic_load_explicit(&fa_pool_bytes, memory_order_relaxed);
}

/* The allocator, as NumPy wants it (PyDataMemAllocator); blocks begin at a cache line. */
void *fa_pool_malloc(void *context, size_t bytes);
void *fa_pool_calloc(void *context, size_t count, size_t bytes);
void *fa_pool_realloc(void *context, void *block, size_t bytes);
void fa_pool_free(void *context, void *block, size_t bytes);

/* Whether `bytes` at `start`, about to be written whole, are better written past the cache: it would not hold them, and
 * there is memory behind them already (a page in the middle tells).  `fresh`: a result made for this call, in whose place
 * nothing was read or written lately. */
int fa_streams(const void *start, size_t bytes, int fresh);

/* True in every second call of it by a thread: work that exceeds the cache then goes from the end to the beginning, as what
 * was touched last is still there, be it by the same call in a loop or by the step before in a pipeline. */
int fa_turns_back(void);

/* For measurements and tests: from how many bytes on, not fresh.  Returns the number before. */
size_t fa_set_stream_least(size_t bytes);

#endif
