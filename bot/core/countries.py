"""Countries by ISO 3166-1 code and by name in the languages of the forms: `DE`, `DEU`, `Allemagne` are one. Pure.

The names are English, German, French, Spanish, Italian, Portuguese, Dutch and Swedish, Norwegian, Danish, the
country's own, and what people call it. A name that two countries share belongs to the one that people mean by it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from bot.core.facts import fold

_LONGEST = 100  # of the longest name and some spaces; what a stranger typed may be longer
_DOTS = re.compile(r"[.'`´]")
_NO_LETTER = re.compile(r"[\W_]+")
_SAINT = re.compile(r"^s ?t ")
_LIGATURES = str.maketrans({"æ": "ae", "œ": "oe"})
#: How ä, ö, ü, ø and å are typed where the keyboard has none; without their dots they are accents like any other.
_TYPED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})


def country_code(text: str) -> str:
    """The ISO alpha-2 code of the country that the whole text names; "" when it names none."""
    return _codes().get(_key(text), "") if len(text) <= _LONGEST else ""


@cache
def _codes() -> Mapping[str, str]:
    """Every code and name as it is compared -> alpha-2."""
    codes: dict[str, str] = {}
    for line in _TABLE.replace("|\n ", "|").strip().splitlines():
        alpha2, alpha3, names = line.split(maxsplit=2)
        for name in (alpha2, alpha3, *names.split("|")):
            codes[_key(name)] = alpha2
            codes[_key(name.lower().translate(_TYPED))] = alpha2
    return codes


def _key(text: str) -> str:
    """What two spellings of one name have in common: no dots, accents, brackets, English article; `St` is `Saint`."""
    bare = _DOTS.sub("", fold(text).replace("&", " and ")).translate(_LIGATURES)
    return _SAINT.sub("saint ", _NO_LETTER.sub(" ", bare).strip().removeprefix("the "))


_TABLE = """
AD AND Andorra|Andorre|Principat d'Andorra
AE ARE United Arab Emirates|UAE|Emirates|Vereinigte Arabische Emirate|VAE|Émirats arabes unis|Emiratos Árabes Unidos|
  Emiratos Árabes|EAU|Emirati Arabi Uniti|Emirados Árabes Unidos|Verenigde Arabische Emiraten|Förenade Arabemiraten|
  De forente arabiske emirater|De Forenede Arabiske Emirater|Forenede Arabiske Emirater|Dubai|Abu Dhabi|
  الإمارات العربية المتحدة|الإمارات
AF AFG Afghanistan|Afganistán|Afeganistão|افغانستان
AG ATG Antigua and Barbuda|Antigua und Barbuda|Antigua-et-Barbuda|Antigua y Barbuda|Antigua e Barbuda|
  Antigua en Barbuda|Antigua och Barbuda|Antigua og Barbuda
AI AIA Anguilla|Anguila
AL ALB Albania|Albanien|Albanie|Shqipëria|Shqipëri
AM ARM Armenia|Armenien|Arménie|Հայաստան
AO AGO Angola
AQ ATA Antarctica|Antarktis|Antarctique|Antártida|Antartide|Antártica|Antarktika
AR ARG Argentina|Argentinien|Argentine|Argentinië
AS ASM American Samoa|Amerikanisch-Samoa|Samoa américaines|Samoa Americana|Samoa Americane|Amerikaans-Samoa|
  Amerikanska Samoa|Amerikansk Samoa
AT AUT Austria|Österreich|Autriche|Oostenrijk|Österrike|Østrig|Republik Österreich
AU AUS Australia|Australien|Australie|Commonwealth of Australia
AW ABW Aruba
AX ALA Åland Islands|Åland|Ålandinseln|Îles Åland|Islas Åland|Isole Åland|Ilhas Åland|Ilhas Alanda|Ålandeilanden|
  Ahvenanmaa|Alanda
AZ AZE Azerbaijan|Aserbaidschan|Azerbaïdjan|Azerbaiyán|Azerbaigian|Azerbaijão|Azerbeidzjan|Azerbajdzjan|Aserbajdsjan|
  Azərbaycan
BA BIH Bosnia and Herzegovina|Bosnia|Bosnia-Herzegovina|Bosnien und Herzegowina|Bosnien-Herzegowina|Bosnien|
  Bosnie-Herzégovine|Bosnia y Herzegovina|Bosnia ed Erzegovina|Bosnia-Erzegovina|Bósnia e Herzegovina|
  Bosnië en Herzegovina|Bosnië-Herzegovina|Bosnien och Hercegovina|Bosnia-Hercegovina|Bosnien-Hercegovina|
  Bosna i Hercegovina|Босна и Херцеговина
