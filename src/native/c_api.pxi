# The same from C (fastact/include/fastact.h).

cdef extern from "../fastact/include/fastact.h":
    """
    struct fastact_function {
        fa_loop *loop;
        int parameters, inputs, outputs, type;
        double defaults[FA_MAX_PARAMETERS];
    };
    """
    ctypedef struct fastact_function:
        fa_loop *loop
        int parameters, inputs, outputs, type
        double defaults[FA_MAX_PARAMETERS]
    ctypedef struct fastact_functions:
        int version
        const char *isa
        const fastact_function *(*get)(const char *, const char *, int) noexcept nogil
        int (*parameters)(const fastact_function *) noexcept nogil
        int (*run)(const fastact_function *, size_t, const void *const *, const double *, void *const *) noexcept nogil
        int (*rows)(const char *, int, const void *, const void *, void *,
                    size_t, size_t, size_t, double) noexcept nogil

cdef fastact_function c_functions[FA_ACTIVATIONS][FA_TYPES][FA_KINDS]
cdef fastact_functions c_table
cdef const char **c_kinds = ["value", "derivative", "backward", "value_and_derivative"]
cdef const char **c_rows = ["softmax", "log_softmax", "logsumexp", "softmax_backward", "log_softmax_backward",
                            "logsumexp_backward"]


cdef const fastact_function *c_get(const char *name, const char *kind, int type) noexcept nogil:
    cdef int a, k
    if type != 0 and type != 1:
        return NULL
    for a in range(FA_ACTIVATIONS):
        for k in range(FA_KINDS):
            if strcmp(name, fa_rows_of_activations[a].name) == 0 and strcmp(kind, c_kinds[k]) == 0:
                return &c_functions[a][type][k]
    return NULL


cdef int c_parameters(const fastact_function *function) noexcept nogil:
    return function.parameters


cdef int c_run(const fastact_function *f, size_t n, const void *const *inputs, const double *parameters,
               void *const *outputs) noexcept nogil:
    cdef char *at[FA_MAX_OPERANDS]
    cdef unsigned char steps[FA_MAX_OPERANDS]
    cdef double p64[FA_MAX_PARAMETERS]
    cdef float p32[FA_MAX_PARAMETERS]
    cdef int k, first = f.inputs + f.parameters
    cdef fa_fp fp
    for k in range(first + f.outputs):
        steps[k] = k < f.inputs or k >= first
    for k in range(f.inputs):
        at[k] = <char *>inputs[k]
    for k in range(f.parameters):
        p64[k] = f.defaults[k] if parameters == NULL else parameters[k]
        if parameters == NULL and isnan(p64[k]):
            return -1
        p32[k] = <float>p64[k]
        at[f.inputs + k] = <char *>&p64[k] if f.type == 1 else <char *>&p32[k]
    for k in range(f.outputs):
        at[first + k] = <char *>outputs[k]
    fp = fa_fp_enter()
    f.loop(n, at, steps)
    fa_fp_leave(fp)
    return 0


cdef int c_run_rows(const char *name, int type, const void *x, const void *grad, void *out, size_t outer, size_t n,
                    size_t inner, double temperature) noexcept nogil:
    cdef fa_row_call call
    cdef int k
    for k in range(6):
        if (type == 0 or type == 1) and strcmp(name, c_rows[k]) == 0:
            call.x, call.grad, call.out, call.n, call.inner = x, grad, out, n, inner
            call.temperature, call.half = temperature, 0
            run_outer(&chosen.rows[0][k][type], &call, 0, outer, 0, inner, NULL)
            return 0
    return -1


cdef void offer(Function function) noexcept:
    """Enters a function that was made into the table of the C interface."""
    cdef int t, k, j
    for t in range(FA_TYPES):
        k = KINDS.index(function.kind)
        c_functions[function.activation][t][k] = fastact_function(
            function.loops[t], function.parameters, function.inputs, function.outputs, t)
        for j in range(function.parameters):
            c_functions[function.activation][t][k].defaults[j] = function.defaults[j]

c_table = fastact_functions(1, chosen.name, c_get, c_parameters, c_run, c_run_rows)
globals()["c_api"] = PyCapsule_New(&c_table, "fastact._native.c_api", NULL)
