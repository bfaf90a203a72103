"""`directorybolt payments`: what customers paid, what is owed back, and what Stripe could not tell us."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from rich.table import Column, Table

from deploy.cli.failures import SERVICE_FAILED, CommandFailed, database
from deploy.cli.options import AsJson
from deploy.cli.output import console, print_json, remarks
from deploy.cli.principal import cli_principal
from deploy.runtime.settings import Settings, load_settings
from schema.contracts.base import Contract
from schema.contracts.payment import PaymentView, Refund, Settlement
from schema.contracts.upkeep import Sweep, Task, UpkeepReport
from schema.store import payments, refunds
from schema.store.database import Pool
from schema.store.refunds import NotFinal

if TYPE_CHECKING:
    from api.selling.refunds import RefundService

app = typer.Typer(no_args_is_help=True)

_PATIENCE_S = 120
"""How long a refund waits for its job to end: as long as a page that is being sent may take."""

PaymentId = Annotated[str, typer.Argument(help="The payment's id, or its job's.")]


class ShownPayment(Contract):
    """What `payments show --json` prints."""

    payment: PaymentView
    settlement: Settlement
    refunds: tuple[Refund, ...]


class Refunded(Contract):
    """What `payments refund --json` prints; `refund` is None where nothing was owed, or in a dry run."""

    settlement: Settlement
    refund: Refund | None = None


@app.command("list")
def list_payments(
    as_json: AsJson = False,
    trouble: Annotated[bool, typer.Option("--trouble", help="Only those that somebody should look at.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, newest first.")] = 20,
) -> None:
    """The newest payments."""
    found = asyncio.run(_list(limit, trouble=trouble))
    if as_json:
        print_json(found)
        return
    if not found:
        remarks.print("No payment is in trouble." if trouble else "There is no payment yet.")
        return
    # Ids are shown whole, over two lines where there is no room: they are to be copied.
    payment_id, job_id = Column("payment", overflow="fold"), Column("job", overflow="fold")
    table = Table(payment_id, "tier", "asked", "received", "refunded", "status", job_id, "created", "trouble")
    for payment in found:
        table.add_row(
            str(payment.payment_id),
            payment.tier,
            money(payment.amount_cents, payment.currency),
            money(payment.received_cents, payment.currency),
            money(payment.refunded_cents, payment.currency) if payment.refunded_cents else "",
            payment.status + (" (disputed)" if payment.disputed else ""),
            str(payment.job_id or ""),
            f"{payment.created_at:%Y-%m-%d %H:%M} UTC",
            payment.trouble,
        )
    console.print(table)


@app.command()
def show(payment_id: PaymentId, as_json: AsJson = False) -> None:
    """One payment: how it stands, what was delivered for it, and what is owed back."""
    shown = asyncio.run(_show(_uuid(payment_id)))
    if as_json:
        print_json(shown)
        return
    payment = shown.payment
    table = Table.grid(padding=(0, 2))
    for name, value in (
        ("payment", str(payment.payment_id)),
        ("status", payment.status + (" (disputed)" if payment.disputed else "")),
        ("trouble", payment.trouble or "none"),
        ("job", str(payment.job_id or "none")),
        ("tier", f"{payment.tier}, {money(payment.amount_cents, payment.currency)}"),
        ("mode", "live" if payment.livemode else "test"),
        ("session", payment.checkout_session_id or "none"),
        ("payment intent", payment.payment_intent_id or "none"),
    ):
        table.add_row(name, value)
    console.print(table)
    _print_settlement(shown.settlement)
    for refund in shown.refunds:
        made = refund.stripe_refund_id or "not known to be made: `payments refund` ends it"
        console.print(f"Refund of {money(refund.amount_cents, payment.currency)}: {made}", highlight=False)


@app.command()
def refund(
    payment_id: PaymentId,
    as_json: AsJson = False,
    by: Annotated[str | None, typer.Option(help="Who you are, for the record; your login name by default.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go back, and change nothing.")] = False,
) -> None:
    """Stop the payment's job, and give back the price of what was not delivered. What was clicked stays, with proof."""
    refunded = asyncio.run(_refund(_uuid(payment_id), by, dry_run=dry_run, quiet=as_json))
    if as_json:
        print_json(refunded)
        return
    _print_settlement(refunded.settlement)
    if refunded.refund is not None:
        sum_of_it = money(refunded.refund.amount_cents, refunded.settlement.currency)
        remarks.print(f"{sum_of_it} went back ({refunded.refund.stripe_refund_id}).", highlight=False)
    elif not dry_run:
        remarks.print("Nothing is owed, and nothing went back.")


@app.command()
def reconcile(
    as_json: AsJson = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be taken, and change nothing.")] = False,
) -> None:
    """Fetch what Stripe could not deliver within thirty days, and compare what is paid there with what is here."""
    report = asyncio.run(_reconcile(dry_run=dry_run, quiet=as_json))
    if as_json:
        print_json(report)
        return
    if not report.findings:
        remarks.print("All that Stripe has to tell is known here.")
    for finding in report.findings:
        mark = ("would be healed" if dry_run else "healed") if finding.healed else "look at it"
        more = ", …" if finding.count > len(finding.subjects) else ""
        console.print(f"{finding.count} {finding.what} ({mark}): {', '.join(finding.subjects)}{more}", highlight=False)


