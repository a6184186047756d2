"""What an FPGA is made of, as reports and people call it."""

NAMES = {
    "lut": "LUT",
    "flip_flop": "FF",
    "multiplier": "DSP",
    "block_ram": "RAM blocks",
    "lut_ram": "LUT RAM",
}
"""Resources, as people call them."""