BB BRB Barbados|Barbade|La Barbade
BD BGD Bangladesh|Bangladesch|Bangladés|বাংলাদেশ|Bangladeche
BE BEL Belgium|Belgien|Belgique|Bélgica|Belgio|België|Belgia
BF BFA Burkina Faso|Burkina|Burquina Faso
BG BGR Bulgaria|Bulgarien|Bulgarie|Bulgarije|България
BH BHR Bahrain|Bahreïn|Baréin|البحرين|Barém
BI BDI Burundi
BJ BEN Benin|Benim
BL BLM Saint Barthélemy|San Bartolomé|São Bartolomeu|Saint-Barth|St Barts
BM BMU Bermuda|Bermudes|Bermudas|Les Bermudes
BN BRN Brunei|Brunei Darussalam
BO BOL Bolivia|Bolivien|Bolivie|Plurinational State of Bolivia|Bolivia, Plurinational State of
BQ BES Bonaire, Sint Eustatius and Saba|Caribbean Netherlands|Karibische Niederlande|Pays-Bas caribéens|
  Caribe neerlandés|Caraibi olandesi|Países Baixos Caribenhos|Caribisch Nederland|Karibiska Nederländerna|
  Karibisk Nederland|Bonaire
BR BRA Brazil|Brasilien|Brésil|Brasil|Brasile|Brazilië
BS BHS Bahamas|Las Bahamas|Les Bahamas|Baamas
BT BTN Bhutan|Bhoutan|Bután|Butão|འབྲུག
BV BVT Bouvet Island|Bouvetinsel|Île Bouvet|Isla Bouvet|Isola Bouvet|Ilha Bouvet|Bouveteiland|Bouvetön|Bouvetøya|
  Bouvetøen
BW BWA Botswana|Botsuana
BY BLR Belarus|Weißrussland|Biélorussie|Bielorrusia|Bielorussia|Bielorrússia|Wit-Rusland|Vitryssland|Hviterussland|
  Hviderusland|Беларусь|Белоруссия
BZ BLZ Belize|Belice
CA CAN Canada|Kanada
CC CCK Cocos (Keeling) Islands|Cocos Islands|Keeling Islands|Kokosinseln|Îles Cocos|Islas Cocos|Isole Cocos|
  Ilhas Cocos|Cocoseilanden|Kokosöarna|Kokosøyene|Cocosøerne
CD COD Democratic Republic of the Congo|Congo, The Democratic Republic of the|Congo (Democratic Republic of the)|
  Democratic Republic of Congo|Congo-Kinshasa|DR Congo|DRC|Demokratische Republik Kongo|DR Kongo|Kongo-Kinshasa|
  République démocratique du Congo|RDC|RD Congo|República Democrática del Congo|Repubblica Democratica del Congo|
  República Democrática do Congo|Democratische Republiek Congo|Demokratiska republiken Kongo|
  Den demokratiske republikken Kongo|Den Demokratiske Republik Congo|Zaire|Congo (DRC)|Kongo (Demokratische Republik)
CF CAF Central African Republic|Zentralafrikanische Republik|République centrafricaine|Centrafrique|
  República Centroafricana|Repubblica Centrafricana|República Centro-Africana|Centraal-Afrikaanse Republiek|
  Centralafrikanska republiken|Den sentralafrikanske republikk|Den Centralafrikanske Republik|CAR
CG COG Congo|Republic of the Congo|Congo, Republic of the|Congo-Brazzaville|Kongo|Republik Kongo|Kongo-Brazzaville|
  République du Congo|República del Congo|Repubblica del Congo|República do Congo|Republiek Congo|Republikken Kongo|
  Republikken Congo|Congo (Republic)|Kongo (Republik)
CH CHE Switzerland|Schweiz|Suisse|Suiza|Svizzera|Suíça|Zwitserland|Sveits|Svizra|Confoederatio Helvetica|
  Schweizerische Eidgenossenschaft|Die Schweiz|La Suisse
CI CIV Côte d'Ivoire|Cote d Ivoire|Ivory Coast|Elfenbeinküste|Costa de Marfil|Costa d'Avorio|Costa do Marfim|
  Ivoorkust|Elfenbenskusten|Elfenbenskysten
CK COK Cook Islands|Cookinseln|Îles Cook|Islas Cook|Isole Cook|Ilhas Cook|Cookeilanden|Cooköarna|Cookøyene|Cookøerne
CL CHL Chile|Chili|Cile
CM CMR Cameroon|Kamerun|Cameroun|Camerún|Camarões|Kameroen
CN CHN China|Chine|Cina|Kina|PRC|P.R. China|People's Republic of China|Mainland China|China Mainland|
  Volksrepublik China|VR China|République populaire de Chine|República Popular China|República Popular da China|中国|
  中國|中华人民共和国
