"""Banked memories: hardware and model agree, and the model hides no clash."""

from __future__ import annotations

import numpy as np
import pytest

from hwsim.memory import BankedMemory, Clash, Clock


def test_rtl_equals_model(run_bench):
    run_bench("bench_memory")


def memory(ports: str = "dual", copies: int = 1) -> BankedMemory:
    """Six words in two banks, element k holding 10 + k in every copy."""
    made = BankedMemory("m", Clock(5), size=6, banks=2, ports=ports, copies=copies)
    made.values[:] = np.arange(6) + 10
    return made


def test_a_write_is_read_from_the_next_clock_on():
    m = memory()
    both = m.access(np.array([4, 1]))
    assert m.read(both).tolist() == [14, 11]
    m.write(both, np.array([7, 8]))
    m.clock.now += 1
    assert m.read(both).tolist() == [7, 8]
    assert m.values[0].tolist() == [10, 8, 12, 13, 7, 15]


def test_two_elements_of_a_bank_clash():
    m = memory()
    with pytest.raises(Clash, match="m copy 0, bank 1: second read in clock 5"):
        m.read(m.access(np.array([3, 0, 1])))
    with pytest.raises(Clash, match="bank 0: second write"):
        m.write(m.access(np.array([0, 4])), np.array([1, 2]))


@pytest.mark.parametrize("ports", ["single", "dual"])
@pytest.mark.parametrize(("first", "second"), ["rr", "rw", "wr", "ww"])
def test_a_port_serves_one_access_a_clock(ports, first, second):
    m = memory(ports)
    one, values = m.access(np.array([0])), np.array([1])
    use = {"r": lambda: m.read(one), "w": lambda: m.write(one, values)}
    use[first]()
    if first == second or ports == "single":
        with pytest.raises(Clash, match="every bank: second"):
            use[second]()
        m.clock.now += 1
    use[second]()


def test_copies_have_ports_and_values_of_their_own():
    m = memory("single", copies=2)
    one = m.access(np.array([2]))
    m.write(one, np.array([0]), copy=1)
    assert m.read(one, copy=0).tolist() == [12]
    assert m.values[:, 2].tolist() == [12, 0]
