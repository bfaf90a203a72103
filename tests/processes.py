"""Chromium's processes, read as they come and go: whoever has ended between two looks is simply not there."""

import contextlib
from collections.abc import Iterable

import psutil


def command_line(process: psutil.Process) -> list[str]:
    """Its words; none when it has ended, whether or not its parent has collected it."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def descendants(pid: int) -> list[psutil.Process]:
    """Whatever the process has started, at any depth; none when it has ended itself."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []


def is_page(process: psutil.Process) -> bool:
    """Whether it shows pages for a Chromium."""
    return "--type=renderer" in command_line(process)


def is_browser(process: psutil.Process) -> bool:
    """Whether it is the first process of a Chromium without a window."""
    words = command_line(process)
    return any(word.startswith("--headless") for word in words) and not _has_a_type(words)


def is_of_a_browser(process: psutil.Process) -> bool:
    """Whether it is the first process of a Chromium without a window, or any that this has started."""
    return is_browser(process) or _has_a_type(command_line(process))


def kill(processes: Iterable[psutil.Process]) -> None:
    """As the kernel does when memory runs out."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


def _has_a_type(words: list[str]) -> bool:
    return any(word.startswith("--type=") for word in words)
