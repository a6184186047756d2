"""What saturates, counted per junction."""

RIGHT_DELTA, FORWARD_SUM, WEIGHT, BIAS, BACK_PRODUCT, BACK_SUM, OUTPUT = KINDS = range(7)
"""Columns of the saturation counts."""
