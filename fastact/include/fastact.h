/* fastact in C and Cython: the kernels on contiguous memory, without the interpreter.
 *
 *     #include <fastact.h>                                   -I of fastact.get_include()
 *     if (fastact_import() < 0) return NULL;                 once, with the GIL; sets an ImportError
 *     const fastact_function *f = fastact_api->get("gelu", "value", FASTACT_FLOAT32);
 *     fastact_api->run(f, n, &x, NULL, &y);                  from any thread, no GIL needed
 *
 * All calls but fastact_import run without the GIL, in the calling thread, allocate nothing, leave errno and the
 * floating-point mode alone, and give the bits of the Python functions.  Fields are only ever added at the end of the
 * struct; `version` counts that. */
#ifndef FASTACT_H
#define FASTACT_H
#include <Python.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { FASTACT_FLOAT32 = 0, FASTACT_FLOAT64 = 1 };

typedef struct fastact_function fastact_function;

typedef struct {
    int version;
    /* The instruction set in use, as fastact.isa(). */
    const char *isa;
    /* The activation of that name (fastact.activations, no aliases); kind is "value", "derivative", "backward" or
     * "value_and_derivative".  NULL: there is none. */
    const fastact_function *(*get)(const char *name, const char *kind, int type);
    /* How many parameters it has (fastact.gelu.parameters). */
    int (*parameters)(const fastact_function *function);
    /* n elements.  inputs: x, or grad and x for backward; outputs: one, or two for value_and_derivative; an output may
     * be exactly an input, and shares no memory with one otherwise.  parameters: the numbers, or NULL for the
     * defaults.  Returns -1 and does nothing where a parameter has no default and none is given. */
    int (*run)(const fastact_function *function, size_t n, const void *const *inputs, const double *parameters,
               void *const *outputs);
    /* softmax, log_softmax, logsumexp and their backward ("softmax_backward" …) along n of x[outer][n][inner], grad and
     * out as for the Python functions (logsumexp: [outer][inner]); out may be exactly x or grad.  backward takes y in
     * the place of x, logsumexp_backward x.  grad is NULL without a backward, temperature 1 for none.
     * Returns -1 and does nothing where the name is unknown. */
    int (*rows)(const char *name, int type, const void *x, const void *grad, void *out, size_t outer, size_t n,
                size_t inner, double temperature);
} fastact_functions;

static const fastact_functions *fastact_api;

static inline int fastact_import(void)
{
    fastact_api = (const fastact_functions *)PyCapsule_Import("fastact._native.c_api", 0);
    return fastact_api ? 0 : -1;
}

#ifdef __cplusplus
}
#endif
#endif
