"""What all tests share: repeatable hypothesis runs, one build of all blocks, and shared data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from rtl_gen.verification.simulator import Build

# A build takes seconds, so no deadline; the same examples everywhere, so no surprise in CI.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.load_profile("ci")

LONGEST = (
    "test_zero_bubble_rtl", "test_pipeline", "test_accelerator", "test_fast", "test_estimate",
    "test_link", "test_board_command", "test_zero_bubble", "test_fpga_build", "test_sequencer",
    "test_search_command", "test_trials", "test_sweep", "test_timing",
)  # fmt: skip
"""Files that go first, so that no worker is left with a long one when the others have ended."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the files; within a file the tests stay as they are."""

    def rank(item: pytest.Item) -> int:
        stem = item.path.stem
        return LONGEST.index(stem) if stem in LONGEST else len(LONGEST)

    items.sort(key=rank)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the shared data sets, which lie outside the repository."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the shared data is not on this machine: no ../shared/data")
    return folder


@pytest.fixture(scope="session")
def blocks_build(tmp_path_factory: pytest.TempPathFactory, request) -> Build:
    """The hardware of every block, built once per session: workers share the folder."""
    import blocks  # here, because most tests do without Amaranth

    folder = tmp_path_factory.getbasetemp()
    if hasattr(request.config, "workerinput"):
        folder = folder.parent
    folder /= "blocks"
    folder.mkdir(exist_ok=True)
    return blocks.build(folder)


@pytest.fixture
def run_bench(blocks_build: Build, tmp_path: Path) -> Callable[[str], None]:
    """Run the cocotb tests of a ``bench_*`` file on the blocks; all must pass."""

    def run(bench: str) -> None:
        result = blocks_build.run(bench, run_dir=tmp_path)
        failed = [f"{failure.test}: {failure.message}" for failure in result.failures]
        assert not failed, "\n".join([*failed, f"see {result.log}"])

    return run