CO COL Colombia|Kolumbien|Colombie
CR CRI Costa Rica
CU CUB Cuba|Kuba
CV CPV Cabo Verde|Cape Verde|Kap Verde|Cap-Vert|Capo Verde|Kaapverdië|Kapp Verde
CW CUW Curaçao|Curazao|Curaçau
CX CXR Christmas Island|Weihnachtsinsel|Île Christmas|Isla de Navidad|Isola Christmas|Ilha Christmas|Christmaseiland|
  Julön|Christmasøya|Juleøen|Ilha do Natal
CY CYP Cyprus|Zypern|Chypre|Chipre|Cipro|Cypern|Kypros|Κύπρος|Kıbrıs
CZ CZE Czechia|Czech Republic|Czech Rep.|Tschechien|Tschechische Republik|Tchéquie|République tchèque|Chequia|
  República Checa|Cechia|Repubblica Ceca|Tchéquia|República Tcheca|Tsjechië|Tjeckien|Tsjekkia|Tjekkiet|Česko|
  Česká republika|Den tsjekkiske republikk|Den Tjekkiske Republik
DE DEU Germany|Deutschland|Allemagne|Alemania|Germania|Alemanha|Duitsland|Tyskland|BRD|Bundesrepublik Deutschland|
  Federal Republic of Germany
DJ DJI Djibouti|Dschibuti|Yibuti|Gibuti|Djibuti|Jibuti
DK DNK Denmark|Dänemark|Dinamarca|Danimarca|Denemarken|Danmark
DM DMA Dominica|Dominique
DO DOM Dominican Republic|Dominikanische Republik|République dominicaine|República Dominicana|Repubblica Dominicana|
  Dominicaanse Republiek|Dominikanska republiken|Den dominikanske republikk|Den Dominikanske Republik
DZ DZA Algeria|Algerien|Algérie|Argelia|Algerije|Algeriet|الجزائر
EC ECU Ecuador|Équateur|Equador|Ekuador
EE EST Estonia|Estland|Estonie|Eesti
EG EGY Egypt|Ägypten|Égypte|Egipto|Egitto|Egito|Egypten|مصر
EH ESH Western Sahara|Westsahara|Sahara occidental|Sahara Occidentale|Saara Ocidental|Westelijke Sahara|Västsahara|
  Vest-Sahara|Vestsahara
ER ERI Eritrea|Érythrée|Eritreia
ES ESP Spain|Spanien|Espagne|España|Spagna|Espanha|Spanje|Spania|Espanya|Espainia
ET ETH Ethiopia|Äthiopien|Éthiopie|Etiopía|Etiopien|ኢትዮጵያ
FI FIN Finland|Finnland|Finlande|Finlandia|Suomi
FJ FJI Fiji|Fidschi|Fidji|Fiyi|Figi
FK FLK Falkland Islands|Falkland Islands (Malvinas)|Falklands|Falklandinseln|Îles Malouines|Islas Malvinas|
  Isole Falkland|Ilhas Malvinas|Falklandeilanden|Falklandsöarna|Falklandsøyene|Falklandsøerne
FM FSM Micronesia|Micronesia, Federated States of|Federated States of Micronesia|Mikronesien|Micronésie|Mikronesia|
  Föderierte Staaten von Mikronesien|États fédérés de Micronésie|Mikronesiaføderasjonen
FO FRO Faroe Islands|Faroes|Färöer|Färöer-Inseln|Îles Féroé|Islas Feroe|Isole Fær Øer|Fær Øer|Ilhas Faroe|Ilhas Feroé|
  Faeröer|Färöarna|Færøyene|Færøerne|Føroyar
FR FRA France|Frankreich|Francia|França|Frankrijk|Frankrike|Frankrig|République française|Metropolitan France
GA GAB Gabon|Gabun|Gabão
GB GBR United Kingdom|UK|Great Britain|Britain|United Kingdom of Great Britain and Northern Ireland|England|Scotland|
  Wales|Northern Ireland|Vereinigtes Königreich|Großbritannien|England (UK)|Schottland|Nordirland|Royaume-Uni|
  Grande-Bretagne|Angleterre|Écosse|Pays de Galles|Reino Unido|Gran Bretaña|Inglaterra|Escocia|Gales|Regno Unito|
  Gran Bretagna|Inghilterra|Scozia|Galles|Grã-Bretanha|Verenigd Koninkrijk|Groot-Brittannië|Engeland|Schotland|
  Storbritannien|Förenade kungariket|Storbritannia|Det forenede kongerige|Skottland|Cymru|VK
