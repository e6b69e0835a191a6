"""Believable invented people for the demo's lead forms: nobody here exists, and nothing here reaches anybody.

E-mail domains end in .example (RFC 2606). Phones come from ranges that regulators keep free for fiction: NANP 555-0100
to -0199, Ofcom's drama numbers, the Bundesnetzagentur's, ARCEP's and PTS's. Countries without such a range borrow a
neighbour's.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol


class Asked(Protocol):
    """A question of a form, as far as an answer depends on it."""

    @property
    def text(self) -> str:
        """The question in the form's language."""
        ...

    @property
    def name(self) -> str:
        """The question's internal name: the key of the answers."""
        ...

    @property
    def predefined(self) -> str:
        """LinkedIn's predefined field ("FIRST_NAME"), "" for the form's own questions."""
        ...

    @property
    def options(self) -> tuple[str, ...]:
        """The choices, empty for free text."""
        ...


@dataclass(frozen=True, slots=True)
class Country:
    """A country with names its people could have; `#` in `phone` stands for a digit."""

    name: str
    aliases: tuple[str, ...]  #: how a form in another language may spell it
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    cities: tuple[str, ...]
    phone: str = "+44 7700 900###"


@dataclass(frozen=True, slots=True)
class Job:
    """A job title with what LinkedIn's predefined fields say of it."""

    title: str
    function: str
    seniority: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who does not exist."""

    first_name: str
    last_name: str
    email: str
    phone: str
    company: str
    domain: str
    country: Country
    city: str
    job: Job
    industry: str
    company_size: str


COUNTRIES = (
    Country(
        "Germany",
        ("Deutschland", "DE"),
        ("Jonas", "Lea", "Katharina", "Emre", "Jürgen", "Miriam"),
        ("Weißmann", "Brandt", "Özkan", "Lindner", "Köhler", "Seidel"),
        ("Berlin", "Hamburg", "München", "Köln"),
        "+49 30 23125 ###",
    ),
    Country(
        "Austria",
        ("Österreich", "AT"),
        ("Theresa", "Lukas", "Magdalena", "Florian", "Selma"),
        ("Gruber", "Hofstätter", "Winkler", "Pichler", "Novak"),
        ("Wien", "Graz", "Linz"),
        "+49 89 99998 ###",
    ),
    Country(
        "Switzerland",
        ("Schweiz", "Suisse", "Svizzera", "CH"),
        ("Reto", "Nadine", "Luca", "Seraina", "Beat"),
        ("Zürcher", "Ammann", "Favre", "Bernasconi", "Hürlimann"),
        ("Zürich", "Bern", "Lausanne"),
        "+49 69 90009 ###",
    ),
    Country(
        "United States",
        ("USA", "United States of America", "US"),
        ("Maya", "Marcus", "Dolores", "Ethan", "Priscilla", "DeShawn"),
        ("Whitfield", "Okafor", "Ramirez", "Delaney", "Nguyen", "Castellano"),
        ("Boston", "Austin", "Seattle", "Denver"),
        "+1 617 555 01##",
    ),
    Country(
        "Canada",
        ("CA",),
        ("Chloé", "Liam", "Anjali", "Tremaine"),
        ("Tremblay", "MacLeod", "Gill", "Bouchard"),
        ("Toronto", "Montréal", "Vancouver"),
        "+1 416 555 01##",
    ),
    Country(
        "United Kingdom",
        ("UK", "Great Britain", "GB"),
        ("Imogen", "Tariq", "Fiona", "Callum", "Adaeze"),
        ("Ashworth", "Hussain", "Pemberton", "Llewellyn", "Achebe"),
        ("London", "Leeds", "Bristol"),
    ),
    Country(
        "France",
        ("FR",),
        ("Élodie", "Mathieu", "Aïcha", "Bastien"),
        ("Lefèvre", "Garnier", "Benali", "Moreau"),
        ("Paris", "Lyon", "Nantes"),
        "+33 1 99 00 ## ##",
    ),
    Country(
        "Spain",
        ("España", "ES"),
        ("Lucía", "Íñigo", "Marta", "Álvaro"),
        ("Ibáñez", "Etxeberria", "Roldán", "Serrano"),
        ("Madrid", "Bilbao", "València"),
    ),
    Country(
        "Italy",
        ("Italia", "IT"),
        ("Chiara", "Davide", "Ginevra", "Niccolò"),
        ("Bellandi", "Marchetti", "D'Amico", "Ferraro"),
        ("Milano", "Bologna", "Torino"),
    ),
    Country(
        "Netherlands",
        ("Nederland", "The Netherlands", "NL"),
        ("Sanne", "Joris", "Fatima", "Thijs"),
        ("van der Veen", "Bakker", "El Amrani", "de Wit"),
        ("Utrecht", "Rotterdam", "Eindhoven"),
    ),
    Country(
        "Sweden",
        ("Sverige", "SE"),
        ("Åsa", "Viktor", "Linnea", "Amir"),
        ("Sjöberg", "Lindqvist", "Rahimi", "Öberg"),
        ("Stockholm", "Göteborg", "Malmö"),
        "+46 8 465 004 ##",
    ),
    Country(
        "Norway",
        ("Norge", "NO"),
        ("Ingrid", "Håkon", "Solveig", "Sindre"),
        ("Dahl", "Haugen", "Bjørnstad", "Lie"),
        ("Oslo", "Bergen"),
        "+46 8 465 004 ##",
    ),
    Country(
        "Denmark",
        ("Danmark", "DK"),
        ("Søren", "Freja", "Rasmus", "Camille"),
        ("Kjær", "Østergaard", "Holm", "Thygesen"),
        ("København", "Aarhus"),
        "+46 8 465 004 ##",
    ),
    Country(
        "Finland",
        ("Suomi", "FI"),
        ("Aino", "Eero", "Päivi", "Janne"),
        ("Mäkelä", "Korhonen", "Ylönen", "Salo"),
        ("Helsinki", "Tampere"),
        "+46 8 465 004 ##",
    ),
    Country(
        "Poland",
        ("Polska", "PL"),
        ("Łukasz", "Zofia", "Agnieszka", "Paweł"),
        ("Nowak", "Zając", "Kowalczyk", "Wrona"),
        ("Warszawa", "Kraków", "Gdańsk"),
    ),
    Country(
        "Brazil",
        ("Brasil", "BR"),
        ("João", "Thaís", "Caetano", "Yasmin"),
        ("Figueiredo", "Nakamura", "de Souza", "Azevedo"),
        ("São Paulo", "Curitiba", "Recife"),
        "+1 212 555 01##",
    ),
    Country(
        "India",
        ("Bharat", "IN"),
        ("Ananya", "Rohan", "Meenakshi", "Farhan"),
        ("Iyer", "Deshpande", "Chatterjee", "Siddiqui"),
        ("Pune", "Bengaluru", "Kolkata"),
    ),
    Country(
        "Japan",
        ("Nippon", "JP"),
        ("Haruka", "Kenji", "Ayumi", "Daichi"),
        ("Fujimori", "Hayashi", "Ōtsuka", "Shimizu"),
        ("Tokyo", "Osaka", "Fukuoka"),
    ),
)

JOBS = (
    Job("Head of IT", "Information Technology", "Director"),
    Job("Director of Operations", "Operations", "Director"),
    Job("VP Sales", "Sales", "VP"),
    Job("Chief Technology Officer", "Engineering", "CXO"),
    Job("Chief Financial Officer", "Finance", "CXO"),
    Job("Head of Procurement", "Purchasing", "Director"),
    Job("Marketing Manager", "Marketing", "Manager"),
    Job("Sales Operations Lead", "Sales", "Senior"),
    Job("IT Project Manager", "Information Technology", "Manager"),
    Job("Founder", "Business Development", "Owner"),
    Job("Data Analyst", "Information Technology", "Entry"),
    Job("Customer Success Manager", "Customer Success and Support", "Manager"),
)

_COMPANY_STARTS = (
    "Brightfjord",
    "Quillmark",
    "Larkmoor",
    "Nebelhorn",
    "Tannwerk",
    "Oakrivet",
    "Sunkettle",
    "Blauspecht",
    "Copperfinch",
    "Mistralune",
    "Hollowbyte",
    "Juniper & Rook",
    "Silberlachs",
    "Velvet Anchor",
    "Windmühle Nord",
    "Paper Heron",
    "Drei Birken",
    "Ostrich & Vane",
)
_COMPANY_ENDS = {
    "Robotics": "Industrial Automation",
    "Logistics": "Transportation and Logistics",
    "Foods": "Food and Beverages",
    "Systems": "Software Development",
    "Instruments": "Medical Equipment Manufacturing",
    "Energy": "Renewable Energy",
    "Textiles": "Textile Manufacturing",
    "Insurance": "Insurance",
}
_COMPANY_SIZES = ("11-50", "51-200", "201-500", "501-1000", "1001-5000", "5001-10,000", "10,001+")
_REMARKS = (
    "Please call in the afternoon.",
    "We compare three vendors this quarter.",
    "Does it work with our CRM?",
    "Leads wait for hours in our inbox today.",
    "We are a team of nine in two countries.",
)
#: Letters that Unicode does not take apart into a base letter and a mark.
_PLAIN_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "æ": "ae", "đ": "d"})


def an_invented_person(random: Random, *, countries: Sequence[Country] = COUNTRIES) -> Person:
    """Somebody new from one of `countries`; the same `random` gives the same people in the same order."""
    country = random.choice(countries)
    first_name, last_name = random.choice(country.first_names), random.choice(country.last_names)
    start, end = random.choice(_COMPANY_STARTS), random.choice(list(_COMPANY_ENDS))
    domain = f"{_plain(start)}-{_plain(end)}.example"
    return Person(
        first_name=first_name,
        last_name=last_name,
        email=f"{_plain(first_name)}.{_plain(last_name)}@{domain}",
        phone=re.sub("#", lambda _: str(random.randrange(10)), country.phone),
        company=f"{start} {end}",
        domain=domain,
        country=country,
        city=random.choice(country.cities),
        job=random.choice(JOBS),
        industry=_COMPANY_ENDS[end],
        company_size=random.choice(_COMPANY_SIZES),
    )


def invented_answers(questions: Sequence[Asked], random: Random) -> dict[str, str]:
    """One person's answers to `questions`, by question name; a choice is always one of the question's options."""
    person = an_invented_person(random, countries=_countries_offered(questions))
    return {question.name: _answer(question, person, random) for question in questions}


def _answer(question: Asked, person: Person, random: Random) -> str:
    natural = _natural_answers(person).get(_meaning(question), "")
    if not question.options:
        return natural or random.choice(_REMARKS)
    wanted = {name.casefold() for name in (natural, *_other_names(question, person)) if name}
    fitting = [option for option in question.options if option.casefold() in wanted]
    return fitting[0] if fitting else random.choice(question.options)


def _natural_answers(person: Person) -> dict[str, str]:
    return {
        "FIRST_NAME": person.first_name,
        "LAST_NAME": person.last_name,
        "EMAIL": person.email,
        "WORK_EMAIL": person.email,
        "PHONE_NUMBER": person.phone,
        "WORK_PHONE_NUMBER": person.phone,
        "COMPANY_NAME": person.company,
        "COMPANY_SIZE": person.company_size,
        "COUNTRY": person.country.name,
        "CITY": person.city,
        "JOB_TITLE": person.job.title,
        "JOB_FUNCTION": person.job.function,
        "SENIORITY": person.job.seniority,
        "INDUSTRY": person.industry,
        "LINKEDIN_PROFILE_LINK": f"https://linkedin.example/in/{_plain(person.first_name)}-{_plain(person.last_name)}",
    }


#: Words in a form's own question that tell what it asks, for questions without a predefined field.
_TELLING_WORDS = {"country": "COUNTRY", "employees": "COMPANY_SIZE", "company": "COMPANY_NAME", "city": "CITY"}


def _meaning(question: Asked) -> str:
    if question.predefined:
        return question.predefined
    return next((field for word, field in _TELLING_WORDS.items() if word in question.text.casefold()), "")


def _countries_offered(questions: Sequence[Asked]) -> Sequence[Country]:
    """Where a form lets people choose a country, only people from those countries; all countries otherwise."""
    offered = {
        option.casefold() for question in questions if _meaning(question) == "COUNTRY" for option in question.options
    }
    known = [country for country in COUNTRIES if offered & {name.casefold() for name in _names(country)}]
    return known or COUNTRIES


def _other_names(question: Asked, person: Person) -> tuple[str, ...]:
    return _names(person.country) if _meaning(question) == "COUNTRY" else ()


def _names(country: Country) -> tuple[str, ...]:
    return (country.name, *country.aliases)


def _plain(text: str) -> str:
    """`text` as it may stand in an address: lower-case ASCII letters and digits."""
    apart = unicodedata.normalize("NFKD", text.translate(_PLAIN_LETTERS))
    return re.sub("[^a-z0-9]", "", apart.casefold())
