"""The names of predefined questions: LinkedIn's words become the snake_case facts of the rule file, then labels."""

from __future__ import annotations

import re

#: Where our word is not simply LinkedIn's in lower case (linkedin.md §4; the list of LinkedIn's values is open).
_OUR_WORD = {
    "company_name": "company",
    "phone_number": "phone",
    "work_phone_number": "work_phone",
    "linkedin_profile_link": "linkedin_url",
    "linkedin_profile_url": "linkedin_url",
}

#: Labels that are not simply the name with a capital and spaces.
_LABEL = {
    "email": "E-mail",
    "work_email": "Work e-mail",
    "email_domain": "E-mail domain",
    "linkedin_url": "LinkedIn profile",
}

#: Predefined facts that a rule may name without `fields:`. Anything else LinkedIn may ask is reached through `fields:`.
PREDEFINED = frozenset(
    {
        *("first_name", "last_name", "gender", "linkedin_url"),
        *("email", "work_email", "email_domain", "phone", "work_phone"),
        *("company", "company_size", "industry", "job_title", "job_function", "seniority"),
        *("country", "city", "state", "postal_code"),
        *("degree", "school", "field_of_study", "start_date", "graduation_date"),
    }
)

_CAMEL_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NOT_A_WORD = re.compile(r"[^\w]+")


def canonical_field(name: str) -> str:
    """Our snake_case word for a predefined field or question name ("COMPANY_NAME" and "companyName" -> "company")."""
    snake = _NOT_A_WORD.sub("_", _CAMEL_HUMP.sub("_", name.strip())).strip("_").lower()
    return _OUR_WORD.get(snake, snake)


def label(name: str) -> str:
    """The name of a fact for people: "company_size" -> "Company size"."""
    if name in _LABEL:
        return _LABEL[name]
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]
