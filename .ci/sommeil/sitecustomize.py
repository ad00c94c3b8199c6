"""Under libfaketime, `time.sleep` fails: 0.9.10 takes the monotonic instant that Python asks it for to be a faked one.

Python imports this module by itself when it starts, in every process of `.ci/calendrier` and in their children.
"""

import select
import time

time.sleep = lambda seconds: select.select([], [], [], seconds) and None
