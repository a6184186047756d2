"""The fast engine: the model of ``hwsim.pipeline`` in compiled kernels, a file per phase."""
