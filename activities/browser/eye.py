"""The brain's eye: what its HTTP service looks at pages with. One fresh page per look, its post gate shut."""

from urllib.parse import urlsplit

from activities.boundary import ActivityFailure
from activities.browser.egress import PrivateAddress, public_addresses
from activities.browser.fill import FormChanged
from activities.browser.pool import BrowserPool
from activities.browser.visit import DirectoryGone, go_to
from activities.browser.walk import walk
from brain.models.advisor import Consultation
from brain.service import AddressRefused, NotSeen
from schema.contracts.plan import Obstacle, PlanStep
from schema.contracts.profile import BusinessProfile
from schema.failures import FailureType


class PageEye:
    """Looks through a browser pool. `public_only`: at public addresses alone; the pool's proxy sees to all the rest."""

    def __init__(self, pool: BrowserPool, *, public_only: bool) -> None:
        self._pool = pool
        self._public_only = public_only

    async def walk(
        self, url: str, business: BusinessProfile, *, accept_terms: bool, consultation: Consultation | None
    ) -> tuple[PlanStep, ...] | Obstacle:
        """As `brain.service.Eye` has it."""
        if self._public_only:
            await _judge(url)
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


async def _judge(url: str) -> None:
    """Before a page is opened, so that the caller hears the reason. Raises AddressRefused, NotSeen."""
    host = urlsplit(url).hostname or ""
    try:
        await public_addresses(host, 0)
    except PrivateAddress as error:
        raise AddressRefused(str(error)) from None
    except OSError:
        raise NotSeen(FailureType.DIRECTORY_UNREACHABLE, f"The name {host} is not known.") from None
