"""How long a test waits for another process before it says that the process hangs.

No test depends on the speed of the machine: this bound is met by none that works, however loaded the machine is.
"""

PATIENCE_S = 900.0