GD GRD Grenada|Grenade|La Grenade|Granada
GE GEO Georgia|Georgien|Géorgie|საქართველო|Sakartvelo
GF GUF French Guiana|Französisch-Guayana|Guyane française|Guyane|Guayana Francesa|Guyana francese|Guiana Francesa|
  Frans-Guyana|Franska Guyana|Fransk Guyana
GG GGY Guernsey|Guernesey
GH GHA Ghana|Gana
GI GIB Gibraltar|Gibilterra
GL GRL Greenland|Grönland|Groenlandia|Gronelândia|Kalaallit Nunaat
GM GMB Gambia|Gambia, The|Gambie|La Gambie
GN GIN Guinea|Guinée|Guiné
GP GLP Guadeloupe|Guadalupe|Guadalupa
GQ GNQ Equatorial Guinea|Äquatorialguinea|Guinée équatoriale|Guinea Ecuatorial|Guinea Equatoriale|Guiné Equatorial|
  Equatoriaal-Guinea|Ekvatorialguinea|Ekvatorial-Guinea|Ækvatorialguinea
GR GRC Greece|Griechenland|Grèce|Grecia|Griekenland|Grekland|Hellas|Grækenland|EL|Ελλάδα|Ελλάς|Ellada|
  Hellenic Republic
GS SGS South Georgia and the South Sandwich Islands|South Georgia|Südgeorgien und die Südlichen Sandwichinseln|
  Südgeorgien|Géorgie du Sud-et-les îles Sandwich du Sud|Islas Georgias del Sur y Sandwich del Sur|
  Georgia del Sud e Sandwich australi|Ilhas Geórgia do Sul e Sandwich do Sul|
  Zuid-Georgia en Zuidelijke Sandwicheilanden|Sydgeorgien och Sydsandwichöarna|Sør-Georgia og Sør-Sandwichøyene|
  South Georgia og De Sydlige Sandwichøer
GT GTM Guatemala
GU GUM Guam|Guame
GW GNB Guinea-Bissau|Guinée-Bissau|Guinea-Bisáu|Guiné-Bissau
GY GUY Guyana|Guiana
HK HKG Hong Kong|Hongkong|Hong Kong SAR|Hong Kong SAR China|Sonderverwaltungsregion Hongkong|
  R.A.S. chinoise de Hong Kong|RAE de Hong Kong|RAS di Hong Kong|SAR Hongkong|香港
HM HMD Heard Island and McDonald Islands|Heard and McDonald Islands|Heard und McDonaldinseln|Îles Heard et McDonald|
  Islas Heard y McDonald|Isole Heard e McDonald|Ilhas Heard e McDonald|Heard en McDonaldeilanden|
  Heardön och McDonaldöarna|Heard- og McDonaldøyene
HN HND Honduras
HR HRV Croatia|Kroatien|Croatie|Croacia|Croazia|Kroatië|Kroatia|Hrvatska
HT HTI Haiti|Ayiti
HU HUN Hungary|Ungarn|Hongrie|Hungría|Ungheria|Hongarije|Ungern|Magyarország
ID IDN Indonesia|Indonesien|Indonésie
IE IRL Ireland|Irland|Irlande|Irlanda|Ierland|Éire|Republic of Ireland|Republik Irland|République d'Irlande|
  República de Irlanda|ROI
IL ISR Israel|Israele|ישראל|إسرائيل
IM IMN Isle of Man|Insel Man|Île de Man|Isla de Man|Isola di Man|Ilha de Man|Man
IN IND India|Indien|Inde|भारत|Bharat
IO IOT British Indian Ocean Territory|Chagos Archipelago|Britisches Territorium im Indischen Ozean|
  Territoire britannique de l'océan Indien|Territorio Británico del Océano Índico|
  Territorio britannico dell'Oceano Indiano|Território Britânico do Oceano Índico|Brits Indische Oceaanterritorium|
  Brittiska territoriet i Indiska oceanen|Det britiske territoriet i Indiahavet
IQ IRQ Iraq|Irak|Iraque|العراق
IR IRN Iran|Iran, Islamic Republic of|Islamic Republic of Iran|Irã|Irão|ایران
IS ISL Iceland|Island|Islande|Islandia|Islanda|IJsland
IT ITA Italy|Italien|Italie|Italia
JE JEY Jersey
JM JAM Jamaica|Jamaika|Jamaïque|Giamaica
JO JOR Jordan|Jordanien|Jordanie|Jordania|Giordania|الأردن
JP JPN Japan|Japon|Giappone|Japão|日本|にほん|Nippon|Nihon
KE KEN Kenya|Kenia|Quênia
KG KGZ Kyrgyzstan|Kirgisistan|Kirghizistan|Kirghizstan|Kirguistán|Quirguistão|Kirgizië|Kirgizistan|Kyrgyz Republic|
  Кыргызстан|Киргизия
