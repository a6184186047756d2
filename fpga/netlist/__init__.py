"""What is done to yosys' netlist for ECP5, before nextpnr reads it."""
