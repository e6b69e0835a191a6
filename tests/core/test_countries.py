"""Countries by code and by name."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import countries
from bot.core.countries import country_code

TABLE = countries._TABLE.replace("|\n ", "|").strip().splitlines()


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("DE", "de|DEU|Germany|Deutschland|Allemagne|Alemania|Germania|Alemanha|Duitsland|Tyskland|BRD| germany "),
        ("AT", "Austria|Österreich|Osterreich|Oesterreich|Autriche|Oostenrijk|Österrike|Østrig"),
        ("CH", "Schweiz|Suisse|Svizzera|Suiza|Suíça|Zwitserland|Sveits|Die Schweiz"),
        ("GB", "UK|U.K.|GBR|Great Britain|England|Scotland|Royaume-Uni|Reino Unido|Storbritannien"),
        ("US", "us|USA|U.S.A.|U.S.|United States of America|The United States|États-Unis|EE. UU.|Stati Uniti|VS"),
        ("BR", "Brazil|Brasil|BRASILIEN|Brésil|Brazilië"),
        ("NL", "The Netherlands|Holland|Pays-Bas|Nederland|Países Baixos|Paesi Bassi"),
        ("NO", "no|NOR|Norway|Norge|Noreg|Norwegen|Norvège"),
        ("DK", "Dänemark|Daenemark|Danmark|Danemark"),
        ("GR", "EL|Greece|Hellas|Ελλάδα|ελλαδα"),
        ("BA", "Bosnia & Herzegovina|Bosnia and Herzegovina|BiH"),
        ("CI", "Côte d'Ivoire|Cote d’Ivoire|Ivory Coast|Elfenbeinküste"),
        ("KR", "South Korea|Korea, Republic of|Korea (Republic of)|한국"),
        ("KP", "North Korea|Nordkorea"),
        ("LC", "St. Lucia|Saint Lucia|St Lucia|S:t Lucia"),
        ("TR", "Turkey|Türkiye|Turkiye|Türkei"),
        ("CZ", "Czechia|Czech Republic|Tschechien|Česko"),
        ("CN", "China|中国|PRC"),
        ("JP", "Japan|日本"),
        ("IS", "Island|Iceland|Ísland"),
        ("IE", "Ireland|Irland|Éire"),
        ("XK", "Kosovo"),
    ],
)
def test_a_country_is_known_by_each_of_its_names(code: str, names: str) -> None:
    assert {name: country_code(name) for name in names.split("|")} == dict.fromkeys(names.split("|"), code)


@pytest.mark.parametrize("text", ["", " ", "?", "Narnia", "Germany and Austria", "D", "XX", "de-DE", "x" * 500])
def test_anything_else_is_no_country(text: str) -> None:
    assert country_code(text) == ""


def test_the_table_has_every_country_once_and_no_name_twice() -> None:
    owners: dict[str, set[str]] = {}
    for line in TABLE:
        assert re.match(r"[A-Z]{2} [A-Z]{3} \S", line), line
        alpha2, alpha3, names = line.split(maxsplit=2)
        for name in (alpha2, alpha3, *names.split("|")):
            owners.setdefault(countries._key(name), set()).add(alpha2)

    assert len({line[:2] for line in TABLE}) == len({line[3:6] for line in TABLE}) == len(TABLE) == 250
    assert {name: codes for name, codes in owners.items() if len(codes) > 1} == {}
    assert "" not in owners


@given(st.sampled_from(TABLE), st.data())
def test_case_and_outer_spaces_never_matter(line: str, data: st.DataObject) -> None:
    alpha2, alpha3, names = line.split(maxsplit=2)
    name = data.draw(st.sampled_from([alpha2, alpha3, *names.split("|")]))

    assert country_code(f"  {name.upper()} ") == country_code(name.lower()) == alpha2


@given(st.text())
def test_any_text_can_be_asked(text: str) -> None:
    assert len(country_code(text)) in {0, 2}
