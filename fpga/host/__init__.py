"""The host: drives a board, simulated or not, over a serial port."""
