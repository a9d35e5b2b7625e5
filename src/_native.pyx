# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
# cython: freethreading_compatible=True
"""The typed front door: from a call to a loop.

An exact, aligned, contiguous, native float array goes straight to the loop of the chosen instruction set; float16 and
bfloat16 to a loop that makes float32 of them in registers, or through blocks of float32.
Numbers, lists and integers are made such arrays first, or computed as they are.
Whatever else comes goes to `slow`, the Python side, which ends in the ufunc of the same name; its inner loop
runs the same loops, so that both ways give the same bits (tests/test_front.py).
"""

import os
from sys import intern
import sys

import numpy

cimport cython
cimport numpy as cnp
from cpython.mem cimport PyMem_Calloc
from cpython.object cimport PyObject
from cython.parallel cimport prange
from libc.math cimport fabs, fmod, isnan
from libc.stdint cimport int64_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcmp, memcpy, memmove, memset, strcmp, strcpy
from cpython.pycapsule cimport PyCapsule_New

cnp.import_array()
cnp.import_ufunc()

cdef extern from "Python.h":
    ctypedef PyObject *(*vectorcallfunc)(PyObject *, PyObject *const *, size_t, PyObject *) except NULL
    ctypedef struct PyTypeObject:
        Py_ssize_t tp_vectorcall_offset
        unsigned long tp_flags
        PyObject *(*tp_call)(PyObject *, PyObject *, PyObject *) except NULL
    PyObject *PyVectorcall_Call(PyObject *, PyObject *, PyObject *) except NULL
    Py_ssize_t PyVectorcall_NARGS(size_t) nogil
    object PyObject_Vectorcall(object, PyObject *const *, size_t, PyObject *)
    unsigned long Py_TPFLAGS_HAVE_VECTORCALL
    void PyType_Modified(PyTypeObject *)
    PyTypeObject *Py_TYPE(PyObject *) nogil
    bint PyLong_Check(PyObject *)
    bint PyLong_CheckExact(PyObject *)
    long long PyLong_AsLongLongAndOverflow(PyObject *, int *)
    long PyLong_AsLong(PyObject *) except? -1
    long PyLong_AsLongAndOverflow(PyObject *, int *) except? -1
    bint PyFloat_Check(PyObject *)
    bint PyFloat_CheckExact(PyObject *)
    double PyFloat_AsDouble(PyObject *)
    bint PyObject_TypeCheck(PyObject *, PyTypeObject *)
    bint PyList_CheckExact(PyObject *)
    bint PyTuple_CheckExact(PyObject *)
    bint PyUnicode_CheckExact(PyObject *)
    PyObject *PyErr_Occurred()
    void PyErr_Clear()
    double PyFloat_AS_DOUBLE(PyObject *)
    Py_ssize_t PyTuple_GET_SIZE(PyObject *)
    PyObject *PyTuple_GET_ITEM(PyObject *, Py_ssize_t)
    PyObject *Py_None
    PyObject *Py_True
    PyObject *Py_False
    void Py_INCREF(PyObject *)
    void Py_DECREF(PyObject *)

cdef extern from "numpy/arrayobject.h":
    enum: NPY_HALF
    enum: NPY_USERDEF
    ctypedef struct PyArrayObject:
        pass
    ctypedef struct PyArray_Descr:
        pass
    PyTypeObject PyArray_Type
    PyTypeObject PyFloatArrType_Type, PyDoubleArrType_Type, PyFloatingArrType_Type, PyIntegerArrType_Type
    void PyArray_ScalarAsCtype(PyObject *, void *)
    object PyArray_Scalar(void *, PyArray_Descr *, PyObject *)
    object PyArray_FromAny(PyObject *, PyArray_Descr *, int, int, int, PyObject *)
    int PyArray_TYPE(PyArrayObject *) nogil
    int PyArray_NDIM(PyArrayObject *) nogil
    cnp.npy_intp *PyArray_DIMS(PyArrayObject *) nogil
    cnp.npy_intp *PyArray_STRIDES(PyArrayObject *) nogil
    cnp.npy_intp PyArray_SIZE(PyArrayObject *) nogil
    bint PyArray_SAMESHAPE(PyArrayObject *, PyArrayObject *)
    void *PyArray_DATA(PyArrayObject *) nogil
    bint PyArray_CHKFLAGS(PyArrayObject *, int) nogil
    bint PyArray_ISNOTSWAPPED(PyArrayObject *) nogil
    PyArray_Descr *PyArray_DESCR(PyArrayObject *) nogil
    PyArray_Descr *PyArray_DescrFromType(int)
    object PyDataMem_SetHandler(object)
    ctypedef struct PyDataMemAllocator:
        void *ctx
        void *(*malloc)(void *, size_t) noexcept nogil
        void *(*calloc)(void *, size_t, size_t) noexcept nogil
        void *(*realloc)(void *, void *, size_t) noexcept nogil
        void (*free)(void *, void *, size_t) noexcept nogil
    ctypedef struct PyDataMem_Handler:
        char name[127]
        unsigned char version
        PyDataMemAllocator allocator
    PyArray_Descr *PyArray_ResultType(
        cnp.npy_intp, PyArrayObject **, cnp.npy_intp, PyArray_Descr **) except NULL
    object PyArray_NewLikeArray(PyArrayObject *, cnp.NPY_ORDER, PyArray_Descr *, int)
    object PyArray_NewFromDescr(
        PyTypeObject *, PyArray_Descr *, int, const cnp.npy_intp *, const cnp.npy_intp *, void *, int, PyObject *)

cdef extern from "numpy/ufuncobject.h":
    ctypedef int PyUFunc_TypeResolutionFunc(
        PyUFuncObject *, cnp.NPY_CASTING, PyArrayObject **, PyObject *, PyArray_Descr **) except -1
    ctypedef struct PyUFuncObject:
        void **data
        PyUFunc_TypeResolutionFunc *type_resolver
    int PyUFunc_RegisterLoopForType(
        PyUFuncObject *, int, cnp.PyUFuncGenericFunction, const int *, void *) except -1

cdef extern from "kernels.h" nogil:
    enum: FA_MAX_OPERANDS
    enum: FA_KINDS
    enum: FA_VALUE
    enum: FA_DERIVATIVE
    enum: FA_BACKWARD
    enum: FA_BOTH
    enum: FA_TYPES
    enum: FA_F32
    enum: FA_F64
    enum: FA_HALVES
    enum: FA_F16
    enum: FA_BF16
    enum: FA_ACTIVATIONS
    enum: FA_MAX_PARAMETERS
    ctypedef void fa_loop(size_t n, char *const *operands, const unsigned char *steps) noexcept nogil
    enum: FA_DEAD
    enum: FA_GRADIENTS
    ctypedef void fa_stream(fa_loop *loop, int inputs, int outputs, size_t itemsize, size_t n, char *const *operands,
                            const unsigned char *steps) noexcept nogil
    enum: FA_PIECES
    ctypedef struct fa_pieces:
        int count
        uint16_t shift
        uint16_t *last
        uint16_t *keep
        uint16_t *set
    enum: FA_LOST
    ctypedef void fa_half_loop(int half, size_t n, char *const *operands) noexcept nogil
    ctypedef size_t fa_half_gradient(int half, size_t n, const uint16_t *grad, const uint16_t *x, const float *table,
                                     uint16_t *to, uint16_t *near) noexcept nogil
    ctypedef void fa_widen(size_t n, const uint16_t *source, float *to) noexcept nogil
    ctypedef size_t fa_narrow(
        size_t n, const float *source, const uint16_t *grad, int way, uint16_t *to, uint16_t *near) noexcept nogil
    ctypedef void fa_look_up(size_t n, const uint16_t *x, const uint16_t *table, uint16_t *to) noexcept nogil
    ctypedef void fa_choose(
        size_t n, const uint16_t *x, const uint16_t *a, const fa_pieces *pieces, uint16_t *to) noexcept nogil
    ctypedef void fa_slope_sums(
        size_t rows, size_t columns, size_t stride, const void *grad, const void *x, double *sums) noexcept nogil
    ctypedef struct fa_elementwise:
        fa_loop *loops[FA_ACTIVATIONS][FA_TYPES][FA_KINDS]
        fa_loop *add[FA_TYPES]
        fa_loop *mul[FA_TYPES]
        fa_slope_sums *slope_sums[FA_TYPES]
        fa_half_loop *halves[FA_ACTIVATIONS][FA_BOTH]
        fa_half_gradient *gradient[FA_GRADIENTS]
        unsigned char way[FA_ACTIVATIONS]
        fa_widen *widen[FA_HALVES]
        fa_narrow *narrow[FA_HALVES]
        fa_look_up *look_up
        fa_choose *choose
        fa_stream *stream

cdef extern from "rows.h" nogil:
    enum: FA_ROWS
    enum: FA_ROW_BLOCK
    enum: FA_ROW_COLUMNS
    ctypedef struct fa_row_call:
        const void *x
        const void *grad
        void *out
        size_t n, inner
        double temperature
    ctypedef struct fa_row_part:
        double a, b
    ctypedef struct fa_row_state:
        pass
    ctypedef struct fa_row_entry:
        void loop(const fa_row_call *, size_t, size_t, size_t, size_t) noexcept nogil
        int stages
        float cost
        void partial(const fa_row_call *, size_t, int, size_t, const fa_row_state *, fa_row_part *) noexcept nogil
        void combine(const fa_row_call *, int, size_t, const fa_row_part *, fa_row_state *) noexcept nogil
        void finish(const fa_row_call *, size_t, size_t, const fa_row_state *) noexcept nogil
    ctypedef fa_row_entry fa_row_table[FA_ROWS][FA_TYPES]
    enum: FA_X, FA_GRAD, FA_OUT, FA_SIGN, FA_BIAS, FA_WEIGHTS, FA_KEEP, FA_TEMPERATURE, FA_SINK, FA_LENGTHS, FA_PREFIX
    enum: FA_OPERANDS
    enum: FA_ROW_DIMS
    ctypedef struct fa_staged_operand:
        char *at
        Py_ssize_t outer[FA_ROW_DIMS]
        Py_ssize_t axis[FA_ROW_DIMS]
    ctypedef struct fa_staged_call:
        int kind, outer, axes
        size_t n
        size_t outer_dim[FA_ROW_DIMS]
        size_t axis_dim[FA_ROW_DIMS]
        fa_staged_operand operand[FA_OPERANDS]
        double temperature, softcap
        int negate
        unsigned char flip
    ctypedef void fa_staged_loop(const fa_staged_call *, size_t, size_t, void *) noexcept nogil
    ctypedef fa_staged_loop *fa_staged_table[FA_TYPES]
    size_t fa_staged_scratch(const fa_staged_call *, size_t)

cdef extern from "dispatch.h" nogil:
    struct fa_isa:
        const char *name
        const fa_elementwise *elementwise
        const fa_row_table *rows
        const fa_staged_table *staged
    struct fa_registers:
        uint32_t max_leaf, leaf1_ecx, leaf7_ebx
        uint64_t xcr0
    void fa_read_registers(fa_registers *)
    const fa_isa *fa_isas(int *count)
    int fa_supported(const fa_isa *, const fa_registers *)
    const fa_isa *fa_select(const char *wanted, const fa_registers *, char *why, size_t)

cdef extern from "threads.h" nogil:
    const double FA_CACHED_BYTES
    int fa_threads_init(const char *wanted, char *error, size_t)
    int fa_max_threads(char *why, size_t)
    void fa_set_num_threads(int)
    int fa_limit_threads(int)
    int fa_force_team(int)
    double fa_team_time(double picoseconds, double bytes, int team, bint awake)
    int fa_team_worth(double picoseconds, double bytes, int most, bint awake)
    int fa_team_share(int team, int cores, int callers, int taken)
    int fa_enter_team(double picoseconds, double bytes)
    void fa_leave_team(int)

cdef extern from "cgroups.h" nogil:
    double fa_cgroup_cpus(const char *root)
    double fa_cgroup_memory(const char *root)

cdef extern from "memory.h" nogil:
    size_t FA_POOL_LEAST
    size_t FA_POOL_DEFAULT
    int fa_pool_init(const char *wanted, char *error, size_t)
    void fa_pool_set_limit(size_t)
    size_t fa_pool_limit(char *why, size_t)
    size_t fa_pool_idle()
    void fa_pool_clear()
    bint fa_pool_takes(size_t)
    void *fa_pool_malloc(void *, size_t)
    void *fa_pool_calloc(void *, size_t, size_t)
    void *fa_pool_realloc(void *, void *, size_t)
    void fa_pool_free(void *, void *, size_t)
    bint fa_streams(const void *, size_t, bint)
    size_t fa_set_stream_least(size_t)

cdef extern from "fpstate.h" nogil:
    struct fa_fp:
        pass
    fa_fp fa_fp_enter()
    void fa_fp_leave(fa_fp)

cdef extern from *:
    """
    #ifdef _OPENMP
    #define FA_OPENMP _OPENMP
    #else
    #define FA_OPENMP 0
    #endif
    """
    const int FA_OPENMP

cdef extern from *:
    """
    typedef struct { const char *name; int parameters; int cost[FA_KINDS]; } fa_row;
    static const fa_row fa_rows_of_activations[] = {
    #define ACTIVATION(name, parameters, ...) {#name, parameters, {__VA_ARGS__}},
    #include "activations.def"
    #undef ACTIVATION
    };
    """
    ctypedef struct fa_row:
        const char *name
        int parameters
        int cost[4]
    const fa_row fa_rows_of_activations[]


# -- Which processor, how many threads ---------------------------------------------------------------------------

cdef fa_registers processor
cdef const fa_isa *chosen
cdef char text[512]

fa_read_registers(&processor)
chosen = fa_select(os.environ.get("FASTACT_ISA", "").encode(), &processor, text, sizeof(text))
if chosen == NULL:
    raise ValueError(text.decode())
isa = chosen.name.decode()
isa_why = text.decode()
if fa_threads_init(os.environ.get("FASTACT_NUM_THREADS", "").encode(), text, sizeof(text)):
    raise ValueError(text.decode())
openmp = int(FA_OPENMP)


def isas():
    """The names of the instruction sets that this processor runs, best first."""
    return isas_of(processor)


cdef tuple isas_of(fa_registers registers):
    cdef int count, k
    cdef const fa_isa *all = fa_isas(&count)
    return tuple([all[k].name.decode() for k in range(count) if fa_supported(&all[k], &registers)])


def isas_for_registers(max_leaf, leaf1_ecx, leaf7_ebx, xcr0):
    """The same for a processor with these CPUID and XGETBV results (for tests)."""
    return isas_of(fa_registers(max_leaf, leaf1_ecx, leaf7_ebx, xcr0))


def select_isa(str wanted not None, max_leaf, leaf1_ecx, leaf7_ebx, xcr0):
    """What FASTACT_ISA=wanted would choose, and why, on such a processor (for tests)."""
    cdef char why[256]
    cdef fa_registers registers = fa_registers(max_leaf, leaf1_ecx, leaf7_ebx, xcr0)
    cdef const fa_isa *found = fa_select(wanted.encode(), &registers, why, sizeof(why))
    if found == NULL:
        raise ValueError(why.decode())
    return found.name.decode(), why.decode()


def max_threads():
    """How many threads a call may use now, and why."""
    cdef char why[256]
    cdef int n = fa_max_threads(why, sizeof(why))
    return n, why.decode()


def set_num_threads(int n):
    fa_set_num_threads(n)


def limit_threads(int n):
    """A limit for the calling thread (0: none); returns the one before."""
    return fa_limit_threads(n)


def force_team(int n):
    """For tests: regions of the calling thread have n threads (0: as usual); returns the value before."""
    return fa_force_team(n)


def costs():
    """Picoseconds of an element of float32: of each kind of an activation, and of the row functions (for tools)."""
    cdef int k
    found = {}
    for k in range(FA_ACTIVATIONS):
        found[fa_rows_of_activations[k].name.decode()] = list(fa_rows_of_activations[k].cost)
    return found | {kind: [1e3 * chosen.rows[0][k][FA_F32].cost] for k, kind in enumerate(ROW_KINDS)}


def team_time(double picoseconds, double bytes_, int team, bint awake):
    """What the cost model predicts for a team, in picoseconds (for tools and tests)."""
    return fa_team_time(picoseconds, bytes_, team, awake)


def team_worth(double picoseconds, double bytes_, int most, bint awake):
    """The team that it chooses (for tools and tests)."""
    return fa_team_worth(picoseconds, bytes_, most, awake)


def team_share(int team, int cores, int callers, int taken):
    """What is left of a team beside others (for tests)."""
    return fa_team_share(team, cores, callers, taken)


def enter_team(double picoseconds, double bytes_):
    """Begins a call of so much work: the team that it gets, to be given to leave_team (for tests)."""
    return fa_enter_team(picoseconds, bytes_)


def leave_team(int team):
    fa_leave_team(team)


def cgroup_cpus(str root not None):
    """The cgroup quota in processors, 0 where there is none; `root` stands before /proc and /sys (for tests)."""
    return fa_cgroup_cpus(root.encode())


def cgroup_memory(str root not None):
    """The cgroup's limit of memory in bytes, 0 where there is none (for tests)."""
    return fa_cgroup_memory(root.encode())


# -- The memory of results ----------------------------------------------------------------------------------------

if fa_pool_init(os.environ.get("FASTACT_POOL", "").encode(), text, sizeof(text)):
    raise ValueError(text.decode())

cdef PyDataMem_Handler pool_functions
strcpy(pool_functions.name, "fastact")
pool_functions.version = 1
pool_functions.allocator = PyDataMemAllocator(NULL, fa_pool_malloc, fa_pool_calloc, fa_pool_realloc, fa_pool_free)
cdef object pool_handler = PyCapsule_New(&pool_functions, "mem_handler", NULL)


cdef object new_array(PyObject *like, int ndim, const cnp.npy_intp *dims, size_t bytes_):
    """An array of so many bytes, of the dtype of `like`."""
    return new_of_type(new_descr(like), ndim, dims, bytes_)


cdef object new_of_type(PyArray_Descr *descr, int ndim, const cnp.npy_intp *dims, size_t bytes_):
    """The same of a dtype, whose reference it takes.  A large one is in memory of the pool: NumPy frees it through the
    handler under which it was made, which stands for this one array alone."""
    if not fa_pool_takes(bytes_):
        return PyArray_NewFromDescr(&PyArray_Type, descr, ndim, dims, NULL, NULL, 0, NULL)
    before = PyDataMem_SetHandler(pool_handler)
    try:
        return PyArray_NewFromDescr(&PyArray_Type, descr, ndim, dims, NULL, NULL, 0, NULL)
    finally:
        PyDataMem_SetHandler(before)


def pooled(size_t bytes_, function, /, *args, **named):
    """function(*args, **named), whose result has about so many bytes: NumPy takes a large one from the pool."""
    if not fa_pool_takes(bytes_):
        return function(*args, **named)
    before = PyDataMem_SetHandler(pool_handler)
    try:
        return function(*args, **named)
    finally:
        PyDataMem_SetHandler(before)


def set_pool_limit(limit):
    """In bytes; None: the one of the start."""
    fa_pool_set_limit(FA_POOL_DEFAULT if limit is None else <size_t>limit)


def pool():
    """The limit of what is kept idle, where it is from, and how much that is now."""
    cdef char why[96]
    cdef size_t limit = fa_pool_limit(why, sizeof(why))
    return limit, why.decode(), fa_pool_idle()


def clear_pool():
    fa_pool_clear()


def set_stream_least(size_t least):
    """For measurements and tests: results of so many bytes go past the cache; returns the number before."""
    return fa_set_stream_least(least)


# -- The types -----------------------------------------------------------------------------------------------------

# Those of the loops, as in kernels.h, and after them the halves.
DEF TYPES = 4
DEF F16 = 2
DEF BF16 = 3
cdef size_t SIZE_OF_TYPE[TYPES]
SIZE_OF_TYPE[:] = [4, 8, 2, 2]
cdef double COST_OF_TYPE[TYPES]
COST_OF_TYPE[:] = [1.0, 2.5, 1.2, 1.2]
# Picoseconds for an element of halves, at most: what is more is looked up.
cdef double HALF_COST[FA_KINDS]
HALF_COST[:] = [300, 300, 450, 600]
# The number of ml_dtypes' bfloat16: known once a call meets one, as ml_dtypes is never imported from here.
cdef int bfloat16 = -1
cdef list functions = []


