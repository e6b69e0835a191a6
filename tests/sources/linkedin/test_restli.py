"""Rest.li's spelling of values."""

from __future__ import annotations

import pytest

from bot.sources.linkedin.restli import Value, address, encode
from bot.sources.linkedin.urns import form_and_version, id_of, kind_of, owner_of, owner_union, versioned_form


@pytest.mark.parametrize(
    ("value", "written"),
    [
        # the first two are vectors of LinkedIn's own Python client
        (
            {"k1": "v1", "k2": "urn:li:app:123", "k3": [1, 2], "k4": {"k41": "foobar"}},
            "(k1:v1,k2:urn%3Ali%3Aapp%3A123,k3:List(1,2),k4:(k41:foobar))",
        ),
        ([{"k1": "v1"}, ["v2", " t?':,*!"]], "List((k1:v1),List(v2,%20t%3F%27%3A%2C%2A%21))"),
        ("urn:li:versionedLeadGenForm:(urn:li:leadGenForm:3162,1)",
         "urn%3Ali%3AversionedLeadGenForm%3A%28urn%3Ali%3AleadGenForm%3A3162%2C1%29"),
        ("", "''"),
        (False, "false"),
        (True, "true"),
        (0, "0"),
        ("ñ/%", "%C3%B1%2F%25"),
        ([], "List()"),
        ("a-b_c.d~e", "a-b_c.d~e"),
    ],
)  # fmt: skip
def test_a_value_is_written_as_linkedin_wants_it(value: Value, written: str) -> None:
    assert encode(value) == written


def test_an_address_keeps_what_was_encoded() -> None:
    url = address(
        "https://api.linkedin.com",
        "leadFormResponses",
        key="urn:li:x/1",
        query={"q": "owner", "owner": {"sponsoredAccount": "urn:li:sponsoredAccount:1"}},
        fields="a,b:(c,d)",
    )

    assert str(url) == (
        "https://api.linkedin.com/rest/leadFormResponses/urn%3Ali%3Ax%2F1"
        "?q=owner&owner=(sponsoredAccount:urn%3Ali%3AsponsoredAccount%3A1)&fields=a,b:(c,d)"
    )


@pytest.mark.parametrize(
    ("urn", "parts"),
    [
        ("urn:li:versionedLeadGenForm:(urn:li:leadGenForm:1, 1)", ("1", "1")),
        ("urn:li:versionedLeadGenForm:(urn:li:leadGenForm:818,12)", ("818", "12")),
        (" urn:li:versionedLeadGenForm:( urn:li:leadGenForm:6955637458260688897 , 3 ) ", ("6955637458260688897", "3")),
        ("urn:li:leadGenForm:7", ("7", "")),
        ("urn:li:adForm:7", ("7", "")),
        ("urn:li:versionedLeadGenForm:(urn:li:leadGenForm:x,1)", ("", "")),
        ("", ("", "")),
    ],
)
def test_a_form_urn_is_read_with_and_without_spaces(urn: str, parts: tuple[str, str]) -> None:
    assert form_and_version(urn) == parts


@pytest.mark.parametrize(
    ("urn", "part"),
    [
        ("urn:li:leadGenFormResponse:1a2b-4", "1a2b-4"),
        ("1a2b-4", "1a2b-4"),
        ("urn:li:x:a:b", "a:b"),
        ("urn:li:x", "urn:li:x"),
    ],
)
def test_an_id_is_what_follows_the_third_colon(urn: str, part: str) -> None:
    assert id_of(urn) == part


@pytest.mark.parametrize(
    ("union", "urn"),
    [
        ({"organization": "urn:li:organization:1"}, "urn:li:organization:1"),
        ({"sponsoredAccount": "urn:li:sponsoredAccount:1"}, "urn:li:sponsoredAccount:1"),
        ({"page!": "urn:li:page:1", "other": "urn:li:other:2"}, "urn:li:other:2"),
        ({"sponsoredAccount": 5}, "5"),
        ({}, ""),
        (None, ""),
        ([1], ""),
    ],
)
def test_an_owner_is_found_whatever_its_kind(union: object, urn: str) -> None:
    assert owner_of(union) == urn


@pytest.mark.parametrize(
    ("owner", "union"),
    [
        ("urn:li:organization:1", {"organization": "urn:li:organization:1"}),
        ("urn:li:sponsoredAccount:1", {"sponsoredAccount": "urn:li:sponsoredAccount:1"}),
        ("1", {"sponsoredAccount": "1"}),
    ],
)
def test_an_owner_is_named_by_its_kind(owner: str, union: dict[str, str]) -> None:
    assert owner_union(owner) == union


@pytest.mark.parametrize(
    ("form", "urn"),
    [
        ("6083,1", "urn:li:versionedLeadGenForm:(urn:li:leadGenForm:6083,1)"),
        (" 6083 , 1 ", "urn:li:versionedLeadGenForm:(urn:li:leadGenForm:6083,1)"),
        (
            "urn:li:versionedLeadGenForm:(urn:li:leadGenForm:818, 12)",
            "urn:li:versionedLeadGenForm:(urn:li:leadGenForm:818,12)",
        ),
        ("6083", ""),
        ("6083,", ""),
        ("urn:li:leadGenForm:6083", ""),
        ("", ""),
    ],
)
def test_a_version_of_a_form_is_named_without_spaces(form: str, urn: str) -> None:
    assert versioned_form(form) == urn


@pytest.mark.parametrize(
    ("urn", "kind"), [("urn:li:event:1", "event"), ("urn:li:x", ""), ("event:1:2:3", ""), ("", ""), ("5", "")]
)
def test_a_urn_names_its_kind(urn: str, kind: str) -> None:
    assert kind_of(urn) == kind
