"""Many trainings: where they run, and what remembers them.

- ``place``: the one or the other of
- ``cores``, those of this machine, and
- ``cluster``, the machines of a Dask cluster;
- ``records``: an SQLite file of what has been trained;
- ``campaign``: all of these together: what is recorded is not run again.

What runs is a plain function of an argument that can be pickled.
"""
