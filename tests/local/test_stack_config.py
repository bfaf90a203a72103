"""temporal-dev.yaml, pip's configuration and the browser's place: what people get wrong, said in one sentence."""

from pathlib import Path

import pytest
from temporalio.common import SearchAttributeKey

from deploy.local.ours import ROOT
from deploy.local.packages import uv_environment
from deploy.local.temporal import TemporalConfigError, command_line, load_temporal_dev
from deploy.runtime.browser_path import BrowserNotFound, find_browser, install_browser
from schema import search_attributes


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("ports: {frontend: 7233", "line 1: this is not YAML"),
        ("ports: {frontend: 99999}", "ports.frontend: Input should be less than or equal to 65535"),
        ("namespace: {retention: 3}", "namespace.retention: Extra inputs are not permitted"),
        ("search_attributes: {JobId: Number}", "search_attributes.JobId: Input should be 'Text'"),
        ("database: {file: ../outside}", "database.file: String should match pattern"),
        ("- a list", "the top level: Input should be a valid dictionary"),
    ],
)
def test_a_wrong_file_gets_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "temporal-dev.yaml"
    path.write_text(text)
    with pytest.raises(TemporalConfigError) as error:
        load_temporal_dev(path)
    assert f"{path}, {sentence}" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_file_gets_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(TemporalConfigError, match="cannot be read: No such file"):
        load_temporal_dev(tmp_path / "absent.yaml")


def test_the_command_line_says_what_the_file_says() -> None:
    config = load_temporal_dev(ROOT / "temporal-dev.yaml")
    line = " ".join(command_line(config, database=Path("temporal.sqlite"), frontend=1, ui=2))
    assert "--dynamic-config-value matching.enableFairness=true" in line
    assert "--sqlite-pragma journal_mode=wal" in line
    assert "--namespace directorybolt" in line
    keys = {key.name for key in vars(search_attributes).values() if isinstance(key, SearchAttributeKey)}
    assert keys == set(config.search_attributes)


def test_uv_is_told_what_pip_is_configured_with() -> None:
    listed = "global.index-url='https://index.test/a'\nglobal.extra-index-url='https://b.test https://c.test'\n"
    listed += ":env:.index-url='https://index.test/env'\nglobal.find-links='/one /two'\nglobal.cert='/ca.pem'\n"
    told = uv_environment(listed, {"UV_FIND_LINKS": "/mine"})
    assert told["UV_DEFAULT_INDEX"] == "https://index.test/env"
    assert told["UV_INDEX"] == "https://b.test https://c.test"
    assert told["UV_FIND_LINKS"] == "/mine"
    assert told["SSL_CERT_FILE"] == "/ca.pem"


def test_a_configured_browser_that_is_not_there_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(BrowserNotFound, match="BROWSER_PATH is"):
        find_browser(tmp_path / "chromium")


def test_a_browser_that_does_not_start_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, code in (("chromium-headless-shell", 127), ("chromium", 0)):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\nexit {code}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "none"))
    assert find_browser(None) == tmp_path / "chromium"


def test_a_browser_is_installed_from_the_next_source_when_one_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Playwright's download cannot be reached here; the package manager of this machine is a script."""
    browser = tmp_path / "chromium"
    recorded = tmp_path / "recorded"
    programs = {
        "python": "exit 1",
        "apt-get": f'echo "$@" >>{recorded}; case "$*" in *"-qq chromium") printf "#!/bin/sh\\n" >{browser};'
        f" /bin/chmod +x {browser};; *shell) exit 100;; esac",
        "env": 'shift; exec "$@"',
        "sudo": '[ "$2" = true ] || { shift; exec "$@"; }',
    }
    for name, body in programs.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "none"))
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    assert install_browser() == browser
    installs = [line.split()[-1] for line in recorded.read_text().splitlines() if line.startswith("install")]
    assert installs == ["chromium-headless-shell", "chromium"]