KH KHM Cambodia|Kambodscha|Cambodge|Camboya|Cambogia|Camboja|Cambodja|Kambodja|Kambodsja|កម្ពុជា
KI KIR Kiribati|Quiribáti
KM COM Comoros|Komoren|Comores|Comoras|Comore|Comoren|Komorerna|Komorene|Comorerne
KN KNA Saint Kitts and Nevis|St. Kitts und Nevis|Saint-Christophe-et-Niévès|Saint-Kitts-et-Nevis|
  San Cristóbal y Nieves|Saint Kitts e Nevis|São Cristóvão e Névis|Saint Kitts en Nevis|Saint Kitts och Nevis|
  Sankt Kitts och Nevis|Saint Kitts og Nevis
KP PRK North Korea|Korea, Democratic People's Republic of|Democratic People's Republic of Korea|DPRK|Nordkorea|
  Corée du Nord|Corea del Norte|Corea del Nord|Coreia do Norte|Noord-Korea|Nord-Korea|조선
KR KOR South Korea|Korea|Korea, Republic of|Republic of Korea|Korea, South|Südkorea|Republik Korea|Corée du Sud|Corée|
  Corea del Sur|Corea|Corea del Sud|Coreia do Sul|Coreia|Zuid-Korea|Sydkorea|Sør-Korea|대한민국|한국
KW KWT Kuwait|Koweït|Koeweit|الكويت
KY CYM Cayman Islands|Cayman|Kaimaninseln|Îles Caïmans|Islas Caimán|Isole Cayman|Ilhas Cayman|Ilhas Caimão|
  Kaaimaneilanden|Caymanöarna|Caymanøyene|Caymanøerne
KZ KAZ Kazakhstan|Kasachstan|Kazajistán|Kazajstán|Kazakistan|Cazaquistão|Kazachstan|Kazakstan|Kasakhstan|Қазақстан|
  Казахстан
LA LAO Laos|Lao People's Democratic Republic|Lao PDR|ລາວ
LB LBN Lebanon|Libanon|Liban|Líbano|لبنان
LC LCA Saint Lucia|Sainte-Lucie|Santa Lucía
LI LIE Liechtenstein|Fürstentum Liechtenstein|Listenstaine
LK LKA Sri Lanka|Ceylon|ශ්‍රී ලංකාව|இலங்கை|Sri Lanca
LR LBR Liberia
LS LSO Lesotho|Lesoto
LT LTU Lithuania|Litauen|Lituanie|Lituania|Litouwen|Lietuva
LU LUX Luxembourg|Luxemburg|Luxemburgo|Lussemburgo|Lëtzebuerg
LV LVA Latvia|Lettland|Lettonie|Letonia|Lettonia|Letland|Latvija
LY LBY Libya|Libyen|Libye|Libia|Libië|ليبيا
MA MAR Morocco|Marokko|Maroc|Marruecos|Marocco|Marrocos|Marocko|المغرب
MC MCO Monaco
MD MDA Moldova|Moldova, Republic of|Republic of Moldova|Moldau|Republik Moldau|Moldawien|Moldavie|Moldavia|Moldavien
ME MNE Montenegro|Crna Gora|Црна Гора
MF MAF Saint Martin|Saint Martin (French part)|San Martín|São Martinho
MG MDG Madagascar|Madagaskar|Madagasikara
MH MHL Marshall Islands|Marshallinseln|Îles Marshall|Islas Marshall|Isole Marshall|Ilhas Marshall|Marshalleilanden|
  Marshallöarna|Marshalløyene|Marshalløerne
MK MKD North Macedonia|Macedonia|Macedonia, the former Yugoslav Republic of|FYROM|Republic of North Macedonia|
  Nordmazedonien|Mazedonien|Macédoine du Nord|Macédoine|Macedonia del Norte|Macedonia del Nord|Macedônia do Norte|
  Noord-Macedonië|Nordmakedonien|Nord-Makedonia|Северна Македонија
ML MLI Mali
MM MMR Myanmar|Burma|Myanmar (Burma)|Birmanie|Birmania|Mianmar|Birma
MN MNG Mongolia|Mongolei|Mongolie|Mongoliet|Монгол
MO MAC Macao|Macau|Macao SAR China|Macao SAR|Macau SAR|澳門|澳门|Sonderverwaltungsregion Macau|SAR Macao
MP MNP Northern Mariana Islands|Nördliche Marianen|Îles Mariannes du Nord|Islas Marianas del Norte|
  Isole Marianne settentrionali|Ilhas Marianas do Norte|Ilhas Marianas Setentrionais|Noordelijke Marianen|
  Nordmarianerna|Nord-Marianene|Nordmarianerne
