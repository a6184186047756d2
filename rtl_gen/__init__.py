"""The accelerator as Amaranth hardware, block for block as hwsim models it."""
