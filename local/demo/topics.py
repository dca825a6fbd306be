"""What questions ask about: from the words of a question to the memories that answer it."""

import re
from dataclasses import dataclass

from local.demo import words as w

EVERYONE = f"{w.PEOPLE}|{w.PETS}"


@dataclass(frozen=True)
class Topic:
    """`others` opens memories about somebody else: "where do I live" asks for no sister's city."""

    name: str
    question: re.Pattern[str]
    memory: re.Pattern[str]
    others: re.Pattern[str]


def _topic(name: str, question: str, memory: str, *, others: str = EVERYONE) -> Topic:
    """A word that only points at the topic, and stays to be found, stands in a lookahead."""
    return Topic(
        name,
        re.compile(rf"\b(?:{question})\b", re.I),
        re.compile(rf"\b(?:{memory})\b", re.I),
        re.compile(rf"User's (?:[\w-]+ )?(?:{others})\b", re.I),
    )


NOBODY = r"(?!)"
NAMED = r"User is called|(?:nick|sur|last )?name is"
HOME = r"lives?|living|resides?|moved|based in|stays|home|address"
WORK = r"works?|working|job|career|employer|company|profession|joined|manages|leads|teaches|is an?"
DIET = (
    r"allerg\w*|intoleran\w*|vegetarian|vegan|pescatarian|kosher|halal|gluten\S*|c(?:o)?eliac|diet"
    r"|diabetic|eats?|drinks?|food"
)
LIKES = (
    r"(?<!would )(?<!no longer )(?<!not )(?:likes?|loves?)|enjoys?|adores?|prefers?"
    r"|into|fan of|fond of|keen on|hobb\w+|plays|passion\w*"
)
DISLIKES = r"dislikes?|hates?|detests?|despises?|does not like|no longer likes|cannot stand"
PLANS = (
    r"wants?|plan(?:s|ning)?|hop(?:es|ing)|aims?|intends?|dreams?|would (?:like|love)|goals?|saving"
    r"|training for|going to|trying to|moving|getting married|expecting|turns|exam|trip|wedding"
)
TOOLS = r"uses?|codes|programs|develops?|editor|stack|switched|knows|computer|laptop|language is"
SPEAKS = r"speaks?|can speak|learning|fluent|bilingual|native|mother tongue|first language"
HABITS = (
    r"usually|always|often|every|wakes? up|gets? up|gym|runs|swims|cycles|hikes|meditates|go(?:es)?"
)

TOPICS = (
    _topic("name", r"my name|who am I|am I called|call me", NAMED),
    _topic(
        "home",
        r"where am I(?! from)|live|(?<!for a )living|based|reside|home"
        r"|my (?:home ?town|city|country|address)"
        r"|(?:which|what) (?:city|town|country|place)",
        HOME,
    ),
    _topic(
        "origin",
        r"from|come from|grow up|grew up|was I born|nationality|origin",
        rf"from|grew up|born|raised|is {w.NATIONS}",
    ),
    _topic(
        "work",
        r"work|job|employe\w+|employer|company|profession|occupation|career"
        r"|what do I do(?: for a living)?",
        WORK,
    ),
    _topic("study", r"study|studying|university|school|degree|major", r"stud\w+|university|degree"),
    _topic("age", r"how old|age", rf"years old|born|turns|is (?:\d+|{w.NUMBERS})"),
    _topic("birthday", r"birthday|was I born|birth", r"birthday|born|turns"),
    _topic(
        "diet",
        r"eat|allerg\w*|diet\w*|food|cook|recipe|restaurant|dinner|lunch|breakfast|meal|order"
        r"|intoleran\w*|avoid|can I (?:have|try|taste)|may I have|should I have|snack|menu",
        DIET,
    ),
    _topic("pets", r"pets?|animals?", w.PETS, others=w.PEOPLE),
    _topic("family", r"family|relatives|who do I live with", w.PEOPLE, others=NOBODY),
    _topic("siblings", r"siblings?", r"sisters?|brothers?|siblings?", others=NOBODY),
    _topic("children", r"kids?|child\w*", r"kids?|child\w*|sons?|daughters?|bab\w+", others=NOBODY),
    _topic("parents", r"parents?", r"parents|mother|mum|mom|father|dad", others=NOBODY),
    _topic(
        "partner",
        r"partner|spouse|married|marry|relationship",
        r"wife|husband|partner|spouse|girlfriend|boyfriend|married|single|divorced|engaged",
        others=NOBODY,
    ),
    _topic(
        "likes",
        r"do I (?:like|love|enjoy|prefer)|hobb\w+|interests?|(?:free|spare) time|for fun|passions?",
        LIKES,
    ),
    _topic("dislikes", r"dislike|hate|detest|not like|do not I like|can not I stand", DISLIKES),
    _topic("languages", r"speak|spoken|languages", SPEAKS),
    _topic(
        "tools",
        r"tools?|tech\w*|stack|code|coding|use|software|(?=editor|database|framework|program|laptop)",
        TOOLS,
    ),
    _topic("plans", r"plans?|planning|goals?|dreams?|want|hope|aim|future|looking forward", PLANS),
    _topic("habits", r"habits?|routine|usually|exercise|fit|weekends?|every day", HABITS),
)

SAME = {
    **dict.fromkeys(("mum", "mom", "mama"), "mother"),
    **dict.fromkeys(("dad", "papa"), "father"),
    **dict.fromkeys(("kids", "kid", "children"), "child"),
    **dict.fromkeys(("called", "named", "names"), "name"),
    **{"favorite": "favourite", "color": "colour", "puppy": "dog", "kitten": "cat"},
    **{"bike": "bicycle", "flat": "apartment", "spouse": "partner", "wives": "wife"},
}


def stems(text: str, *, stop: bool = True) -> set[str]:
    """The words that carry meaning, without their endings."""
    words = re.findall(r"[^\W_][\w+#'-]*", text.lower().replace("'s", ""))
    return {_stem(word) for word in words if not (stop and word in w.STOP) or word in SAME}


def _stem(word: str) -> str:
    word = SAME.get(word, word)
    for ending in ("ing", "ied", "ies", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word[: -len(ending)]
            break
    if len(word) > 3 and word[-1] == word[-2]:
        word = word[:-1]
    return word.rstrip("ey") if len(word) > 3 else word
