"""What a contract forgives, and what it must say out loud."""

import json
from uuid import uuid4

import pytest
from pydantic import ValidationError

from schema.contracts.directory import DirectoryEntry
from schema.contracts.job import JobCounts, JobInput, Tier
from schema.contracts.profile import BusinessProfile
from schema.contracts.queue import JobMessage
from tests.factories import PROFILE, entry

MESSAGE = {
    "job_id": "2b1c3a52-6f0e-4c0e-9d55-8b8d2f9e7a10",
    "customer_id": "6f0e2b1c-9d55-4c0e-8b8d-3a522f9e7a10",
    "package_size": 50,
    "priority": "starter",
    "created_at": "2026-11-22T14:00:00Z",
    "source": "shop",
}
SMALLEST = {
    "business_name": "Bluebird",
    "email": "a@bluebirdbakery.com",
    "phone": "+1 512 555 0147",
    "city": "Austin",
    "country": "us",
    "description": "Bread.",
    "category": "Bakery",
}


def fields_named(error: ValidationError) -> set[str]:
    return {str(problem["loc"][0]) for problem in error.errors() if problem["loc"]}


def test_a_contract_ignores_what_a_newer_build_has_added() -> None:
    assert JobInput.model_validate({"job_id": uuid4(), "colour": "blue"}).paused is False


def test_a_contract_is_immutable() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        JobCounts().total = 7  # type: ignore[misc]


@pytest.mark.parametrize(
    ("contract", "values"), [(BusinessProfile, SMALLEST), (DirectoryEntry, entry("a").model_dump())]
)
def test_what_people_write_is_refused_with_the_name_of_a_misspelt_field(
    contract: type[BusinessProfile | DirectoryEntry], values: dict[str, object]
) -> None:
    contract.model_validate(values)
    with pytest.raises(ValidationError) as caught:
        contract.model_validate({**values, "categry": "Bakery"})
    assert fields_named(caught.value) == {"categry"}


@pytest.mark.parametrize("field", SMALLEST)
def test_each_required_field_of_a_profile_is_missed_by_name(field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        BusinessProfile.model_validate({key: value for key, value in SMALLEST.items() if key != field})
    assert fields_named(caught.value) == {field}
    with pytest.raises(ValidationError) as caught:
        BusinessProfile.model_validate({**SMALLEST, field: "  "})
    assert fields_named(caught.value) == {field}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "maya at bluebird"),
        ("phone", "call us"),
        ("phone", "12345"),
        ("fax", "none"),
        ("website", "bluebird-bakery.example"),
        ("website", "javascript:alert(1)"),
        ("country", "Germany"),
        ("business_name", "Bluebird\nBakery"),
        ("description", "Bread\x00"),
        ("latitude", 91),
        ("founded_year", 12),
        ("hours", {"monday": {"opens": "9am", "closes": "17:00"}}),
        ("hours", {"mon": {"opens": "09:00", "closes": "17:00"}}),
        ("keywords", ["bread", ""]),
        ("logo", "logo.png"),
        ("logo", "data:text/html;base64,PGI+"),
        ("images", ["https://bluebird.example/1.png", "file:///etc/passwd"]),
    ],
)
def test_a_value_that_no_directory_could_take_is_refused_by_field(field: str, value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        BusinessProfile.model_validate({**SMALLEST, field: value})
    assert fields_named(caught.value) == {field}


def test_a_place_on_the_map_needs_both_numbers() -> None:
    with pytest.raises(ValidationError, match="together"):
        BusinessProfile.model_validate({**SMALLEST, "latitude": 30.2})


def test_a_profile_survives_the_ledger() -> None:
    assert BusinessProfile.model_validate(json.loads(json.dumps(PROFILE.model_dump(mode="json")))) == PROFILE


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("slug", "Yelp"),
        ("slug", "a b"),
        ("slug", ""),
        ("name", "  "),
        ("name", "A\x00"),
        ("submission_url", "ftp://a.example/add"),
        ("submission_url", "a.example/add"),
        ("submission_url", "https://a.example/a\x00dd"),
        ("domain_authority", 101),
        ("priority_tier", 0),
        ("priority_tier", 6),
        ("automation", "maybe"),
        ("interval_ms", -1),
    ],
)
def test_a_directory_that_cannot_be_visited_is_refused_by_field(field: str, value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        DirectoryEntry.model_validate({**entry("a").model_dump(), field: value})
    assert fields_named(caught.value) == {field}


@pytest.mark.parametrize(
    ("word", "tier", "key"),
    [
        ("starter", Tier.STARTER, 4),
        ("growth", Tier.GROWTH, 3),
        ("pro", Tier.PROFESSIONAL, 2),
        ("professional", Tier.PROFESSIONAL, 2),
        (" Enterprise ", Tier.ENTERPRISE, 1),
    ],
)
def test_a_priority_may_be_a_tier_in_either_spelling(word: str, tier: Tier, key: int) -> None:
    message = JobMessage.model_validate({**MESSAGE, "priority": word})
    assert (message.priority, message.priority_key) == (tier, key)


@pytest.mark.parametrize(
    ("number", "key"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (6, 3), (7, 4), (8, 4), (9, 5), (10, 5), ("3", 2)]
)
def test_a_priority_may_be_a_number_from_1_to_10(number: int | str, key: int) -> None:
    assert JobMessage.model_validate({**MESSAGE, "priority": number}).priority_key == key


@pytest.mark.parametrize("priority", [0, 11, -1, 2.5, True, None, "", "gold", "0", "11", "9" * 5000, []])
def test_any_other_priority_is_refused_in_one_sentence_that_names_both_ways(priority: object) -> None:
    with pytest.raises(ValidationError) as caught:
        JobMessage.model_validate_json(json.dumps({**MESSAGE, "priority": priority}))
    (problem,) = caught.value.errors()
    assert problem["loc"] == ("priority",)
    assert "professional" in problem["msg"]
    assert "1 to 10" in problem["msg"]


def test_unknown_fields_of_a_message_are_kept() -> None:
    message = JobMessage.model_validate({**MESSAGE, "campaign": {"code": "spring"}})
    assert json.loads(message.model_dump_json())["campaign"] == {"code": "spring"}


def test_a_message_of_another_version_is_refused() -> None:
    assert JobMessage.model_validate({**MESSAGE, "version": 1}).version == 1
    with pytest.raises(ValidationError) as caught:
        JobMessage.model_validate({**MESSAGE, "version": 2})
    assert fields_named(caught.value) == {"version"}


def test_a_package_grows_with_its_tier() -> None:
    tiers = (Tier.STARTER, Tier.GROWTH, Tier.PROFESSIONAL, Tier.ENTERPRISE)
    assert [tier.package_size for tier in tiers] == [50, 100, 300, 500]
    assert [tier.max_priority_tier for tier in tiers] == [1, 2, 3, 5]
    assert [tier.priority_key for tier in tiers] == [4, 3, 2, 1]
