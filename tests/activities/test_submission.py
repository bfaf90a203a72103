"""The submission activity with a real Chromium, the real ledger and a directory that behaves as each test needs.

What is promised: one post per intent, never before the intent, and an outcome that claims no more than was seen.
"""

import asyncio
import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import botocore.exceptions
import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

import activities.browser.send
import activities.proof
import activities.submission
from activities.browser.pool import BrowserPool, Visit
from schema.contracts.submission import Evidence, SubmissionStatus
from schema.failures import FailureType
from schema.store import results
from tests.activities.counter import Counter, kill_browser
from tests.activities.site import FORM, HANG_UP, Answer, Post
from tests.factories import PROFILE


def scripted(script: str) -> str:
    """A form without an action, whose button runs a script that posts the form by itself."""
    form = FORM.replace('method="post" action="/add"', 'onsubmit="return false"') + "<p id=said></p>"
    return f"{form}<script>const form = document.forms[0], said = document.getElementById('said');{script}</script>"


ACCEPTED = "said.textContent = 'Thank you! Your listing has been submitted.'; form.remove();"


async def test_the_form_leaves_once_and_its_proof_is_kept(counter: Counter) -> None:
    outcome = await counter.plan_and_submit()
    assert (outcome.status, outcome.evidence) == (SubmissionStatus.SUBMITTED, Evidence.TEXT)
    assert outcome.response_status == 200
    assert outcome.may_be_sent
    [post] = counter.site.posts
    assert (post.fields["name"], post.fields["email"]) == (PROFILE.business_name, PROFILE.email)
    assert counter.drawer.kept[outcome.screenshot].startswith(b"\x89PNG")
    assert "thank you" in outcome.page_text.casefold()


async def test_when_the_form_arrives_the_intent_is_in_the_ledger(counter: Counter) -> None:
    seen = []

    async def look(_: Post) -> None:
        row = await counter.row()
        seen.append((row.status, row.attempt, row.intent_age is not None))

    counter.site.on_post = look
    await counter.plan_and_submit()
    assert seen == [(SubmissionStatus.SUBMITTING, 1, True)]


@pytest.mark.parametrize(
    "script",
    [
        "fetch('/sneak', {method: 'POST', body: 'early'});",
        "for (const field of form.elements) field.addEventListener('input', () => "
        "fetch('/sneak', {method: 'POST', body: field.value}));",
        "navigator.sendBeacon('/sneak', 'early'); addEventListener('pagehide', () => "
        "navigator.sendBeacon('/sneak', form.email.value));",
        "addEventListener('input', () => fetch('/sneak', {method: 'PUT', keepalive: true, body: form.email.value}));",
        "const line = new WebSocket(location.href.replace('http', 'ws')); addEventListener('input', () => "
        "line.readyState == 1 && line.send(form.email.value));",
        "form.elements[1].addEventListener('change', () => form.submit());",
        "const work = new Blob([`fetch('${location.origin}/sneak', {method: 'POST', body: 'early'})`]);"
        "new SharedWorker(URL.createObjectURL(work));",
        "addEventListener('input', () => { const other = open('/other'); if (other) other.onload = () => { "
        "other.navigator.sendBeacon('/sneak', 'early'); other.close(); } });",
    ],
    ids=["on load", "while typing", "beacon", "keepalive", "web socket", "submits itself", "worker", "other window"],
)
async def test_a_page_that_sends_by_itself_is_held_back_until_the_intent(counter: Counter, script: str) -> None:
    counter.site.form = FORM + f"<script>const form = document.forms[0];{script}</script>"
    await counter.plan()
    counter.site.form = counter.site.form.replace("Website", "Your web shop")
    changed = await counter.submit()
    assert changed.failure is FailureType.FORM_CHANGED
    assert counter.site.posts == []
    assert counter.site.socket_bytes == 0
    await counter.plan()
    await counter.submit()
    assert [post.path for post in counter.site.posts].count("/add") == 1
    assert [post for post in counter.site.posts if b"early" in post.body] == []


