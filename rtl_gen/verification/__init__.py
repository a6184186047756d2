"""Holds generated hardware to the model: lockstep comparison, benches and simulators."""