MQ MTQ Martinique|Martinica
MR MRT Mauritania|Mauretanien|Mauritanie|Mauretania
MS MSR Montserrat|Monserrate
MT MLT Malta|Malte
MU MUS Mauritius|Maurice|Île Maurice|Mauricio|Maurizio|Maurícia
MV MDV Maldives|Malediven|Maldivas|Maldive|Maldiven|Malediverna|Maldivene|Maldiverne|Maldiverna
MW MWI Malawi|Malaui
MX MEX Mexico|Mexiko|Mexique|Méjico|Messico
MY MYS Malaysia|Malaisie|Malasia|Malesia|Maleisië
MZ MOZ Mozambique|Mosambik|Mozambico|Moçambique|Mosambique
NA NAM Namibia|Namibie
NC NCL New Caledonia|Neukaledonien|Nouvelle-Calédonie|Nueva Caledonia|Nuova Caledonia|Nova Caledônia|Nieuw-Caledonië|
  Nya Kaledonien|Ny-Caledonia|Ny Kaledonien
NE NER Niger
NF NFK Norfolk Island|Norfolkinsel|Île Norfolk|Isla Norfolk|Isola Norfolk|Ilha Norfolk|Norfolk|Norfolkön|Norfolkøya
NG NGA Nigeria
NI NIC Nicaragua
NL NLD Netherlands|Holland|Niederlande|Pays-Bas|Países Bajos|Holanda|Paesi Bassi|Olanda|Países Baixos|Nederland|
  Nederländerna|Nederlandene|Hollande|Netherlands, Kingdom of the
NO NOR Norway|Norwegen|Norvège|Noruega|Norvegia|Noorwegen|Norge|Noreg
NP NPL Nepal|नेपाल
NR NRU Nauru
NU NIU Niue
NZ NZL New Zealand|Neuseeland|Nouvelle-Zélande|Nueva Zelanda|Nueva Zelandia|Nuova Zelanda|Nova Zelândia|Nieuw-Zeeland|
  Nya Zeeland|Aotearoa
OM OMN Oman|Omã|عمان
PA PAN Panama
PE PER Peru|Pérou
PF PYF French Polynesia|Französisch-Polynesien|Polynésie française|Polinesia Francesa|Polinesia francese|
  Frans-Polynesië|Franska Polynesien|Fransk Polynesia|Fransk Polynesien|Tahiti
PG PNG Papua New Guinea|Papua-Neuguinea|Papouasie-Nouvelle-Guinée|Papúa Nueva Guinea|Papua Nuova Guinea|
  Papua-Nova Guiné|Papoea-Nieuw-Guinea|Papua Nya Guinea|Papua Ny-Guinea
PH PHL Philippines|Philippinen|Filipinas|Filippine|Filipijnen|Filippinerna|Filippinene|Filippinerne|Pilipinas
PK PAK Pakistan|Paquistão|پاکستان
PL POL Poland|Polen|Pologne|Polonia|Polska
PM SPM Saint Pierre and Miquelon|St. Pierre und Miquelon|Saint-Pierre-et-Miquelon|San Pedro y Miquelón|
  Saint-Pierre e Miquelon|São Pedro e Miquelão|Saint-Pierre en Miquelon|Saint-Pierre och Miquelon|
  Saint Pierre og Miquelon
PN PCN Pitcairn Islands|Pitcairn|Pitcairninseln|Îles Pitcairn|Islas Pitcairn|Isole Pitcairn|Ilhas Pitcairn|
  Pitcairneilanden|Pitcairnöarna|Pitcairnøyene
PR PRI Puerto Rico|Porto Rico|Portorico
PS PSE Palestine|Palestine, State of|State of Palestine|Palestinian Territories|Palestinian Territory|Palästina|
  Palästinensische Autonomiegebiete|Territoires palestiniens|Palestina|Territorios Palestinos|Territori palestinesi|
  Palestinese Territoria|Territórios palestinianos|Palestijnse gebieden|Palestinska territorierna|
  Det palestinske området|De palæstinensiske områder|فلسطين
PT PRT Portugal|Portogallo
PW PLW Palau|Palaos
PY PRY Paraguay|Paraguai
QA QAT Qatar|Katar|Catar|قطر
RE REU Réunion|Reunion Island|La Réunion|Riunione|La Riunione|Reunião
RO ROU Romania|Rumänien|Roumanie|Rumania|Romênia|Roemenië|ROM
RS SRB Serbia|Serbien|Serbie|Sérvia|Servië|Србија|Srbija
RU RUS Russia|Russian Federation|Russland|Russische Föderation|Russie|Fédération de Russie|Rusia|Federación Rusa|
  Federazione Russa|Rusland|Ryssland|Россия|Российская Федерация
