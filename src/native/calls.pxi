# The callables: what a call says is read, and what is plain goes straight to the loops.

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
    def ufunc_of_sums(self):
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
