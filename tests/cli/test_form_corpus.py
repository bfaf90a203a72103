"""`directorybolt form map --corpus`: one prediction for each numbered control of every page."""

import json

from tests.cli.conftest import Command

_SIGN_UP = """<form method="post"><label>E-mail <input data-bf-idx="0" name="email"></label>
<label>Password <input data-bf-idx="1" type="password" name="pw"></label><input type="hidden" data-bf-idx="2" name="t">
<button data-bf-idx="3">Register</button></form><p>What has no number <input name="x"></p>"""
_LISTING = """<form method="post"><label>Company name <input data-bf-idx="0" name="company"></label>
<label>Website <input data-bf-idx="1" name="url"></label>
<p>Payment <label><input type="radio" name="newsletter" value="1" data-bf-idx="2"> Yes</label></p>
<script>document.body.innerHTML = ''</script><button data-bf-idx="3">Add your business</button></form>"""


def test_every_numbered_control_has_one_line(browsing: Command) -> None:
    (browsing.folder / "html").mkdir()
    browsing.write("html/a.html", _SIGN_UP)
    browsing.write("html/b.html", _LISTING)
    ran = browsing("form", "map", "--corpus", ".", "--out", "predictions.jsonl")
    assert ran.code == 0, ran.err
    lines = [json.loads(line) for line in (browsing.folder / "predictions.jsonl").read_text().splitlines()]
    expected = [(f"html/{page}.html", at) for page in "ab" for at in range(4)]
    assert [(line["file"], line["idx"]) for line in lines] == expected
    keys = [line["pred"] for line in lines]
    assert keys == ["email", None, None, None, "business_name", "website", None, None]
    assert all(0 <= line["confidence"] <= 1 for line in lines)


def test_what_is_missing_is_named(browsing: Command) -> None:
    assert browsing("form", "map", "--corpus", ".").failed(2, "--out FILE")
    assert browsing("form", "map", "--corpus", ".", "--out", "o").failed(2, "There are no pages")
    assert browsing("form", "map", "page.html", "--corpus", ".", "--out", "o").failed(2, "leave out page.html")
    assert browsing("form", "map").failed(2, "FILE_OR_URL is missing")
