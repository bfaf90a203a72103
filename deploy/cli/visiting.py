"""How commands open the one page that they were given: by the browser there is, and in sentences where that fails."""

import contextlib
from collections.abc import AsyncIterator

from activities.boundary import ActivityFailure
from activities.browser.pool import BrowserPool, Visit
from activities.browser.visit import DirectoryGone
from activities.egress.reach import Reach
from deploy.cli.failures import SERVICE_FAILED, CommandFailed
from deploy.runtime.browser_path import BrowserNotFound, find_browser
from deploy.runtime.settings import BrowserSettings


@contextlib.asynccontextmanager
async def visiting(url: str, settings: BrowserSettings) -> AsyncIterator[Visit]:
    """A visit that may reach public addresses and the host of `url`, wherever that is. Raises CommandFailed."""
    try:
        reach = await Reach(settings.private_networks).including(url)
        async with (
            BrowserPool(find_browser(settings.browser_path), 1, settings.user_agent_contact, reach) as pool,
            pool.visit() as visit,
        ):
            yield visit
    except OSError:
        raise CommandFailed(f"{url} cannot be opened (its name is not known).", SERVICE_FAILED) from None
    except BrowserNotFound as error:
        raise CommandFailed(str(error), SERVICE_FAILED) from None
    except (ActivityFailure, DirectoryGone) as error:
        raise CommandFailed(f"{url} cannot be opened ({str(error).rstrip('.')}).", SERVICE_FAILED) from None