RW RWA Rwanda|Ruanda
SA SAU Saudi Arabia|KSA|Kingdom of Saudi Arabia|Saudi-Arabien|Arabie saoudite|Arabia Saudí|Arabia Saudita|
  Saoedi-Arabië|Saudiarabien|السعودية|المملكة العربية السعودية
SB SLB Solomon Islands|Salomonen|Salomoninseln|Îles Salomon|Islas Salomón|Isole Salomone|Ilhas Salomão|
  Salomonseilanden|Salomonöarna|Salomonøyene|Salomonøerne
SC SYC Seychelles|Seychellen|Seicheles|Seychellerna|Seychellene|Seychellerne
SD SDN Sudan|Soudan|Sudão|Soedan|السودان
SE SWE Sweden|Schweden|Suède|Suecia|Svezia|Zweden|Sverige
SG SGP Singapore|Singapur|Singapour|Singapura|新加坡
SH SHN Saint Helena|Saint Helena, Ascension and Tristan da Cunha|Sainte-Hélène|Santa Elena|Sant'Elena|Santa Helena|
  Sint-Helena|Sankta Helena
SI SVN Slovenia|Slowenien|Slovénie|Eslovenia|Slovenien|Slovenija
SJ SJM Svalbard and Jan Mayen|Svalbard|Spitzbergen|Spitsbergen|Svalbard und Jan Mayen|Spitzbergen und Jan Mayen|
  Svalbard et Jan Mayen|Svalbard y Jan Mayen|Svalbard e Jan Mayen|Spitsbergen en Jan Mayen|Svalbard och Jan Mayen|
  Svalbard og Jan Mayen
SK SVK Slovakia|Slovak Republic|Slowakei|Slowakische Republik|Slovaquie|Eslovaquia|Slovacchia|Slowakije|Slovakien|
  Slovakiet|Slovensko|Slovenská republika
SL SLE Sierra Leone|Sierra Leona|Serra Leoa
SM SMR San Marino|Saint-Marin|São Marinho
SN SEN Senegal
SO SOM Somalia|Somalie
SR SUR Suriname|Surinam
SS SSD South Sudan|Südsudan|Soudan du Sud|Sudán del Sur|Sud Sudan|Sudan del Sud|Sudão do Sul|Zuid-Soedan|Sydsudan|
  Sør-Sudan
ST STP São Tomé and Príncipe|São Tomé und Príncipe|Sao Tomé-et-Principe|Santo Tomé y Príncipe|São Tomé e Príncipe|
  Sao Tomé en Principe|São Tomé och Príncipe|São Tomé og Príncipe
SV SLV El Salvador|Salvador
SX SXM Sint Maarten|Sint Maarten (Dutch part)|St. Maarten|Saint-Martin (partie néerlandaise)
SY SYR Syria|Syrian Arab Republic|Syrien|Syrie|Siria|سوريا
SZ SWZ Eswatini|Swaziland|Swasiland|Esuatini|Suazilandia|Essuatíni
TC TCA Turks and Caicos Islands|Turks and Caicos|Turks- und Caicosinseln|Îles Turques-et-Caïques|
  Islas Turcas y Caicos|Isole Turks e Caicos|Ilhas Turcas e Caicos|Ilhas Turks e Caicos|Turks- en Caicoseilanden|
  Turks- och Caicosöarna|Turks- og Caicosøyene|Turks- og Caicosøerne
TD TCD Chad|Tschad|Tchad|Ciad|Chade|Tsjaad|Tsjad
TF ATF French Southern Territories|Französische Südgebiete|Französische Süd- und Antarktisgebiete|
  Terres australes françaises|Terres australes et antarctiques françaises|Territorios Australes Franceses|
  Terre australi francesi|Territórios Franceses do Sul|Franse Gebieden in de zuidelijke Indische Oceaan|
  Franska sydterritorierna|De franske sørterritorier
TG TGO Togo
TH THA Thailand|Thaïlande|Tailandia|Thailandia|ประเทศไทย|ไทย
TJ TJK Tajikistan|Tadschikistan|Tadjikistan|Tayikistán|Tagikistan|Tajiquistão|Tadzjikistan|Tadsjikistan|Тоҷикистон|
  Tadjiquistão
TK TKL Tokelau|Tokélaou
TL TLS Timor-Leste|East Timor|Osttimor|Timor oriental|Timor Est|Oost-Timor|Östtimor|Øst-Timor
TM TKM Turkmenistan|Turcomenistão|Turquemenistão|Türkmenistan
TN TUN Tunisia|Tunesien|Tunisie|Túnez|Tunesië|Tunisien|تونس
TO TON Tonga
TR TUR Turkey|Türkiye|Türkei|Turquie|Turquía|Turchia|Turkije|Turkiet|Tyrkia|Tyrkiet
TT TTO Trinidad and Tobago|Trinidad|Trinidad und Tobago|Trinité-et-Tobago|Trinidad y Tobago|Trinidad e Tobago|
  Trinidade e Tobago|Trinidad en Tobago|Trinidad och Tobago|Trinidad og Tobago|Trindade e Tobago
