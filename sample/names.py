"""Names of the sample's people, streets, places and houses: our own lists of common Danish words."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


WOMEN = _words(
    """
    Alma Amalie Anita Anja Anna Anne Annette Astrid Bente Berit Birgit Birthe Bodil Britta Camilla Cecilie
    Charlotte Christina Dorthe Ditte Ebba Ella Else Emma Esther Eva Fatima Freja Frida Gitte Grethe Gudrun Hanne
    Heidi Helene Helle Henriette Ida Inge Inger Ingrid Irene Jette Johanne Josefine Julie Karen Karin Katrine
    Kirsten Laura Lene Line Lis Lisbeth Liv Lone Lotte Louise Maja Malene Maren Margit Maria Marianne Marie
    Merete Mette Mia Mona Nanna Nina Pernille Pia Randi Rikke Rosa Ruth Sanne Sara Signe Sofie Stine Susanne
    Tanja Tine Tove Trine Ulla Vibeke Winnie Yasmin Zeynep Åse
    """
)
MEN = _words(
    """
    Adam Ahmed Aksel Albert Alexander Allan Anders Andreas Arne Asger Benjamin Bent Bjarne Bo Brian Børge Carl
    Carsten Casper Christian Claus Dan Daniel David Ejnar Emil Erik Esben Filip Finn Flemming Frank Frederik
    Georg Gorm Gunnar Hans Hassan Henning Henrik Holger Ib Ivan Jacob Jan Jens Jesper Jonas Jørgen Kaj Karl
    Kasper Kenneth Kim Klaus Kristian Kurt Lars Lasse Leif Louis Mads Magnus Malik Marcus Martin Mathias Michael
    Mikkel Mogens Morten Niels Nikolaj Ole Oliver Oscar Otto Palle Per Peter Poul Preben Rasmus Rune Simon Steen
    Stefan Svend Søren Thomas Tobias Torben Troels Uffe Valdemar Victor Viggo Villy Yusuf Ørjan Åge
    """
)
SURNAMES = _words(
    """
    Jensen Nielsen Hansen Pedersen Andersen Christensen Larsen Sørensen Rasmussen Jørgensen Petersen Madsen
    Kristensen Olsen Thomsen Christiansen Poulsen Johansen Møller Mortensen Knudsen Jakobsen Mikkelsen Olesen
    Frederiksen Laursen Henriksen Lund Holm Schmidt Eriksen Kristiansen Clausen Simonsen Svendsen Andreasen
    Iversen Jeppesen Vestergaard Nissen Lauridsen Østergaard Jespersen Mogensen Dahl Dam Kjær Bruun Bach Friis
    Krogh Skov Ravn Nørgaard Bak Lind Winther Bang Juhl Toft Riis Brandt Berg Holst Karlsen Buch Beck Gregersen
    Bertelsen Steffensen Carlsen Bonde Nygaard Munk Kruse Lorenzen Hermansen Thorsen Overgaard Ali Ahmed Hussein
    Yilmaz Nguyen Sand Vang Gram Falk Ågaard
    """
)
STREETS = _words(
    """
    Hybenstien Klitvej Havnegade Strandvejen Skolegade Kirkestræde Lyngbakken Marehalmen Rosenvænget Møllevej
    Tornevej Bakkevej Engvej Fyrvej Vestergade Østergade Søndergade Nørregade Enebærvej Birkeparken Lærkevej
    Svalevej Ternevej Rugmarken Byggevænget Poppelvej Kastanjealleen Elmevej Fjordgade Ålestien
    """
)
TOWNS = (
    ("9998", "Klitkøbing"), ("9998", "Klitkøbing"), ("9998", "Klitkøbing"), ("9997", "Sandhuse"), ("9996", "Lynghede"),
    ("9995", "Marehavn"), ("9994", "Ternby"),
)  # fmt: skip

_FIRST = _words(
    """
    Bakke Birke Bøge Ege Elle Eng Fjord Fyr Gran Havre Hassel Hede Hybe Høj Klit Kløver Krage Lyng Lærke Mark
    Mølle Nørre Pile Ravne Rug Sand Skov Strand Svane Sønder Tang Torne Vester Vibe Viol Øster Ørne Åkande Ærte
    Bjerge
    """
)
_SECOND = _words(
    """
    bakke dal eng gård have holm huse høj kær lund mark mose næs park skov strand toft vang vig ås
    """
)
_COMPASS = ("", " Nord", " Syd", " Øst", " Vest", " Midt")
DISTRICTS = (
    "Nord", "Syd", "Øst", "Vest", "Midt", "Nordøst", "Nordvest", "Sydøst", "Sydvest", "Havnen", "Fjorden", "Heden",
    "Skoven", "Kysten", "Bakkerne", "Engen",
)  # fmt: skip


def place(number: int) -> str:
    """A place name; different for each number below 4,800, and numbered after that."""
    pairs = len(_FIRST) * len(_SECOND)
    first, second = number % len(_FIRST), (number // len(_FIRST) + number % len(_FIRST) * 3 + 5) % len(_SECOND)
    round_ = number // pairs
    tail = _COMPASS[round_] if round_ < len(_COMPASS) else f" {round_}"
    return f"{_FIRST[first]}{_SECOND[second]}{tail}"


def district(number: int) -> str:
    """A part of the municipality: compass points and landmarks, numbered when they run out."""
    round_ = number // len(DISTRICTS)
    return DISTRICTS[number % len(DISTRICTS)] + (f" {round_ + 1}" if round_ else "")
