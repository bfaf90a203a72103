"""The brain's eye: what its HTTP service looks at pages with. One fresh page per look, its post gate shut."""

from urllib.parse import urlsplit

from activities.boundary import ActivityFailure
from activities.browser.fill import FormChanged
from activities.browser.pool import BrowserPool
from activities.browser.visit import DirectoryGone, go_to
from activities.browser.walk import walk
from activities.egress.reach import PrivateAddress, Reach
from brain.models.advisor import Consultation
from brain.service import AddressRefused, NotSeen
from schema.contracts.plan import Obstacle, PlanStep
from schema.contracts.profile import BusinessProfile
from schema.failures import FailureType


class PageEye:
    """Looks through a browser pool, whose way out has the same `reach`."""

    def __init__(self, pool: BrowserPool, reach: Reach) -> None:
        self._pool = pool
        self._reach = reach

    async def walk(
        self, url: str, business: BusinessProfile, *, accept_terms: bool, consultation: Consultation | None
    ) -> tuple[PlanStep, ...] | Obstacle:
        """As `brain.service.Eye` has it."""
        await self._judge(url)
        try:
            async with self._pool.visit() as visit:
                visit.gate.confine(url, business)
                await go_to(visit.page, url)
                walked = await walk(visit.page, business, url, accept_terms=accept_terms, consultation=consultation)
                return walked.made
        except FormChanged as changed:
            raise NotSeen(FailureType.FORM_CHANGED, str(changed)) from changed
        except DirectoryGone as gone:
            return Obstacle(failure=FailureType.FORM_NOT_FOUND, reason=str(gone))
        except ActivityFailure as failed:
            raise NotSeen(failed.failure, str(failed), failed.retry_after) from failed

    async def _judge(self, url: str) -> None:
        """Before a page is opened, so that the caller hears the reason. Raises AddressRefused, NotSeen."""
        host = urlsplit(url).hostname or ""
        try:
            await self._reach.addresses(host, 0)
        except PrivateAddress as error:
            raise AddressRefused(str(error)) from None
        except OSError:
            raise NotSeen(FailureType.DIRECTORY_UNREACHABLE, f"The name {host} is not known.") from None
