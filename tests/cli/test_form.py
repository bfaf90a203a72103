"""`directorybolt form map`: what it shows of a page is what the brain makes of it, short or with all reasons."""

from tests.cli.conftest import Command
from tests.factories import PROFILE

PAGE = """<!doctype html><title>Pine Street Directory</title>
<form role="search" action="/search"><input name="q" placeholder="Search businesses"><button>Search</button></form>
<h1>List your business</h1>
<form method="post" action="https://pine.example/add" id="listing">
  <label>Company name * <input name="company" required maxlength="40"></label>
  <label>E-mail <input name="mail" type="email"></label>
  <label>Industry
    <select name="industry"><option value="">Choose</option><option value="7">Bakeries</option></select>
  </label>
  <label>Frobnication level * <input name="frob" required></label>
  <div style="display:none"><label>Leave this empty <input name="website_url"></label></div>
  <button>Send listing</button>
</form>
<form method="post" action="/newsletter">
  <label>Newsletter <input name="email" type="email"></label>
  <button>Subscribe</button>
</form>
"""


def test_a_page_in_a_file_is_mapped(browsing: Command) -> None:
    ran = browsing("form", "map", browsing.write("page.html", PAGE), "--json")
    assert ran.code == 0, ran.err
    assert [(row["field"], row["takes"]) for row in ran.json["fields"]] == [
        ("Company name", "business_name"),
        ("E-mail", "email"),
        ("Industry", "category"),
        ("Frobnication level", ""),
    ]
    assert set(ran.json["fields"][0]) == {"field", "takes", "confidence", "why"}
    assert "Frobnication level" in ran.json["obstacle"]["reason"]


def test_the_short_table_names_each_field_once(browsing: Command) -> None:
    ran = browsing("form", "map", browsing.write("page.html", PAGE))
    assert ran.code == 0, ran.err
    assert "List your business" in ran.out
    assert ran.out.count("Company name") == 1
    assert PROFILE.business_name not in ran.out
    assert 'No plan (plan_rejected): The required field "Frobnication level" is not understood.' in ran.out


def test_explained_every_clue_every_value_and_every_form_is_told(browsing: Command) -> None:
    ran = browsing("form", "map", browsing.write("page.html", PAGE), "--json", "--explain")
    page = ran.json
    company, _, industry, frob = page["fields"]
    assert (company["value"], company["required"], company["takes"]) == (PROFILE.business_name, True, "business_name")
    assert "business_name" in {clue["meaning"] for clue in company["words"]}
    assert "business_name" in {clue["meaning"] for clue in company["model"]}
    assert all(0 < clue["weight"] <= 1 for clue in company["words"])
    assert company["meanings"][0]["meaning"] == "business_name"
    assert (industry["takes"], industry["value"]) == ("category", "Bakeries")
    assert (frob["takes"], frob["value"]) == ("", "")
    assert [(finding["rule"], finding["handle"]) for finding in page["findings"]] == [
        ("required_covered", frob["handle"])
    ]
    listing, *others = page["forms"]
    assert (listing["chosen"], listing["fields"]) == (True, 4)
    assert len(others) == 2
    assert [form["chosen"] for form in others] == [False, False]
    for form in page["forms"]:
        assert sum(point["weight"] for point in form["points"]) == form["score"] <= listing["score"]


def test_explained_for_people(browsing: Command) -> None:
    ran = browsing("form", "map", browsing.write("page.html", PAGE), "--explain")
    assert ran.code == 0, ran.err
    for words in ("Forms on the page", "(this one)", "Company name", "Bakeries", "required_covered", "No plan"):
        assert words in ran.out, words


def test_the_profile_given_is_the_one_explained(browsing: Command) -> None:
    profile = browsing.profile(business_name="Rosa's Tacos")
    ran = browsing("form", "map", browsing.write("page.html", PAGE), "--profile", profile, "--json", "--explain")
    assert ran.json["fields"][0]["value"] == "Rosa's Tacos"


def test_a_page_without_a_form_says_so(browsing: Command) -> None:
    ran = browsing("form", "map", browsing.write("page.html", "<h1>Closed</h1>"), "--explain")
    assert (ran.code, ran.json if ran.out.startswith("{") else None) == (0, None)
    assert "There is no form on the page" in ran.out
    assert "No plan (form_not_found)" in ran.out


def test_a_page_cannot_write_to_the_terminal(browsing: Command) -> None:
    hostile = PAGE.replace("Company name", "Company\x1b]0;owned\x07 [red]name[/red]")
    for options in ((), ("--explain",)):
        ran = browsing("form", "map", browsing.write("page.html", hostile), *options)
        assert ran.code == 0, ran.err
        assert "\x1b" not in ran.out
        assert "[red]name" in ran.out
