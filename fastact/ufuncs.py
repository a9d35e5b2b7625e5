"""The NumPy ufuncs under the activations, by their own names: gelu, gelu_derivative, gelu_backward, …

They are also reached as `fastact.gelu.ufunc`, `fastact.gelu.derivative.ufunc`, …  They stand in a module so that
they can be pickled, as dask does to send them to its workers.
"""
