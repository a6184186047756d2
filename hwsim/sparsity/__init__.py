"""Pre-defined sparsity: which sparse network to choose, in floating point, before any hardware."""
