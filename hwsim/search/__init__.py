"""Low-complexity search (Deep-n-Cheap, arXiv:2004.00974): accurate networks that cost little here.

- ``space``: what is chosen, and from where to where;
- ``kernel``: how alike two choices are;
- ``optimiser``: which choices to train next, by Bayesian optimisation;
- ``candidate``: the design that a choice makes;
- ``complexity``: what a design costs on this accelerator;
- ``training``: how good it is;
- ``evaluation``: both in one figure, and each trial in the file of records;
- ``search``: the three stages, and the two methods that they are compared with;
- ``comparison``: those methods at equal budget, as a table;
- ``pareto``: the trials that no other one beats, as a plot.
"""