cdef inline int type_of_number(int number) noexcept nogil:
    if number == cnp.NPY_FLOAT:
        return FA_F32
    if number == cnp.NPY_DOUBLE:
        return FA_F64
    if number == NPY_HALF:
        return F16
    return BF16 if number == bfloat16 and number >= 0 else -1


def use_bfloat16(int number):
    """Gives every ufunc its loop for the dtype with this number, bfloat16; once is enough."""
    global bfloat16
    with cython.critical_section(functions):
        if number != bfloat16:
            for function in functions:
                if (<Function>function).made is not None:
                    (<Function>function).add_bfloat16(number)
            bfloat16 = number


# -- One loop over n elements, in one thread or several ----------------------------------------------------------

# Work handed to threads comes in whole pages, so that no two threads write to one.
DEF PAGE = 4096
# Pieces for each thread of a team, where the data is not in the caches.
DEF PIECES = 8
# Elements of a strided operand that are brought into a buffer at a time (4 KiB of float64: all operands fit the L1).
DEF STAGE = 512
# Halves that are worked on at a time, as float32 (4 KiB of each operand); those that wait to be decided.
DEF HALVES = 1024
DEF BATCH = 64
# The same where they become float32 in registers only.
DEF KNOWN_HALVES = 4096
# Elements to which a bias is added before the activation runs over them in the cache.
DEF BIAS_BLOCK = 2048
# A product, in picoseconds for an element of float32.
DEF MUL_COST = 100.0
# Below this much work (picoseconds) the GIL is kept: releasing it costs more than anyone could gain.
DEF GIL_WORK = 5e6


# What is known of a function of halves, with these numbers as parameters: how its results for all 65,536 of them are
# had in the least time.
cdef struct Known:
    int state
    size_t seen                # elements that went the slow way
    float parameters[FA_MAX_PARAMETERS]
    int way
    fa_pieces pieces
    float used[FA_MAX_PARAMETERS]   # parameters for the loop in registers
    void *table

# The states, in turn: nobody's; parameters are being written; not enough seen; being computed; known, or not to be.
DEF FREE = 0
DEF CLAIMED = 1
DEF WAITING = 2
DEF LEARNING = 3
DEF KNOWN = 4
DEF HOPELESS = 5
# The ways: the results are pieces; the loop in registers is right for all; a table (for FA_BACKWARD, of slopes).
DEF IN_PIECES = 0
DEF IN_REGISTERS = 1
DEF IN_TABLE = 2
# Elements that are worth computing all results, and choices of parameters that are remembered, the first ones met.
DEF WORTH_KNOWING = 32768
DEF CHOICES = 4
cdef Known known[FA_ACTIVATIONS][FA_BOTH][FA_HALVES][CHOICES]


cdef struct Job:
    fa_loop *loop
    fa_loop *wide              # halves: the loop of float64
    int half                   # FA_F16 or FA_BF16, or -1
    bint sums                  # halves: x is float32, a sum of halves
    int activation, kind
    fa_loop *add               # with a bias: bias[i % width] is added to x[i] on its way into the loop
    const char *bias
    size_t width               # 0: halves, and the bias is one float32 number
    size_t n
    int operands
    int first_parameter
    int inputs                 # inputs and parameters; the outputs follow
    size_t itemsize            # of all operands, but that parameters of halves are float32
    char *at[FA_MAX_OPERANDS]
    cnp.npy_intp stride[FA_MAX_OPERANDS]    # bytes
    unsigned char steps[FA_MAX_OPERANDS]    # 1, or 0 for a parameter that is one number
    bint staged                # some operand is neither contiguous nor one number
    bint fresh                 # the outputs were made for this call


cdef void run_bias(const Job *job, size_t begin, size_t n) noexcept nogil:
    """Block by block, x + bias goes into a buffer and from there into the loop."""
    cdef double sums[BIAS_BLOCK]
    cdef char *at[FA_MAX_OPERANDS]
    cdef char *sum[3]
    cdef size_t size = job.itemsize, done = 0, block, i, column, piece
    cdef int k, x = job.first_parameter - 1
    cdef unsigned char ones[3]
    ones[0] = ones[1] = ones[2] = 1
    while done < n:
        block = min(n - done, <size_t>BIAS_BLOCK)
        i = 0
        while i < block:
            column = (begin + done + i) % job.width
            piece = min(block - i, job.width - column)
            sum[0] = job.at[x] + (begin + done + i) * size
            sum[1] = <char *>job.bias + column * size
            sum[2] = <char *>sums + i * size
            job.add(piece, sum, ones)
            i += piece
        for k in range(job.operands):
            at[k] = job.at[k] + (begin + done) * size * job.steps[k]
        at[x] = <char *>sums
        job.loop(block, at, job.steps)
        done += block


cdef inline void gather(char *to, const char *source, cnp.npy_intp stride, size_t n, size_t size) noexcept nogil:
    cdef size_t i
    if size == 2:
        for i in range(n):
            (<uint16_t *>to)[i] = (<const uint16_t *>(source + <cnp.npy_intp>i * stride))[0]
    elif size == 4:
        for i in range(n):
            (<float *>to)[i] = (<const float *>(source + <cnp.npy_intp>i * stride))[0]
    else:
        for i in range(n):
            (<double *>to)[i] = (<const double *>(source + <cnp.npy_intp>i * stride))[0]


cdef inline void scatter(char *to, cnp.npy_intp stride, const char *source, size_t n, size_t size) noexcept nogil:
    cdef size_t i
    if size == 2:
        for i in range(n):
            (<uint16_t *>(to + <cnp.npy_intp>i * stride))[0] = (<const uint16_t *>source)[i]
    elif size == 4:
        for i in range(n):
            (<float *>(to + <cnp.npy_intp>i * stride))[0] = (<const float *>source)[i]
    else:
        for i in range(n):
            (<double *>(to + <cnp.npy_intp>i * stride))[0] = (<const double *>source)[i]


cdef void run_staged(const Job *job, size_t begin, size_t n) noexcept nogil:
    """Brings blocks of every operand that is not contiguous into a buffer, and results back from one."""
    cdef double buffers[FA_MAX_OPERANDS][STAGE]
    cdef char *at[FA_MAX_OPERANDS]
    cdef size_t done = 0, block, size = job.itemsize
    cdef cnp.npy_intp start
    cdef int k
    while done < n:
        block = min(n - done, <size_t>STAGE)
        start = <cnp.npy_intp>(begin + done)
        for k in range(job.operands):
            at[k] = job.at[k] + start * job.stride[k]
            if job.steps[k] and job.stride[k] != <cnp.npy_intp>size:
                if k < job.inputs:
                    gather(<char *>buffers[k], at[k], job.stride[k], block, size)
                at[k] = <char *>buffers[k]
        job.loop(block, at, job.steps)
        for k in range(job.inputs, job.operands):
            if job.stride[k] != <cnp.npy_intp>size:
                scatter(job.at[k] + start * job.stride[k], job.stride[k], at[k], block, size)
        done += block


cdef extern from *:
    """
    /* What a thread has written before it sets the state, one that sees it may read. */
    #define state_of(t) __atomic_load_n(&(t)->state, __ATOMIC_ACQUIRE)
    #define set_state(t, to) __atomic_store_n(&(t)->state, to, __ATOMIC_RELEASE)
    static inline int change_state(int *state, int from, int to)
    {
        return __atomic_compare_exchange_n(state, &from, to, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
    }
    #define add_seen(t, n) __atomic_add_fetch(&(t)->seen, n, __ATOMIC_RELAXED)
    """
    int state_of(const Known *) noexcept nogil
    void set_state(Known *, int) noexcept nogil
    bint change_state(int *, int, int) noexcept nogil
    size_t add_seen(Known *, size_t) noexcept nogil


cdef struct Undecided:
    # Results so near the middle of two halves that float32 does not tell which is the nearer: their operands.
    size_t n
    double operands[FA_MAX_OPERANDS][BATCH]
    uint16_t halves[2][BATCH]   # of gradients, the first two
    int output[BATCH]
    char *to[BATCH]


cdef inline float to_odd(double a) noexcept nogil:
    """As float32 where that is exact, else the odd one of the two numbers around it: rounded to a half, it gives what
    rounding a itself gives."""
    cdef float b = <float>a
    cdef uint32_t bits
    memcpy(&bits, &b, sizeof(bits))
    if b != a and not isnan(a) and not bits & 1:
        bits += 1 if fabs(b) < fabs(a) else -1
        memcpy(&b, &bits, sizeof(bits))
    return b


cdef inline bint is_middle(double a) noexcept nogil:
    """Whether a is in the middle of two subnormals of bfloat16."""
    return fabs(a) < 2.0 ** -126 and fabs(fmod(a, 2.0 ** -133)) == 2.0 ** -134


cdef inline double to_middle(int half, double a) noexcept nogil:
    """A product beside the middle of two halves by no more than the error of its slope is that middle: rational slopes
    (hard_silu's) have such products, and others come that near with a probability of 2^-39."""
    cdef int64_t bits, unit = <int64_t>1 << (41 if half == FA_F16 else 44), away
    memcpy(&bits, &a, sizeof(bits))
    away = (bits & (2 * unit - 1)) - unit
    if -4 <= away <= 4:
        bits -= away
        memcpy(&a, &bits, sizeof(bits))
    return a


cdef void decide(const Job *job, Undecided *u) noexcept nogil:
    """Computes in float64 and rounds once."""
    cdef char *at[FA_MAX_OPERANDS]
    cdef double results[BATCH]
    cdef double larger
    cdef float odd[BATCH]
    cdef uint16_t rounded[BATCH]
    cdef size_t i
    cdef bint middle = False
    cdef int k
    for k in range(job.operands):
        at[k] = <char *>u.operands[k]
    job.wide(u.n, at, job.steps)
    for i in range(u.n):
        results[i] = u.operands[job.inputs + u.output[i]][i]
        middle |= job.half == FA_BF16 and is_middle(results[i])
    if middle and job.first_parameter == 1:
        # x/2 + x^2/4 of silu, say, is x/2 in float64 where x is as small as that: the square shows where x is larger.
        # A square alone grows by more; its middles are ties that go to the smaller number, as the exact ones do.
        for i in range(u.n):
            u.operands[0][i] *= 2.0 ** 100
        job.wide(u.n, at, job.steps)
        for i in range(u.n):
            larger = u.operands[job.inputs + u.output[i]][i] * 2.0 ** -100
            if is_middle(results[i]) and larger != results[i] and fabs(larger / results[i] - 1) < 2.0 ** -20:
                results[i] *= 1 + 2.0 ** -40 if fabs(larger) > fabs(results[i]) else 1 - 2.0 ** -40
    for i in range(u.n):
        if job.kind == FA_BACKWARD:
            results[i] = to_middle(job.half, results[i])
        odd[i] = to_odd(results[i])
    chosen.elementwise.narrow[job.half](u.n, odd, NULL, 0, rounded, NULL)
    for i in range(u.n):
        (<uint16_t *>u.to[i])[0] = rounded[i]
    u.n = 0


cdef void decide_products(const Job *job, Undecided *u) noexcept nogil:
    cdef float wide[BATCH]
    cdef size_t i
    cdef int k
    for k in range(2 - job.sums):
        chosen.elementwise.widen[job.half](u.n, u.halves[k], wide)
        for i in range(u.n):
            u.operands[k][i] = wide[i]
    decide(job, u)


cdef void add_bias(const Job *job, size_t begin, size_t n, float *x, float *bias) noexcept nogil:
    """x + bias of n elements; `bias` is for the piece of it as float32, and holds it already where it is a number."""
    cdef char *at[3]
    cdef unsigned char ones[3]
    cdef size_t i = 0, column, piece
    while job.width and i < n:
        column = (begin + i) % job.width
        piece = min(n - i, job.width - column)
        chosen.elementwise.widen[job.half](piece, <const uint16_t *>job.bias + column, bias + i)
        i += piece
    at[0] = at[2] = <char *>x
    at[1] = <char *>bias
    ones[0] = ones[1] = ones[2] = 1
    job.add(n, at, ones)


cdef inline bint is_nan(int half, uint16_t x) noexcept nogil:
    return (x & 0x7fff) > (0x7c00 if half == FA_F16 else 0x7f80)


cdef inline uint16_t ordered(int position) noexcept nogil:
    """The half at this position in the order of their numbers, from 0 on, the negative ones behind."""
    return <uint16_t>(position ^ (0x7fff if position & 0x8000 else 0))


# What all results of a piece may be: x or the gradient itself; a constant; a zero (or number) with the sign of x.
DEF ITSELF = 1
DEF CONSTANT = 2
DEF SIGNED = 4


cdef int piece_end(int half, const unsigned char *choices, const uint16_t *y, int begin, int end,
                   int *choice) noexcept nogil:
    """The end of the longest piece from a position on, and what it is; the begin itself if it is none."""
    cdef uint16_t x, first = y[ordered(begin & 0xffff)]
    cdef int position, more
    choice[0] = ITSELF | CONSTANT | SIGNED
    for position in range(begin, end):
        x = ordered(position & 0xffff)
        more = choice[0] & choices[x]
        if y[x] != first and not (is_nan(half, y[x]) and is_nan(half, first)):
            more &= ~CONSTANT
            if (y[x] ^ first) & 0x7fff:
                more &= ~SIGNED
        if not more:
            return position
        choice[0] = more
    return end


cdef bint find_pieces(int half, const unsigned char *choices, const uint16_t *y, fa_pieces *p) noexcept nogil:
    """Whether results with these choices are a few pieces.  The first begins where another one ends."""
    cdef uint16_t first
    cdef int begin, end, next_, choice, k
    begin = piece_end(half, choices, y, 0x8000, 0x18000, &choice) & 0xffff
    end = begin + 0x10000
    next_ = begin
    p.count = 0
    p.shift = <uint16_t>(0x8000 - begin)
    while next_ < end:
        k = p.count
        if k == FA_PIECES:
            return False
        p.count += 1
        first = y[ordered(next_ & 0xffff)]
        p.last[k] = <uint16_t>(next_ - begin - 0x8001)
        next_ = piece_end(half, choices, y, next_, end, &choice)
        p.keep[k] = p.set[k] = 0
        if choice & ITSELF:
            p.keep[k] = 0xffff
        elif choice & CONSTANT:
            p.set[k] = first
        else:
            p.keep[k], p.set[k] = 0x8000, first & 0x7fff
    for k in range(p.count, FA_PIECES):     # loops have two pieces or more
        p.last[k], p.keep[k], p.set[k] = 0x7fff, p.keep[k - 1], p.set[k - 1]
    return True


# The largest float32.
DEF LARGEST = (2 - 2.0 ** -23) * 2.0 ** 127
# First parameters next to the one given that are tried, in units of its last place: of 0.01f some products come to lie
# in the middle of two halves by their rounding to float32.
DEF AROUND = 3


cdef struct Scratch:
    uint16_t x[65536]
    uint16_t same[65536]
    uint16_t got[65536]
    uint16_t right[65536]
    float wide[65536]
    unsigned char choices[65536]


cdef inline bint same_half(int half, uint16_t a, uint16_t b) noexcept nogil:
    return a == b or is_nan(half, a) and is_nan(half, b)


cdef bint same_halves(int half, const uint16_t *a, const uint16_t *b) noexcept nogil:
    cdef int i
    for i in range(65536):
        if not same_half(half, a[i], b[i]):
            return False
    return True


cdef void slopes_in_float64(const Job *job, size_t n, const float *x, double *slopes) noexcept nogil:
    """Of at most HALVES."""
    cdef double operands[FA_MAX_OPERANDS][HALVES]
    cdef char *at[FA_MAX_OPERANDS]
    cdef size_t i
    cdef int k
    for k in range(job.inputs):
        at[k] = <char *>operands[k]
    at[job.inputs] = <char *>slopes
    for k in range(1, job.inputs):
        operands[k][0] = (<const float *>job.at[k])[0]
    for i in range(n):
        operands[0][i] = x[i]
    chosen.elementwise.loops[job.activation][FA_F64][FA_DERIVATIVE](n, at, job.steps)


cdef void all_slopes(const Job *job, const float *wide, float *slopes) noexcept nogil:
    """Odd ones where they are not exact; and so never 0 or infinite where the exact ones are only too small or large.
    What is dead is where the float32 loop, which is the slow way, has it."""
    cdef double exact[HALVES]
    cdef char *at[FA_MAX_OPERANDS]
    cdef bint dead = chosen.elementwise.way[job.activation] == FA_DEAD
    cdef int done, i, k
    for k in range(1, job.inputs):
        at[k] = job.at[k]
    at[0], at[job.inputs] = <char *>wide, <char *>slopes
    chosen.elementwise.loops[job.activation][FA_F32][FA_DERIVATIVE](65536, at, job.steps)
    for done in range(0, 65536, HALVES):
        slopes_in_float64(job, HALVES, wide + done, exact)
        for i in range(HALVES):
            if not (dead and slopes[done + i] == 0):
                slopes[done + i] = to_odd(exact[i])


cdef bint make_table(const Job *job, float *slopes) noexcept nogil:
    """Slopes as the loop wants them; whether it finds the lost ones."""
    cdef uint32_t lost = FA_LOST
    cdef uint16_t x, y, near, grad = 0x7f80     # infinite
    cdef int i, way = chosen.elementwise.way[job.activation]
    for i in range(65536):
        if job.half == FA_F16:
            if slopes[i] == 1:      # a gradient itself has zeros at its end; this much is rounded away
                slopes[i] = 1 + 2.0 ** -19
        elif fabs(slopes[i]) >= LARGEST or fabs(slopes[i]) < 2.0 ** -126 and not (way == FA_DEAD and slopes[i] == 0):
            # a number all the same with a small or a large gradient
            memcpy(&slopes[i], &lost, sizeof(lost))
            x = <uint16_t>i
            if chosen.elementwise.gradient[way](job.half, 1, &grad, &x, slopes, &y, &near) != 1:
                return False
    return True


cdef int only_slope(const float *slopes) noexcept nogil:
    """A half with the slope that is the only one besides 0, 1 and NaN; or -1."""
    cdef int i, found = -1
    for i in range(65536):
        if slopes[i] != 0 and slopes[i] != 1 and not isnan(slopes[i]):
            if found >= 0 and slopes[i] != slopes[found]:
                return -1
            found = i
    return found


cdef void choices_of(const Job *job, int kind, const float *slopes, const uint16_t *y, Scratch *s) noexcept nogil:
    """What each of the results y may be, or of FA_BACKWARD each slope."""
    cdef bint dead = chosen.elementwise.way[job.activation] == FA_DEAD
    cdef int i
    for i in range(65536):
        if kind == FA_BACKWARD:
            s.choices[i] = ITSELF if slopes[i] == 1 else CONSTANT if isnan(slopes[i]) or dead and slopes[i] == 0 else 0
        else:
            s.choices[i] = CONSTANT
            if same_half(job.half, s.x[i], y[i]):
                s.choices[i] |= ITSELF
            if not is_nan(job.half, y[i]) and (y[i] ^ s.x[i]) < 0x8000:
                s.choices[i] |= SIGNED


cdef inline void in_registers(const Job *job, int kind, const float *parameters, const uint16_t *grad,
                              const uint16_t *x, size_t n, uint16_t *y) noexcept nogil:
    cdef char *at[FA_MAX_OPERANDS]
    cdef int k, first = 2 if kind == FA_BACKWARD else 1, count = job.inputs - job.first_parameter
    at[0], at[first - 1] = <char *>grad, <char *>x
    for k in range(count):
        at[first + k] = <char *>&parameters[k]
    at[first + count] = <char *>y
    chosen.elementwise.halves[job.activation][kind](job.half, n, at)


cdef bint learn_registers(const Job *job, int kind, const float *slopes, const uint16_t *y, Scratch *s,
                          Known *t) noexcept nogil:
    """Whether the loop in registers is right for all x, or in FA_BACKWARD for all x with the gradient 1.  What may go
    wrong there besides is rounding where all slopes but 0 and 1 are one number: seen with each gradient.  (Slopes of
    many numbers are exact, and so are the products.)"""
    cdef int change, i, where = only_slope(slopes) if kind == FA_BACKWARD else -1
    cdef double slope
    cdef uint32_t bits
    if chosen.elementwise.halves[job.activation][kind] == NULL:
        return False
    if where >= 0:
        slopes_in_float64(job, 1, &s.wide[where], &slope)
        for i in range(65536):
            s.wide[i] = to_odd(s.wide[i] * slope)
        chosen.elementwise.narrow[job.half](65536, s.wide, NULL, 0, s.right, NULL)
    memcpy(t.used, t.parameters, sizeof(t.used))
    for change in range(2 * AROUND + 1 if job.inputs > 1 else 1):
        memcpy(&bits, t.parameters, sizeof(bits))
        bits += (change + 1) // 2 if change & 1 else -(change // 2)
        memcpy(t.used, &bits, sizeof(bits))
        for i in range(65536):
            s.same[i] = 0x3c00 if job.half == FA_F16 else 0x3f80    # 1
        in_registers(job, kind, t.used, s.same, s.x, 65536, s.got)
        if not same_halves(job.half, s.got, y):
            continue
        for i in range(65536):
            s.same[i] = <uint16_t>where
        if where >= 0:
            in_registers(job, kind, t.used, s.x, s.same, 65536, s.got)
        if where < 0 or same_halves(job.half, s.got, s.right):
            return True
    return False