@pytest.mark.parametrize(
    "body",
    [
        "new URLSearchParams(new FormData(form))",
        "new FormData(form)",
        "JSON.stringify(Object.fromEntries(new FormData(form)))",
    ],
    ids=["urlencoded", "multipart", "json"],
)
async def test_a_script_that_posts_twice_gets_one_post_through(counter: Counter, body: str) -> None:
    post = f"fetch('/add', {{method: 'POST', body: {body}}}).then(() => {{ {ACCEPTED} }}).catch(() => null);"
    counter.site.form = scripted(f"form.addEventListener('submit', () => {{ {post} {post} }});")
    outcome = await counter.plan_and_submit()
    assert outcome.status is SubmissionStatus.SUBMITTED
    assert len(counter.site.posts) == 1


@pytest.mark.usefixtures("short_patience")
async def test_a_button_that_is_pressed_twice_by_its_page_gets_one_post_through(counter: Counter) -> None:
    counter.site.answers = [Answer(after_s=0.5)]
    again = "document.forms[0].addEventListener('submit', (e) => setTimeout(() => e.target.submit(), 100));"
    counter.site.form = f"{FORM}<script>{again}</script>"
    outcome = await counter.plan_and_submit()
    assert len(counter.site.posts) == 1
    assert outcome.status in (SubmissionStatus.SUBMITTED, SubmissionStatus.UNCERTAIN)


async def test_an_answer_that_is_meant_for_a_window_of_its_own_is_read(counter: Counter) -> None:
    counter.site.form = FORM.replace("<form ", '<form target="_blank" ')
    outcome = await counter.plan_and_submit()
    assert (outcome.status, outcome.evidence) == (SubmissionStatus.SUBMITTED, Evidence.TEXT)
    assert len(counter.site.posts) == 1


@pytest.mark.usefixtures("short_patience")
async def test_thanks_over_a_server_error_prove_nothing(counter: Counter) -> None:
    counter.site.answers = [Answer(status=500)]
    outcome = await counter.plan_and_submit()
    assert (outcome.status, outcome.evidence) == (SubmissionStatus.UNCERTAIN, Evidence.NONE)
    assert outcome.response_status == 500


@pytest.mark.usefixtures("short_patience")
async def test_a_beacon_that_is_answered_well_does_not_speak_for_the_form(counter: Counter) -> None:
    counter.site.form = FORM.replace(
        "<button>", "<button onclick=\"fetch('/track', {method: 'POST', body: 'click'})\">"
    )

    async def by_address(post: Post) -> None:
        counter.site.answers = [Answer("", 200) if post.path == "/track" else Answer(status=500)]

    counter.site.on_post = by_address
    outcome = await counter.plan_and_submit()
    assert (outcome.status, outcome.response_status) == (SubmissionStatus.UNCERTAIN, 500)


@pytest.mark.usefixtures("short_patience")
async def test_a_connection_that_breaks_after_the_post_is_uncertain_and_never_tried_again(counter: Counter) -> None:
    counter.site.answers = [HANG_UP]
    outcome = await counter.plan_and_submit()
    assert (outcome.status, outcome.failure) == (SubmissionStatus.UNCERTAIN, FailureType.OUTCOME_UNKNOWN)
    assert outcome.may_be_sent
    assert await counter.submit() == (await counter.row()).outcome
    assert len(counter.site.posts) == 1


@pytest.mark.usefixtures("short_patience")
async def test_a_directory_that_never_answers_is_uncertain(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activities.browser.send, "_ANSWER_WITHIN_S", 1)
    monkeypatch.setattr(activities.submission, "_SEND_LIMIT_S", 6)
    counter.site.answers = [Answer(after_s=60)]
    outcome = await counter.plan_and_submit()
    assert outcome.status is SubmissionStatus.UNCERTAIN
    assert len(counter.site.posts) == 1


