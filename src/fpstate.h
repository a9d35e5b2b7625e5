/* The floating-point mode around a kernel.  A caller may have set another rounding, flush-to-zero or traps: kernels
 * run in the default mode all the same (to nearest, subnormals kept, nothing traps), and the caller finds the mode
 * exactly as it was, and no sticky flag raised but inexact.
 *
 *     const struct fa_fp fp = fa_fp_enter();
 *     kernel(...);
 *     fa_fp_leave(fp);
 *
 * Every thread has a mode of its own, and threads of a pool took over the one of their creator: the pair belongs
 * around each block, inside the parallel loop. */
#ifndef FA_FPSTATE_H
#define FA_FPSTATE_H
#include <stdint.h>

#if defined(__x86_64__) || (defined(__i386__) && defined(__SSE__))

/* MXCSR: six sticky flags below, then DAZ, the masks of the six exceptions, rounding, FTZ. */
struct fa_fp { uint32_t mxcsr; };

static inline uint32_t fa_get_mxcsr(void)
{
    uint32_t mxcsr;
    __asm__ volatile("stmxcsr %0" : "=m"(mxcsr) : : "memory");
    return mxcsr;
}

static inline void fa_set_mxcsr(uint32_t mxcsr) { __asm__ volatile("ldmxcsr %0" : : "m"(mxcsr) : "memory"); }

static inline struct fa_fp fa_fp_enter(void)
{
    enum { DEFAULT = 0x1f80, FLAGS = 0x3f };
    const struct fa_fp found = {fa_get_mxcsr()};
    if ((found.mxcsr & ~(uint32_t)FLAGS) != DEFAULT)
        fa_set_mxcsr(DEFAULT);
    return found;
}

/* The inexact flag alone is let be: nearly every operation raises it, nobody reads it, and lowering it after each call
 * would double the price of a small one. */
static inline void fa_fp_leave(struct fa_fp found)
{
    enum { INEXACT = 0x20 };
    if ((fa_get_mxcsr() ^ found.mxcsr) & ~(uint32_t)INEXACT)
        fa_set_mxcsr(found.mxcsr);
}

#elif defined(__aarch64__)

/* FPCR holds the mode (0 is the default), FPSR the sticky flags. */
struct fa_fp { uint64_t fpcr, fpsr; };

static inline struct fa_fp fa_fp_enter(void)
{
    struct fa_fp found;
    __asm__ volatile("mrs %0, fpcr\n\tmrs %1, fpsr" : "=r"(found.fpcr), "=r"(found.fpsr) : : "memory");
    if (found.fpcr)
        __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)0) : "memory");
    return found;
}

static inline void fa_fp_leave(struct fa_fp found)
{
    uint64_t fpsr;
    __asm__ volatile("mrs %0, fpsr" : "=r"(fpsr) : : "memory");
    if (fpsr != found.fpsr)
        __asm__ volatile("msr fpsr, %0" : : "r"(found.fpsr) : "memory");
    if (found.fpcr)
        __asm__ volatile("msr fpcr, %0" : : "r"(found.fpcr) : "memory");
}

#else

struct fa_fp { char nothing; };

static inline struct fa_fp fa_fp_enter(void) { return (struct fa_fp){0}; }

static inline void fa_fp_leave(struct fa_fp found) { (void)found; }

#endif
#endif
