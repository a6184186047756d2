"""A simulated board: the Verilog of ``System`` behind a TCP port."""
