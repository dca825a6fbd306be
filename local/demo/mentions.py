"""Whom and what a memory names, and how they are related: for a memory in common wording."""

import re

from local.demo import words as w
from local.demo.claims import KIN, NAME, QUIET, TIMES

Json = dict[str, str]
MAX_CHARS = 300
MAX_NAME = 60
FOOD = re.compile(
    r"\b(?:tea|coffee|cake|pizza|pasta|sushi|meat|fish|chicken|beef|pork|cheese|milk|bread|rice"
    r"|chocolate|wine|beer|peanuts?|nuts?|walnuts?|almonds?|hazelnuts?|gluten|lactose|eggs?|soy"
    r"|shellfish|strawberr\w+|apples?|ice cream|soup|salad|curry|tofu|bananas?|food|seafood|juice"
    r"|alcohol|dairy|vegetables?|fruit|sugar|whisky|ramen|tacos?|steak)\b",
    re.I,
)
ACTIVITY = re.compile(
    r"\b(?:\w{3,}ing|yoga|chess|football|soccer|tennis|basketball|volleyball|golf|piano|guitar"
    r"|violin|drums|cello|flute|marathons?|video games?|gym|karate|judo|sports?)\b",
    re.I,
)
ABOUT = re.compile(
    rf"User(?:'s (?P<kin>{KIN})(?: (?P<name>{NAME}))?)? (?P<rest>(?!(?-i:[A-Z])).+)"
    r"|.*",
    re.I | re.S,
)
CALLED = re.compile(
    rf"(?:is|are)(?: now| actually)?(?: called| named)? (?P<name>{NAME})(?:, not .+)?$", re.I
)
FAVOURITE = re.compile(r"User's (?P<what>favou?rite [\w ]{1,40}?) (?:is|are) (?P<rest>.+)", re.I)
HAVING = re.compile(
    rf"has (?:an? |one |two |three |four )?(?P<kin>{KIN})"
    rf"(?:(?:,| called| named| is called)? (?P<names>{NAME}(?:(?:,| and) {NAME})*))?(?!\w| \w)",
    re.I,
)
# What follows a verb, of which kind it is, and what the verb is called in the graph.
NOT = r"(?:does not )?"
EDGES = [
    (r"(?:lives?|resides?|is based|has lived|has been living) in", "place", "lives in"),
    (r"home is(?: in)?", "place", "lives in"),
    (r"(?:lived|worked|studied|grew up|was born) in", "place", ""),
    (r"(?:is|comes|is originally) from", "place", "is from"),
    (r"is moving to|visited|(?:would (?:love|like)|plans|wants|hopes) to (?:visit|move to)",
     "place", ""),
    (r"(?:is|has been) (?:happily )?married to", "person", "is married to"),
    (r"is engaged to", "person", ""),
    (r"works? (?:at|for)|has (?:worked|been working) (?:at|for)", "organisation", "works at"),
    (r"(?:worked|studies|studied|goes to school) at|joined", "organisation", ""),
    (r"(?:also )?works? as|is(?= an? (?:\w+ )?\w*(?:er|or|ist|nurse|chef)\b)", "topic", "works as"),
    (r"is (?:allergic|intolerant) to", "food", "is allergic to"),
    (rf"(?:{NOT}eats?|never eats|cannot eat|(?:does not )?drinks?|never drinks)", "food", ""),
    (r"speaks|is learning|studies|is learning to", "topic", ""),
    (r"(?:does not )?plays?|practises|practices|goes", "activity", ""),
    (r"(?:uses|does not use|drives|rides|owns)|(?:codes|programs) in|has(?= an? )", "thing", ""),
    (r"(?:really )?(?:likes|loves|enjoys|adores|is (?:fond of|into|keen on)|is a big fan of)",
     "", "likes"),
    (r"dislikes|hates|detests|does not (?:like|love|enjoy)|cannot stand", "", "dislikes"),
    (r"prefers", "", ""),
]  # fmt: skip
COMPILED = [
    (re.compile(rf"(?P<verb>{verb}) (?P<rest>.+)", re.I), kind, name) for verb, kind, name in EDGES
]
ENDS = re.compile(
    r"(?:,? (?:because|so that|with|every|in a|who|which|when|while|very much|a lot|instead of"
    r"|at (?:work|home)|over|most|since|until|for|not)\b"
    r"|,? (?:on|in) (?=the |my |summer|winter|week)|[.;:(]).*",
    re.I | re.S,
)


