"""The structure of the sample municipality: kinds of units, a fixed frame, and houses that repeat.

The frame (areas, centres, staff offices) is the same in every size; schools, day care, nursing homes, home care
and the like repeat until the number of units is reached exactly. If a centre gets more houses than one person can
oversee, districts come between them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil

from sample.dice import Dice
from sample.names import district, place

Staff = tuple[tuple[int, int], ...]
_FAN_OUT = 14  # houses below a district


@dataclass(frozen=True, slots=True)
class UnitKind:
    """``manager``: position code of its manager, None where it has none of its own. ``staff``: code and weight.

    ``size``: how many people it has compared with others. ``kle``: the KLE group that its case workers deal with.
    """

    type_code: str
    type_name: str
    manager: int | None
    staff: Staff
    size: int


KINDS: dict[str, UnitKind] = {
    "municipality": UnitKind("00001", "Kommune", None, (), 0),
    "directorate": UnitKind("00002", "Direktion", 1010, ((3040, 2), (3020, 2)), 3),
    "area": UnitKind("00003", "Forvaltning", 1020, ((3040, 2), (3030, 3), (3020, 2)), 4),
    "centre": UnitKind("00004", "Center", 1030, ((3030, 3), (3020, 3), (3040, 1)), 4),
    "district": UnitKind("00005", "Distrikt", 1090, ((3020, 3), (3030, 1)), 2),
    "office": UnitKind("00006", "Afdeling", 1040, ((3020, 4), (3030, 4), (3010, 2)), 10),
    "economy": UnitKind("00006", "Afdeling", 1040, ((3070, 5), (3020, 3), (3030, 2)), 10),
    "payroll": UnitKind("00006", "Afdeling", 1040, ((3060, 6), (3020, 2), (3030, 2)), 10),
    "it": UnitKind("00006", "Afdeling", 1040, ((3050, 8), (3030, 2)), 12),
    "citizens": UnitKind("00007", "Myndighed", 1070, ((2060, 5), (2020, 5), (3010, 2)), 12),
    "benefits": UnitKind("00007", "Myndighed", 1070, ((2020, 8), (3020, 2)), 12),
    "job_team": UnitKind("00007", "Myndighed", 1070, ((2030, 6), (2010, 4), (3020, 1)), 13),
    "family_team": UnitKind("00007", "Myndighed", 1070, ((2010, 9), (3020, 1)), 12),
    "adult_team": UnitKind("00007", "Myndighed", 1070, ((2010, 6), (2020, 3)), 12),
    "assessment": UnitKind("00007", "Myndighed", 1070, ((2040, 8), (3020, 1)), 10),
    "building": UnitKind("00007", "Myndighed", 1070, ((2050, 7), (8010, 2), (8020, 1)), 11),
    "psychology": UnitKind("00008", "Rådgivning", 1070, ((4050, 7), (5010, 2), (3020, 1)), 10),
    "health_visitors": UnitKind("00008", "Rådgivning", 1070, ((6070, 9), (3020, 1)), 10),
    "dental": UnitKind("00009", "Klinik", 1070, ((6080, 3), (6090, 6)), 9),
    "school": UnitKind("00010", "Skole", 1050, ((3080, 3), (8040, 3), (8050, 3)), 6),
    "classes": UnitKind("00011", "Årgangsteam", None, ((4010, 12), (4020, 1), (4030, 3), (5010, 2)), 17),
    "after_school": UnitKind("00012", "SFO", 1070, ((5010, 6), (5020, 6)), 11),
    "daycare": UnitKind("00013", "Daginstitution", 1060, ((5040, 2), (8050, 1), (5010, 2)), 3),
    "room": UnitKind("00014", "Stue", None, ((5010, 5), (5020, 4), (5030, 2)), 8),
    "nursing_home": UnitKind("00015", "Plejecenter", 1080, ((5040, 3), (8040, 1), (3020, 1), (6050, 1)), 5),
    "care_team": UnitKind("00016", "Plejegruppe", 1070, ((6010, 6), (6020, 6), (6060, 4), (6030, 1)), 17),
    "night_team": UnitKind("00016", "Plejegruppe", None, ((6010, 5), (6020, 4), (6060, 3)), 12),
    "home_care": UnitKind("00017", "Hjemmepleje", 1040, ((3020, 2), (6030, 1)), 4),
    "nurses": UnitKind("00018", "Sygepleje", 1070, ((6030, 10), (6010, 3)), 15),
    "training": UnitKind("00019", "Træning", 1070, ((6040, 6), (6050, 5)), 11),
    "residence": UnitKind("00020", "Bosted", 1040, ((8050, 1), (3020, 1), (7010, 2)), 4),
    "residence_team": UnitKind("00021", "Botilbudsteam", None, ((7010, 8), (7020, 5)), 13),
    "addiction": UnitKind("00022", "Behandling", 1070, ((7030, 7), (6030, 1), (3020, 1)), 9),
    "technical": UnitKind("00023", "Teknik", 1040, ((8010, 6), (8020, 2), (3030, 2)), 10),
    "crew": UnitKind("00024", "Driftshold", None, ((8030, 9), (8040, 2)), 10),
    "yard": UnitKind("00025", "Materielgård", 1070, ((8030, 2), (3010, 1)), 4),
    "cleaning": UnitKind("00026", "Rengøring", 1070, ((8050, 12),), 13),
    "library": UnitKind("00027", "Bibliotek", 1070, ((9010, 5), (9020, 4)), 8),
    "sports": UnitKind("00028", "Idrætsanlæg", 1070, ((9030, 5), (8040, 2)), 6),
    "music": UnitKind("00029", "Musikskole", 1040, ((4040, 9), (3020, 1)), 11),
    "youth": UnitKind("00030", "Ungdomsskole", 1070, ((9040, 8), (5010, 2)), 9),
}


@dataclass(frozen=True, slots=True)
class House:
    """A kind of house that repeats: how it is called, and the teams it may have, the first ones first."""

    kind: str
    title: Callable[[int], str]
    teams: tuple[tuple[str, str], ...]
    fewest: int
    district: str


_LETTERS = "ABCDEFGHJK"
HOUSES: dict[str, House] = {
    "schools": House(
        "school", lambda n: f"{place(n)}skolen",
        (("Indskoling", "classes"), ("Udskoling", "classes"), ("Mellemtrin", "classes"), ("SFO", "after_school"),
         ("Specialklasser", "classes")), 3, "Skoledistrikt"),
    "daycare": House(
        "daycare", lambda n: f"Børnehuset {place(n + 11).capitalize()}",
        (("Vuggestuen", "room"), ("Børnehaven", "room"), ("Skovgruppen", "room")), 2, "Dagtilbud"),
    "nursing_homes": House(
        "nursing_home", lambda n: f"Plejecenter {place(n + 23)}",
        (*((f"Hus {letter}", "care_team") for letter in _LETTERS[:5]), ("Nat", "night_team")), 2, "Plejecentre"),
    "home_care": House(
        "home_care", lambda n: f"Hjemmepleje {place(n + 5)}",
        (("Dag", "care_team"), ("Aften", "care_team"), ("Nat", "night_team")), 2, "Hjemmepleje"),
    "nurses": House("nurses", lambda n: f"Sygepleje {district(n)}", (), 0, "Sygepleje"),
    "residences": House(
        "residence", lambda n: f"Bostedet {place(n + 31)}",
        (("Team 1", "residence_team"), ("Team 2", "residence_team"), ("Aktivitet", "residence_team")), 1, "Botilbud"),
    "dental": House("dental", lambda n: f"Tandklinik {district(n)}", (), 0, "Tandpleje"),
    "job_teams": House("job_team", lambda n: f"Jobteam {district(n)}", (), 0, "Jobcenter"),
    "yards": House(
        "yard", lambda n: f"Materielgård {district(n)}", (("Vej", "crew"), ("Park", "crew"), ("Havn", "crew")), 1,
        "Drift"),
    "libraries": House("library", lambda n: f"{place(n + 17)} Bibliotek", (), 0, "Biblioteker"),
    "sports": House("sports", lambda n: f"{place(n + 7)}hallen", (), 0, "Idræt"),
}  # fmt: skip


@dataclass(slots=True)
class Draft:
    """A unit of the plan: ``parent`` is its place in the list, None for the municipality itself."""

    name: str
    kind: str
    parent: int | None
    depth: int
    children: list[int] = field(default_factory=list)


# Name, kind, houses that repeat below it with their weight (None where there are none), units below it.
_Frame = tuple[str, str, tuple[str, int] | None, tuple["_Frame", ...]]


def _unit(name: str, kind: str, *below: "_Frame", houses: tuple[str, int] | None = None) -> "_Frame":
    return (name, kind, houses, below)


MUNICIPALITY = "Klitkøbing Kommune"

FRAME: "_Frame" = _unit(
    MUNICIPALITY, "municipality",
    _unit("Direktion", "directorate"),
    _unit(
        "Børn og Læring", "area",
        _unit("Skoler", "centre", houses=("schools", 30)),
        _unit("Dagtilbud", "centre", houses=("daycare", 34)),
        _unit("Familie og Rådgivning", "centre", _unit("Modtagelse, børn", "family_team"),
              _unit("Familieteam Nord", "family_team"), _unit("Familieteam Syd", "family_team"),
              _unit("Familiepleje", "family_team"), _unit("Pædagogisk Psykologisk Rådgivning", "psychology"),
              _unit("Sundhedspleje", "health_visitors")),
        _unit("Tandpleje", "centre", houses=("dental", 3)),
        _unit("Børn og Læring, sekretariat", "office"),
    ),
    _unit(
        "Sundhed og Omsorg", "area",
        _unit("Plejecentre", "centre", houses=("nursing_homes", 18)),
        _unit("Hjemmepleje", "centre", houses=("home_care", 10)),
        _unit("Sygepleje", "centre", houses=("nurses", 5)),
        _unit("Træning og Hjælpemidler", "centre", _unit("Genoptræning", "training"),
              _unit("Hjælpemiddeldepot", "training"), _unit("Visitation", "assessment")),
        _unit("Sundhed og Omsorg, sekretariat", "office"),
    ),
    _unit(
        "Social og Handicap", "area",
        _unit("Botilbud", "centre", houses=("residences", 10)),
        _unit("Voksenmyndighed", "centre", _unit("Handicap", "adult_team"), _unit("Psykiatri", "adult_team"),
              _unit("Udsatte voksne", "adult_team")),
        _unit("Misbrugscenter", "addiction"),
    ),
    _unit(
        "Job og Borger", "area",
        _unit("Jobcenter", "centre", houses=("job_teams", 5)),
        _unit("Ydelse", "centre", _unit("Kontanthjælp", "benefits"), _unit("Sygedagpenge", "benefits"),
              _unit("Førtidspension", "benefits")),
        _unit("Borgerservice", "centre", _unit("Folkeregister og Pas", "citizens"),
              _unit("Pladsanvisning", "citizens")),
    ),
    _unit(
        "Teknik og Miljø", "area",
        _unit("Byg og Plan", "centre", _unit("Byggesager", "building"), _unit("Lokalplaner", "technical")),
        _unit("Natur og Miljø", "technical"),
        _unit("Drift", "centre", houses=("yards", 6)),
        _unit("Ejendomme", "centre", _unit("Rengøring Nord", "cleaning"), _unit("Rengøring Syd", "cleaning"),
              _unit("Bygningsdrift", "technical")),
    ),
    _unit(
        "Kultur og Fritid", "area",
        _unit("Biblioteker", "centre", houses=("libraries", 4)),
        _unit("Idræt", "centre", houses=("sports", 5)),
        _unit("Musikskolen", "music"),
        _unit("Ungdomsskolen", "youth"),
    ),
    _unit(
        "Stab", "area",
        _unit("Økonomi", "economy"), _unit("Løn og Personale", "payroll"), _unit("It og Digitalisering", "it"),
        _unit("Jura og Udbud", "office"), _unit("Kommunikation", "office"), _unit("Politisk sekretariat", "office"),
    ),
)  # fmt: skip

SMALL_FRAME: "_Frame" = _unit(
    MUNICIPALITY, "municipality",
    _unit("Direktion", "directorate"),
    _unit("Børn og Læring", "area",
          _unit("Strandskolen", "school", _unit("Indskoling", "classes"), _unit("Udskoling", "classes")),
          _unit("Børnehuset Solsikken", "daycare")),
    _unit("Social og Job", "area",
          _unit("Jobcenter", "centre", _unit("Jobteam Unge", "job_team"), _unit("Ydelse", "benefits"))),
    _unit("Stab", "office"),
)  # fmt: skip


def plan(frame: _Frame, units: int, dice: Dice) -> list[Draft]:
    """The units, the municipality first, parents before children; exactly ``units`` of them."""
    drafts: list[Draft] = []
    repeating: list[tuple[int, str, int]] = []
    _lay_frame(frame, None, drafts, repeating)
    if repeating:
        _add_houses(drafts, repeating, units, dice)
    if len(drafts) != units:
        raise ValueError(f"the frame has {len(drafts)} units; {units} can't be made of it")
    return drafts


def _lay_frame(frame: _Frame, parent: int | None, drafts: list[Draft], repeating: list[tuple[int, str, int]]) -> None:
    name, kind, houses, below = frame
    index = _append(drafts, name, kind, parent)
    if houses is not None:
        repeating.append((index, *houses))
    for each in below:
        _lay_frame(each, index, drafts, repeating)


def _append(drafts: list[Draft], name: str, kind: str, parent: int | None) -> int:
    index = len(drafts)
    drafts.append(Draft(name, kind, parent, 0 if parent is None else drafts[parent].depth + 1))
    if parent is not None:
        drafts[parent].children.append(index)
    return index


def _add_houses(drafts: list[Draft], repeating: list[tuple[int, str, int]], units: int, dice: Dice) -> None:
    """Always the house that lags most behind its weight, until nothing is left."""
    weights = sum(weight for _, _, weight in repeating)
    total = units - len(drafts)
    made = [0] * len(repeating)
    layers = [_layers(total * weight / weights / _mean_size(houses)) for _, houses, weight in repeating]
    below: list[dict[tuple[int, int], int]] = [{} for _ in repeating]
    got = [0] * len(repeating)
    while len(drafts) < units:
        which = min(range(len(repeating)), key=lambda n: (got[n] + 1) / repeating[n][2])
        centre, houses, _ = repeating[which]
        house = HOUSES[houses]
        before = len(drafts)
        parent = _district(drafts, below[which], centre, made[which], layers[which], house, units)
        if len(drafts) < units:
            index = _append(drafts, house.title(made[which]), house.kind, parent)
            teams = min(dice.between(house.fewest, len(house.teams)), units - len(drafts))
            for title, kind in house.teams[:teams]:
                _append(drafts, f"{drafts[index].name}, {title}", kind, index)
        made[which] += 1
        got[which] += len(drafts) - before


def _mean_size(houses: str) -> float:
    house = HOUSES[houses]
    return 1 + (house.fewest + len(house.teams)) / 2


def _layers(houses: float) -> int:
    """How many layers of districts that many houses need."""
    layers = 0
    while houses > _FAN_OUT + 2:
        houses = ceil(houses / _FAN_OUT)
        layers += 1
    return layers


def _district(
    drafts: list[Draft],
    made: dict[tuple[int, int], int],
    centre: int,
    house_number: int,
    layers: int,
    house: House,
    units: int,
) -> int:
    """The district that house ``house_number`` belongs to; made, with those above it, when it is the first there."""
    parent = centre
    for layer in range(layers, 0, -1):
        number = house_number // _FAN_OUT**layer
        known = made.get((layer, number))
        if known is None:
            if len(drafts) >= units:
                return parent
            area = ("", "", "område", "storområde")[min(layer, 3)]
            title = f"{house.district} {district(number)}" if layer == 1 else f"{house.district}, {area} {number + 1}"
            known = made[(layer, number)] = _append(drafts, title, "district", parent)
        parent = known
    return parent
