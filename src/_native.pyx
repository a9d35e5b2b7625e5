# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
# cython: freethreading_compatible=True
"""The typed front door: from a call to a loop.

An exact, aligned, contiguous, native float array goes straight to the loop of the chosen instruction set; float16 and
bfloat16 to what is known of the function, or through blocks of float32.
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
from cython.parallel cimport prange, threadid
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
        int half
        void *scratch
    size_t fa_row_scratch(const fa_row_call *)
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
    bint fa_turns_back()
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


include "native/processor.pxi"
include "native/results.pxi"
include "native/types.pxi"
include "native/loops.pxi"
include "native/halves.pxi"
include "native/ufuncs.pxi"
include "native/calls.pxi"
include "native/learned.pxi"
include "native/gates.pxi"
include "native/rows.pxi"
include "native/staged_rows.pxi"
include "native/c_api.pxi"