async def test_a_slow_answer_is_waited_for(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activities.browser.send, "_PAGE_SPEAKS_WITHIN_S", 4)
    counter.site.answers = [Answer(after_s=4.5)]
    assert (await counter.plan_and_submit()).status is SubmissionStatus.SUBMITTED


async def test_a_retry_waits_until_the_first_attempt_must_be_over_and_then_says_uncertain(counter: Counter) -> None:
    await counter.plan()
    await results.claim_intent(counter.pool, await counter.row())
    with pytest.raises(ApplicationError) as early:
        await counter.submit()
    delay = early.value.next_retry_delay
    assert early.value.type == FailureType.OUTCOME_UNKNOWN
    assert delay is not None
    assert timedelta(seconds=activities.submission._SEND_LIMIT_S) < delay < timedelta(minutes=2)
    await counter.age_intent(delay.total_seconds() + 1)
    outcome = await counter.submit()
    assert (outcome.status, outcome.failure) == (SubmissionStatus.UNCERTAIN, FailureType.OUTCOME_UNKNOWN)
    assert (counter.site.posts, counter.site.visits) == ([], 1)


async def test_of_two_workers_on_one_row_one_posts_and_the_other_never_does(counter: Counter) -> None:
    one_has_ended = asyncio.Event()

    async def wait(_: Post) -> None:
        await one_has_ended.wait()

    counter.site.on_post = wait
    await counter.plan()
    both = [asyncio.create_task(counter.submit()) for _ in range(2)]
    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    one_has_ended.set()
    ends = await asyncio.gather(*both, return_exceptions=True)
    assert len(counter.site.posts) == 1
    row = await counter.row()
    assert (row.status, row.attempt) == (SubmissionStatus.SUBMITTED, 1)
    # The loser must not hand its workflow a state that is neither an end nor a reason to wait for a person.
    assert [end.type for end in ends if isinstance(end, ApplicationError)] == [FailureType.OUTCOME_UNKNOWN]
    assert (await counter.submit()).status is SubmissionStatus.SUBMITTED


@pytest.mark.parametrize("times", [1, 2])
async def test_a_cancellation_after_the_click_still_records_the_outcome_and_closes_the_page(
    counter: Counter, times: int
) -> None:
    arrived = asyncio.Event()
    counter.site.answers = [Answer(after_s=1)]

    async def arrive(_: Post) -> None:
        arrived.set()

    counter.site.on_post = arrive
    await counter.plan()
    environment = ActivityEnvironment()
    attempt = asyncio.create_task(counter.submit(environment))
    await arrived.wait()
    environment.cancel()
    for _ in range(times - 1):
        await asyncio.sleep(0.1)
        attempt.cancel()
    with pytest.raises(asyncio.CancelledError):
        await attempt
    assert (await counter.row()).status is SubmissionStatus.SUBMITTED
    assert contexts(counter.browser) == 0


async def test_a_browser_that_dies_before_the_click_is_tried_again(counter: Counter) -> None:
    await counter.plan()

    async def kill(_: Post) -> None:
        kill_browser()

    counter.site.on_visit = kill
    with pytest.raises(ApplicationError) as failed:
        await counter.submit()
    assert (failed.value.type, failed.value.non_retryable) == (FailureType.BROWSER_FAILED, False)
    counter.site.on_visit = None
    assert (await counter.submit()).status is SubmissionStatus.SUBMITTED
    assert len(counter.site.posts) == 1


@pytest.mark.usefixtures("short_patience")
async def test_a_browser_that_dies_after_the_click_leaves_it_uncertain(counter: Counter) -> None:
    async def kill(_: Post) -> None:
        kill_browser()

    counter.site.on_post = kill
    outcome = await counter.plan_and_submit()
    assert (outcome.status, outcome.may_be_sent) == (SubmissionStatus.UNCERTAIN, True)
    assert (await counter.submit()).status is SubmissionStatus.UNCERTAIN
    assert len(counter.site.posts) == 1


