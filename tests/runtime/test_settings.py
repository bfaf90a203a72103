"""Settings: where they come from, which one wins, and what is said when one is wrong."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.runtime.settings import Settings, SettingsError, load_browser_settings, load_settings
from schema.contracts.job import Tier

DATABASE = "postgresql://app:s3cret@db.example:5432/app"


@pytest.fixture(autouse=True)
def nothing_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty folder and an environment without any setting of ours."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    load_settings.cache_clear()
    load_browser_settings.cache_clear()
    yield
    load_settings.cache_clear()
    load_browser_settings.cache_clear()


def write(file: str, **values: str) -> None:
    path = Path(file)
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{name}={value}\n" for name, value in values.items()))


def test_the_environment_wins_over_the_users_file_and_that_over_the_running_stacks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(".local/stack.env", DATABASE_URL=DATABASE, SQS_QUEUE_NAME="stack", API_PORT="1", ARTIFACT_BUCKET="stack")
    write(".env", SQS_QUEUE_NAME="file", API_PORT="2")
    monkeypatch.setenv("API_PORT", "3")
    settings = load_settings()
    assert (settings.artifact_bucket, settings.sqs_queue_name, settings.api_port) == ("stack", "file", 3)
    assert settings.database_url.get_secret_value() == DATABASE


def test_a_missing_setting_is_named_with_the_way_out() -> None:
    with pytest.raises(SettingsError, match=r"^DATABASE_URL is not set: .*directorybolt local up.*\.env"):
        load_settings()


def test_an_empty_value_means_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", DATABASE)
    monkeypatch.setenv("API_PORT", "")
    assert load_settings().api_port == 8080
    monkeypatch.setenv("DATABASE_URL", "")
    load_settings.cache_clear()
    with pytest.raises(SettingsError, match="DATABASE_URL is not set"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("API_PORT", "http"),
        ("API_PORT", "70000"),
        ("BROWSER_SLOTS", "0"),
        ("EGRESS_PRIVATE_NETWORKS", "inside"),
        ("WINDOW_STARTER", "-1"),
        ("LOG_LEVEL", "loud"),
        ("TEMPORAL_TLS", "perhaps"),
        ("ANTHROPIC_MODEL", "claude-of-unknown-price"),
        ("PLAN_BUDGET_USD", "-1"),
        ("DATABASE_URL", "mysql://app@db.example/app"),
        ("DATABASE_URL", "db.example"),
        ("DATABASE_URL", "postgresql://app@db.example:port/app"),
        ("MAILBOX_URL", "https://mail.example/INBOX"),
        ("MAILBOX_URL", "imap://user:password@mail.example:143/INBOX"),
    ],
)
def test_a_wrong_setting_is_named_in_one_sentence(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv("DATABASE_URL", DATABASE)
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=rf"^{name} is wrong: [^\n]+\.$"):
        load_settings()


@pytest.mark.parametrize(
    "url",
    [
        "postgres://db.example/app",
        "postgresql://app:p%40ss@[::1]:5432/app?sslmode=require",
        "postgresql:///app?host=/run/postgresql",
        "postgresql://app@one.example:5432,two.example:5433/app",
    ],
)
def test_every_spelling_of_a_database_url_is_taken(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    assert load_settings().database_url.get_secret_value() == url


def test_a_file_that_is_no_text_is_said() -> None:
    Path(".env").write_bytes(b"DATABASE_URL=\xff\xfe")
    with pytest.raises(SettingsError, match=r"\.env is not UTF-8"):
        load_settings()


def test_a_browser_needs_no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROWSER_PATH", "/usr/bin/chromium")
    assert load_browser_settings().browser_path == Path("/usr/bin/chromium")


def test_no_secret_is_shown_where_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", DATABASE)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret-key")
    monkeypatch.setenv("TEMPORAL_API_KEY", "s3cret-token")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "s3cret-model")
    settings = load_settings()
    assert "s3cret" not in f"{settings!r} {settings} {settings.model_dump()}"


def test_dearer_tiers_work_on_more_directories_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", DATABASE)
    monkeypatch.setenv("WINDOW_GROWTH", "16")
    windows = [load_settings().window(tier) for tier in Tier]
    assert windows == sorted(windows)
    assert windows[1] == 16