def mentions(memory: str) -> tuple[list[Json], list[Json]]:
    """The entities and the relations of one memory."""
    text = TIMES.sub("", QUIET.sub("", memory[:MAX_CHARS])).rstrip(" .!")
    favourite, about = FAVOURITE.fullmatch(text), ABOUT.fullmatch(text)
    if favourite:
        found = Found()
        found.relate("User", f"has {favourite['what']}", favourite["rest"])
        return found.entities, found.relations
    if about is None or about["rest"] is None:
        return [], []
    found = Found()
    subject, rest = "User", about["rest"]
    if about["kin"]:
        called = CALLED.match(rest)
        subject = about["name"] or (called["name"] if called else f"User's {about['kin']}")
        found.kin(about["kin"], subject)
        if called:
            return found.entities, found.relations
    having = HAVING.match(rest)
    if having:
        kin = having["kin"]
        names = re.split(r",| and ", having["names"]) if having["names"] else [f"{subject}'s {kin}"]
        for name in names:
            found.kin(kin, name.strip(), of=subject)
    else:
        found.edges(subject, rest)
    return found.entities, found.relations


class Found:
    """Collects what one memory names."""

    def __init__(self) -> None:
        self.entities: list[Json] = []
        self.relations: list[Json] = []

    def kin(self, kin: str, name: str, *, of: str = "User") -> None:
        """ "User has a sister Clara"."""
        kind = "pet" if re.fullmatch(rf"(?:\w+ )?{w.PETS}", kin, re.I) else "person"
        singular = re.sub(r"(?<=[a-z])s$", "", kin.lower()) if kind == "pet" else kin.lower()
        self.relate(of, f"has {singular}", name, kind)

    def edges(self, subject: str, rest: str) -> None:
        """ "works as a nurse at Charité" names a job and an employer."""
        for pattern, kind, name in COMPILED:
            said = pattern.match(rest)
            if said is None:
                continue
            target, predicate = ENDS.sub("", said["rest"]), name or said["verb"].lower()
            if predicate in {"works as", "studies", "works at"}:
                target, _, place = target.partition(" at ")
                target, _, role = target.partition(" as ")
                for more, verb, of in (
                    (place, predicate.replace(" as", "") + " at", "organisation"),
                    (role, "works as", "topic"),
                ):
                    if more:
                        self.relate(subject, verb, more, of)
            for item in _items(target):
                self.relate(subject, predicate, item, kind)
            return

    def relate(self, subject: str, predicate: str, target: str, kind: str = "") -> None:
        """One relation, and the thing that it leads to."""
        name = re.sub(r"^(?:an?|the|some|any|User's) ", "", target.strip(" ,"), flags=re.I)
        if predicate.startswith("has ") and target.startswith("User's "):
            name = target
        if not name or len(name) > MAX_NAME:
            return
        self.entities.append({"name": name, "kind": kind or _kind(name)})
        self.relations.append({"subject": subject, "predicate": predicate, "object": name})


def _items(target: str) -> list[str]:
    """A list of short things as its items, anything else as it is."""
    parts = re.split(r",? (?:and|or) |, ", target)
    return parts if all(1 <= len(part.split()) <= 3 for part in parts) else [target]


def _kind(name: str) -> str:
    if FOOD.search(name):
        return "food"
    if ACTIVITY.search(name):
        return "activity"
    return "pet" if re.fullmatch(w.PETS, name, re.I) else "topic"
