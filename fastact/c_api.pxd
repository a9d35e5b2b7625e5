# fastact in Cython: `from fastact.c_api cimport fastact_api, fastact_import`, with fastact.get_include() among the
# include directories.  fastact.h says what each does.

cdef extern from "fastact.h" nogil:
    enum:
        FASTACT_FLOAT32
        FASTACT_FLOAT64

    ctypedef struct fastact_function:
        pass

    ctypedef struct fastact_functions:
        int version
        const char *isa
        const fastact_function *(*get)(const char *name, const char *kind, int type) noexcept nogil
        int (*parameters)(const fastact_function *function) noexcept nogil
        int (*run)(const fastact_function *function, size_t n, const void *const *inputs, const double *parameters,
                   void *const *outputs) noexcept nogil
        int (*rows)(const char *name, int type, const void *x, const void *grad, void *out, size_t outer, size_t n,
                    size_t inner, double temperature) noexcept nogil

    const fastact_functions *fastact_api

cdef extern from "fastact.h":
    int fastact_import() except -1
