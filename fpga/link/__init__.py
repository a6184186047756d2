"""The serial link in hardware: bytes, frames, commands, and the data set on the FPGA."""