cdef bint learn(const Job *job, int kind, Known *t) noexcept nogil:
    """Computes the results for all halves, the slow way, and finds the quick one."""
    cdef int of = FA_DERIVATIVE if kind == FA_BACKWARD else kind, i, k, count = job.inputs - job.first_parameter
    cdef float *slopes = <float *>malloc(65536 * sizeof(float))
    cdef uint16_t *y = <uint16_t *>malloc(65537 * sizeof(uint16_t))     # a look-up reads two bytes more
    cdef Scratch *s = <Scratch *>malloc(sizeof(Scratch))
    cdef Job all = job[0]
    cdef bint pieces
    t.way = IN_TABLE
    t.table = NULL
    all.kind = of
    all.loop = chosen.elementwise.loops[job.activation][FA_F32][of]
    all.wide = chosen.elementwise.loops[job.activation][FA_F64][of]
    all.sums = False
    all.first_parameter = 1
    all.inputs = 1 + count
    all.operands = 2 + count
    all.n = 65536
    all.stride[0] = all.stride[all.inputs] = sizeof(uint16_t)
    all.steps[0] = all.steps[all.inputs] = 1
    for k in range(count):
        all.at[1 + k] = job.at[job.first_parameter + k]
        all.steps[1 + k] = 0
        all.stride[1 + k] = 0
    if slopes != NULL and y != NULL and s != NULL:
        for i in range(65536):
            s.x[i] = <uint16_t>i
        if kind == FA_BACKWARD:
            chosen.elementwise.widen[job.half](65536, s.x, s.wide)
            all_slopes(&all, s.wide, slopes)
            chosen.elementwise.narrow[job.half](65536, slopes, NULL, 0, y, NULL)
        else:
            all.at[0], all.at[all.inputs] = <char *>s.x, <char *>y
            run_widened(&all, 0, 65536)
            y[65536] = 0
        choices_of(&all, kind, slopes, y, s)
        pieces = find_pieces(job.half, s.choices, y, &t.pieces)
        if pieces and (t.pieces.count < FA_PIECES or kind != FA_VALUE):
            t.way = IN_PIECES
        elif learn_registers(&all, kind, slopes, y, s, t):
            t.way = IN_REGISTERS
        elif pieces:
            t.way = IN_PIECES
        elif kind != FA_BACKWARD:
            t.table = <void *>y
        elif make_table(&all, slopes):
            t.table = <void *>slopes
    if t.table != slopes:
        free(slopes)
    if t.table != y:
        free(y)
    free(s)
    return t.way != IN_TABLE or t.table != NULL


cdef Known *known_of(const Job *job, int kind, size_t n) noexcept nogil:
    """What is known of the function with these parameters, found out now if there was enough of it; or NULL."""
    cdef Known *t
    cdef float parameters[FA_MAX_PARAMETERS]
    cdef int k, s, state, count = job.inputs - job.first_parameter
    for k in range(count):
        parameters[k] = (<const float *>job.at[job.first_parameter + k])[0]
    for s in range(CHOICES):
        t = &known[job.activation][kind][job.half][s]
        if state_of(t) == FREE and change_state(&t.state, FREE, CLAIMED):
            memcpy(t.parameters, parameters, count * sizeof(float))
            set_state(t, WAITING)
        state = state_of(t)
        if state < WAITING or memcmp(t.parameters, parameters, count * sizeof(float)) != 0:
            continue
        if state == WAITING and add_seen(t, n) >= WORTH_KNOWING and change_state(&t.state, WAITING, LEARNING):
            state = KNOWN if learn(job, kind, t) else HOPELESS
            set_state(t, state)
        return t if state == KNOWN else NULL
    return NULL


cdef void run_known(const Job *job, int kind, const Known *t, const uint16_t *x, size_t n, uint16_t *y) noexcept nogil:
    """Values or derivatives; y may be x."""
    if t.way == IN_PIECES:
        chosen.elementwise.choose(n, x, x, &t.pieces, y)
    elif t.way == IN_TABLE:
        chosen.elementwise.look_up(n, x, <const uint16_t *>t.table, y)
    else:
        in_registers(job, kind, t.used, NULL, x, n, y)


cdef inline const uint16_t *brought(const Job *job, int k, size_t start, size_t n, uint16_t *buffer) noexcept nogil:
    """n halves of operand k where they are, or else in the buffer."""
    cdef const char *here = job.at[k] + <cnp.npy_intp>start * job.stride[k]
    if job.stride[k] == sizeof(uint16_t):
        return <const uint16_t *>here
    gather(<char *>buffer, here, job.stride[k], n, sizeof(uint16_t))
    return buffer


cdef void run_all_known(const Job *job, const Known *value, const Known *slope, size_t begin, size_t n) noexcept nogil:
    """Values, derivatives or both; an output may be x."""
    cdef uint16_t buffer[KNOWN_HALVES]
    cdef uint16_t result[2][KNOWN_HALVES]
    cdef const uint16_t *x
    cdef size_t done = 0, block, start
    cdef int k, outputs = job.operands - job.inputs
    if outputs == 1 and job.stride[0] == job.stride[job.inputs] == sizeof(uint16_t):
        run_known(job, job.kind, slope if value == NULL else value, <const uint16_t *>job.at[0] + begin, n,
                  <uint16_t *>job.at[job.inputs] + begin)
        return
    while done < n:
        block = min(n - done, <size_t>KNOWN_HALVES)
        start = begin + done
        x = brought(job, 0, start, block, buffer)
        if value != NULL:
            run_known(job, FA_VALUE, value, x, block, result[0])
        if slope != NULL:
            run_known(job, FA_DERIVATIVE, slope, x, block, result[outputs - 1])
        for k in range(outputs):
            scatter(job.at[job.inputs + k] + <cnp.npy_intp>start * job.stride[job.inputs + k],
                    job.stride[job.inputs + k], <char *>result[k], block, sizeof(uint16_t))
        done += block


cdef void run_gradient(const Job *job, const Known *t, size_t begin, size_t n) noexcept nogil:
    """Slopes in float32, from where they are had, times the gradient, rounded; float64 decides where float32 cannot."""
    cdef uint16_t buffers[3][HALVES]
    cdef uint16_t near[HALVES]
    cdef float wide[FA_MAX_OPERANDS][HALVES]
    cdef unsigned char steps[FA_MAX_OPERANDS]
    cdef char *at[FA_MAX_OPERANDS]    # grad, x, parameters, result
    cdef char *to
    cdef const uint16_t *grad
    cdef const uint16_t *x = NULL
    cdef uint16_t *result
    cdef int way = chosen.elementwise.way[job.activation], out = job.inputs, k
    cdef bint apart = job.stride[out] != sizeof(uint16_t)
    cdef size_t done = 0, block, start, found, j
    cdef Undecided undecided
    undecided.n = 0
    memcpy(steps, &job.steps[1], FA_MAX_OPERANDS - 1)
    steps[0] = steps[out - 1] = 1
    while done < n:
        block = min(n - done, <size_t>HALVES)
        start = begin + done
        grad = brought(job, 0, start, block, buffers[0])
        for k in range(1, out):
            if k == 1 and not job.sums:
                x = brought(job, 1, start, block, buffers[1])
                continue
            at[k] = job.at[k] + <cnp.npy_intp>start * job.stride[k]
            if job.steps[k] and job.stride[k] != sizeof(float):
                gather(<char *>wide[k], at[k], job.stride[k], block, sizeof(float))
                at[k] = <char *>wide[k]
        to = job.at[out] + <cnp.npy_intp>start * job.stride[out]
        result = <uint16_t *>to
        if apart:
            result = buffers[2]
        found = 0
        if t != NULL and t.way == IN_PIECES:
            chosen.elementwise.choose(block, x, grad, &t.pieces, result)
        elif t != NULL and t.way == IN_REGISTERS:
            in_registers(job, FA_BACKWARD, t.used, grad, x, block, result)
        else:
            # what is not decided at once needs its operands, which the result may replace
            if to == <char *>grad:
                grad = <const uint16_t *>memcpy(buffers[0], grad, block * sizeof(uint16_t))
            if to == <char *>x:
                x = <const uint16_t *>memcpy(buffers[1], x, block * sizeof(uint16_t))
            if t != NULL:
                found = chosen.elementwise.gradient[way](job.half, block, grad, x, <float *>t.table, result, near)
            else:
                at[out] = <char *>wide[0]
                if not job.sums:
                    at[1] = <char *>wide[1]
                    chosen.elementwise.widen[job.half](block, x, wide[1])
                chosen.elementwise.loops[job.activation][FA_F32][FA_DERIVATIVE](block, &at[1], steps)
                found = chosen.elementwise.narrow[job.half](block, wide[0], grad, way, result, near)
        if apart:
            scatter(to, job.stride[out], <char *>result, block, sizeof(uint16_t))
        for j in range(found):
            undecided.halves[0][undecided.n] = grad[near[j]]
            if not job.sums:
                undecided.halves[1][undecided.n] = x[near[j]]
            for k in range(2 - job.sums, out):
                undecided.operands[k][undecided.n] = (<const float *>at[k])[near[j] * job.steps[k]]
            undecided.output[undecided.n] = 0
            undecided.to[undecided.n] = to + <cnp.npy_intp>near[j] * job.stride[out]
            undecided.n += 1
            if undecided.n == BATCH:
                decide_products(job, &undecided)
        done += block
    if undecided.n:
        decide_products(job, &undecided)


cdef void run_halves(const Job *job, size_t begin, size_t n) noexcept nogil:
    cdef const Known *value = NULL
    cdef const Known *slope = NULL
    cdef bint numbers = job.bias == NULL and not job.sums
    cdef int k
    for k in range(job.first_parameter, job.inputs):
        numbers = numbers and not job.steps[k]
    if job.kind == FA_BACKWARD:
        if numbers:
            slope = known_of(job, FA_BACKWARD, n)
        run_gradient(job, slope, begin, n)
        return
    if numbers and job.kind != FA_DERIVATIVE:
        value = known_of(job, FA_VALUE, n)
    if numbers and job.kind != FA_VALUE:
        slope = known_of(job, FA_DERIVATIVE, n)
    if (value != NULL or job.kind == FA_DERIVATIVE) and (slope != NULL or job.kind == FA_VALUE):
        run_all_known(job, value, slope, begin, n)
    else:
        run_widened(job, begin, n)


cdef void run_widened(const Job *job, size_t begin, size_t n) noexcept nogil:
    """Blocks of halves become float32, go through its loop, and are rounded; float64 decides where float32 cannot."""
    cdef float buffers[FA_MAX_OPERANDS][HALVES]
    cdef uint16_t packed[HALVES]
    cdef uint16_t near[HALVES]
    cdef Undecided undecided
    cdef char *at[FA_MAX_OPERANDS]
    cdef char *here
    cdef uint16_t *to
    cdef size_t done = 0, block, i, j, found
    cdef cnp.npy_intp start
    cdef bint apart
    cdef int k, m, first_wide = job.first_parameter - job.sums
    undecided.n = 0
    if job.bias != NULL and job.width == 0:
        for i in range(min(n, <size_t>HALVES)):
            buffers[job.operands][i] = (<const float *>job.bias)[0]
    while done < n:
        block = min(n - done, <size_t>HALVES)
        start = <cnp.npy_intp>(begin + done)
        for k in range(job.operands):
            at[k] = <char *>buffers[k]
            here = job.at[k] + start * job.stride[k]
            if first_wide <= k < job.inputs:
                if not job.steps[k] or job.stride[k] == sizeof(float):
                    at[k] = here
                else:
                    gather(at[k], here, job.stride[k], block, sizeof(float))
            elif k < job.inputs:
                chosen.elementwise.widen[job.half](
                    block, brought(job, k, <size_t>start, block, packed), buffers[k])
        if job.bias != NULL:
            add_bias(job, <size_t>start, block, buffers[0], buffers[job.operands])
        job.loop(block, at, job.steps)
        for k in range(job.inputs, job.operands):
            here = job.at[k] + start * job.stride[k]
            apart = job.stride[k] != sizeof(uint16_t)
            to = <uint16_t *>here
            if apart:
                to = packed
            found = chosen.elementwise.narrow[job.half](block, buffers[k], NULL, 0, to, near)
            if apart:
                scatter(here, job.stride[k], <char *>packed, block, sizeof(uint16_t))
            for j in range(found):
                i = near[j]
                for m in range(job.inputs):
                    undecided.operands[m][undecided.n] = (<const float *>at[m])[i * job.steps[m]]
                undecided.output[undecided.n] = k - job.inputs
                undecided.to[undecided.n] = here + <cnp.npy_intp>i * job.stride[k]
                undecided.n += 1
                if undecided.n == BATCH:
                    decide(job, &undecided)
        done += block
    if undecided.n:
        decide(job, &undecided)


cdef bint streams(const Job *job) noexcept nogil:
    """Whether the results go past the cache.  Not where an output is an input, whose lines are there already; halves, a
    bias and strides are staged in blocks of their own."""
    cdef size_t bytes_ = job.n * job.itemsize
    cdef int k, j
    if chosen.elementwise.stream == NULL or job.half >= 0 or job.bias != NULL or job.staged:
        return False
    for k in range(job.inputs, job.operands):
        if (<size_t>job.at[k] ^ <size_t>job.at[job.inputs]) % 64 or not fa_streams(
                job.at[k], bytes_, job.fresh):
            return False
        for j in range(job.inputs):
            if job.steps[j] and job.at[j] == job.at[k]:
                return False
    return True


cdef void run_part(const Job *job, size_t begin, size_t n, bint past_the_cache) noexcept nogil:
    cdef char *at[FA_MAX_OPERANDS]
    cdef int k
    cdef fa_fp fp = fa_fp_enter()
    if job.half >= 0:
        run_halves(job, begin, n)
    elif job.bias != NULL:
        run_bias(job, begin, n)
    elif job.staged:
        run_staged(job, begin, n)
    else:
        for k in range(job.operands):
            at[k] = job.at[k] + begin * job.itemsize * job.steps[k]
        if past_the_cache:
            chosen.elementwise.stream(
                job.loop, job.inputs, job.operands - job.inputs, job.itemsize, n, at, job.steps)
        else:
            job.loop(n, at, job.steps)
    fa_fp_leave(fp)


cdef void run(const Job *job, double picoseconds) noexcept nogil:
    """The whole job, by as many threads as its cost is worth."""
    cdef size_t unit = PAGE // job.itemsize, part, parts, bytes_ = 0
    cdef cnp.npy_intp b
    cdef bint past_the_cache = streams(job)
    cdef int k, team
    for k in range(job.operands):
        bytes_ += job.n * job.itemsize * job.steps[k]
    team = fa_enter_team(picoseconds, <double>bytes_)
    if team == 1 or job.n == 0:
        run_part(job, 0, job.n, past_the_cache)
    elif bytes_ < team * <size_t>FA_CACHED_BYTES:
        # each thread the part that it had the last time: it may still be in its cache
        part = (job.n + team * unit - 1) // (team * unit) * unit
        parts = (job.n + part - 1) // part
        for b in prange(<cnp.npy_intp>parts, num_threads=team, schedule='static'):
            run_part(job, <size_t>b * part, min(part, job.n - <size_t>b * part), past_the_cache)
    else:
        # in turn, as one core is held up more than another: 5 to 9 % faster at 1 and 16 Mi elements
        part = (job.n + PIECES * team * unit - 1) // (PIECES * team * unit) * unit
        parts = (job.n + part - 1) // part
        for b in prange(<cnp.npy_intp>parts, num_threads=team, schedule='dynamic'):
            run_part(job, <size_t>b * part, min(part, job.n - <size_t>b * part), past_the_cache)
    fa_leave_team(team)


# The types that NumPy knows, and their numbers.
DEF BUILTIN = 3
cdef char NUMBERS[BUILTIN]
NUMBERS[:] = [cnp.NPY_FLOAT, cnp.NPY_DOUBLE, NPY_HALF]


# -- The ufunc's inner loop -------------------------------------------------------------------------------------

cdef struct Inner:
    fa_loop *loop
    fa_loop *wide
    int half
    bint sums                  # of halves, as float32
    int activation, kind, operands, first_parameter, inputs
    size_t itemsize
    double cost


cdef inline bint is_wide(const Inner *inner, int k) noexcept nogil:
    """Whether operand k is float32 where the result is a half."""
    return inner.first_parameter - inner.sums <= k < inner.inputs


cdef void inner_loop(char **args, const cnp.npy_intp *dims, const cnp.npy_intp *steps, void *data) noexcept nogil:
    cdef const Inner *inner = <const Inner *>data
    cdef Job job
    cdef int k
    job.loop = inner.loop
    job.wide = inner.wide
    job.half = inner.half
    job.sums = inner.sums
    job.activation = inner.activation
    job.kind = inner.kind
    job.bias = NULL
    job.n = <size_t>dims[0]
    job.operands = inner.operands
    job.first_parameter = inner.first_parameter
    job.inputs = inner.inputs
    job.itemsize = inner.itemsize
    job.staged = job.fresh = False
    for k in range(job.operands):
        job.at[k] = args[k]
        job.stride[k] = steps[k]
        job.steps[k] = 1
        if steps[k] == 0 and inner.first_parameter <= k < inner.inputs:
            job.steps[k] = 0
        elif steps[k] != <cnp.npy_intp>job.itemsize and job.n > 1:
            job.staged = True
    run(&job, inner.cost * job.n)


cdef int resolve(PyUFuncObject *ufunc, cnp.NPY_CASTING casting, PyArrayObject **operands, PyObject *types,
                 PyArray_Descr **found) except -1:
    """NumPy's way, but for halves, which its search would widen: there the inputs decide, and of the parameters those
    that are arrays."""
    cdef const Inner *inner = <const Inner *>ufunc.data[0]
    cdef PyArrayObject *deciding[FA_MAX_OPERANDS]
    cdef PyArray_Descr *result
    cdef bint halves = False
    cdef int k, number, count = 0
    for k in range(inner.inputs):
        number = PyArray_TYPE(operands[k])
        if number >= NPY_USERDEF and bfloat16 < 0:
            find_bfloat16()
        if type_of_number(number) >= F16:
            halves = True
        elif k >= inner.first_parameter and PyArray_NDIM(operands[k]) == 0:
            continue
        deciding[count] = operands[k]
        count += 1
    if halves and types == NULL:
        result = PyArray_ResultType(count, deciding, 0, NULL)
        if type_of_number((<cnp.dtype>result).num) >= F16:
            for k in range(inner.operands):
                if is_wide(inner, k):
                    found[k] = PyArray_DescrFromType(cnp.NPY_FLOAT)
                else:
                    Py_INCREF(<PyObject *>result)
                    found[k] = result
            halves = True
        else:
            halves = False
        Py_DECREF(<PyObject *>result)
        if halves:
            return 0
    return numpy_resolver(ufunc, casting, operands, types, found)


cdef int find_bfloat16() except -1:
    ml_dtypes = sys.modules.get("ml_dtypes")
    if ml_dtypes is not None:
        use_bfloat16(numpy.dtype(ml_dtypes.bfloat16).num)
    return 0


cdef PyUFunc_TypeResolutionFunc *numpy_resolver = NULL


