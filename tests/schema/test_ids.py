"""Ids that every process derives alike, and that differ where they must."""

import json
from uuid import UUID

import pytest

from schema import ids
from schema.contracts.profile import BusinessProfile
from tests.factories import PROFILE

JOB = UUID("2b1c3a52-6f0e-4c0e-9d55-8b8d2f9e7a10")
CAFE = PROFILE.model_copy(
    update={"business_name": "Café Müller", "street": "Hauptstraße 5", "city": "Köln", "postal_code": "50667"}
)


def changed(profile: BusinessProfile, **changes: object) -> BusinessProfile:
    return BusinessProfile.model_validate({**profile.model_dump(), **changes})


def test_an_idempotency_key_does_not_depend_on_the_order_of_keys() -> None:
    values = PROFILE.model_dump(mode="json")
    turned = {key: values[key] for key in reversed(values)}
    turned["hours"] = {day: values["hours"][day] for day in reversed(values["hours"])}
    again = BusinessProfile.model_validate_json(json.dumps(turned))
    assert ids.idempotency_key(JOB, "yelp", again) == ids.idempotency_key(JOB, "yelp", PROFILE)


def test_an_idempotency_key_changes_with_job_directory_and_business_data() -> None:
    keys = {
        ids.idempotency_key(JOB, "yelp", PROFILE),
        ids.idempotency_key(UUID(int=1), "yelp", PROFILE),
        ids.idempotency_key(JOB, "yelp-de", PROFILE),
        ids.idempotency_key(JOB, "yelp", changed(PROFILE, tagline="New")),
        ids.idempotency_key(JOB, "yelp", changed(PROFILE, hours={})),
    }
    assert len(keys) == 5
    assert all(len(key) == 64 for key in keys)


@pytest.mark.parametrize(
    "changes",
    [
        {"business_name": "CAFÉ MÜLLER"},
        {"business_name": "Cafe Muller"},
        {"business_name": "Cafe\u0301  Mu\u0308ller"},
        {"business_name": "Café-Müller"},
        {"street": "HAUPTSTRASSE 5"},
        {"street": " Hauptstraße  5 "},
        {"city": "koln"},
        {"country": "us"},
        {"description": "Other words", "phone": "+49 221 123456", "website": "https://other.example"},
    ],
    ids=str,
)
def test_the_same_business_is_known_again(changes: dict[str, str]) -> None:
    assert ids.business_key(changed(CAFE, **changes)) == ids.business_key(CAFE)


@pytest.mark.parametrize(
    "changes",
    [
        {"business_name": "Café Möller & Söhne"},
        {"street": "Hauptstraße 50"},
        {"street": "Nebenstraße 5"},
        {"city": "Bonn"},
        {"postal_code": "50668"},
        {"country": "DE"},
    ],
    ids=str,
)
def test_another_business_is_not_taken_for_it(changes: dict[str, str]) -> None:
    assert ids.business_key(changed(CAFE, **changes)) != ids.business_key(CAFE)


def test_names_in_any_script_are_told_apart() -> None:
    names = ("寿司屋", "ラーメン屋", "Пекарня", "مخبز", "🥐")
    assert len({ids.business_key(changed(CAFE, business_name=name)) for name in names}) == len(names)


def test_without_a_street_the_website_or_else_the_phone_tells_businesses_apart() -> None:
    roaming = changed(CAFE, street="", website="https://WWW.mueller.example/menu")
    assert ids.business_key(roaming) == ids.business_key(changed(roaming, website="https://www.mueller.example"))
    assert ids.business_key(roaming) != ids.business_key(changed(roaming, website="https://moeller.example"))
    offline = changed(roaming, website="", phone="+1 512 555 0147")
    assert ids.business_key(offline) == ids.business_key(changed(offline, phone="+1 (512) 555-0147"))
    assert ids.business_key(offline) != ids.business_key(changed(offline, phone="+1 512 555 0148"))


def test_workflow_ids_name_their_job_and_directory() -> None:
    assert ids.job_workflow_id(JOB) == f"job-{JOB}"
    assert ids.directory_workflow_id(JOB, "yelp") == f"job-{JOB}-yelp"
