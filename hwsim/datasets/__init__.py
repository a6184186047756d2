"""Data sets that are made, and how hard a data set is."""
