"""What tests see of processes does not depend on the moment of the look."""

import os
import subprocess
import sys
import time

import psutil

from tests.processes import command_line, descendants, is_browser, is_of_a_browser, is_page, kill


def test_a_process_that_ends_between_two_looks_is_simply_not_there() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", "--type=renderer"])
    [seen] = [process for process in descendants(os.getpid()) if process.pid == child.pid]
    while not is_page(seen):  # Popen may answer before the program is the one that was asked for.
        time.sleep(0.01)
    kill([seen])
    while seen.status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    assert command_line(seen) == []
    assert not any(is_one(seen) for is_one in (is_page, is_browser, is_of_a_browser))
    child.wait()
    assert command_line(seen) == []
    assert descendants(child.pid) == []
    kill([seen])
