"""What a design will take of an FPGA, in milliseconds: ``clashfree estimate``."""
