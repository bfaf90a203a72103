"""Finds a Chromium to drive, and installs one when asked to: `python -m deploy.runtime.browser_path --install`.

Finding is for services, installing for `make` alone: a service never downloads programs. Playwright itself is not
imported, only its list of browsers is read, so that finding one stays cheap.
"""

import argparse
import contextlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_VERSION_SECONDS = 20
_CONNECTION_TIMEOUT_MS = "10000"
_ON_PATH = (
    "chromium-headless-shell",
    "chrome-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
_MAC_BUNDLES = ("Chromium.app/Contents/MacOS/Chromium", "Google Chrome.app/Contents/MacOS/Google Chrome")
_PLAYWRIGHT_FOLDERS = {"chromium-headless-shell": "chromium_headless_shell", "chromium": "chromium"}
_PLAYWRIGHT_PROGRAMS = ("chrome-headless-shell", "headless_shell", "chrome", "Chromium", "Google Chrome for Testing")
_APT_PACKAGES = ("chromium-headless-shell", "chromium")


class BrowserNotFound(Exception):
    """No browser can be used; the text is one sentence that says how to get one."""


def find_browser(configured: Path | None) -> Path:
    """The browser to drive: the configured one, else Playwright's own, else one installed on this machine.

    Whatever was not configured must also start: a browser without its libraries is passed over. Raises BrowserNotFound.
    """
    if configured is not None:
        if os.access(configured, os.X_OK) and configured.is_file():
            return configured
        raise BrowserNotFound(f"BROWSER_PATH is {configured}, and there is no program there.")
    for candidate in _candidates():
        if _starts(candidate):
            return candidate
    raise BrowserNotFound(
        "No Chromium was found: install one (`make browser`, or the package chromium of your system) "
        "or set BROWSER_PATH to one."
    )


def install_browser() -> Path:
    """Find a browser, or install one: Playwright's own, else the system's package. Raises BrowserNotFound."""
    for install in (_install_from_playwright, _install_from_apt):
        with contextlib.suppress(BrowserNotFound):
            return find_browser(None)
        install()
    return find_browser(None)


def _candidates() -> Iterator[Path]:
    yield from _playwright_browsers()
    yield from (Path(found) for name in _ON_PATH if (found := shutil.which(name)))
    if sys.platform == "darwin":
        folders = (Path("/Applications"), Path.home() / "Applications")
        yield from (path for folder in folders for bundle in _MAC_BUNDLES if (path := folder / bundle).exists())


def _playwright_browsers() -> Iterator[Path]:
    """Those of exactly the revision that the installed Playwright was made for, as it lays them out."""
    spec = importlib.util.find_spec("playwright")
    if spec is None or spec.origin is None:
        return
    package = Path(spec.origin).parent / "driver" / "package"
    try:
        browsers = json.loads((package / "browsers.json").read_text())["browsers"]
    except (OSError, ValueError, KeyError):
        return
    revisions = {browser["name"]: browser["revision"] for browser in browsers}
    for name, prefix in _PLAYWRIGHT_FOLDERS.items():
        folder = _playwright_cache(package) / f"{prefix}-{revisions.get(name)}"
        for program in _PLAYWRIGHT_PROGRAMS:
            yield from (path for path in folder.rglob(program) if path.is_file() and os.access(path, os.X_OK))


def _playwright_cache(package: Path) -> Path:
    chosen = os.environ.get("PLAYWRIGHT_BROWSERS_PATH", "")
    if chosen == "0":
        return package / ".local-browsers"
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "ms-playwright"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ms-playwright"


def _starts(browser: Path) -> bool:
    try:
        subprocess.run([browser, "--version"], check=True, capture_output=True, timeout=_VERSION_SECONDS)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def _install_from_playwright() -> None:
    playwright = [sys.executable, "-m", "playwright"]
    if not _try([*playwright, "install", "--only-shell", "chromium"]):
        return
    # It needs some twenty system libraries, which an empty machine lacks and only root and its delegates can add.
    root = _as_root()
    if root is not None and shutil.which("apt-get") and not any(map(_starts, _playwright_browsers())):
        _try([*root, *playwright, "install-deps", "chromium"])


def _install_from_apt() -> None:
    root = _as_root()
    if root is None or not shutil.which("apt-get"):
        return
    _try([*root, "apt-get", "update", "-qq"])
    for package in _APT_PACKAGES:
        if _try([*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-qq", package]):
            return


def _as_root() -> list[str] | None:
    """What to put before a command that needs root; None where this user cannot become root without a password."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], check=False, capture_output=True).returncode == 0:  # noqa: S603
        return [sudo, "-n"]
    return None


def _try(command: list[str]) -> bool:
    print(f"  {' '.join(command)}", file=sys.stderr)
    # Its output goes to standard error: standard output carries the browser's path alone.
    environment = {**os.environ, "PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": _CONNECTION_TIMEOUT_MS}
    run = subprocess.run(command, check=False, env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr)  # noqa: S603
    return run.returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m deploy.runtime.browser_path", description="Print a browser's path."
    )
    parser.add_argument("--install", action="store_true", help="install one when there is none")
    configured = os.environ.get("BROWSER_PATH")
    install = parser.parse_args().install
    try:
        found = (
            install_browser() if install and not configured else find_browser(Path(configured) if configured else None)
        )
    except BrowserNotFound as error:
        print(error, file=sys.stderr)
        return 1
    print(found)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