TV TUV Tuvalu
TW TWN Taiwan|Taiwan, Province of China|Taiwan R.O.C.|臺灣|台灣|台湾
TZ TZA Tanzania|Tanzania, United Republic of|United Republic of Tanzania|Tansania|Tanzanie
UA UKR Ukraine|Ucrania|Ucraina|Oekraïne|Ukraina|Україна|Украина
UG UGA Uganda|Ouganda|Oeganda
UM UMI United States Minor Outlying Islands|U.S. Outlying Islands|US Minor Outlying Islands|
  Amerikanische Überseeinseln|Îles mineures éloignées des États-Unis|Islas menores alejadas de EE. UU.|
  Altre isole americane del Pacifico|Ilhas Menores Distantes dos EUA|
  Kleine afgelegen eilanden van de Verenigde Staten|USA:s yttre öar|USAs ytre øyer
US USA United States|United States of America|America|Vereinigte Staaten|Vereinigte Staaten von Amerika|Amerika|
  États-Unis|États-Unis d'Amérique|É.-U.|Estados Unidos|Estados Unidos de América|EE. UU.|EEUU|Stati Uniti|
  Stati Uniti d'America|Estados Unidos da América|EUA|Verenigde Staten|Verenigde Staten van Amerika|VS|
  Förenta staterna|Amerikas förenta stater|De forente stater|Forente stater|De Forenede Stater|Amérique
UY URY Uruguay|Uruguai
UZ UZB Uzbekistan|Usbekistan|Ouzbékistan|Usbequistão|Uzbequistão|Oezbekistan|Oʻzbekiston|Узбекистан
VA VAT Vatican City|Holy See|Holy See (Vatican City State)|Vatican|Vatikanstadt|Vatikan|Cité du Vatican|Vaticano|
  Ciudad del Vaticano|Città del Vaticano|Cidade do Vaticano|Vaticaanstad|Vatikanstaten
VC VCT Saint Vincent and the Grenadines|St. Vincent & Grenadines|St. Vincent und die Grenadinen|
  Saint-Vincent-et-les-Grenadines|San Vicente y las Granadinas|Saint Vincent e Grenadine|São Vicente e Granadinas|
  Saint Vincent en de Grenadines|Saint Vincent och Grenadinerna|Saint Vincent og Grenadinene|
  Saint Vincent og Grenadinerne
VE VEN Venezuela|Venezuela, Bolivarian Republic of|Bolivarian Republic of Venezuela
VG VGB British Virgin Islands|Virgin Islands, British|BVI|Britische Jungferninseln|Îles Vierges britanniques|
  Islas Vírgenes Británicas|Isole Vergini Britanniche|Ilhas Virgens Britânicas|Britse Maagdeneilanden|
  Brittiska Jungfruöarna|De britiske jomfruøyene|De Britiske Jomfruøer
VI VIR U.S. Virgin Islands|Virgin Islands, U.S.|USVI|Amerikanische Jungferninseln|Îles Vierges américaines|
  Îles Vierges des États-Unis|Islas Vírgenes de EE. UU.|Islas Vírgenes Americanas|Isole Vergini Americane|
  Ilhas Virgens Americanas|Amerikaanse Maagdeneilanden|Amerikanska Jungfruöarna|De amerikanske jomfruøyene|
  De Amerikanske Jomfruøer|Ilhas Virgens dos EUA
VN VNM Vietnam|Viet Nam|Vietnã|Vietname
VU VUT Vanuatu
WF WLF Wallis and Futuna|Wallis und Futuna|Wallis-et-Futuna|Wallis y Futuna|Wallis e Futuna|Wallis en Futuna|
  Wallis- och Futunaöarna|Wallis og Futuna
WS WSM Samoa|Western Samoa|Samoa occidental
XK XKX Kosovo|Kosova|Косово
YE YEM Yemen|Jemen|Iémen|اليمن
YT MYT Mayotte|Maiote
ZA ZAF South Africa|RSA|Republic of South Africa|Südafrika|Afrique du Sud|Sudáfrica|Suráfrica|África do Sul|
  Zuid-Afrika|Suid-Afrika|Sydafrika|Sør-Afrika|Mzansi
ZM ZMB Zambia|Sambia|Zambie
ZW ZWE Zimbabwe|Simbabwe|Zimbabue
"""
