"""Many designs from one: a grid of values, a trial per design, and a directory that keeps them.

- ``values``: what a user writes after ``--set``;
- ``grid``: the designs that come of it;
- ``trial``: trains one design and says how good it is and what it costs;
- ``run_directory``: keeps what is done, so that a sweep can stop and go on;
- ``sweep``: all of these together.

Where trials run: ``hwsim.trials``.
"""
