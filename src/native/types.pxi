# The types of the loops, and what each costs.

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
