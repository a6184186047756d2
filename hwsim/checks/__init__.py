"""What ``clashfree check`` finds: problems, memory and address bits, counts and goodness."""
