"""A process ends with the one that started it, also when that one was killed and could stop nobody.

The child asks who its parent is, again and again: that works on every system, needs no open pipe, and cannot be
forgotten by whoever kills the parent.
"""

import os
import signal
import threading
import time
from collections.abc import MutableMapping
from typing import Final

# No setting of an installation: whoever starts a process writes its own number here.
_NAME: Final = "_HUIQI_KEEPER"
_LOOK_SECONDS: Final = 0.5
# What a request or a job may still take; whoever has not ended then is killed.
_GRACE_SECONDS: Final = 30


def keep(environment: MutableMapping[str, str]) -> None:
    """Let the processes that are started with ``environment`` end with this one."""
    environment[_NAME] = str(os.getpid())


def end_with_keeper(seconds: float = _GRACE_SECONDS) -> None:
    """From here on: SIGTERM to ourselves once our keeper is gone, SIGKILL ``seconds`` later; without one, nothing."""
    keeper = os.environ.get(_NAME)
    if keeper is not None:
        threading.Thread(target=_watch, args=(int(keeper), seconds), name="keeper", daemon=True).start()


def _watch(keeper: int, seconds: float) -> None:
    while os.getppid() == keeper:
        time.sleep(_LOOK_SECONDS)
    for number, wait in ((signal.SIGTERM, seconds), (signal.SIGKILL, 0.0)):
        os.kill(os.getpid(), number)
        time.sleep(wait)