cdef object make_ufunc(str name, Inner *inner, const char *numbers, int count):
    """A NumPy ufunc of loops for these types; its tables live as long as the process."""
    global numpy_resolver
    cdef int k, t, outputs = inner.operands - inner.inputs
    cdef void **datas = <void **>PyMem_Calloc(count, sizeof(void *))
    cdef cnp.PyUFuncGenericFunction *functions = <cnp.PyUFuncGenericFunction *>PyMem_Calloc(
        count, sizeof(cnp.PyUFuncGenericFunction))
    cdef char *types = <char *>PyMem_Calloc(count * FA_MAX_OPERANDS, 1)
    cdef bytes text = name.encode()
    cdef char *lasting = <char *>PyMem_Calloc(len(text) + 1, 1)
    cdef object ufunc
    cdef PyUFuncObject *raw
    if datas == NULL or functions == NULL or types == NULL or lasting == NULL:
        raise MemoryError
    memcpy(lasting, <char *>text, len(text))
    for t in range(count):
        datas[t] = &inner[t]
        functions[t] = <cnp.PyUFuncGenericFunction>inner_loop
        for k in range(inner.operands):
            types[t * inner.operands + k] = numbers[t]
            if inner[t].half >= 0 and is_wide(&inner[t], k):
                types[t * inner.operands + k] = cnp.NPY_FLOAT
    ufunc = cnp.PyUFunc_FromFuncAndData(functions, datas, types, count, inner.inputs, outputs,
                                        cnp.PyUFunc_None, lasting, NULL, 0)
    raw = <PyUFuncObject *><PyObject *>ufunc
    numpy_resolver = raw.type_resolver
    raw.type_resolver = resolve
    return ufunc


cdef int add_loop(object ufunc, const Inner *inner, int number) except -1:
    cdef int types[FA_MAX_OPERANDS]
    cdef int k
    for k in range(inner.operands):
        types[k] = cnp.NPY_FLOAT if is_wide(inner, k) else number
    return PyUFunc_RegisterLoopForType(<PyUFuncObject *><PyObject *>ufunc, number,
                                       <cnp.PyUFuncGenericFunction>inner_loop, types, <void *>inner)


# -- The callables ------------------------------------------------------------------------------------------------

KINDS = ("value", "derivative", "backward", "value_and_derivative")
DEF LARGEST32 = 3.4028234663852886e38
DEF LARGEST64 = 1.7976931348623157e308
DEF SMALLEST32 = 1.1754943508222875e-38
# Larger arrays that are not as the loops want them are for the slow path: it leaves those of another type to NumPy,
# which converts them in the cache (halves slowly, though), and looks for the best order of rows.
DEF SMALL = 16384
# Numbers of which a short bias becomes a longer one.
DEF SPREAD = 512

# What a call may say beside its inputs; the parameters of a function follow, which have places too.
cdef tuple OPTION_NAMES = ("out", "bias", "axis", "dtype", "where", "approximate", "casting", "order", "subok",
                           "temperature", "softcap", "lengths", "causal", "offset", "sink", "keepdims", "b",
                           "return_sign")
cdef enum:
    OUT, BIAS, AXIS, DTYPE, WHERE, FORM, CASTING, ORDER, SUBOK
    TEMPERATURE, SOFTCAP, LENGTHS, CAUSAL, OFFSET, SINK, KEEPDIMS, WEIGHTS, SIGN, NAMED
    OPTIONS = NAMED + FA_MAX_PARAMETERS
cdef tuple CASTINGS = ("no", "equiv", "safe", "same_kind", "unsafe")
cdef tuple ORDERS = ("K", "A", "C", "F")
cdef tuple NO_OUTS = (None, None)
cdef tuple UFUNC_NAMES = (("out",), ("out", "where"), ("out", "order"), ("out", "where", "order"))


cdef class Callable:
    # What runs a loop itself or hands the call to `slow`, which also knows its docstring and signature.
    cdef vectorcallfunc entry
    cdef int inputs
    cdef int first, places      # so many options may be given by position, from the first on
    cdef tuple options          # the names of the options and parameters, None where there is none
    cdef readonly object slow
    cdef readonly str name, kind
    cdef dict __dict__

    def __repr__(self):
        return f"<{self.__module__}.{self.__qualname__}>"

    def __reduce__(self):
        return self.__qualname__

    @property
    def __signature__(self):
        return self.slow.signature()

    @property
    def max_ulp(self):
        return self.slow.max_ulp()

    def __get__(self, instance, owner):
        return self


cdef inline int read(Callable self, PyObject *const *args, Py_ssize_t given, PyObject *names,
                     PyObject **option) noexcept:
    """Enters what a call says beside its inputs, NULL where that is nothing.  0: it is not for this function, or is
    said twice; 2: it is more than `out`, `bias` and what has a place; names in calls are interned."""
    cdef Py_ssize_t k, j, count = PyTuple_GET_SIZE(<PyObject *>self.options)
    cdef int said = 1
    if given < self.inputs or given > self.inputs + self.places:
        return 0
    memset(option, 0, count * sizeof(option[0]))
    for k in range(self.inputs, given):
        option[self.first + k - self.inputs] = args[k]
    if names == NULL:
        return 1
    for k in range(PyTuple_GET_SIZE(names)):
        j = 0
        while j < count and PyTuple_GET_ITEM(<PyObject *>self.options, j) != PyTuple_GET_ITEM(names, k):
            j += 1
        if j == count or option[j] != NULL:
            return 0
        if BIAS < j < NAMED:
            said = 2
        if args[given + k] != Py_None or not (j == OUT or j == BIAS or j == DTYPE):
            option[j] = args[given + k]
    return said


cdef tuple options_of(taken, parameters=()):
    return (*[name if name in taken else None for name in OPTION_NAMES], *map(intern, parameters))


cdef inline bint is_plain(PyObject *a) noexcept:
    """Exactly an ndarray whose elements lie as the loops want them."""
    return (Py_TYPE(a) == &PyArray_Type
            and PyArray_CHKFLAGS(<PyArrayObject *>a, cnp.NPY_ARRAY_C_CONTIGUOUS | cnp.NPY_ARRAY_ALIGNED)
            and PyArray_ISNOTSWAPPED(<PyArrayObject *>a))


cdef inline bint is_line(PyObject *a) noexcept:
    """Exactly an ndarray of one dimension, whose elements lie at equal distances."""
    return (Py_TYPE(a) == &PyArray_Type and PyArray_NDIM(<PyArrayObject *>a) == 1
            and PyArray_CHKFLAGS(<PyArrayObject *>a, cnp.NPY_ARRAY_ALIGNED)
            and PyArray_ISNOTSWAPPED(<PyArrayObject *>a))


cdef inline bint is_like(PyObject *a, int type, int ndim, const cnp.npy_intp *dims) noexcept:
    """Plain, and of this type and shape."""
    cdef int k
    if not is_plain(a) or PyArray_TYPE(<PyArrayObject *>a) != type or PyArray_NDIM(<PyArrayObject *>a) != ndim:
        return False
    for k in range(ndim):
        if PyArray_DIMS(<PyArrayObject *>a)[k] != dims[k]:
            return False
    return True


cdef inline bint is_of_type(PyObject *a, int type) noexcept:
    return Py_TYPE(a) == &PyArray_Type and PyArray_TYPE(<PyArrayObject *>a) == type


cdef inline bint is_one_of(PyObject *a, tuple known) noexcept:
    cdef Py_ssize_t k
    for k in range(PyTuple_GET_SIZE(<PyObject *>known)):
        if PyTuple_GET_ITEM(<PyObject *>known, k) == a:
            return True
    return False


cdef inline bint is_writeable(PyObject *a) noexcept:
    return PyArray_CHKFLAGS(<PyArrayObject *>a, cnp.NPY_ARRAY_WRITEABLE)


cdef inline bint overlap(const char *a, size_t a_bytes, const char *b, size_t b_bytes) noexcept:
    return a < b + b_bytes and b < a + a_bytes


cdef inline bint share_part(const char *a, size_t a_bytes, const char *b, size_t b_bytes) noexcept:
    """Whether two blocks of memory overlap without being the same."""
    return (a != b or a_bytes != b_bytes) and overlap(a, a_bytes, b, b_bytes)


cdef bint as_double(PyObject *a, double *value):
    """A parameter that is a number, Python's or NumPy's; not one that no double holds."""
    if not (PyLong_Check(a) or PyFloat_Check(a) or PyObject_TypeCheck(a, &PyFloatingArrType_Type)
            or PyObject_TypeCheck(a, &PyIntegerArrType_Type)):
        return False
    value[0] = PyFloat_AsDouble(a)
    if value[0] == -1 and PyErr_Occurred() != NULL:
        PyErr_Clear()
        return False
    return True


cdef inline bint fits_float32(double a) noexcept:
    """NumPy would warn of a number beyond float32."""
    return a == 0 or SMALLEST32 <= fabs(a) <= LARGEST32


cdef int number(PyObject *a, double *bits) noexcept:
    """Stores an input that is a number in its own type, and says which; NPY_NOTYPE: it is none of float32 or float64.
    Python's are float64."""
    cdef int overflow = 0, type
    if PyFloat_CheckExact(a):
        bits[0] = PyFloat_AS_DOUBLE(a)
        return cnp.NPY_DOUBLE
    if PyLong_CheckExact(a):
        bits[0] = <double>PyLong_AsLongLongAndOverflow(a, &overflow)
        return cnp.NPY_NOTYPE if overflow else cnp.NPY_DOUBLE
    if Py_TYPE(a) == &PyDoubleArrType_Type or Py_TYPE(a) == &PyFloatArrType_Type:
        PyArray_ScalarAsCtype(a, bits)
        return cnp.NPY_DOUBLE if Py_TYPE(a) == &PyDoubleArrType_Type else cnp.NPY_FLOAT
    if is_plain(a) and PyArray_NDIM(<PyArrayObject *>a) == 0:
        type = PyArray_TYPE(<PyArrayObject *>a)
        if type == cnp.NPY_DOUBLE or type == cnp.NPY_FLOAT:
            memcpy(bits, PyArray_DATA(<PyArrayObject *>a), 8 if type == cnp.NPY_DOUBLE else 4)
            return type
    return cnp.NPY_NOTYPE


cdef inline bint python_number(PyObject *a, double *value) noexcept:
    """A number that decides no dtype, and that float32 holds as well as another."""
    return ((PyFloat_CheckExact(a) or PyLong_CheckExact(a)) and number(a, value) == cnp.NPY_DOUBLE
            and fits_float32(value[0]))


cdef object as_ndarray(PyObject *a):
    """An exact ndarray itself, one made of a list or tuple, or None."""
    if Py_TYPE(a) == &PyArray_Type:
        return <object>a
    if not PyList_CheckExact(a) and not PyTuple_CheckExact(a):
        return None
    try:
        return PyArray_FromAny(a, NULL, 0, 0, 0, NULL)
    except Exception:       # it comes again from `slow`, with our words around it
        return None


cdef object as_operand(PyObject *a, int type):
    """What takes part beside an array of that type: an array, or a number as one."""
    cdef double number
    if type != cnp.NPY_FLOAT and type != cnp.NPY_DOUBLE or not python_number(a, &number):
        return <object>a
    return PyArray_FromAny(a, PyArray_DescrFromType(type), 0, 0, 0, NULL)


cdef inline PyArray_Descr *new_descr(PyObject *array) noexcept:
    """The array's dtype, as a reference for PyArray_NewFromDescr to take."""
    cdef PyArray_Descr *descr = PyArray_DESCR(<PyArrayObject *>array)
    Py_INCREF(<PyObject *>descr)
    return descr


cdef PyArray_Descr *DESCR[FA_TYPES]
DESCR[:] = [PyArray_DescrFromType(cnp.NPY_FLOAT), PyArray_DescrFromType(cnp.NPY_DOUBLE)]


cdef bint read_axis(PyObject *given, int ndim, int *axis):
    """An int that is an axis, counted from the first."""
    cdef int overflow = 0
    cdef long number
    if not PyLong_CheckExact(given):
        return False
    number = PyLong_AsLongAndOverflow(given, &overflow)
    if overflow or not -ndim <= number < ndim:
        return False
    axis[0] = <int>(number + ndim if number < 0 else number)
    return True


cdef int wanted_type(PyObject *dtype):
    """The number of the float type that `dtype` names, or NPY_NOTYPE."""
    if dtype == <PyObject *>&PyFloatArrType_Type:
        return cnp.NPY_FLOAT
    if dtype == <PyObject *>&PyDoubleArrType_Type:
        return cnp.NPY_DOUBLE
    try:
        found = (<cnp.dtype>numpy.dtype(<object>dtype)).num
    except Exception:       # as in as_ndarray
        return cnp.NPY_NOTYPE
    return found if type_of_number(found) >= 0 else <int>cnp.NPY_NOTYPE


cdef bint convert(PyObject *source, PyObject *to) noexcept:
    """The elements of one plain array in the type of another, rounded once and without a warning.  False: this is not
    for here."""
    cdef int a = type_of_number(PyArray_TYPE(<PyArrayObject *>source))
    cdef int b = type_of_number(PyArray_TYPE(<PyArrayObject *>to))
    cdef const char *x = <const char *>PyArray_DATA(<PyArrayObject *>source)
    cdef char *y = <char *>PyArray_DATA(<PyArrayObject *>to)
    cdef size_t i, n = <size_t>PyArray_SIZE(<PyArrayObject *>source)
    cdef fa_fp fp = fa_fp_enter()
    cdef bint done = True
    if a == FA_F32 and b == FA_F64:
        for i in range(n):
            (<double *>y)[i] = (<const float *>x)[i]
    elif a == FA_F64 and b == FA_F32:
        for i in range(n):
            (<float *>y)[i] = <float>(<const double *>x)[i]
    elif a >= F16 and b == FA_F32:
        chosen.elementwise.widen[a - F16](n, <const uint16_t *>x, <float *>y)
    elif a == FA_F32 and b >= F16:
        chosen.elementwise.narrow[b - F16](n, <const float *>x, NULL, 0, <uint16_t *>y, NULL)
    else:
        done = False
    fa_fp_leave(fp)
    return done


cdef object as_type(object array, int type):
    """An array, made of another unless it is of that type; None: this is not for here."""
    cdef PyObject *a = <PyObject *>array
    cdef int found = PyArray_TYPE(<PyArrayObject *>a)
    if found == type:
        return array
    if found <= cnp.NPY_ULONGLONG and (type == cnp.NPY_FLOAT or type == cnp.NPY_DOUBLE):
        return PyArray_FromAny(a, PyArray_DescrFromType(type), 0, 0, cnp.NPY_ARRAY_FORCECAST, NULL)
    if not is_plain(a) or (type_of_number(found) < F16 and type_of_number(type) < F16
                           and PyArray_SIZE(<PyArrayObject *>a) > SMALL):
        return None
    made = new_of_type(PyArray_DescrFromType(type), PyArray_NDIM(<PyArrayObject *>a), PyArray_DIMS(<PyArrayObject *>a),
                       <size_t>PyArray_SIZE(<PyArrayObject *>a) * SIZE_OF_TYPE[type_of_number(type)])
    return made if convert(a, <PyObject *>made) else None


cdef inline int type_of_integers(int type) noexcept:
    """The float type in which integers and bool of this one are computed."""
    return cnp.NPY_FLOAT if type <= cnp.NPY_USHORT else cnp.NPY_DOUBLE


@cython.final
@cython.no_gc_clear
cdef class Function(Callable):
    # One activation, one kind.
    cdef fa_loop *loops[FA_TYPES]
    cdef Inner *inner                       # of every type, for the ufunc
    cdef Inner inner_sums[FA_HALVES]
    cdef int activation, which, parameters, outputs
    cdef double cost
    cdef double defaults[FA_MAX_OPERANDS]   # NaN: the parameter has to be given
    cdef float defaults32[FA_MAX_OPERANDS]
    cdef bint checked[FA_MAX_OPERANDS]      # not every number will do; every finite one above 0 does
    cdef tuple usual                        # the defaults as objects, None where one has to be given
    cdef public dict forms                  # by `approximate`, where that is a str
    cdef object made, made_sums             # the ufuncs, once somebody asks for them: all would take 2 ms

    def __init__(self, str name not None, str kind not None, slow, defaults=(), checked=()):
        cdef int activation = 0, k, which = KINDS.index(kind)
        cdef double cost
        cdef bytes wanted = name.encode()
        while activation < FA_ACTIVATIONS and strcmp(fa_rows_of_activations[activation].name, wanted) != 0:
            activation += 1
        if activation == FA_ACTIVATIONS:
            raise ValueError(f"no activation {name!r} in activations.def")
        self.name, self.kind, self.slow = name, kind, slow
        names = [p.name for p in slow.parameters]
        taken = {"out", "dtype", "where", "approximate", "casting", "order", "subok"}
        taken |= {"bias"} - set(names)      # a parameter, or what is added to x
        taken |= {"axis" for p in slow.parameters if p.along_axis}
        self.options = options_of(taken, names)
        self.usual = tuple([None if isnan(d) else d for d in defaults])
        self.activation, self.which = activation, which
        self.inputs = 2 if kind == "backward" else 1
        self.outputs = 2 if kind == "value_and_derivative" else 1
        self.parameters = self.places = fa_rows_of_activations[activation].parameters
        self.first = NAMED
        if len(defaults) != self.parameters or len(names) != self.parameters:
            raise ValueError(f"{name} has {self.parameters} parameters in activations.def, {len(defaults)} defaults")
        for k in range(self.parameters):
            self.defaults[k] = defaults[k]
            self.defaults32[k] = <float>self.defaults[k]
            self.checked[k] = checked[k]
        for k in range(FA_TYPES):
            self.loops[k] = chosen.elementwise.loops[activation][k][which]
        self.cost = fa_rows_of_activations[activation].cost[which]
        self.inner = <Inner *>PyMem_Calloc(TYPES, sizeof(Inner))
        if self.inner == NULL:
            raise MemoryError
        for k in range(TYPES):
            cost = self.cost * COST_OF_TYPE[k]
            if k >= F16:
                cost = min(cost, HALF_COST[which])
            self.inner[k] = Inner(self.loops[FA_F32 if k >= F16 else k], self.loops[FA_F64], k - F16, False, activation,
                                  which, self.inputs + self.parameters + self.outputs, self.inputs,
                                  self.inputs + self.parameters, SIZE_OF_TYPE[k], cost)
        for k in range(FA_HALVES):
            self.inner_sums[k] = self.inner[F16 + k]
            self.inner_sums[k].sums = True
        functions.append(self)
        self.entry = <vectorcallfunc><void *>call_function
        offer(self)

    @property
    def __doc__(self):      # one of the base would stand behind this class's own None
        return self.slow.docstring()

    @property
    def ufunc(self):
        self.make_ufuncs()
        return self.made

    @property
    def sums(self):
        """A ufunc of halves, but that x is float32: a sum of halves."""
        self.make_ufuncs()
        return self.made_sums

    cdef int make_ufuncs(self) except -1:
        cdef char half = NPY_HALF
        cdef str name = self.name if self.kind == "value" else f"{self.name}_{self.kind}"
        with cython.critical_section(functions):
            if self.made is None:
                self.made_sums = make_ufunc(name, self.inner_sums, &half, 1)
                self.made = make_ufunc(name, self.inner, NUMBERS, BUILTIN)
                if bfloat16 >= 0:
                    self.add_bfloat16(bfloat16)
        return 0

    cdef int add_bfloat16(self, int number) except -1:
        add_loop(self.made, &self.inner[BF16], number)
        return add_loop(self.made_sums, &self.inner_sums[FA_BF16], number)

    cdef inline bint take(self, int k, PyObject *given, double *as64, float *as32):
        """A parameter (NULL: its default) that is a number and a good one."""
        cdef fa_fp fp
        if given == NULL:
            as64[0], as32[0] = self.defaults[k], self.defaults32[k]
            return not isnan(as64[0])
        if PyFloat_CheckExact(given):
            as64[0] = PyFloat_AS_DOUBLE(given)
        elif not as_double(given, as64):
            return False
        fp = fa_fp_enter()      # the number may be beyond float32
        as32[0] = <float>as64[0]
        fa_fp_leave(fp)
        return not isnan(as64[0]) and (not self.checked[k] or 0 < as64[0] <= LARGEST32)


cdef object call_function(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *names):
    cdef Function self = <Function>callable
    cdef PyObject *option[OPTIONS]
    cdef int said = read(self, args, PyVectorcall_NARGS(nargsf), names, option)
    if said == 1 or (said == 2 and settle(self, option)):
        if option[FORM] != NULL:
            self = self.forms[<object>option[FORM]]
            memset(option + NAMED, 0, FA_MAX_PARAMETERS * sizeof(option[0]))    # it may have some, all by default
        result = call_plain(self, args, option)
        if result is None:
            result = call_other(self, args, option)
        if result is not None:
            return result
    return PyObject_Vectorcall((<Function>callable).slow, args, nargsf, names)


