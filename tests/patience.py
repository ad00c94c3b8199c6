"""How long a test waits for another process before it says that the process hangs.

No test depends on the speed of the machine: this bound is met by none that works, however loaded the machine is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE_S = 900.0
Seen = TypeVar("Seen")


def wait_until(seen: Callable[[], Seen | None]) -> Seen:
    """What `seen` gives, as soon as it is true."""
    limit = time.monotonic() + PATIENCE_S
    while not (found := seen()):
        assert time.monotonic() < limit, "nothing came"
        time.sleep(0.2)
    return found
