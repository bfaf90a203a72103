"""Asks the models, one after the other, within what a plan may cost. When none answers, things go on without.

The `Advisor` lives as long as its process; a `Consultation` is about one submission of one business, and keeps its
budget, its usage and what has been answered already.
"""

import asyncio
import functools
import math
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeVar

import structlog

from brain import planner
from brain.mapper import map_form
from brain.models import choosing, reading, shortening
from brain.models.choosing import FieldShown
from brain.models.prices import price
from brain.models.question import MOST_TOKENS, A, Model, ModelFailed, Question, Reply, Task, Tokens
from brain.models.redaction import Redaction
from schema.contracts.answer import Answer
from schema.contracts.form import CaptchaKind, FormField, FormSnapshot
from schema.contracts.plan import FieldDecision, ModelUsage, Obstacle, PlanStep
from schema.contracts.profile import BusinessProfile
from schema.failures import FailureType

_CHARACTERS_PER_TOKEN = 2
"""Fewer than there are in any language's texts: what a question may cost is never guessed too low."""

T = TypeVar("T")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one plan may use, and how long one question may last: US dollars, tokens, seconds."""

    usd: float = 0.05
    tokens: int = 60_000
    seconds: float = 15.0


class Advisor:
    """The models in the order in which they are asked."""

    def __init__(self, models: tuple[Model, ...], limits: Limits) -> None:
        self.models = models
        self.limits = limits

    def consultation(self, profile: BusinessProfile) -> "Consultation":
        """For one plan, or for the reading of one answer."""
        return Consultation(self, profile)


class Consultation:
    """Everything that is asked about one submission. A model that has failed is not asked again."""

    def __init__(self, advisor: Advisor, profile: BusinessProfile) -> None:
        self.usage: tuple[ModelUsage, ...] = ()
        self._profile = profile
        self._limits = advisor.limits
        self._models = list(advisor.models)
        self._hide = Redaction(profile)
        self._spent = _Spent()
        self._known: dict[tuple[str, FieldShown], FieldDecision | None] = {}

    @property
    def source(self) -> str:
        """Who makes the plan, as `Plan.source` has it: the model that chose in it, by its name, or the mapper."""
        chose = (usage.model for usage in self.usage if usage.task == Task.CHOOSE and not usage.failure)
        return next(chose, "mapper")

    async def plan_step(
        self,
        snapshot: FormSnapshot,
        *,
        accept_terms: bool,
        decided: tuple[FieldDecision, ...] = (),
        answerable: Collection[CaptchaKind] = (),
    ) -> PlanStep | Obstacle:
        """As `planner.plan_step`, with a model's choices where the mapper is unsure: never worse than without them."""
        plan = functools.partial(
            planner.plan_step, snapshot, self._profile, accept_terms=accept_terms, answerable=answerable
        )
        plain = plan(decided=decided)
        if isinstance(plain, Obstacle) and plain.failure is not FailureType.PLAN_REJECTED:
            return plain
        handles = frozenset(decision.handle for decision in decided)
        chosen = await self._chosen(snapshot, handles, rescue=isinstance(plain, Obstacle))
        needed = tuple(decision for decision in chosen if _is_required(decision, snapshot))
        # What the guard refuses of an optional field must not cost the required ones their plan.
        for choices in filter(None, dict.fromkeys((chosen, needed))):
            made = plan(decided=(*decided, *choices))
            if isinstance(made, PlanStep):
                return await self._shortened(made, snapshot)
            if isinstance(plain, Obstacle) and made.failure is FailureType.PROFILE_INCOMPLETE:
                return made
        return plain if isinstance(plain, Obstacle) else await self._shortened(plain, snapshot)

    async def read_answer(
        self, answer: Answer, before: FormSnapshot, after: FormSnapshot, status: int | None
    ) -> Answer:
        """The answer, with what a model can add to it."""
        if not reading.worth_reading(answer, status):
            return answer
        question = reading.read_page(before, after, status, self._hide)
        read = await self._ask(question, lambda form, _: reading.reading(form, before, after))
        return reading.weighed(answer, read, status) if read else answer

    async def _chosen(
        self, snapshot: FormSnapshot, decided: frozenset[str], *, rescue: bool
    ) -> tuple[FieldDecision, ...]:
        """What models decide about the fields nobody has decided. To `rescue` a plan takes a required one."""
        meanings = map_form(snapshot)
        fields = tuple(field for field in choosing.unsure(snapshot, meanings) if field.handle not in decided)
        if rescue and not any(field.required for field in fields):
            return ()
        fresh = tuple(field for field in fields if self._name(field) not in self._known)
        if fresh:
            question = choosing.choose(fresh, snapshot, meanings, self._hide)
            made = await self._ask(question, lambda form, model: choosing.decisions(form, fresh, meanings, model))
            by_handle = {decision.handle: decision for decision in made or ()}
            self._known |= {self._name(field): by_handle.get(field.handle) for field in fresh}
        known = (self._known[self._name(field)] for field in fields)
        return tuple(decision for decision in known if decision is not None)

    def _name(self, field: FormField) -> tuple[str, FieldShown]:
        return field.handle, choosing.shown(field, self._hide)

    async def _shortened(self, step: PlanStep, snapshot: FormSnapshot) -> PlanStep:
        decisions = [await self._excerpted(decision, snapshot) for decision in step.decisions]
        return step.model_copy(update={"decisions": tuple(decisions)})

    async def _excerpted(self, decision: FieldDecision, snapshot: FormSnapshot) -> FieldDecision:
        field, profile = snapshot.field(decision.handle), self._profile
        if field is None or field.max_length is None or decision.excerpt is not None:
            return decision
        if not shortening.too_long(decision, field, profile):
            return decision
        question = shortening.shorten(profile.description, field.max_length)
        return await self._ask(question, lambda f, _: shortening.excerpted(f, decision, field, profile)) or decision

    async def _ask(self, question: Question[A], use: Callable[[A, str], T | None]) -> T | None:
        """What the first model's answer comes to that can be used; None when there is none, or no budget for it."""
        most = Tokens(_most_input(question), MOST_TOKENS)
        for model in tuple(self._models):
            if not self._spent.leaves(most, model.name, self._limits):
                continue
            started = time.monotonic()
            tokens, failure, made = Tokens(), "", None
            try:
                reply = await self._answer(model, question)
                tokens, made = reply.tokens, use(reply.answer, model.name)
                failure = "" if made is not None else "unusable answer"
            except asyncio.CancelledError:
                self._note(model.name, question, tokens, time.monotonic() - started, "cancelled")
                raise
            except ModelFailed as failed:
                # What was never reported may still have been billed: the question itself, at least.
                tokens, failure = failed.tokens, str(failed)
                self._spent.add(Tokens(input=most.input) if tokens == Tokens() else Tokens(), model.name)
            self._note(model.name, question, tokens, time.monotonic() - started, failure)
            if made is not None:
                return made
            self._models.remove(model)
        return None

    async def _answer(self, model: Model, question: Question[A]) -> Reply[A]:
        try:
            async with asyncio.timeout(self._limits.seconds):
                return await model.ask(question)
        except ModelFailed:
            raise
        except TimeoutError:
            raise ModelFailed("timeout") from None
        except Exception as error:
            # Whatever a provider's SDK may throw, a plan goes on without it.
            raise ModelFailed(f"unreadable response ({type(error).__name__})") from error

    def _note(self, model: str, question: Question[A], tokens: Tokens, seconds: float, failure: str) -> None:
        self._spent.add(tokens, model)
        usage = ModelUsage(
            model=model,
            task=question.task.value,
            input_tokens=tokens.input,
            output_tokens=tokens.output,
            cost_usd=round(price(model).of(tokens), 6),
            duration_ms=round(seconds * 1000),
            failure=failure,
        )
        self.usage = (*self.usage, usage)
        _log.info("model asked", **usage.model_dump())


@dataclass(slots=True)
class _Spent:
    """What a plan has used so far, where nobody said exactly rather too much than too little."""

    usd: float = 0.0
    tokens: int = 0

    def add(self, tokens: Tokens, model: str) -> None:
        self.usd += price(model).of(tokens)
        self.tokens += tokens.input + tokens.output

    def leaves(self, most: Tokens, model: str, limits: Limits) -> bool:
        """True if a question that takes this much stays within the limits."""
        usd, tokens = self.usd + price(model).of(most), self.tokens + most.input + most.output
        return usd <= limits.usd and tokens <= limits.tokens


def _is_required(decision: FieldDecision, snapshot: FormSnapshot) -> bool:
    field = snapshot.field(decision.handle)
    return field is not None and field.required


def _most_input(question: Question[A]) -> int:
    characters = len(question.instructions) + len(question.material) + len(str(question.schema))
    return math.ceil(characters / _CHARACTERS_PER_TOKEN)
