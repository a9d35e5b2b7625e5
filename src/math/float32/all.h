/* The float32 functions. */
#include "exp.h"
#include "tanh.h"
#include "sigmoid.h"
#include "silu.h"
#include "softplus.h"
#include "gelu.h"
#include "silu_slope.h"