cdef bint settle(Function self, PyObject **option):
    """Leaves out what says nothing.  False: something is to be refused, or is none of the usual."""
    # What a form is computed by takes the same options.
    if option[FORM] != NULL and not (self.forms and PyUnicode_CheckExact(option[FORM])
                                     and <object>option[FORM] in self.forms):
        return False
    if option[WHERE] == Py_True:
        option[WHERE] = NULL
    if option[AXIS] == Py_None:
        option[AXIS] = NULL
    if option[SUBOK] == Py_True or option[SUBOK] == Py_False:   # all are exactly ndarrays
        option[SUBOK] = NULL
    return (option[SUBOK] == NULL and (option[CASTING] == NULL or is_one_of(option[CASTING], CASTINGS))
            and (option[ORDER] == NULL or is_one_of(option[ORDER], ORDERS)))


cdef inline bint spans(const Job *job, int k, const char *out, size_t bytes_) noexcept:
    """Whether operand k, a line, touches the memory of `out` otherwise than being the same."""
    cdef cnp.npy_intp last = <cnp.npy_intp>(job.n - 1) * job.stride[k]
    if job.stride[k] == <cnp.npy_intp>job.itemsize or job.n == 0:
        return False
    return overlap(job.at[k] + min(last, <cnp.npy_intp>0), <size_t>abs(last) + job.itemsize, out, bytes_)


cdef bint set_bias(Job *job, PyObject *bias, int type, int ndim, const cnp.npy_intp *dims, double *spread):
    """What is added to x: a number, or a plain array whose shape is the end of x's.  A short one is repeated."""
    cdef int k, t = FA_F64 if type == cnp.NPY_DOUBLE else FA_F32, ahead
    cdef size_t size = job.itemsize, filled
    cdef fa_fp fp
    job.add = chosen.elementwise.add[t]
    job.width = 1
    if python_number(bias, spread):
        if t == FA_F32:
            fp = fa_fp_enter()
            (<float *>spread)[0] = <float>spread[0]
            fa_fp_leave(fp)
        if job.half >= 0:
            job.width = 0
        job.bias = <const char *>spread
    else:
        if not is_plain(bias) or PyArray_TYPE(<PyArrayObject *>bias) != type:
            return False
        ahead = ndim - PyArray_NDIM(<PyArrayObject *>bias)
        for k in range(PyArray_NDIM(<PyArrayObject *>bias)):
            if PyArray_DIMS(<PyArrayObject *>bias)[k] != 1 or job.width > 1:
                if ahead + k < 0 or PyArray_DIMS(<PyArrayObject *>bias)[k] != dims[ahead + k]:
                    return False
                job.width *= <size_t>dims[ahead + k]
        if ahead < 0 or PyArray_NDIM(<PyArrayObject *>bias) == 0:
            return False
        job.bias = <const char *>PyArray_DATA(<PyArrayObject *>bias)
    if job.half < 0 and 0 < job.width <= SPREAD // 2 and job.width < job.n:
        memmove(spread, job.bias, job.width * size)
        filled = job.width
        while 2 * filled <= SPREAD and filled < job.n:
            memcpy(<char *>spread + filled * size, spread, filled * size)
            filled *= 2
        job.bias, job.width = <const char *>spread, filled
    return True


cdef object call_plain(Function self, PyObject *const *inputs, PyObject **option):
    """Plain arrays or lines of them of one type and shape, and parameters that are numbers: straight to the loop."""
    cdef PyObject *x = inputs[0]
    cdef PyObject *out[2]
    cdef Job job
    cdef int type, t, loop, ndim, k, j
    cdef cnp.npy_intp *dims
    cdef double work
    cdef size_t bytes_
    cdef fa_fp fp
    cdef double parameters64[FA_MAX_OPERANDS]
    cdef float parameters32[FA_MAX_OPERANDS]
    cdef double spread[SPREAD]
    cdef bint lines = not is_plain(x)       # x or grad is one line of elements, not beside each other
    cdef object first, second               # no None to count: these are the nanoseconds of a small call

    if (lines and not is_line(x)) or option[WHERE] != NULL or option[DTYPE] != NULL or option[AXIS] != NULL:
        return None
    type = PyArray_TYPE(<PyArrayObject *>x)
    ndim = PyArray_NDIM(<PyArrayObject *>x)
    dims = PyArray_DIMS(<PyArrayObject *>x)
    t = type_of_number(type)
    if t < 0 or ndim == 0 or (option[ORDER] != NULL and option[ORDER] == PyTuple_GET_ITEM(<PyObject *>ORDERS, 3)):
        return None
    loop = FA_F64 if t == FA_F64 else FA_F32

    job.loop = self.loops[loop]
    job.wide = self.loops[FA_F64]
    job.half = t - F16
    job.sums = False
    job.activation = self.activation
    job.kind = self.which
    job.bias = NULL
    job.n = 1
    for k in range(ndim):
        job.n *= <size_t>dims[k]
    job.itemsize = SIZE_OF_TYPE[t]
    job.first_parameter = self.inputs
    job.inputs = self.inputs + self.parameters
    job.operands = job.inputs + self.outputs
    job.at[0] = <char *>PyArray_DATA(<PyArrayObject *>x)
    job.steps[0] = 1
    if self.inputs == 2:
        if not is_like(inputs[1], type, ndim, dims):
            lines = True
            if (not is_line(inputs[1]) or PyArray_TYPE(<PyArrayObject *>inputs[1]) != type or ndim != 1
                    or PyArray_DIMS(<PyArrayObject *>inputs[1])[0] != dims[0]):
                return None
        job.at[1] = <char *>PyArray_DATA(<PyArrayObject *>inputs[1])
        job.steps[1] = 1
    job.staged = lines
    job.fresh = option[OUT] == NULL
    if job.half >= 0 or lines:
        for k in range(job.operands):
            job.stride[k] = 0 if self.inputs <= k < job.inputs else <cnp.npy_intp>job.itemsize
        if lines:
            for k in range(self.inputs):
                job.stride[k] = PyArray_STRIDES(<PyArrayObject *>inputs[k])[0]
    for k in range(self.parameters):
        if not self.take(k, option[NAMED + k], &parameters64[k], &parameters32[k]):
            return None
        job.at[self.inputs + k] = <char *>&parameters64[k] if loop == FA_F64 else <char *>&parameters32[k]
        job.steps[self.inputs + k] = 0

    if option[BIAS] != NULL and (lines or (job.half >= 0 and job.kind == FA_BACKWARD)
                                 or not set_bias(&job, option[BIAS], type, ndim, dims, spread)):
        return None

    bytes_ = job.n * job.itemsize
    out[0] = out[1] = option[OUT]
    if option[OUT] == NULL:
        first = new_array(x, ndim, dims, bytes_)
        if self.outputs == 2:
            second = new_array(x, ndim, dims, bytes_)
    else:
        if self.outputs == 2:
            if not PyTuple_CheckExact(out[0]) or PyTuple_GET_SIZE(out[0]) != 2:
                return None
            out[0], out[1] = PyTuple_GET_ITEM(option[OUT], 0), PyTuple_GET_ITEM(option[OUT], 1)
        for k in range(self.outputs):
            if not is_like(out[k], type, ndim, dims) or not is_writeable(out[k]):
                return None
        first = <object>out[0]
        if self.outputs == 2:
            second = <object>out[1]
    job.at[job.inputs] = <char *>PyArray_DATA(<PyArrayObject *><PyObject *>first)
    job.steps[job.inputs] = 1
    if self.outputs == 2:
        job.at[job.inputs + 1] = <char *>PyArray_DATA(<PyArrayObject *><PyObject *>second)
        job.steps[job.inputs + 1] = 1
    if option[OUT] != NULL:
        if self.outputs == 2 and overlap(job.at[job.inputs], bytes_, job.at[job.inputs + 1], bytes_):
            return None
        for j in range(job.inputs, job.operands):
            for k in range(self.inputs):    # an input may be an output itself, but not share a part with it
                if job.staged and spans(&job, k, job.at[j], bytes_):
                    return None
                if share_part(job.at[k], bytes_, job.at[j], bytes_):
                    return None
            if job.bias != NULL and overlap(job.bias, job.width * job.itemsize, job.at[j], bytes_):
                return None

    work = self.inner[t].cost * <double>job.n
    if work >= GIL_WORK:
        with nogil:
            run(&job, work)
    elif job.bias != NULL or job.half >= 0 or lines:
        run_part(&job, 0, job.n, False)
    else:
        fp = fa_fp_enter()
        job.loop(job.n, job.at, job.steps)
        fa_fp_leave(fp)
    if self.outputs == 2:
        return first, second
    return first


cdef object call_other(Function self, PyObject *const *inputs, PyObject **option):
    """Numbers alone are computed as they are; lists, integers, bool and another dtype become float arrays; what is not
    plain then either is NumPy's, which calls the loops."""
    cdef PyObject *again[2]
    cdef PyObject *out = option[OUT]
    cdef double bits[2]
    cdef int type = number(inputs[self.inputs - 1], bits + self.inputs - 1), wanted, k
    cdef list held
    cdef bint bare = True
    if out != NULL and self.outputs == 1 and PyTuple_CheckExact(out):
        if PyTuple_GET_SIZE(out) != 1 or PyTuple_GET_ITEM(out, 0) == Py_None:
            return None
        out = option[OUT] = PyTuple_GET_ITEM(out, 0)
    if type != cnp.NPY_NOTYPE:
        for k in range(NAMED):
            bare = bare and option[k] == NULL
        if bare and (self.inputs == 1 or number(inputs[0], bits) == type):
            return call_numbers(self, option, type, bits)
        return None
    held = [as_ndarray(inputs[k]) for k in range(self.inputs)]
    if held[self.inputs - 1] is None:
        return None
    if held[0] is None:         # a number as the gradient
        held[0] = as_operand(inputs[0], (<cnp.ndarray>held[1]).descr.type_num)
        if Py_TYPE(<PyObject *>held[0]) != &PyArray_Type:
            return None
    wanted = type = (<cnp.ndarray>held[0]).descr.type_num
    k = (<cnp.ndarray>held[self.inputs - 1]).descr.type_num
    if option[DTYPE] != NULL:
        wanted = wanted_type(option[DTYPE])
        if wanted == cnp.NPY_NOTYPE:
            return None
        option[DTYPE] = NULL
    elif type != k and type in (cnp.NPY_FLOAT, cnp.NPY_DOUBLE) and k in (cnp.NPY_FLOAT, cnp.NPY_DOUBLE):
        wanted = cnp.NPY_DOUBLE
    elif type != k:
        return None
    elif type <= cnp.NPY_ULONGLONG:
        wanted = type_of_integers(type)
    if option[CASTING] != NULL and (wanted != type or wanted != k):
        return None
    for k in range(self.inputs):
        held[k] = as_type(held[k], wanted)
        if held[k] is None:
            return None
        again[k] = <PyObject *>held[k]
    if (out != NULL and Py_TYPE(out) == &PyArray_Type and PyArray_TYPE(<PyArrayObject *>out) != wanted
            and option[CASTING] == NULL and PyArray_SIZE(<PyArrayObject *>out) <= SMALL):
        option[OUT] = NULL
        result = call_plain(self, again, option)
        if (result is None or self.outputs == 2 or not is_writeable(out)
                or not is_like(out, PyArray_TYPE(<PyArrayObject *>out), (<cnp.ndarray>result).ndim,
                               (<cnp.ndarray>result).shape)
                or not convert(<PyObject *>result, out)):
            return None
        return <object>out
    result = call_plain(self, again, option)
    if result is None:
        result = call_ufunc(self, again, option)
    return result


cdef object call_ufunc(Function self, PyObject *const *inputs, PyObject **option):
    """Arrays of one type, of any strides, parameters among them: NumPy does what the slow path would do, unless it
    refuses."""
    cdef PyObject *operands[FA_MAX_OPERANDS + 3]
    cdef PyObject *given
    cdef object before = None, x, laid
    cdef PyObject *named
    cdef double as64
    cdef float as32
    cdef int k, type = PyArray_TYPE(<PyArrayObject *>inputs[0]), ndim, axis
    if type_of_number(type) < 0 or type == bfloat16 or option[CASTING] != NULL:     # of another byte order, perhaps
        return None
    for k in range(self.inputs):
        if not is_of_type(inputs[k], type):
            return None
        operands[k] = inputs[k]
    ndim = PyArray_NDIM(<PyArrayObject *>inputs[self.inputs - 1])
    if option[BIAS] != NULL:
        if type == NPY_HALF or not is_of_type(option[BIAS], type):
            return None
        with numpy.errstate(all="ignore"):
            try:
                x = numpy.add(<object>inputs[self.inputs - 1], <object>option[BIAS])
            except ValueError:
                return None
        if not is_of_type(<PyObject *>x, type) or not PyArray_SAMESHAPE(
                <PyArrayObject *><PyObject *>x, <PyArrayObject *>inputs[self.inputs - 1]):
            return None
        operands[self.inputs - 1] = <PyObject *>x
    if option[AXIS] != NULL and not read_axis(option[AXIS], ndim, &axis):
        return None
    for k in range(self.parameters):
        given = option[NAMED + k]
        if given == NULL:
            given = <PyObject *>self.usual[k]
            if given == Py_None:
                return None
        elif PyFloat_CheckExact(given):
            if not self.take(k, given, &as64, &as32) or not fits_float32(as64):
                return None
        elif type == NPY_HALF or not is_of_type(given, type):
            return None
        elif option[AXIS] != NULL:
            if PyArray_NDIM(<PyArrayObject *>given) != 1:
                return None
            laid = (<object>given).reshape((-1,) + (1,) * (ndim - 1 - axis))    # one function has such a parameter
            given = <PyObject *>laid
        operands[self.inputs + k] = given
    k = self.inputs + self.parameters
    # Said, it spares NumPy's warning that `where` leaves the rest as it is.
    operands[k] = Py_None if self.outputs == 1 else <PyObject *>NO_OUTS
    if option[OUT] != NULL:
        if self.outputs == 2 or not is_of_type(option[OUT], type) or not is_writeable(option[OUT]):
            return None
        operands[k] = option[OUT]
    elif fa_pool_takes(cnp.PyArray_NBYTES(<cnp.ndarray>inputs[0])):
        before = PyDataMem_SetHandler(pool_handler)
    try:
        if option[WHERE] != NULL:
            if not is_of_type(option[WHERE], cnp.NPY_BOOL):
                return None
            k += 1
            operands[k] = option[WHERE]
        if option[ORDER] != NULL:
            k += 1
            operands[k] = option[ORDER]
        named = PyTuple_GET_ITEM(<PyObject *>UFUNC_NAMES, (option[WHERE] != NULL) + 2 * (option[ORDER] != NULL))
        return PyObject_Vectorcall(self.ufunc, operands, self.inputs + self.parameters, named)
    except ValueError:      # shapes: `slow` has our words for them
        return None
    finally:
        if before is not None:
            PyDataMem_SetHandler(before)


cdef object call_numbers(Function self, PyObject **option, int type, double *bits):
    """All inputs are numbers of one type: so is the result."""
    cdef char *at[FA_MAX_OPERANDS]
    cdef unsigned char steps[FA_MAX_OPERANDS]
    cdef double parameters64[FA_MAX_OPERANDS]
    cdef float parameters32[FA_MAX_OPERANDS]
    cdef double results[2]
    cdef int k, first = self.inputs + self.parameters, t = FA_F64 if type == cnp.NPY_DOUBLE else FA_F32
    cdef fa_fp fp
    for k in range(self.parameters):
        if not self.take(k, option[NAMED + k], &parameters64[k], &parameters32[k]):
            return None
        at[self.inputs + k] = <char *>&parameters64[k] if t == FA_F64 else <char *>&parameters32[k]
        steps[self.inputs + k] = 0
    for k in range(self.inputs):
        at[k] = <char *>&bits[k]
        steps[k] = 1
    for k in range(self.outputs):
        at[first + k] = <char *>&results[k]
        steps[first + k] = 1
    fp = fa_fp_enter()
    self.loops[t](1, at, steps)
    fa_fp_leave(fp)
    if self.outputs == 1:
        return PyArray_Scalar(results, DESCR[t], NULL)
    return PyArray_Scalar(results, DESCR[t], NULL), PyArray_Scalar(results + 1, DESCR[t], NULL)


# -- A learned slope: dx, and with it the gradient of the weight -------------------------------------------------------

# Rows that are summed in one go, and their columns: at least, and at most.
DEF SLOPE_ROWS = 64
DEF SLOPE_LEAST = 64
DEF SLOPE_MOST = 1024
# Elements that are summed before dx is computed of them; those that are worth writing past the cache.
DEF SLOPE_BLOCK = 2048
DEF SLOPE_STREAMED = 512


cdef struct Slopes:
    # `problems` times `length` numbers in rows of `width` columns, of which a unit takes SLOPE_ROWS and `tile`.  After
    # `period` columns their weights begin again; `share` columns in turn have one.
    fa_loop *loop
    fa_slope_sums *sums
    size_t itemsize
    const char *grad
    const char *x
    char *dx                   # NULL: the sums alone
    const char *weight         # of each problem in turn, `channels` of them; or of each column
    bint by_column, past_the_cache
    size_t problems, length, width, tile, period, share, channels
    size_t groups, tiles, counts    # of a problem, of a row, sums of a unit
    double *parts


cdef void add_slopes(const Slopes *s, size_t begin, size_t rows, size_t columns, const char *weight,
                     double *sums) noexcept nogil:
    """So many rows from that element on: into the sums of their columns and, as they are in the cache, into dx."""
    cdef size_t row, at, size = s.itemsize
    cdef char *o[4]
    cdef unsigned char steps[4]
    s.sums(rows, columns, s.width, s.grad + begin * size, s.x + begin * size, sums)
    if s.dx == NULL:
        return
    steps[0] = steps[1] = steps[3] = 1
    steps[2] = s.by_column
    if not s.by_column:     # they are one piece
        rows, columns = 1, rows * columns
    for row in range(rows):
        at = (begin + row * s.width) * size
        o[0], o[1], o[2], o[3] = <char *>s.grad + at, <char *>s.x + at, <char *>weight, s.dx + at
        if s.past_the_cache and columns >= SLOPE_STREAMED:
            chosen.elementwise.stream(s.loop, 3, 1, size, columns, o, steps)
        else:
            s.loop(columns, o, steps)


