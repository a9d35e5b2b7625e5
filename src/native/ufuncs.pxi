# The NumPy ufuncs: their inner loop, how they choose it, how they are made.

# The types that NumPy knows, and their numbers.
DEF BUILTIN = 3
cdef char NUMBERS[BUILTIN]
NUMBERS[:] = [cnp.NPY_FLOAT, cnp.NPY_DOUBLE, NPY_HALF]


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