def money(cents: int, currency: str) -> str:
    """For people; our prices are in currencies with cents."""
    return f"{cents / 100:.2f} {currency.upper()}"


async def _list(limit: int, *, trouble: bool) -> tuple[PaymentView, ...]:
    async with database(load_settings()) as pool:
        return await payments.recent(pool, limit, in_trouble=trouble)


async def _show(either: UUID) -> ShownPayment:
    async with database(load_settings()) as pool:
        payment = await _found(pool, either)
        settlement = await refunds.settlement(pool, payment.payment_id)
        assert settlement is not None, "there is such a payment"
        made = await refunds.of_payment(pool, payment.payment_id)
        return ShownPayment(payment=payment, settlement=settlement, refunds=made)


async def _refund(either: UUID, by: str | None, *, dry_run: bool, quiet: bool) -> Refunded:
    """Raises CommandFailed."""
    from api.selling.payments import PaymentsClosed
    from api.selling.refunds import NotRefundable
    from api.selling.stripe import StripeAway, StripeRefused

    who = cli_principal(by)
    settings = load_settings()
    async with database(settings) as pool:
        payment_id = (await _found(pool, either)).payment_id
        try:
            async with _service(settings, pool) as service:
                settlement = await service.owed(payment_id)
                if dry_run or (settlement.refundable_cents == 0 and settlement.final):
                    return Refunded(settlement=settlement)
                with (
                    remarks.status("Waiting for the job to end", spinner="dots")
                    if not quiet
                    else contextlib.nullcontext()
                ):
                    await _until_stopped(service, payment_id, by)
                made = await service.refund(payment_id, who)
                return Refunded(settlement=await service.owed(payment_id), refund=made)
        except NotRefundable as refused:
            raise CommandFailed(str(refused)) from None
        except PaymentsClosed:
            raise CommandFailed("STRIPE_SECRET_KEY is not set: without it nothing can be given back.") from None
        except StripeRefused as refused:
            raise CommandFailed(f"{refused} Look at the payment in Stripe's dashboard.", SERVICE_FAILED) from None
        except (StripeAway, NotFinal) as away:
            raise CommandFailed(
                f"{str(away) or 'The job still runs.'} Run the command again: nothing goes back twice.", SERVICE_FAILED
            ) from None


async def _until_stopped(service: "RefundService", payment_id: UUID, by: str | None) -> None:
    """Raises NotFinal when its job has not ended in time; upkeep ends it."""
    if await service.stop(payment_id, cli_principal(by)):
        return
    for _ in range(_PATIENCE_S):
        await asyncio.sleep(1)
        if (await service.owed(payment_id)).final:
            return
    raise NotFinal("The job is being stopped, and has not ended yet.")


async def _reconcile(*, dry_run: bool, quiet: bool) -> UpkeepReport:
    """Raises CommandFailed."""
    from activities.findings import Findings
    from activities.payments import reconcile as take_all
    from api.selling.stripe import StripeAway, StripeRefused
    from deploy.runtime.stripe import stripe_gateway

    settings = load_settings()
    found = Findings(Task.PAYMENTS, Sweep(dry_run=dry_run))
    async with database(settings) as pool, stripe_gateway(settings) as stripe:
        if stripe is None:
            raise CommandFailed("STRIPE_SECRET_KEY is not set: there is nobody to ask.")
        try:
            with remarks.status("Asking Stripe", spinner="dots") if not quiet else contextlib.nullcontext():
                await take_all(pool, stripe, found, dry_run=dry_run)
        except (StripeAway, StripeRefused) as away:
            raise CommandFailed(str(away), SERVICE_FAILED) from None
    return found.report


@contextlib.asynccontextmanager
async def _service(settings: Settings, pool: Pool) -> AsyncIterator["RefundService"]:
    from api.gateway import WorkflowGateway
    from api.selling.payments import PaymentsService
    from api.selling.refunds import RefundService
    from deploy.runtime.client import connect
    from deploy.runtime.stripe import stripe_gateway

    async with stripe_gateway(settings) as stripe:
        gateway = WorkflowGateway(await connect(settings, lazy=True))
        yield RefundService(pool, PaymentsService(pool, gateway, settings.public_url, stripe), stripe)


async def _found(pool: Pool, either: UUID) -> PaymentView:
    """Raises CommandFailed."""
    payment = await payments.find(pool, either) or await payments.of_job(pool, either)
    if payment is None:
        raise CommandFailed(f"There is no payment {either}: `directorybolt payments list` shows the newest.")
    return payment


def _uuid(text: str) -> UUID:
    """Raises CommandFailed."""
    try:
        return UUID(text)
    except ValueError:
        raise CommandFailed(f"{text!r} is not a payment's id: `directorybolt payments list` shows them.") from None


def _print_settlement(owed: Settlement) -> None:
    console.print(
        f"Paid {money(owed.paid_cents, owed.currency)} for {owed.ordered}, delivered {owed.delivered}"
        f"{'' if owed.final else ' so far'}; {money(owed.refunded_cents, owed.currency)} went back, "
        f"{money(owed.refundable_cents, owed.currency)} is owed.",
        highlight=False,
    )
