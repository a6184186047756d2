"""What all tests share: repeatable hypothesis runs, and the data beside the repository."""

from pathlib import Path

import pytest
from hypothesis import settings

# A build takes seconds, so no deadline; the same examples everywhere, so no surprise in CI.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.load_profile("ci")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the shared data sets, which lie outside the repository."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the shared data is not on this machine: no ../shared/data")
    return folder
