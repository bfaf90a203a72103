"""Alerts on a real PostgreSQL, with local ends of every channel: each condition is told once, and when it is over."""

import asyncio
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs
from temporalio import activity
from temporalio.testing import ActivityEnvironment, WorkflowEnvironment
from temporalio.worker import Worker

from activities import alerts as module
from activities.alerts import Alerts
from activities.queues import Queue
from deploy.runtime.aws import sqs_client
from deploy.runtime.settings import Settings
from deploy.runtime.worker import workflow_runner
from schema import ids
from schema.contracts.alert import AlertReport, ChannelResult, Notice, Word
from schema.contracts.bridge import BridgeInput, BridgeShift
from schema.contracts.upkeep import Finding, Looked, Task
from schema.store import alerts
from schema.store.database import Pool
from tests.activities.watch import REPEAT, Counted, Told, Watch, WithoutBridge
from tests.factories import add_begun_job, add_directories
from tests.patience import PATIENCE_S
from workflows.bridge import SqsBridgeWorkflow


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def watch(pool: Pool, told: Told) -> Watch:
    return Watch(pool, told)


async def test_nothing_wrong_is_nothing_said(watch: Watch, told: Told) -> None:
    assert await watch.look() == AlertReport(holding=0, channels=(ChannelResult(channel="told"),))
    assert told.words == []


async def test_a_condition_is_told_once_again_after_hours_and_when_it_is_over(watch: Watch, told: Told) -> None:
    watch.dead.messages = 3
    for _ in range(3):
        await watch.look()
    assert told.words == [("dlq_not_empty", Word.RAISED)]
    assert "3 messages" in told.notices[0].text
    watch.dead.messages = 5
    await watch.later(hours=4)
    await watch.look()
    await watch.look()
    assert told.words[1:] == [("dlq_not_empty", Word.RAISED)]
    assert "5 messages" in told.notices[1].text
    watch.dead.messages = 0
    await watch.later(minutes=6)
    for _ in range(2):
        await watch.look()
    assert told.words[2:] == [("dlq_not_empty", Word.RESOLVED)]
    watch.dead.messages = 1
    await watch.look()
    assert told.words[3:] == [("dlq_not_empty", Word.RAISED)]


async def test_what_comes_and_goes_is_one_alert(watch: Watch, told: Told) -> None:
    for depth in (101, 99, 101, 100, 250):
        watch.jobs.messages = depth
        await watch.look()
        await watch.later(minutes=2)
    assert told.words == [("queue_depth", Word.RAISED)]


async def test_workers_that_look_at_once_say_it_once(watch: Watch, told: Told) -> None:
    watch.dead.messages, watch.jobs.messages, told.slow = 1, 101, 0.1
    await asyncio.gather(*(watch.look() for _ in range(8)))
    assert sorted(told.words) == [("dlq_not_empty", Word.RAISED), ("queue_depth", Word.RAISED)]


async def test_a_channel_that_is_down_delays_only_itself_and_hears_it_from_the_next_look(pool: Pool) -> None:
    up, down = Told("up"), Told("down")
    watch = Watch(pool, up, down)
    watch.dead.messages, down.down = 1, True
    report = await watch.look()
    assert report.channels == (ChannelResult(channel="up", sent=1), ChannelResult(channel="down", error="It is down."))
    down.down = False
    await watch.look()
    assert up.words == down.words == [("dlq_not_empty", Word.RAISED)]