async def test_a_form_that_has_changed_is_planned_anew_and_not_sent(counter: Counter) -> None:
    await counter.plan()
    counter.site.form = FORM.replace("Phone", "Fax").replace('name="phone"', 'name="fax"')
    outcome = await counter.submit()
    assert (outcome.status, outcome.failure) == (SubmissionStatus.PLANNED, FailureType.FORM_CHANGED)
    assert counter.site.posts == []
    assert (await counter.plan_and_submit()).status is SubmissionStatus.SUBMITTED


async def test_a_browser_that_dies_before_the_picture_costs_the_picture_alone(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    photograph = Visit.screenshot

    async def die(visit: Visit) -> bytes:
        kill_browser()
        return await photograph(visit)

    monkeypatch.setattr(Visit, "screenshot", die)
    outcome = await counter.plan_and_submit()
    assert (outcome.status, outcome.evidence, outcome.screenshot) == (SubmissionStatus.SUBMITTED, Evidence.TEXT, "")
    assert outcome.reason
    assert len(counter.site.posts) == 1


async def test_without_an_artifact_store_the_words_are_kept_all_the_same(counter: Counter) -> None:
    async def refuse() -> None:
        raise botocore.exceptions.EndpointConnectionError(endpoint_url="http://store")

    counter.drawer.trouble = refuse
    outcome = await counter.plan_and_submit()
    assert (outcome.status, outcome.evidence, outcome.screenshot) == (SubmissionStatus.SUBMITTED, Evidence.TEXT, "")


async def test_without_an_artifact_store_a_captcha_still_waits_for_a_person(counter: Counter) -> None:
    async def refuse() -> None:
        raise botocore.exceptions.EndpointConnectionError(endpoint_url="http://store")

    counter.drawer.trouble = refuse
    captcha = '<div class="g-recaptcha" data-sitekey="x">I am not a robot</div>'
    counter.site.form = FORM.replace("<button>", f"{captcha}<button>")
    await counter.plan()
    outcome = (await counter.row()).outcome
    assert (outcome.status, outcome.failure) == (SubmissionStatus.AWAITING_ACTION, FailureType.CAPTCHA_ON_PAGE)


async def test_an_artifact_store_that_hangs_does_not_cost_the_outcome(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang() -> None:
        await asyncio.sleep(3600)

    counter.drawer.trouble = hang
    monkeypatch.setattr(activities.proof, "KEPT_WITHIN_S", 1)
    outcome = await counter.plan_and_submit()
    assert (outcome.status, outcome.evidence) == (SubmissionStatus.SUBMITTED, Evidence.TEXT)


async def test_a_database_that_is_away_for_a_moment_does_not_cost_the_outcome(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, failures = results.record, [ConnectionError("gone"), ConnectionError("still gone")]

    async def stumble(*arguments: Any) -> None:
        if failures:
            raise failures.pop()
        await record(*arguments)

    monkeypatch.setattr(results, "record", stumble)
    assert (await counter.plan_and_submit()).status is SubmissionStatus.SUBMITTED
    assert (await counter.row()).status is SubmissionStatus.SUBMITTED


async def test_a_refused_field_is_written_another_way(counter: Counter) -> None:
    form = FORM.replace(
        'type="tel"></label>', 'type="tel"></label><span class="error">Phone must be in the format 512-555-0147</span>'
    )

    def fine(post: Post) -> bool:
        return bool(re.fullmatch(r"\d{3}-\d{3}-\d{4}", post.fields["phone"]))

    async def judge(post: Post) -> None:
        counter.site.answers = [Answer() if fine(post) else Answer(form, 422)]

    counter.site.on_post = judge
    outcome = await counter.plan_and_submit()
    while outcome.status is SubmissionStatus.PLANNED:
        assert (outcome.failure, outcome.may_be_sent) == (FailureType.REFUSED, False)
        outcome = await counter.submit()
    assert outcome.status is SubmissionStatus.SUBMITTED
    assert [fine(post) for post in counter.site.posts] == [*[False] * (len(counter.site.posts) - 1), True]
    assert 2 <= len(counter.site.posts) <= 3


async def test_a_directory_that_refuses_whatever_is_written_gets_three_posts_at_most(counter: Counter) -> None:
    form = FORM.replace('type="tel"></label>', 'type="tel"></label><span class="error">Invalid phone number</span>')
    counter.site.answers = [Answer(form, 422)]
    outcome = await counter.plan_and_submit()
    while outcome.status is SubmissionStatus.PLANNED:
        outcome = await counter.submit()
    assert (outcome.status, outcome.failure) == (SubmissionStatus.FAILED, FailureType.REFUSED)
    assert not outcome.may_be_sent
    assert len(counter.site.posts) <= 3


@pytest.mark.usefixtures("short_patience")
async def test_a_page_whose_own_checks_stop_the_form_sent_nothing(counter: Counter) -> None:
    counter.site.form = scripted(
        "form.addEventListener('submit', () => { said.className = 'error'; said.textContent = "
        "'Sorry, listings from your area are not accepted.'; });"
    )
    outcome = await counter.plan_and_submit()
    assert (outcome.status, outcome.failure) == (SubmissionStatus.FAILED, FailureType.REFUSED)
    assert not outcome.may_be_sent
    assert counter.site.posts == []


async def test_a_button_under_a_banner_is_pressed_all_the_same_and_once(counter: Counter) -> None:
    banner = "position: fixed; inset: 0; z-index: 9; background: #fffc"
    counter.site.form = f"{FORM}<div style='{banner}'>We value your privacy</div>"
    assert (await counter.plan_and_submit()).status is SubmissionStatus.SUBMITTED
    assert len(counter.site.posts) == 1


@pytest.mark.usefixtures("short_patience")
async def test_a_captcha_that_comes_up_at_the_click_waits_for_a_person_who_may_send_it_on(counter: Counter) -> None:
    counter.site.form = scripted(
        "form.addEventListener('submit', () => { said.innerHTML = 'Please solve the captcha to continue. "
        '<div class="g-recaptcha" data-sitekey=x style="width:300px;height:80px">I am not a robot</div>\'; });'
    )
    outcome = await counter.plan_and_submit()
    assert (outcome.status, outcome.failure) == (SubmissionStatus.AWAITING_ACTION, FailureType.CAPTCHA_ON_PAGE)
    assert not outcome.may_be_sent
    assert outcome.screenshot


@pytest.mark.usefixtures("short_patience")
async def test_a_page_that_thanks_without_sending_is_uncertain(counter: Counter) -> None:
    counter.site.form = scripted(f"form.addEventListener('submit', () => {{ {ACCEPTED} }});")
    outcome = await counter.plan_and_submit()
    assert outcome.status is SubmissionStatus.UNCERTAIN
    assert counter.site.posts == []


async def test_a_form_that_is_sent_by_get_arrives_once(counter: Counter) -> None:
    counter.site.form = FORM.replace('method="post"', 'method="get"')
    outcome = await counter.plan_and_submit()
    assert outcome.status is SubmissionStatus.SUBMITTED
    assert [query for query in counter.site.queries if quote(PROFILE.email, safe="") in query] == counter.site.queries
    assert len(counter.site.queries) == 1


@pytest.mark.usefixtures("short_patience")
async def test_a_script_that_sends_by_get_and_says_nothing_may_have_sent(counter: Counter) -> None:
    counter.site.form = scripted(
        "form.addEventListener('submit', () => fetch('/add?' + new URLSearchParams(new FormData(form))));"
    )
    outcome = await counter.plan_and_submit()
    assert (outcome.status, outcome.may_be_sent) == (SubmissionStatus.UNCERTAIN, True)


def contexts(browser: BrowserPool) -> int:
    """Pages' contexts that are open now."""
    return sum(len(running.browser.contexts) for running in browser._running)
