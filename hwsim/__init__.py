"""The accelerator, modelled bit by bit and clock by clock."""
