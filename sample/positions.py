"""The position list (stillingsbetegnelser) of the sample.

Codes are 1000 to 9999, so that they are the same with and without padding. Only the position decides who is a manager:
the role rule by code and Opus's ``isManager`` flag must find the same people.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Position:
    """``hourly``: share of its holders who are paid by the hour. ``level``: of managers, 1 is the highest; otherwise
    0."""

    code: int
    title: str
    short_title: str
    group: str
    agreement: str
    hourly: float = 0.0
    level: int = 0
    case_worker: bool = False


_ALL = (
    Position(1010, "Kommunaldirektør", "Komm.dir.", "Ledelse", "Chefer, KL", level=1),
    Position(1020, "Direktør", "Direktør", "Ledelse", "Chefer, KL", level=2),
    Position(1030, "Centerchef", "Centerchef", "Ledelse", "Chefer, KL", level=3),
    Position(1040, "Afdelingsleder", "Afd.leder", "Ledelse", "Ledere, KL", level=4),
    Position(1050, "Skoleleder", "Skoleleder", "Ledelse", "Ledere, folkeskolen", level=4),
    Position(1060, "Daginstitutionsleder", "Dag.leder", "Ledelse", "Ledere, pædagogisk", level=4),
    Position(1070, "Teamleder", "Teamleder", "Ledelse", "Ledere, KL", level=5),
    Position(1080, "Plejecenterleder", "Plejec.led", "Ledelse", "Ledere, sundhed", level=4),
    Position(1090, "Områdeleder", "Områdeled.", "Ledelse", "Ledere, KL", level=4),
    Position(2010, "Socialrådgiver", "Soc.rådg.", "Sagsbehandling", "Socialrådgivere", case_worker=True),
    Position(2020, "Sagsbehandler", "Sagsbeh.", "Sagsbehandling", "Kontor, HK", case_worker=True),
    Position(2030, "Jobkonsulent", "Jobkons.", "Sagsbehandling", "Socialrådgivere", case_worker=True),
    Position(2040, "Visitator", "Visitator", "Sagsbehandling", "Sundhed, DSR", case_worker=True),
    Position(2050, "Byggesagsbehandler", "Byggesagsb", "Sagsbehandling", "Teknik, IDA", case_worker=True),
    Position(2060, "Borgerrådgiver", "Borgerrådg", "Sagsbehandling", "Kontor, HK", case_worker=True),
    Position(3010, "Kontorassistent", "Kontorass.", "Administration", "Kontor, HK"),
    Position(3020, "Administrativ medarbejder", "Adm.medarb", "Administration", "Kontor, HK"),
    Position(3030, "Fuldmægtig", "Fuldmægtig", "Administration", "Akademikere"),
    Position(3040, "Chefkonsulent", "Chefkons.", "Administration", "Akademikere"),
    Position(3050, "It-medarbejder", "It-medarb.", "Administration", "It, PROSA"),
    Position(3060, "Lønkonsulent", "Lønkons.", "Administration", "Kontor, HK"),
    Position(3070, "Økonomikonsulent", "Økonomikon", "Administration", "Akademikere"),
    Position(3080, "Skolesekretær", "Skolesekr.", "Administration", "Kontor, HK"),
    Position(4010, "Lærer", "Lærer", "Undervisning", "Lærere, folkeskolen"),
    Position(4020, "Børnehaveklasseleder", "Bh.kl.led.", "Undervisning", "Lærere, folkeskolen"),
    Position(4030, "Lærervikar", "Lærervikar", "Undervisning", "Lærere, folkeskolen", hourly=0.9),
    Position(4040, "Musikskolelærer", "Musiklærer", "Undervisning", "Musikskole"),
    Position(4050, "Psykolog", "Psykolog", "Undervisning", "Akademikere"),
    Position(5010, "Pædagog", "Pædagog", "Dagtilbud", "Pædagoger, basis"),
    Position(5020, "Pædagogmedhjælper", "Pæd.medhj.", "Dagtilbud", "Pædagogmedhjælpere", hourly=0.15),
    Position(5030, "Pædagogisk assistent", "Pæd.ass.", "Dagtilbud", "Pædagogmedhjælpere"),
    Position(5040, "Køkkenassistent", "Køkkenass.", "Dagtilbud", "Køkken, 3F"),
    Position(6010, "Social- og sundhedsassistent", "SSA", "Sundhed", "Social og sundhed, FOA"),
    Position(6020, "Social- og sundhedshjælper", "SSH", "Sundhed", "Social og sundhed, FOA"),
    Position(6030, "Sygeplejerske", "Sygeplej.", "Sundhed", "Sundhed, DSR"),
    Position(6040, "Fysioterapeut", "Fysioter.", "Sundhed", "Sundhed, Danske Fys."),
    Position(6050, "Ergoterapeut", "Ergoter.", "Sundhed", "Sundhed, ETF"),
    Position(6060, "Afløser i plejen", "Afløser", "Sundhed", "Social og sundhed, FOA", hourly=0.95),
    Position(6070, "Sundhedsplejerske", "Sundh.plej", "Sundhed", "Sundhed, DSR"),
    Position(6080, "Tandlæge", "Tandlæge", "Sundhed", "Tandlæger"),
    Position(6090, "Tandklinikassistent", "Tandkl.ass", "Sundhed", "Kontor, HK"),
    Position(7010, "Socialpædagog", "Socialpæd.", "Socialpædagogik", "Socialpædagoger, SL"),
    Position(7020, "Omsorgsmedhjælper", "Omsorgsmh.", "Socialpædagogik", "Socialpædagoger, SL", hourly=0.2),
    Position(7030, "Misbrugsbehandler", "Misbr.beh.", "Socialpædagogik", "Socialpædagoger, SL"),
    Position(8010, "Ingeniør", "Ingeniør", "Teknik", "Teknik, IDA"),
    Position(8020, "Landinspektør", "Landinsp.", "Teknik", "Teknik, IDA"),
    Position(8030, "Specialarbejder", "Specialarb", "Teknik", "Specialarbejdere, 3F"),
    Position(8040, "Teknisk servicemedarbejder", "Tek.serv.", "Teknik", "Teknisk service, FOA"),
    Position(8050, "Rengøringsassistent", "Rengøring", "Teknik", "Rengøring, 3F", hourly=0.4),
    Position(9010, "Bibliotekar", "Bibliot.", "Kultur", "Akademikere"),
    Position(9020, "Biblioteksassistent", "Bibl.ass.", "Kultur", "Kontor, HK"),
    Position(9030, "Halassistent", "Halass.", "Kultur", "Teknisk service, FOA", hourly=0.3),
    Position(9040, "Ungdomsskolelærer", "Ungd.lærer", "Kultur", "Lærere, folkeskolen", hourly=0.7),
)

POSITIONS: dict[int, Position] = {each.code: each for each in _ALL}
MANAGERS: tuple[int, ...] = tuple(each.code for each in _ALL if each.level)
CASE_WORKERS: tuple[int, ...] = tuple(each.code for each in _ALL if each.case_worker)

AREAS: dict[str, tuple[str, ...]] = {
    "Ledelse og myndighed": ("Ledelse", "Sagsbehandling", "Administration"),
    "Borgernære fag": ("Undervisning", "Dagtilbud", "Sundhed", "Socialpædagogik"),
    "Drift og kultur": ("Teknik", "Kultur"),
}
"""Groups of positions by the area that they belong to."""
