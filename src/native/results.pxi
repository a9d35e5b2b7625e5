# The memory of results: a pool.

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
