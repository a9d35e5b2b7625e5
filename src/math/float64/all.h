/* The float64 functions. */
#include "exp.h"
#include "tanh.h"
#include "sigmoid.h"
#include "silu.h"
#include "softplus.h"
#include "gelu.h"
#include "mish.h"
#include "gelu_tanh.h"