async def test_a_channel_that_does_not_come_back_or_breaks_is_down(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE_S", 0.1)

    class Broken(Told):
        async def send(self, notices: Sequence[Notice]) -> None:
            raise ValueError("https://hooks.example/s3cret")

    up, slow, broken = Told("up"), Told("slow"), Broken("broken")
    slow.slow = 60
    watch = Watch(pool, up, slow, broken)
    watch.dead.messages = 1
    report = await watch.look()
    assert {channel.channel: channel.error for channel in report.channels} == {
        "up": "",
        "slow": "TimeoutError",
        "broken": "ValueError",
    }
    slow.slow = 0
    await watch.look()
    assert up.words == slow.words == [("dlq_not_empty", Word.RAISED)]


async def test_a_channel_that_never_heard_of_it_is_not_told_that_it_is_over(pool: Pool) -> None:
    up, down = Told("up"), Told("down")
    watch = Watch(pool, up, down)
    watch.dead.messages, down.down = 1, True
    await watch.look()
    watch.dead.messages, down.down = 0, False
    await watch.later(minutes=6)
    await watch.look()
    assert (len(up.words), down.words) == (2, [])


async def test_a_worker_that_died_while_telling_is_replaced_after_two_minutes(watch: Watch, told: Told) -> None:
    watch.dead.messages = 1
    await watch.look()
    told.notices.clear()
    await watch.pool.execute("update alert_deliveries set sent_at = null, claimed_until = now() + interval '2 minutes'")
    await watch.look()
    assert told.words == []
    await watch.later(minutes=2)
    await watch.look()
    assert told.words == [("dlq_not_empty", Word.RAISED)]


async def test_what_another_build_alerts_is_told_and_ended_by_this_one(watch: Watch, told: Told) -> None:
    await watch.pool.execute(
        "insert into alerts (key, event) values ('new', $1)", {"kind": "from_tomorrow", "text": "It is new."}
    )
    await watch.look()
    await watch.later(minutes=6)
    await watch.look()
    assert told.words == [("new", Word.RAISED), ("new", Word.RESOLVED)]
    assert [alert.kind for alert in await alerts.shown(watch.pool, 10)] == ["from_tomorrow"]


async def test_what_nobody_can_see_is_neither_raised_nor_over(watch: Watch, told: Told) -> None:
    watch.dead.messages = 1
    await watch.look()
    watch.dead.messages = None
    await watch.later(minutes=10)
    with capture_logs() as logs:
        await watch.look()
    assert told.words == [("dlq_not_empty", Word.RAISED)]
    assert "cannot look" in str(logs)
    assert "s3cret" not in str(logs)


async def test_a_directory_whose_breaker_is_open(watch: Watch, told: Told) -> None:
    await add_directories(watch.pool, ["alpha", "beta", "gamma"])
    rest = "update directories set failures = $2, resting_until = now() + $3 where slug = $1"
    await watch.pool.execute(rest, "alpha", 3, timedelta(minutes=10))
    await watch.pool.execute(rest, "beta", 2, timedelta(minutes=10))
    await watch.pool.execute(rest, "gamma", 3, timedelta(minutes=-10))
    await watch.look()
    assert told.words == [("breaker_open:alpha", Word.RAISED)]
    assert "alpha failed 3 visits in a row" in told.notices[0].text


async def test_a_breaker_stays_open_while_somebody_waits_to_probe(watch: Watch, told: Told) -> None:
    await add_begun_job(watch.pool, ["alpha"])
    await watch.pool.execute("update directories set failures = 4, resting_until = now() - interval '1 minute'")
    await watch.pool.execute("update job_results set queued_at = now()")
    await watch.look()
    assert told.words == [("breaker_open:alpha", Word.RAISED)]
    await watch.pool.execute("update directories set failures = 0")
    await watch.later(minutes=6)
    await watch.look()
    assert told.words[1:] == [("breaker_open:alpha", Word.RESOLVED)]


async def test_a_worker_without_a_sign_of_life(watch: Watch, told: Told) -> None:
    await watch.pool.execute(
        """
        insert into worker_heartbeats (id, host, pid, status, beat_at) values
            (gen_random_uuid(), 'lost', 7, 'running', now() - interval '3 minutes'),
            (gen_random_uuid(), 'ended', 8, 'stopped', now() - interval '3 minutes'),
            (gen_random_uuid(), 'well', 9, 'running', now())
        """
    )
    await watch.look()
    assert ["lost/7" in notice.text for notice in told.notices] == [True]
    # It is dead, and will be for the day that it is remembered.
    await watch.later(hours=5)
    await watch.look()
    assert len(told.notices) == 1


@pytest.mark.parametrize(("failed", "alerted"), [(10, False), (11, True)])
async def test_more_than_half_of_an_hours_submissions_failed(
    watch: Watch, told: Told, failed: int, *, alerted: bool
) -> None:
    await add_begun_job(watch.pool, [f"d{number:02}" for number in range(30)])
    # The last ten ended too long ago.
    await watch.pool.execute(
        """
        with ranked as (select r.id, row_number() over (order by d.slug) as n
            from job_results r join directories d on d.id = r.directory_id)
        update job_results r set evidence = 'person', intent_at = now(),
            status = case when n <= $1 or n > 20 then 'failed' else 'submitted' end,
            finished_at = now() - case when n <= 20 then interval '50 minutes' else interval '70 minutes' end
        from ranked where ranked.id = r.id
        """,
        failed,
    )
    await watch.look()
    assert told.words == ([("failure_rate", Word.RAISED)] if alerted else [])
    assert all("11 of 20" in notice.text for notice in told.notices)


async def test_an_action_is_reminded_of_half_way_and_a_day_before_its_end_and_once_each(
    watch: Watch, told: Told
) -> None:
    await add_begun_job(watch.pool, ["alpha"])
    action_id = await watch.pool.fetchval(
        """
        insert into actions (result_id, kind, instructions, deadline_at)
        select id, 'captcha', '', now() + interval '14 days' from job_results returning id
        """
    )

    async def after(**time: float) -> None:
        await watch.pool.execute(
            "update actions set created_at = created_at - $1::interval, deadline_at = deadline_at - $1::interval",
            timedelta(**time),
        )
        await watch.later(**time)
        await watch.look()

    await after(days=6)
    assert told.words == []
    await after(days=1, minutes=1)
    await after(hours=5)
    assert told.words == [(f"action_reminder:{action_id}:first", Word.RAISED)]
    assert "alpha" in told.notices[0].text
    assert f"actions show {str(action_id)[:8]}" in told.notices[0].text
    await after(days=5, hours=20)
    await after(hours=5)
    assert told.words[1:] == [(f"action_reminder:{action_id}:last", Word.RAISED)]
    await watch.pool.execute("update actions set status = 'resolved', closed_at = now()")
    await after(minutes=10)
    assert len(told.notices) == 2


async def test_what_upkeep_leaves_to_people_is_told_until_it_has_looked_again(watch: Watch, told: Told) -> None:
    def found(task: Task) -> Finding:
        return Finding(task=task, what="job closes again and again", healed=False, count=2, subjects=("job-1", "job-2"))

    key = "upkeep:jobs:job closes again and again"
    await watch.look(Looked(tasks=(Task.JOBS, Task.MAILS), reported=(found(Task.JOBS), found(Task.MAILS))))
    assert told.words == [(key, Word.RAISED)], "mails have an alert of their own"
    assert "job closes again and again: 2 (job-1, …)" in told.notices[0].text
    assert "`directorybolt upkeep run --task jobs --dry-run`" in told.notices[0].text
    await watch.later(minutes=6)
    # A pass that looks after something else, and one that could not look: nobody knows that it is over.
    await watch.look(Looked(tasks=(Task.PAYMENTS,)))
    failed = found(Task.JOBS).model_copy(update={"what": "could not be looked after", "subjects": ()})
    await watch.look(Looked(reported=(failed,)))
    assert told.words[1:] == [("upkeep:jobs:could not be looked after", Word.RAISED)]
    await watch.later(minutes=6)
    await watch.look(Looked(tasks=(Task.JOBS,)))
    assert sorted(told.words[2:]) == [("upkeep:jobs:could not be looked after", Word.RESOLVED), (key, Word.RESOLVED)]


async def test_the_depth_is_what_sqs_says(settings: Settings, pool: Pool, told: Told, dev: WorkflowEnvironment) -> None:
    sqs = sqs_client(settings)
    url = sqs.get_queue_url(QueueName=settings.sqs_queue_name)["QueueUrl"]
    for _ in range(11):
        entries: Any = [{"Id": str(number), "MessageBody": "x"} for number in range(10)]
        sqs.send_message_batch(QueueUrl=url, Entries=entries)
    jobs, dead = Queue(sqs, settings.sqs_queue_name), Queue(sqs, settings.dead_letter_queue_name)
    await ActivityEnvironment().run(WithoutBridge(pool, dev.client, jobs, dead, [told], REPEAT).raise_alerts)
    assert told.words == [("queue_depth", Word.RAISED)]
    assert told.notices[0].text.startswith("The queue holds 110 messages")


async def test_a_bridge_that_takes_no_messages(pool: Pool, told: Told, dev: WorkflowEnvironment) -> None:
    queue: Any = Counted()
    raising = Alerts(pool, dev.client, queue, queue, [told], REPEAT)
    at_work, broken = asyncio.Event(), asyncio.Event()

    @activity.defn(name="bridge_messages")
    async def scripted() -> BridgeShift:
        at_work.set()
        await broken.wait()
        return BridgeShift(broken=True)

    async def look() -> int:
        return (await ActivityEnvironment().run(raising.raise_alerts)).holding

    assert await look() == 1
    assert "is not running" in told.notices[0].text
    await pool.execute("delete from alerts")
    task_queue = f"test-{uuid.uuid4()}"
    async with Worker(
        dev.client,
        task_queue=task_queue,
        workflows=[SqsBridgeWorkflow],
        activities=[scripted],
        workflow_runner=workflow_runner(),
    ):
        bridge = await dev.client.start_workflow(
            SqsBridgeWorkflow.run, BridgeInput(), id=ids.bridge_workflow_id(1), task_queue=task_queue
        )
        async with asyncio.timeout(PATIENCE_S):
            await at_work.wait()
            assert await look() == 0
            broken.set()
            while not await look():
                await asyncio.sleep(0.1)
        assert "its breaker is open" in told.notices[1].text
        await bridge.terminate()


async def test_a_list_shows_what_is_open_first(watch: Watch) -> None:
    watch.dead.messages = 1
    await watch.look()
    watch.dead.messages, watch.jobs.messages = 0, 101
    await watch.later(minutes=6)
    await watch.look()
    listed = await alerts.shown(watch.pool, 10)
    assert [(alert.kind, alert.resolved_at is None, alert.sent) for alert in listed] == [
        ("queue_depth", True, ("told",)),
        ("dlq_not_empty", False, ("told",)),
    ]
