"""One Chromium and the driver it hangs on: started together, and ended together, whatever state they are in."""

import asyncio
import contextlib
import dataclasses
import os
import signal
from pathlib import Path

import playwright.async_api
from playwright.async_api import Browser, Playwright, async_playwright

from activities.boundary import ActivityFailure
from schema.failures import FailureType

_MOST_CONTEXTS = 200
_ENDS_WITHIN_S = 10.0
_FEATURES_OFF = (
    # A slow connect is doubled, and the spare one counts as proven: a post on it that is cut would be sent again.
    "PermitTcpSocketPoolConnectBackupJobs",
    # What Playwright turns off. Chromium heeds the last such switch alone.
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "msEdgeUpdateLaunchServicesPreferredVersion",
    "msForceBrowserSignIn",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "TcpPortRandomizationWin",
    "ThirdPartyStoragePartitioning",
)
_ARGUMENTS = (
    # What a window or a shared worker of its own sends passes no gate of ours.
    "--block-new-web-contents",
    "--disable-shared-workers",
    "--disable-background-networking",
    "--disable-component-update",
    f"--disable-features={','.join(_FEATURES_OFF)}",
    # HTTP/2 knows no "Connection: close": its connections are always reused, and posts on them repeated.
    "--disable-http2",
    "--disable-quic",
    "--disable-sync",
    # Datagrams know no proxy: a page's script could knock at any door of the network we are in.
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--no-first-run",
)


class BrowserFailed(ActivityFailure):
    """The browser or the page ended, or did not do what it was told."""

    def __init__(self, what: str) -> None:
        super().__init__(FailureType.BROWSER_FAILED, what)


@dataclasses.dataclass(eq=False, slots=True)
class Chromium:
    """`users` counts the contexts that are open, `opened` all that ever were. A `retired` one gets no further ones."""

    driver: Playwright
    browser: Browser
    pid: int
    users: int = 0
    opened: int = 0
    retired: bool = False

    @property
    def fit(self) -> bool:
        """Whether it may be given another context."""
        return not self.retired and self.browser.is_connected() and self.opened < _MOST_CONTEXTS

    async def end(self) -> None:
        """Close it, by force if it does not listen. Never raises."""
        with contextlib.suppress(Exception):
            async with asyncio.timeout(_ENDS_WITHIN_S):
                await self.browser.close()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if self.browser.is_connected():
                os.kill(self.pid, signal.SIGKILL)
        with contextlib.suppress(Exception):
            async with asyncio.timeout(_ENDS_WITHIN_S):
                await self.driver.stop()


async def launch(executable: Path) -> Chromium:
    """Raises BrowserFailed."""
    driver = await async_playwright().start()
    try:
        browser = await driver.chromium.launch(
            executable_path=executable,
            headless=True,
            # Chromium's sandbox cannot work as root; containers run as an ordinary user.
            chromium_sandbox=os.geteuid() != 0,
            args=list(_ARGUMENTS),
        )
        return Chromium(driver, browser, await _process_id(browser))
    except BaseException as error:
        await driver.stop()
        if isinstance(error, playwright.async_api.Error):
            raise BrowserFailed(f"The browser did not start: {error.message.partition(chr(10))[0]}") from error
        raise


async def _process_id(browser: Browser) -> int:
    """Playwright does not tell it, and a browser that hangs can be ended by nothing else."""
    session = await browser.new_browser_cdp_session()
    answer = await session.send("SystemInfo.getProcessInfo")
    await session.detach()
    return next(int(process["id"]) for process in answer["processInfo"] if process["type"] == "browser")