cdef void run_slopes(const Slopes *s, size_t unit) noexcept nogil:
    cdef double sums[SLOPE_MOST + 16]       # a register may go beyond the last column
    cdef size_t tile = unit % s.tiles, group = unit // s.tiles % s.groups, problem = unit // s.tiles // s.groups
    cdef size_t column = tile * s.tile, columns = min(s.tile, s.width - column)
    cdef size_t begin = problem * s.length + group * SLOPE_ROWS * s.width + column
    cdef size_t left = min(s.length - group * SLOPE_ROWS * s.width, SLOPE_ROWS * s.width)
    cdef size_t rows = left // s.width, rest = left % s.width, repeats = s.width // s.period
    cdef size_t some = max(SLOPE_BLOCK // columns, <size_t>1), i, j
    cdef const char *weight = s.weight + (column if s.by_column else problem % s.channels) * s.itemsize
    cdef double total
    cdef fa_fp fp = fa_fp_enter()
    memset(sums, 0, (columns + 16) * sizeof(double))
    i = 0
    while i < rows:
        add_slopes(s, begin + i * s.width, min(some, rows - i), columns, weight, sums)
        i += some
    if rest:
        add_slopes(s, begin + rows * s.width, 1, rest, weight, sums)
    while repeats > 1:          # a power of two
        repeats //= 2
        for j in range(repeats * s.period):
            sums[j] += sums[j + repeats * s.period]
    for i in range(min(columns, s.period) // s.share):
        total = 0
        for j in range(s.share):
            total += sums[i * s.share + j]
        s.parts[unit * s.counts + i] = total
    fa_fp_leave(fp)


cdef int run_all_slopes(Slopes *s, size_t outer, size_t channels, size_t inner, double cost, double *dweight) except -1:
    """All units, whose bounds the shape alone decides; their sums in turn, so that one thread and many give the same
    bits."""
    cdef size_t units, n = outer * channels * inner, i, channel, unit
    cdef double work, a, b, rounded
    cdef double *totals
    cdef double *lost
    cdef char *spread = NULL
    cdef cnp.npy_intp u
    cdef int team
    cdef fa_fp fp
    s.channels = channels
    s.by_column = channels > 1 and inner < SLOPE_LEAST
    if s.by_column:
        s.problems, s.length, s.share, s.period = 1, n, inner, channels * inner
        s.width = s.period
        while s.width < SLOPE_LEAST:
            s.width *= 2
        s.tile = s.width if s.width <= SLOPE_MOST else SLOPE_MOST // inner * inner
    else:
        s.length = n if channels == 1 else inner
        s.problems = n // s.length
        s.share = s.period = 1
        s.width = s.tile = SLOPE_LEAST
    s.groups = (s.length + SLOPE_ROWS * s.width - 1) // (SLOPE_ROWS * s.width)
    s.tiles = (s.width + s.tile - 1) // s.tile
    s.counts = min(s.tile, s.period) // s.share
    units = s.problems * s.groups * s.tiles
    totals = <double *>calloc(2 * channels + units * s.counts, sizeof(double))
    if s.by_column and s.dx != NULL:
        spread = <char *>malloc(s.width * s.itemsize)
    if totals == NULL or (spread == NULL and s.by_column and s.dx != NULL):
        free(totals)
        free(spread)
        raise MemoryError
    lost, s.parts = totals + channels, totals + 2 * channels
    if spread != NULL:
        for i in range(s.width):
            memcpy(spread + i * s.itemsize, s.weight + i % s.period // inner * s.itemsize, s.itemsize)
        s.weight = spread
    work = cost * <double>n
    if work < GIL_WORK:
        for u in range(<cnp.npy_intp>units):
            run_slopes(s, <size_t>u)
    else:
        with nogil:
            team = fa_enter_team(work, 3.0 * <double>(n * s.itemsize))
            if team > 1:
                for u in prange(<cnp.npy_intp>units, num_threads=team, schedule='static'):
                    run_slopes(s, <size_t>u)
            else:
                for u in range(<cnp.npy_intp>units):
                    run_slopes(s, <size_t>u)
            fa_leave_team(team)
    fp = fa_fp_enter()
    for unit in range(units):
        for i in range(s.counts):
            if s.by_column:
                channel = unit % s.tiles * s.counts + i
                if channel >= channels:
                    break
            else:
                channel = unit // s.groups % channels
            a, b = totals[channel], s.parts[unit * s.counts + i]    # Knuth: what the addition rounds away is kept
            totals[channel] = a + b
            rounded = totals[channel] - a
            lost[channel] += (a - (totals[channel] - rounded)) + (b - rounded)
    for channel in range(channels):
        dweight[channel] = totals[channel]
        if fabs(totals[channel]) <= LARGEST64:
            dweight[channel] += lost[channel]
    fa_fp_leave(fp)
    free(totals)
    free(spread)
    return 0


def slope_sums(cnp.ndarray grad not None, cnp.ndarray x not None):
    """The products grad * x where x is not above 0, summed over the first and the last axis of [outer][n][inner]: in
    float64, of plain arrays of float32 or float64."""
    cdef Slopes s
    cdef int type = cnp.PyArray_TYPE(x), t = type == cnp.NPY_DOUBLE
    cdef cnp.npy_intp *dims = cnp.PyArray_DIMS(x)
    if (type not in (cnp.NPY_FLOAT, cnp.NPY_DOUBLE) or not is_like(<PyObject *>x, type, 3, dims)
            or not is_like(<PyObject *>grad, type, 3, dims)):
        raise ValueError("slope_sums: two plain arrays of three dimensions and one float dtype")
    cdef cnp.ndarray sums = numpy.zeros(dims[1])
    if cnp.PyArray_SIZE(x) > 0:
        s.sums, s.itemsize = chosen.elementwise.slope_sums[t], 8 if t else 4
        s.grad, s.x, s.dx = <const char *>cnp.PyArray_DATA(grad), <const char *>cnp.PyArray_DATA(x), NULL
        run_all_slopes(&s, dims[0], dims[1], dims[2], MUL_COST * COST_OF_TYPE[t], <double *>cnp.PyArray_DATA(sums))
    return sums


@cython.final
@cython.no_gc_clear
cdef class Learned(Callable):
    # The backward of an activation with one parameter, a slope where x is not above 0, that is learned: (dx, dweight).
    cdef readonly Function dx

    def __init__(self, Function dx not None, slow):
        self.name, self.kind, self.slow, self.dx = dx.name, dx.kind, slow, dx
        self.options = options_of({"out", "axis"}, [p.name for p in dx.slow.parameters])
        self.inputs, self.first, self.places = 2, NAMED, 1
        self.entry = <vectorcallfunc><void *>call_learned

    @property
    def __doc__(self):
        return self.slow.docstring()


cdef object call_learned(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *names):
    cdef Learned self = <Learned>callable
    cdef PyObject *option[OPTIONS]
    if read(self, args, PyVectorcall_NARGS(nargsf), names, option):
        result = call_slopes(self.dx, args[0], args[1], option)
        if result is not None:
            return result
    return PyObject_Vectorcall(self.slow, args, nargsf, names)


cdef object call_slopes(Function self, PyObject *grad, PyObject *x, PyObject **option):
    """Plain arrays of one type and shape, and a weight that is a number or lies along neighbouring axes; else None."""
    cdef PyObject *weight = option[NAMED]
    cdef PyObject *out = option[OUT]
    cdef Slopes s
    cdef int type, t, ndim, first, last, ahead, k
    cdef size_t outer = 1, channels = 1, inner = 1, bytes_
    cdef cnp.npy_intp *dims
    cdef double w64, one
    cdef float w32
    cdef object dx, dweight, sums_of = None
    cdef double *sums = &one
    cdef fa_fp fp
    if not is_plain(x) or weight == NULL:
        return None
    type, ndim = PyArray_TYPE(<PyArrayObject *>x), PyArray_NDIM(<PyArrayObject *>x)
    dims = PyArray_DIMS(<PyArrayObject *>x)
    if (type != cnp.NPY_FLOAT and type != cnp.NPY_DOUBLE) or ndim == 0 or not is_like(grad, type, ndim, dims):
        return None
    t = type == cnp.NPY_DOUBLE
    s.itemsize = 8 if t else 4
    bytes_ = <size_t>cnp.PyArray_NBYTES(<cnp.ndarray>x)
    if bytes_ == 0:
        return None
    first, last = ndim, ndim - 1        # the axes along which the weight lies
    ahead = ndim                        # its first axis is this one
    if option[AXIS] != NULL and option[AXIS] != Py_None:
        if not read_axis(option[AXIS], ndim, &ahead):
            return None
    if self.take(0, weight, &w64, &w32):
        s.weight = <const char *>&w64 if t else <const char *>&w32
    else:
        if not is_plain(weight) or PyArray_TYPE(<PyArrayObject *>weight) != type:
            return None
        if ahead == ndim:
            ahead -= PyArray_NDIM(<PyArrayObject *>weight)
        elif PyArray_NDIM(<PyArrayObject *>weight) != 1:
            return None
        if ahead < 0:
            return None
        for k in range(PyArray_NDIM(<PyArrayObject *>weight)):
            if PyArray_DIMS(<PyArrayObject *>weight)[k] != 1:
                first, last = min(first, ahead + k), ahead + k
        for k in range(first, last + 1):
            if PyArray_DIMS(<PyArrayObject *>weight)[k - ahead] != dims[k]:
                return None
        s.weight = <const char *>PyArray_DATA(<PyArrayObject *>weight)
    for k in range(ndim):
        if k < first:
            outer *= <size_t>dims[k]
        elif k <= last:
            channels *= <size_t>dims[k]
        else:
            inner *= <size_t>dims[k]
    if out == NULL:
        dx = new_array(x, ndim, dims, bytes_)
    else:
        if not is_like(out, type, ndim, dims) or not is_writeable(out):
            return None
        dx = <object>out
    s.dx = <char *>PyArray_DATA(<PyArrayObject *><PyObject *>dx)
    s.grad = <const char *>PyArray_DATA(<PyArrayObject *>grad)
    s.x = <const char *>PyArray_DATA(<PyArrayObject *>x)
    if (share_part(s.grad, bytes_, s.dx, bytes_) or share_part(s.x, bytes_, s.dx, bytes_)
            or overlap(s.weight, channels * s.itemsize, s.dx, bytes_)):
        return None
    s.loop, s.sums = self.loops[t], chosen.elementwise.slope_sums[t]
    s.past_the_cache = (chosen.elementwise.stream != NULL and s.dx != s.grad and s.dx != s.x
                        and fa_streams(s.dx, bytes_, out == NULL))
    if Py_TYPE(weight) == &PyArray_Type:
        sums_of = PyArray_NewFromDescr(&PyArray_Type, PyArray_DescrFromType(cnp.NPY_DOUBLE), PyArray_NDIM(
            <PyArrayObject *>weight), PyArray_DIMS(<PyArrayObject *>weight), NULL, NULL, 0, NULL)
        sums = <double *>PyArray_DATA(<PyArrayObject *><PyObject *>sums_of)
    run_all_slopes(&s, outer, channels, inner, (self.cost + MUL_COST) * COST_OF_TYPE[t], sums)
    if sums_of is None or PyArray_NDIM(<PyArrayObject *>weight) == 0:
        w64 = sums[0]
        fp = fa_fp_enter()
        w32 = <float>w64
        fa_fp_leave(fp)
        return dx, PyArray_Scalar(<void *>&w64 if t else <void *>&w32, DESCR[t], NULL)
    if t:
        return dx, sums_of
    dweight = new_array(weight, PyArray_NDIM(<PyArrayObject *>weight), PyArray_DIMS(<PyArrayObject *>weight), 0)
    convert(<PyObject *>sums_of, <PyObject *>dweight)
    return dx, dweight


# -- Gates: value * f(gate) ----------------------------------------------------------------------------------------

# Elements of a gate that are worked on at a time.
DEF GATE_BLOCK = 1024


cdef struct Gate:
    fa_loop *activation
    fa_loop *slope             # of the activation's backward, for the backward
    fa_loop *mul
    int parameters
    double p64[FA_MAX_OPERANDS]
    float p32[FA_MAX_OPERANDS]
    size_t inner, blocks, itemsize
    # value, gate -> out, or grad, value, gate -> dvalue, dgate: rows of `inner` elements so many bytes apart
    int operands
    char *at[5]
    cnp.npy_intp stride[5]


cdef void run_gate(const Gate *g, size_t begin, size_t end) noexcept nogil:
    """The blocks from `begin` to `end`.  An output may be an input: nothing is written before all is read."""
    cdef double buffers[2][GATE_BLOCK]
    cdef char *a = <char *>buffers[0]
    cdef char *b = <char *>buffers[1]
    cdef char *at[FA_MAX_OPERANDS]
    cdef char *part[5]
    cdef unsigned char steps[FA_MAX_OPERANDS]
    cdef size_t u, start, n
    cdef int k, first
    cdef fa_fp fp = fa_fp_enter()
    for u in range(begin, end):
        start = u % g.blocks * GATE_BLOCK
        n = min(g.inner - start, <size_t>GATE_BLOCK)
        for k in range(g.operands):
            part[k] = g.at[k] + <cnp.npy_intp>(u // g.blocks) * g.stride[k] + start * g.itemsize
        first = g.operands == 5     # grad comes first
        for k in range(FA_MAX_OPERANDS):
            steps[k] = k == 0 or k > g.parameters
            if 0 < k <= g.parameters:
                at[k] = <char *>&g.p64[k - 1] if g.itemsize == 8 else <char *>&g.p32[k - 1]
        at[0] = part[first + 1]
        at[1 + g.parameters] = a
        g.activation(n, at, steps)
        if not first:
            at[0], at[1], at[2] = part[0], a, part[2]
            steps[1] = steps[2] = 1
            g.mul(n, at, steps)
            continue
        steps[0] = steps[1] = steps[2] = 1
        at[0], at[1], at[2] = part[0], a, a
        g.mul(n, at, steps)
        at[0], at[1], at[2] = part[0], part[1], b
        g.mul(n, at, steps)
        for k in range(g.parameters):
            at[2 + k] = <char *>&g.p64[k] if g.itemsize == 8 else <char *>&g.p32[k]
            steps[2 + k] = 0
        at[0], at[1], at[2 + g.parameters] = b, part[2], b
        steps[2 + g.parameters] = 1
        g.slope(n, at, steps)
        memcpy(part[3], a, n * g.itemsize)
        memcpy(part[4], b, n * g.itemsize)
    fa_fp_leave(fp)


def gate(Function activation not None, Function backward not None, tuple arrays not None):
    """value, gate, out, or grad, value, gate, dvalue, dgate: [rows][inner] of one float type, each row contiguous.  An
    output may be an input, but not share a part with one."""
    cdef Gate g
    cdef int k, t
    cdef cnp.ndarray a = arrays[0]
    cdef int type = cnp.PyArray_TYPE(a)
    g.operands = len(arrays)
    if g.operands not in (3, 5) or type not in (cnp.NPY_FLOAT, cnp.NPY_DOUBLE):
        raise ValueError("gate: three or five arrays of float32 or float64")
    t = type == cnp.NPY_DOUBLE
    g.itemsize = 8 if t else 4
    full = (<object>a).shape
    for k in range(g.operands):
        a = arrays[k]
        if (cnp.PyArray_NDIM(a) != 2 or cnp.PyArray_TYPE(a) != type or not cnp.PyArray_ISALIGNED(a)
                or not PyArray_ISNOTSWAPPED(<PyArrayObject *><PyObject *>a) or (<object>a).shape != full
                or (full[1] > 1 and full[0] > 0 and cnp.PyArray_STRIDES(a)[1] != <cnp.npy_intp>g.itemsize)):
            raise ValueError("gate: the arrays must be [rows][inner], each row contiguous, of one type and shape")
        if k >= g.operands // 2 + 1 and not cnp.PyArray_ISWRITEABLE(a):
            raise ValueError("gate: out is read-only")
        g.at[k] = <char *>cnp.PyArray_DATA(a)
        g.stride[k] = cnp.PyArray_STRIDES(a)[0]
    g.inner = full[1]
    run_gates(&g, activation, backward, full[0], t)


cdef void run_gates(Gate *g, Function activation, Function backward, size_t rows, int t):
    cdef int k, team
    cdef size_t units, part
    cdef cnp.npy_intp b
    cdef double work
    g.activation, g.slope, g.mul = activation.loops[t], backward.loops[t], chosen.elementwise.mul[t]
    g.parameters = activation.parameters
    for k in range(g.parameters):
        g.p64[k] = activation.defaults[k]
        g.p32[k] = <float>activation.defaults[k]
    g.blocks = (g.inner + GATE_BLOCK - 1) // GATE_BLOCK
    units = rows * g.blocks
    work = (activation.cost + MUL_COST) * COST_OF_TYPE[t]
    if g.operands == 5:
        work += (backward.cost + MUL_COST) * COST_OF_TYPE[t]
    work *= <double>rows * <double>g.inner
    if work < GIL_WORK:
        run_gate(g, 0, units)
        return
    with nogil:
        team = fa_enter_team(work, <double>(units * GATE_BLOCK * g.itemsize * g.operands))
        if team > 1:
            part = (units + team - 1) // team
            for b in prange(team, num_threads=team, schedule='static'):
                run_gate(g, min(units, <size_t>b * part), min(units, <size_t>(b + 1) * part))
        else:
            run_gate(g, 0, units)
        fa_leave_team(team)


cdef object gated_halves(Function activation, Function backward, grad, value, gate, axis, int type):
    """The same of small arrays of halves, in float32."""
    cdef list held = [grad, value, gate]
    cdef int k
    for k in range(3):
        if held[k] is not None:
            held[k] = as_type(held[k], cnp.NPY_FLOAT) if is_of_type(<PyObject *>held[k], type) else None
            if held[k] is None:
                return None
    result = gated(activation, backward, held[0], held[1], held[2], axis, None)
    if isinstance(result, tuple):
        return as_type(result[0], type), as_type(result[1], type)
    return None if result is None else as_type(result, type)


def gated(Function activation not None, Function backward not None, grad, value, gate, axis, out):
    """value * activation(gate) of two plain arrays of one type and shape, or without `gate` of the two halves of
    `value` along an axis; with `grad` their gradients.  None: they are not plain, or there is something to refuse."""
    cdef Gate g
    cdef PyObject *a = <PyObject *>value
    cdef PyObject *arrays[3]
    cdef int k, j, along = -1, type, ndim, inputs = 2 + (grad is not None), t
    cdef const cnp.npy_intp *full
    cdef cnp.npy_intp half[64]
    cdef const cnp.npy_intp *shape = half
    cdef size_t rows = 1, inner = 1, bytes_
    cdef size_t sizes[3]
    cdef object result, second = None
    if not is_plain(a):
        return None
    type, ndim = PyArray_TYPE(<PyArrayObject *>a), PyArray_NDIM(<PyArrayObject *>a)
    if type_of_number(type) >= F16 and out is None:
        return gated_halves(activation, backward, grad, value, gate, axis, type)
    if (type != cnp.NPY_FLOAT and type != cnp.NPY_DOUBLE) or ndim == 0 or PyArray_SIZE(<PyArrayObject *>a) == 0:
        return None
    full = PyArray_DIMS(<PyArrayObject *>a)
    if gate is None:
        if not read_axis(<PyObject *>axis, ndim, &along) or full[along] % 2:
            return None
    elif not is_like(<PyObject *>gate, type, ndim, full):
        return None
    for k in range(ndim):
        half[k] = full[k] // (1 + (k == along))
        if k < along:
            rows *= <size_t>half[k]
        else:
            inner *= <size_t>half[k]
    if grad is not None and not is_like(<PyObject *>grad, type, ndim, half):
        return None
    t = type == cnp.NPY_DOUBLE
    g.itemsize = 8 if t else 4
    g.inner, g.operands = inner, 2 * inputs - 1
    for k in range(g.operands):
        g.stride[k] = <cnp.npy_intp>(inner * g.itemsize)
    sizes[0] = sizes[1] = sizes[2] = bytes_ = rows * inner * g.itemsize
    arrays[0], arrays[inputs - 2], arrays[inputs - 1] = <PyObject *>grad, a, <PyObject *>gate
    for k in range(inputs):
        g.at[k] = <char *>PyArray_DATA(<PyArrayObject *>arrays[k]) if arrays[k] != Py_None else NULL
    if gate is None:
        inputs -= 1         # for what follows: value and gate are one array
        sizes[inputs - 1] *= 2
        g.stride[inputs - 1] = g.stride[inputs] = 2 * g.stride[inputs]
        g.at[inputs] = g.at[inputs - 1] + inner * g.itemsize
    if grad is not None:
        shape, bytes_ = full, sizes[inputs - 1]
    result = out
    if out is None:
        result = new_array(a, ndim, shape, bytes_)
    elif (not is_like(<PyObject *>out, type, ndim, shape) or not is_writeable(<PyObject *>out)
            or (grad is not None and gate is not None)):
        return None
    k = g.operands // 2 + 1         # the first output
    g.at[k] = <char *>PyArray_DATA(<PyArrayObject *><PyObject *>result)
    if out is not None:
        for j in range(inputs):
            if share_part(g.at[j], sizes[j], g.at[k], bytes_):
                return None
    if grad is not None and gate is None:
        g.stride[k] = g.stride[k + 1] = g.stride[inputs]
        g.at[k + 1] = g.at[k] + inner * g.itemsize
    elif grad is not None:
        second = new_array(a, ndim, full, bytes_)
        g.at[k + 1] = <char *>PyArray_DATA(<PyArrayObject *><PyObject *>second)
    run_gates(&g, activation, backward, rows, t)
    return result if second is None else (result, second)


# -- Rows ---------------------------------------------------------------------------------------------------------

ROW_KINDS = ("softmax", "log_softmax", "logsumexp", "softmax_backward", "log_softmax_backward", "logsumexp_backward")


cdef void run_outer(const fa_row_entry *entry, const fa_row_call *call, size_t begin, size_t end,
                    size_t inner_begin, size_t inner_end) noexcept nogil:
    cdef fa_fp fp = fa_fp_enter()
    entry.loop(call, begin, end, inner_begin, inner_end)
    fa_fp_leave(fp)


cdef void run_partial(const fa_row_entry *entry, const fa_row_call *call, size_t row, int stage, size_t begin,
                      size_t end, const fa_row_state *state, fa_row_part *part) noexcept nogil:
    cdef fa_fp fp = fa_fp_enter()
    cdef size_t block
    for block in range(begin, end):
        entry.partial(call, row, stage, block, state, &part[block])
    fa_fp_leave(fp)


cdef void run_finish(const fa_row_entry *entry, const fa_row_call *call, size_t row, size_t begin, size_t end,
                     const fa_row_state *state) noexcept nogil:
    cdef fa_fp fp = fa_fp_enter()
    cdef size_t block
    for block in range(end, begin, -1):     # the last blocks are in the cache still
        entry.finish(call, row, block - 1, state)
    fa_fp_leave(fp)


cdef void run_long_row(const fa_row_entry *entry, const fa_row_call *call, size_t row, fa_row_part *parts,
                       cnp.npy_intp blocks, int team) noexcept nogil:
    """One row by several threads: the same blocks, combined in the same order, as by one."""
    cdef fa_row_state state
    cdef fa_fp fp
    cdef cnp.npy_intp b
    cdef int stage
    for stage in range(entry.stages):
        for b in prange(team, num_threads=team, schedule='static'):
            run_partial(entry, call, row, stage, <size_t>(blocks * b // team), <size_t>(blocks * (b + 1) // team),
                        &state, parts)
        fp = fa_fp_enter()
        entry.combine(call, stage, <size_t>blocks, parts, &state)
        fa_fp_leave(fp)
    for b in prange(team, num_threads=team, schedule='static'):
        run_finish(entry, call, row, <size_t>(blocks * b // team), <size_t>(blocks * (b + 1) // team), &state)


# What the regions of a row that is shared add, in blocks of it.
DEF ROW_LAUNCH = 1
# Bytes: threads that write narrower pieces of an array that is in their caches take lines from one another
# (128 x 256 by two threads: as long as by one, backward twice as long; 128 x 1024: half as long).
DEF NEAR_PIECE = 2048


cdef void run_rows(const fa_row_entry *entry, const fa_row_call *call, size_t outer, size_t itemsize) noexcept nogil:
    """Every row, by as many threads as the work is worth: whole rows each, columns of rows, or blocks of a long row."""
    cdef double elements = <double>outer * <double>call.n * <double>call.inner
    cdef double work = 1e3 * entry.cost * elements, traffic = (2 + (call.grad != NULL)) * elements * itemsize
    cdef size_t least = NEAR_PIECE // itemsize if traffic < FA_CACHED_BYTES else FA_ROW_COLUMNS
    cdef bint narrow = traffic < FA_CACHED_BYTES and outer == 1 and 1 < call.inner < 2 * least
    cdef int team = fa_enter_team(0 if narrow else work, traffic)
    cdef size_t blocks = (call.n + FA_ROW_BLOCK - 1) // FA_ROW_BLOCK, width, pieces, row, most = team
    cdef cnp.npy_intp b
    cdef fa_row_part *parts = NULL
    if team == 1:
        run_outer(entry, call, 0, outer, 0, call.inner)
    elif (call.inner == 1 and blocks > 1
            and outer * ((blocks + most - 1) // most + ROW_LAUNCH) < (outer + most - 1) // most * blocks):
        # one row after the other, each by all: the busiest thread has fewer blocks then than with whole rows
        parts = <fa_row_part *>malloc(blocks * sizeof(fa_row_part))
        if parts == NULL:       # slower, not wrong
            run_outer(entry, call, 0, outer, 0, 1)
        else:
            for row in range(outer):
                run_long_row(entry, call, row, parts, <cnp.npy_intp>blocks, team)
            free(parts)
    elif outer >= <size_t>team:
        for b in prange(team, num_threads=team, schedule='static'):
            run_outer(entry, call, outer * <size_t>b // <size_t>team, outer * <size_t>(b + 1) // <size_t>team,
                      0, call.inner)
    else:
        pieces = (<size_t>team + outer - 1) // outer
        width = ((call.inner + pieces - 1) // pieces + FA_ROW_COLUMNS - 1) // FA_ROW_COLUMNS * FA_ROW_COLUMNS
        width = max(width, least)
        pieces = (call.inner + width - 1) // width
        for b in prange(<cnp.npy_intp>(outer * pieces), num_threads=team, schedule='static'):
            run_outer(entry, call, <size_t>b // pieces, <size_t>b // pieces + 1, <size_t>b % pieces * width,
                      min(call.inner, (<size_t>b % pieces + 1) * width))
    fa_leave_team(team)


# Elements: what of rows of halves is worked on at once, as float32 in the cache; for a longer row more, up to so many.
DEF HALF_PIECE = 16384
DEF HALF_MOST = 65536
# Nanoseconds per element of their conversions.
DEF HALF_COST = 0.2


cdef struct HalfRows:
    const fa_row_entry *entry
    const fa_row_call *call     # its arrays are of halves
    size_t outer, tall, wide, across    # a piece has so many rows by so many columns; so many pieces lie side by side
    size_t x, grad, out         # the numbers of a row in each: n or 1; none: 0
    int half


cdef bint fit_halves(size_t n, size_t inner) noexcept nogil:
    return n * min(inner, <size_t>FA_ROW_COLUMNS) <= HALF_MOST


cdef void move_halves(const HalfRows *h, bint out, const void *halves, float *wide, size_t row, size_t column, size_t n,
                      size_t rows, size_t columns) noexcept nogil:
    """`columns` of `rows` rows of n numbers from an array, or to it."""
    cdef size_t inner = h.call.inner, r, lines = rows * n, length = columns
    cdef uint16_t *at = <uint16_t *>halves + row * n * inner + column
    if columns == inner:
        lines, length = min(lines, <size_t>1), lines * columns
    for r in range(lines):
        if out:
            chosen.elementwise.narrow[h.half](length, wide + r * length, NULL, 0, at + r * inner, NULL)
        else:
            chosen.elementwise.widen[h.half](length, at + r * inner, wide + r * length)


cdef void run_half_pieces(const HalfRows *h, size_t begin, size_t end, float *scratch) noexcept nogil:
    cdef fa_row_call call = h.call[0]
    cdef float *second = scratch + h.tall * h.wide * h.call.n
    cdef float *result = scratch if h.out == h.x else second
    cdef size_t piece, row, column, some
    cdef fa_fp fp = fa_fp_enter()
    call.x, call.grad, call.out = scratch, second, result
    for piece in range(begin, end):
        row, column = piece // h.across * h.tall, piece % h.across * h.wide
        some, call.inner = min(h.tall, h.outer - row), min(h.wide, h.call.inner - column)
        move_halves(h, False, h.call.x, scratch, row, column, h.x, some, call.inner)
        if h.grad:
            move_halves(h, False, h.call.grad, second, row, column, h.grad, some, call.inner)
        h.entry.loop(&call, 0, some, 0, call.inner)
        move_halves(h, True, h.call.out, result, row, column, h.out, some, call.inner)
    fa_fp_leave(fp)


cdef int run_half_rows(HalfRows *h) noexcept nogil:
    """The same of halves that fit_halves; -1 where there is no memory for it."""
    cdef size_t n = h.call.n, inner = h.call.inner, pieces, size
    cdef double elements = <double>h.outer * <double>n * <double>inner
    cdef int team = fa_enter_team(1e3 * (h.entry.cost + HALF_COST) * elements, 4 * elements)
    cdef cnp.npy_intp b
    cdef float *scratch
    h.tall, h.wide = 1, inner
    if n * inner <= HALF_PIECE:
        h.tall = min(HALF_PIECE // (n * inner), (h.outer + <size_t>team - 1) // <size_t>team)
    elif inner > FA_ROW_COLUMNS:
        h.wide = max(HALF_PIECE // n // FA_ROW_COLUMNS, <size_t>1) * FA_ROW_COLUMNS
    h.across = (inner + h.wide - 1) // h.wide
    pieces = (h.outer + h.tall - 1) // h.tall * h.across
    size = 2 * h.tall * h.wide * n
    scratch = <float *>malloc(<size_t>team * size * sizeof(float))
    if scratch == NULL:
        fa_leave_team(team)
        return -1
    if team == 1:
        run_half_pieces(h, 0, pieces, scratch)
    else:
        for b in prange(team, num_threads=team, schedule='static'):
            run_half_pieces(h, pieces * <size_t>b // <size_t>team, pieces * <size_t>(b + 1) // <size_t>team,
                            scratch + <size_t>b * size)
    free(scratch)
    fa_leave_team(team)
    return 0


def rows(str kind not None, cnp.ndarray x not None, cnp.ndarray grad, cnp.ndarray out not None, double temperature):
    """The row function `kind` along the middle axis of x[outer, n, inner]; grad or out have length 1 there where they
    are one number a row.  All contiguous and of one dtype; out may be x or grad, but no part of them."""
    cdef fa_row_call call
    cdef int which = ROW_KINDS.index(kind), type = cnp.PyArray_TYPE(x)
    cdef const fa_row_entry *entry
    cdef object full = (<object>x).shape, reduced
    cdef bint backward = kind.endswith("_backward")
    cdef cnp.ndarray a
    if cnp.PyArray_NDIM(x) != 3 or type not in (cnp.NPY_FLOAT, cnp.NPY_DOUBLE) or backward != (grad is not None):
        raise ValueError("rows: x[outer, n, inner] of float32 or float64, and grad for a backward alone")
    reduced = (full[0], 1, full[2])
    for a in ((x, out) if grad is None else (x, out, grad)):
        if not is_plain(<PyObject *>a) or cnp.PyArray_TYPE(a) != type:
            raise ValueError("rows: arrays must be contiguous, aligned and of one dtype")
    if (<object>out).shape != (reduced if kind == "logsumexp" else full) or (
            backward and (<object>grad).shape != (reduced if kind == "logsumexp_backward" else full)):
        raise ValueError("rows: wrong shape")
    if not cnp.PyArray_ISWRITEABLE(out):
        raise ValueError("rows: out is read-only")
    call.x = cnp.PyArray_DATA(x)
    call.grad = NULL
    if grad is not None:
        call.grad = cnp.PyArray_DATA(grad)
    call.out = cnp.PyArray_DATA(out)
    call.n = full[1]
    call.inner = full[2]
    call.temperature = temperature
    entry = &chosen.rows[0][which][type == cnp.NPY_DOUBLE]
    cdef size_t outer = full[0], itemsize = cnp.PyArray_ITEMSIZE(x)
    with nogil:
        run_rows(entry, &call, outer, itemsize)


# -- Rows with options ---------------------------------------------------------------------------------------------

STAGED_KINDS = (*ROW_KINDS, "hardmax", "hardmax_backward", "sparsemax", "sparsemax_backward",
                "logsumexp_weighted", "logsumexp_weighted_backward")
cdef int WEIGHTED = STAGED_KINDS.index("logsumexp_weighted")
cdef int WEIGHTED_BACKWARD = STAGED_KINDS.index("logsumexp_weighted_backward")
# Nanoseconds per element, for the kinds without an entry of their own.
DEF OWN_COST = 2.0
# What bringing rows in and out adds.
DEF STAGING_COST = 0.3


cdef void part_of_rows(fa_staged_loop *loop, const fa_staged_call *call, size_t begin, size_t end,
                       char *scratch) noexcept nogil:
    cdef fa_fp fp = fa_fp_enter()
    loop(call, begin, end, scratch)
    fa_fp_leave(fp)


cdef int run_staged_rows(const fa_staged_call *call, size_t rows, int type, double cost) noexcept nogil:
    """Every row, by as many threads as the work is worth; -1 where there is no memory for them."""
    cdef size_t itemsize = 8 if type else 4, size = fa_staged_scratch(call, itemsize)
    cdef double elements = <double>rows * <double>call.n
    cdef int team = fa_enter_team(1e3 * cost * elements, 2 * elements * itemsize)
    cdef fa_staged_loop *loop = chosen.staged[0][type]
    cdef char *scratch = <char *>malloc(size * <size_t>team)
    cdef size_t pieces = 2 * <size_t>team, other
    cdef cnp.npy_intp b
    if scratch == NULL:
        fa_leave_team(team)
        return -1
    if team == 1:
        part_of_rows(loop, call, 0, rows, scratch)
    else:
        for b in prange(team, num_threads=team, schedule='static'):
            # the b-th piece and the b-th from the end: the rows of a causal call grow
            other = pieces - 1 - <size_t>b
            part_of_rows(loop, call, rows * <size_t>b // pieces, rows * <size_t>(b + 1) // pieces, scratch + b * size)
            part_of_rows(loop, call, rows * other // pieces, rows * (other + 1) // pieces, scratch + b * size)
    free(scratch)
    fa_leave_team(team)
    return 0


cdef int add_operand(fa_staged_call *call, int which, cnp.ndarray x, cnp.ndarray a, int axes, int type) except -1:
    """The strides of an operand that broadcasts to the shape of x, the axes last."""
    cdef int k, ndim = cnp.PyArray_NDIM(x), outer = ndim - axes
    cdef cnp.npy_intp stride
    if (cnp.PyArray_NDIM(a) != ndim or cnp.PyArray_TYPE(a) != type or not cnp.PyArray_ISALIGNED(a)
            or not PyArray_ISNOTSWAPPED(<PyArrayObject *><PyObject *>a)):
        raise ValueError("staged: an operand is of the wrong type or number of dimensions")
    call.operand[which].at = <char *>cnp.PyArray_DATA(a)
    for k in range(ndim):
        stride = 0 if cnp.PyArray_DIM(a, k) == 1 else cnp.PyArray_STRIDE(a, k)
        if cnp.PyArray_DIM(a, k) != 1 and cnp.PyArray_DIM(a, k) != cnp.PyArray_DIM(x, k):
            raise ValueError("staged: an operand has the wrong shape")
        if k < outer:
            call.operand[which].outer[k] = stride
        else:
            call.operand[which].axis[k - outer] = stride
    return 0


cdef int merge(fa_staged_call *call, int count, bint axes) noexcept:
    """Leaves out dimensions of length 1 and joins those that lie one in the other; how many are left, at least one."""
    cdef int d, k, kept = 0
    cdef bint whole
    cdef size_t *dims = &call.axis_dim[0] if axes else &call.outer_dim[0]
    cdef Py_ssize_t *steps
    for d in range(count):
        if dims[d] == 1:
            continue
        whole = kept > 0
        for k in range(FA_OPERANDS):
            steps = &call.operand[k].axis[0] if axes else &call.operand[k].outer[0]
            if kept and call.operand[k].at != NULL:
                whole = whole and steps[kept - 1] == steps[d] * <Py_ssize_t>dims[d]
        for k in range(FA_OPERANDS):
            steps = &call.operand[k].axis[0] if axes else &call.operand[k].outer[0]
            steps[kept - whole] = steps[d]
        dims[kept - whole] = dims[kept - 1] * dims[d] if whole else dims[d]
        kept += not whole
    if kept == 0:
        dims[0] = 1
        for k in range(FA_OPERANDS):
            steps = &call.operand[k].axis[0] if axes else &call.operand[k].outer[0]
            steps[0] = 0
        return 1
    return kept


def staged(str kind not None, int axes, cnp.ndarray x not None, cnp.ndarray grad, cnp.ndarray out not None, sign,
           bias, weights, keep, temperature, sink, lengths, prefix, bint negate, double softcap, bint flip):
    """The row function `kind` with options.  x has its axes last; whatever else is an array has as many dimensions and
    broadcasts to x: grad, out, sign, bias and weights of its dtype, keep of bool, temperature (or a float) and sink of
    float64, lengths and prefix of int64, the last four with length 1 along the axes.  out may lie exactly as x or grad
    does; nothing else of out is shared."""
    cdef fa_staged_call call
    cdef int type = cnp.PyArray_TYPE(x), k, ndim = cnp.PyArray_NDIM(x)
    cdef size_t rows = 1
    if type not in (cnp.NPY_FLOAT, cnp.NPY_DOUBLE) or not 0 <= axes <= ndim or not cnp.PyArray_ISWRITEABLE(out):
        raise ValueError("staged: x of float32 or float64 with its axes last, and an out to write to")
    call.kind = STAGED_KINDS.index(kind)
    call.negate, call.softcap, call.flip, call.temperature = negate, softcap, flip, 1.0
    call.n = 1
    for k in range(ndim):
        if k < ndim - axes:
            call.outer_dim[k] = <size_t>cnp.PyArray_DIM(x, k)
            rows *= call.outer_dim[k]
        else:
            call.axis_dim[k - (ndim - axes)] = <size_t>cnp.PyArray_DIM(x, k)
            call.n *= <size_t>cnp.PyArray_DIM(x, k)
    for k in range(FA_OPERANDS):
        call.operand[k].at = NULL
    add_operand(&call, FA_X, x, x, axes, type)
    add_operand(&call, FA_OUT, x, out, axes, type)
    if grad is not None:
        add_operand(&call, FA_GRAD, x, grad, axes, type)
    if sign is not None:
        add_operand(&call, FA_SIGN, x, sign, axes, type)
    if bias is not None:
        add_operand(&call, FA_BIAS, x, bias, axes, type)
    if weights is not None:
        add_operand(&call, FA_WEIGHTS, x, weights, axes, type)
    if keep is not None:
        add_operand(&call, FA_KEEP, x, keep, axes, cnp.NPY_BOOL)
    if isinstance(temperature, float):
        call.temperature = temperature
    else:
        add_operand(&call, FA_TEMPERATURE, x, temperature, axes, cnp.NPY_DOUBLE)
    if sink is not None:
        add_operand(&call, FA_SINK, x, sink, axes, cnp.NPY_DOUBLE)
    if lengths is not None:
        add_operand(&call, FA_LENGTHS, x, lengths, axes, cnp.NPY_INT64)
    if prefix is not None:
        add_operand(&call, FA_PREFIX, x, prefix, axes, cnp.NPY_INT64)
    if rows > 0:
        run_staged_call(&call, ndim - axes, axes, rows, type == cnp.NPY_DOUBLE)


cdef int run_staged_call(fa_staged_call *call, int outer, int axes, size_t rows, int t) except -1:
    cdef double cost
    cdef int failed
    call.outer = merge(call, outer, False)
    call.axes = merge(call, axes, True)
    if call.n <= 1:     # of one entry, or none, any step will do: the one that is dense
        call.operand[FA_X].axis[0] = call.operand[FA_OUT].axis[0] = 8 if t else 4
    cost = STAGING_COST + (chosen.rows[0][call.kind][t].cost if call.kind < FA_ROWS else OWN_COST)
    if 1e3 * cost * <double>rows * <double>call.n < GIL_WORK:
        failed = run_staged_rows(call, rows, t, cost)
    else:
        with nogil:
            failed = run_staged_rows(call, rows, t, cost)
    if failed:
        raise MemoryError
    return 0


@cython.final
@cython.no_gc_clear
cdef class RowFunction(Callable):
    # A row function, or its backward.
    cdef int which, staged          # numbers in ROW_KINDS and STAGED_KINDS, -1: none
    cdef bint reduces, from_reduced

    def __init__(self, str name not None, str kind not None, slow):
        self.name, self.kind, self.slow = name, kind, slow
        cdef str key = name if kind == "value" else f"{name}_{kind}"
        self.which = ROW_KINDS.index(key) if key in ROW_KINDS else -1
        key = key.replace("softmin", "softmax")
        self.staged = STAGED_KINDS.index(key) if key in STAGED_KINDS else -1
        self.options = options_of({"out", "axis", "dtype", *slow.known})
        self.inputs = 1 if kind == "value" else 2
        self.first, self.places = AXIS, 1
        self.reduces = name == "logsumexp" and self.inputs == 1
        self.from_reduced = name == "logsumexp" and self.inputs == 2
        self.entry = <vectorcallfunc><void *>call_rows

    @property
    def __doc__(self):
        return self.slow.docstring()


cdef bint read_axes(PyObject *given, int ndim, uint64_t *along):
    """The axes of the rows, as bits."""
    cdef Py_ssize_t k
    cdef int axis
    along[0] = 0
    if ndim == 0:
        return False
    if given == NULL:
        along[0] = <uint64_t>1 << (ndim - 1)
    elif given == Py_None:
        along[0] = ~<uint64_t>0 >> (64 - ndim)
    elif PyTuple_CheckExact(given):
        for k in range(PyTuple_GET_SIZE(given)):
            if not read_axis(PyTuple_GET_ITEM(given, k), ndim, &axis) or along[0] >> axis & 1:
                return False
            along[0] |= <uint64_t>1 << axis
    elif read_axis(given, ndim, &axis):
        along[0] = <uint64_t>1 << axis
    return along[0] != 0


cdef bint lay(fa_staged_call *call, int which, PyObject *a, int type, PyObject *x, uint64_t along, bint dropped):
    """Enters an operand that broadcasts to x, whose rows lie along those axes; `dropped`: to x without them.  False: it
    does not broadcast, or is not plain enough."""
    cdef int ndim = PyArray_NDIM(<PyArrayObject *>x), k, j, inside = 0, outside = 0
    cdef Py_ssize_t *strides[FA_ROW_DIMS]   # of the dimensions of x that those of the operand meet
    cdef cnp.npy_intp met[FA_ROW_DIMS]
    cdef int count = 0, ahead
    if (not is_of_type(a, type) or not PyArray_CHKFLAGS(<PyArrayObject *>a, cnp.NPY_ARRAY_ALIGNED)
            or not PyArray_ISNOTSWAPPED(<PyArrayObject *>a)):
        return False
    for k in range(ndim):
        call.operand[which].outer[k] = call.operand[which].axis[k] = 0
        if along >> k & 1:
            strides[count] = &call.operand[which].axis[inside]
            inside += 1
        else:
            strides[count] = &call.operand[which].outer[outside]
            outside += 1
        met[count] = PyArray_DIMS(<PyArrayObject *>x)[k]
        count += not (dropped and along >> k & 1)
    ahead = count - PyArray_NDIM(<PyArrayObject *>a)
    if ahead < 0:
        return False
    call.operand[which].at = <char *>PyArray_DATA(<PyArrayObject *>a)
    for j in range(PyArray_NDIM(<PyArrayObject *>a)):
        if PyArray_DIMS(<PyArrayObject *>a)[j] == 1:
            continue
        if PyArray_DIMS(<PyArrayObject *>a)[j] != met[ahead + j]:
            return False
        strides[ahead + j][0] = PyArray_STRIDES(<PyArrayObject *>a)[j]
    return True


cdef object lay_numbers(fa_staged_call *call, int which, PyObject *a, PyObject *x, uint64_t along, int axes):
    """Enters an array of one number for each row, in float64, and gives that; None: it is none."""
    cdef int k
    if Py_TYPE(a) != &PyArray_Type or PyArray_NDIM(<PyArrayObject *>a) == 0 or PyArray_TYPE(<PyArrayObject *>a) not in (
            cnp.NPY_FLOAT, cnp.NPY_DOUBLE):
        return None
    wide = PyArray_FromAny(a, PyArray_DescrFromType(cnp.NPY_DOUBLE), 0, 0,
                           cnp.NPY_ARRAY_C_CONTIGUOUS | cnp.NPY_ARRAY_ALIGNED, NULL)
    if not lay(call, which, <PyObject *>wide, cnp.NPY_DOUBLE, x, along, False):
        return None
    for k in range(axes):
        if call.operand[which].axis[k] != 0:
            return None
    return wide


cdef bint touch(PyObject *a, PyObject *b) noexcept:
    """Whether the memory of two arrays may overlap otherwise than by being the same."""
    cdef const char *low[2]
    cdef const char *high[2]
    cdef PyArrayObject *array
    cdef cnp.npy_intp last
    cdef bint same = True
    cdef int k, j
    if a == b:
        return False
    for j in range(2):
        array = <PyArrayObject *>(b if j else a)
        low[j] = high[j] = <const char *>PyArray_DATA(array)
        for k in range(PyArray_NDIM(array)):
            last = PyArray_STRIDES(array)[k] * (PyArray_DIMS(array)[k] - 1)
            low[j] += min(last, <cnp.npy_intp>0)
            high[j] += max(last, <cnp.npy_intp>0)
        high[j] += cnp.PyArray_ITEMSIZE(<cnp.ndarray>array)
    if low[0] >= high[1] or low[1] >= high[0]:
        return False
    if PyArray_NDIM(<PyArrayObject *>a) != PyArray_NDIM(<PyArrayObject *>b):
        return True
    for k in range(PyArray_NDIM(<PyArrayObject *>a)):
        same = (same and PyArray_DIMS(<PyArrayObject *>a)[k] == PyArray_DIMS(<PyArrayObject *>b)[k]
                and PyArray_STRIDES(<PyArrayObject *>a)[k] == PyArray_STRIDES(<PyArrayObject *>b)[k])
    return not same or PyArray_DATA(<PyArrayObject *>a) != PyArray_DATA(<PyArrayObject *>b)


cdef object call_staged(RowFunction self, PyObject *x, PyObject *grad, PyObject **option, uint64_t along,
                        double temperature):
    """A call with options, when they are arrays of the right dtypes and numbers that are good; else None."""
    cdef fa_staged_call call
    cdef PyArrayObject *a = <PyArrayObject *>x
    cdef int type = PyArray_TYPE(a), ndim = PyArray_NDIM(a), t = type == cnp.NPY_DOUBLE, k, count = 0
    cdef int axes = 0, outer = 0
    cdef bint keep = False, reduces = self.reduces, with_sign = option[SIGN] == Py_True
    cdef cnp.npy_intp *dims = PyArray_DIMS(a)
    cdef cnp.npy_intp shape[FA_ROW_DIMS]        # of the result
    cdef cnp.npy_intp i, first
    cdef size_t rows = 1
    cdef double sink
    cdef PyObject *out = option[OUT]
    cdef object lengths, prefix, result, sign = None, bias, weights, hot, sinks
    if self.staged < 0 or PyArray_SIZE(a) == 0 or (
            PyArray_SIZE(a) > SMALL and not PyArray_CHKFLAGS(a, cnp.NPY_ARRAY_C_CONTIGUOUS)):
        return None
    if (with_sign and out != NULL) or (option[SIGN] != NULL and not with_sign and option[SIGN] != Py_False):
        return None
    call.kind, call.negate, call.flip = self.staged, self.name == "softmin", 0
    call.temperature, call.softcap, call.n = temperature, 0.0, 1
    for k in range(FA_OPERANDS):
        call.operand[k].at = NULL
    for k in range(ndim):
        if along >> k & 1:
            call.axis_dim[axes] = <size_t>dims[k]
            axes += 1
        else:
            call.outer_dim[outer] = <size_t>dims[k]
            outer += 1
            rows *= <size_t>dims[k]
    call.n = <size_t>PyArray_SIZE(a) // rows

    if not lay(&call, FA_X, x, type, x, along, False):
        return None
    if temperature == 0:
        hot = lay_numbers(&call, FA_TEMPERATURE, option[TEMPERATURE], x, along, axes)
        if hot is None:
            return None
        for i in range(cnp.PyArray_SIZE(<cnp.ndarray>hot)):
            if not 0 < (<double *>cnp.PyArray_DATA(<cnp.ndarray>hot))[i] <= LARGEST64:
                return None
    if option[SOFTCAP] != NULL and not (as_double(option[SOFTCAP], &call.softcap) and call.softcap > 0):
        return None
    if option[BIAS] != NULL:
        bias = as_operand(option[BIAS], type)
        if not lay(&call, FA_BIAS, <PyObject *>bias, type, x, along, False):
            return None
    if option[WHERE] != NULL and not lay(&call, FA_KEEP, option[WHERE], cnp.NPY_BOOL, x, along, False):
        return None
    if option[WEIGHTS] != NULL:
        weights = as_operand(option[WEIGHTS], type)
        if not lay(&call, FA_WEIGHTS, <PyObject *>weights, type, x, along, False):
            return None
        call.kind = WEIGHTED_BACKWARD if self.inputs == 2 else WEIGHTED
    if option[LENGTHS] != NULL:
        if Py_TYPE(option[LENGTHS]) != &PyArray_Type:
            return None
        k = PyArray_TYPE(<PyArrayObject *>option[LENGTHS])
        if k == cnp.NPY_BOOL or k > cnp.NPY_ULONGLONG:
            return None
        lengths = PyArray_FromAny(option[LENGTHS], PyArray_DescrFromType(cnp.NPY_INT64), 0, 0,
                                  cnp.NPY_ARRAY_C_CONTIGUOUS | cnp.NPY_ARRAY_ALIGNED | cnp.NPY_ARRAY_FORCECAST, NULL)
        for i in range(cnp.PyArray_SIZE(<cnp.ndarray>lengths)):
            if not 0 <= (<int64_t *>cnp.PyArray_DATA(<cnp.ndarray>lengths))[i] <= <int64_t>call.n:
                return None
        if not lay(&call, FA_LENGTHS, <PyObject *>lengths, cnp.NPY_INT64, x, along, True):
            return None
    if option[CAUSAL] == Py_True:
        if ndim < 2 or along != <uint64_t>1 << (ndim - 1):
            return None
        first = dims[ndim - 1] - dims[ndim - 2]
        if option[OFFSET] != NULL:
            if not PyLong_CheckExact(option[OFFSET]):
                return None
            first = PyLong_AsLongLongAndOverflow(option[OFFSET], &k)
            if k:
                return None
        first = min(max(first, -dims[ndim - 2]), dims[ndim - 1]) + 1
        prefix = cnp.PyArray_EMPTY(1, dims + ndim - 2, cnp.NPY_INT64, 0)
        for i in range(dims[ndim - 2]):
            (<int64_t *>cnp.PyArray_DATA(<cnp.ndarray>prefix))[i] = min(max(first + i, <cnp.npy_intp>0), dims[ndim - 1])
        lay(&call, FA_PREFIX, <PyObject *>prefix, cnp.NPY_INT64, x, along, True)
    elif option[OFFSET] != NULL or (option[CAUSAL] != NULL and option[CAUSAL] != Py_False):
        return None
    if option[SINK] != NULL and not (self.inputs == 2 and self.name == "log_softmax"):  # no part of the result there
        if as_double(option[SINK], &sink):
            if isnan(sink):
                return None
            call.operand[FA_SINK].at = <char *>&sink
            for k in range(ndim):
                call.operand[FA_SINK].outer[k] = call.operand[FA_SINK].axis[k] = 0
        else:
            sinks = lay_numbers(&call, FA_SINK, option[SINK], x, along, axes)
            if sinks is None:
                return None
    elif option[SINK] != NULL and (not as_double(option[SINK], &sink) or isnan(sink)):
        return None
    if self.inputs == 2:
        keep = self.from_reduced and Py_TYPE(grad) == &PyArray_Type and PyArray_NDIM(<PyArrayObject *>grad) == ndim
        if not lay(&call, FA_GRAD, grad, type, x, along, self.from_reduced and not keep):
            return None
        if self.from_reduced and (PyArray_SIZE(<PyArrayObject *>grad) != <cnp.npy_intp>rows
                                  or PyArray_NDIM(<PyArrayObject *>grad) != (ndim if keep else outer)):
            return None
    if option[KEEPDIMS] != NULL:
        keep = option[KEEPDIMS] == Py_True
        if not keep and option[KEEPDIMS] != Py_False:
            return None

    for k in range(ndim):
        if not reduces or not along >> k & 1:
            shape[count] = dims[k]
            count += 1
        elif keep:
            shape[count] = 1
            count += 1
    if out != NULL:
        if Py_TYPE(out) != &PyArray_Type or PyArray_NDIM(<PyArrayObject *>out) != count or not is_writeable(out):
            return None
        for k in range(count):
            if PyArray_DIMS(<PyArrayObject *>out)[k] != shape[k]:
                return None
        for k in (BIAS, WHERE, LENGTHS, WEIGHTS, TEMPERATURE, SINK):
            if option[k] != NULL and Py_TYPE(option[k]) == &PyArray_Type and touch(out, option[k]):
                return None
        if touch(out, x) or (self.inputs == 2 and touch(out, grad)):
            return None
        result = <object>out
    elif reduces or PyArray_CHKFLAGS(a, cnp.NPY_ARRAY_C_CONTIGUOUS):
        result = new_array(x, count, shape, 0 if reduces else <size_t>cnp.PyArray_NBYTES(<cnp.ndarray>x))
    else:
        result = PyArray_NewLikeArray(a, cnp.NPY_KEEPORDER, NULL, 0)
    if not lay(&call, FA_OUT, <PyObject *>result, type, x, along, reduces and not keep):
        return None
    if with_sign:
        sign = new_array(x, count, shape, 0)
        lay(&call, FA_SIGN, <PyObject *>sign, type, x, along, not keep)
    run_staged_call(&call, outer, axes, rows, t)
    if count == 0 and out == NULL:
        return (result[()], sign[()]) if with_sign else result[()]
    return (result, sign) if with_sign else result


cdef object call_row_types(RowFunction self, PyObject *const *inputs, PyObject **option):
    """The same of lists, integers, bool and halves, and with another dtype, when all inputs are alike; else None."""
    cdef PyObject *again[2]
    cdef PyObject *out = option[OUT]
    cdef list held = [as_ndarray(inputs[k]) for k in range(self.inputs)]
    cdef object array
    cdef int type, wanted, loop, k
    cdef bint half
    if held[0] is None or held[self.inputs - 1] is None:
        return None
    wanted = type = (<cnp.ndarray>held[0]).descr.type_num
    if type != (<cnp.ndarray>held[self.inputs - 1]).descr.type_num:
        return None
    if type <= cnp.NPY_ULONGLONG:
        wanted = type_of_integers(type)
    elif type >= NPY_USERDEF and bfloat16 < 0:
        find_bfloat16()
    if option[DTYPE] != NULL:
        wanted = wanted_type(option[DTYPE])
        option[DTYPE] = NULL
    if type_of_number(wanted) < 0:
        return None
    half = type_of_number(wanted) >= F16
    loop = cnp.NPY_FLOAT if half else wanted
    for k in (BIAS, WEIGHTS):
        if option[k] != NULL and Py_TYPE(option[k]) == &PyArray_Type:
            if PyArray_TYPE(<PyArrayObject *>option[k]) != type:
                return None
            array = as_type(<object>option[k], loop)
            held.append(array)
            option[k] = <PyObject *>array
    for k in range(self.inputs):
        held[k] = as_type(held[k], loop)
        again[k] = <PyObject *>held[k]
    for array in held:
        if array is None:
            return None
    if not half:
        return call_row_options(self, again, option, False)
    if out != NULL and (not is_plain(out) or PyArray_TYPE(<PyArrayObject *>out) != wanted or not is_writeable(out)
                        or PyArray_NDIM(<PyArrayObject *>out) == 0):
        return None
    option[OUT] = NULL
    result = call_row_options(self, again, option, False)
    if result is None or isinstance(result, tuple):
        return None
    if Py_TYPE(<PyObject *>result) != &PyArray_Type:        # one number
        return as_type(numpy.asarray(result), wanted)[()]
    if out == NULL:
        return as_type(result, wanted)
    if not PyArray_SAMESHAPE(<PyArrayObject *>out, <PyArrayObject *><PyObject *>result):
        return None
    convert(<PyObject *>result, out)
    return <object>out


cdef object call_rows(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *names):
    cdef RowFunction self = <RowFunction>callable
    cdef PyObject *option[OPTIONS]
    cdef int said = read(self, args, PyVectorcall_NARGS(nargsf), names, option)
    if said:
        result = call_row_options(self, args, option, said == 1)
        if result is not None:
            return result
    return PyObject_Vectorcall(self.slow, args, nargsf, names)


cdef object call_row_options(RowFunction self, PyObject *const *inputs, PyObject **option, bint bare):
    """The call where nothing is to be refused; else None.  `bare`: it says no more than an axis, out and a bias."""
    cdef PyObject *x = inputs[self.inputs - 1]      # backward: grad comes first
    cdef double temperature = 1.0
    cdef uint64_t along
    cdef bint plain = self.which >= 0 and option[BIAS] == NULL
    cdef int k, t = type_of_number(PyArray_TYPE(<PyArrayObject *>x)) if Py_TYPE(x) == &PyArray_Type else -1
    if option[DTYPE] != NULL or t < 0:
        return call_row_types(self, inputs, option)
    if not read_axes(option[AXIS], PyArray_NDIM(<PyArrayObject *>x), &along):
        return None
    if option[TEMPERATURE] != NULL:
        if not as_double(option[TEMPERATURE], &temperature):
            plain, temperature = False, 0       # an array, perhaps
        elif not 0 < temperature < 1e300:
            return None
    for k in range(0 if bare else AXIS, 0 if bare else NAMED):
        if option[k] == Py_None and k in (WHERE, SOFTCAP, LENGTHS, OFFSET, SINK, WEIGHTS):
            option[k] = NULL
        plain = plain and (option[k] == NULL or k == AXIS or k == TEMPERATURE)
    if plain:
        result = call_plain_rows(self, inputs, option[OUT], along, temperature)
        if result is not None:
            return result
    if t >= F16:
        return call_row_types(self, inputs, option)
    return call_staged(self, x, inputs[0], option, along, temperature)


cdef object call_plain_rows(RowFunction self, PyObject *const *inputs, PyObject *out, uint64_t along,
                            double temperature):
    """Plain arrays whose rows lie along neighbouring axes: straight to the loop."""
    cdef PyObject *x = inputs[self.inputs - 1]
    cdef int type, ndim, t, k, left = 0
    cdef cnp.npy_intp *dims
    cdef cnp.npy_intp *shape
    cdef cnp.npy_intp others[64]        # the shape without the axes
    cdef size_t outer = 1, inner = 1, itemsize, bytes_
    cdef double work
    cdef fa_row_call call
    cdef const fa_row_entry *entry
    cdef HalfRows halves
    cdef object result
    cdef int failed
    type, ndim = PyArray_TYPE(<PyArrayObject *>x), PyArray_NDIM(<PyArrayObject *>x)
    dims = PyArray_DIMS(<PyArrayObject *>x)
    if not is_plain(x) or PyArray_SIZE(<PyArrayObject *>x) == 0 or (along + (along & -along)) & along:
        return None
    t = type_of_number(type)
    itemsize = SIZE_OF_TYPE[t]
    call.n = 1
    for k in range(ndim):
        if along >> k & 1:
            call.n *= <size_t>dims[k]
            continue
        others[left] = dims[k]
        left += 1
        if along >> k:
            outer *= <size_t>dims[k]
        else:
            inner *= <size_t>dims[k]
    if t >= F16 and not fit_halves(call.n, inner):
        return None
    call.inner = inner
    call.temperature = temperature
    call.x = PyArray_DATA(<PyArrayObject *>x)
    call.grad = NULL
    bytes_ = outer * call.n * inner * itemsize
    if self.inputs == 2:
        if not (is_like(inputs[0], type, left, others) if self.from_reduced else is_like(inputs[0], type, ndim, dims)):
            return None
        call.grad = PyArray_DATA(<PyArrayObject *>inputs[0])
    shape = dims
    if self.reduces:
        shape, ndim = others, left
    if out == NULL:
        result = new_array(x, ndim, shape, bytes_ // call.n if self.reduces else bytes_)
    else:
        if not is_like(out, type, ndim, shape) or not is_writeable(out):
            return None
        # out may be x or grad themselves where it has their shape, but not share a part with one
        if share_part(<const char *>call.x, bytes_, <char *>PyArray_DATA(<PyArrayObject *>out),
                      bytes_ // call.n if self.reduces else bytes_) or (
                self.inputs == 2 and share_part(<const char *>call.grad, bytes_ // call.n if self.from_reduced
                                                else bytes_, <char *>PyArray_DATA(<PyArrayObject *>out), bytes_)):
            return None
        result = <object>out
    call.out = PyArray_DATA(<PyArrayObject *><PyObject *>result)
    entry = &chosen.rows[0][self.which][FA_F32 if t >= F16 else t]
    work = 1e3 * entry.cost * <double>(bytes_ // itemsize)
    if t >= F16:
        halves.entry, halves.call, halves.outer, halves.half = entry, &call, outer, t - F16
        halves.x, halves.out = call.n, 1 if self.reduces else call.n
        halves.grad = 0 if self.inputs == 1 else 1 if self.from_reduced else call.n
        if work < GIL_WORK:
            failed = run_half_rows(&halves)
        else:
            with nogil:
                failed = run_half_rows(&halves)
        if failed:
            raise MemoryError
    elif work < GIL_WORK:
        run_outer(entry, &call, 0, outer, 0, inner)
    else:
        with nogil:
            run_rows(entry, &call, outer, itemsize)
    if ndim == 0 and out == NULL:
        return result[()]
    return result


cdef void give_vectorcall(type cls, object instance, void *entry) except *:
    """A cdef class has no vectorcall slot of its own: point the type at the instances' field."""
    cdef PyTypeObject *raw = <PyTypeObject *>cls
    raw.tp_vectorcall_offset = <char *>entry - <char *><PyObject *>instance
    raw.tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL
    raw.tp_call = PyVectorcall_Call
    PyType_Modified(raw)

cdef Function a_function = Function.__new__(Function)
give_vectorcall(Function, a_function, &a_function.entry)
cdef RowFunction a_row_function = RowFunction.__new__(RowFunction)
give_vectorcall(RowFunction, a_row_function, &a_row_function.entry)
cdef Learned a_learned = Learned.__new__(Learned)
give_vectorcall(Learned, a_learned, &a_learned.entry)


# -- The same from C (fastact/include/fastact.h) ------------------------------------------------------------------

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
            call.temperature = temperature
            run_outer(&chosen.rows[0][k][type], &call, 0, outer, 0, inner)
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
