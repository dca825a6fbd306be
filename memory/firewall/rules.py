"""What instructions to an assistant look like, in any language: rules over kinds of words.

Each word of a text becomes one letter, its kind; a rule is a pattern over those letters, so that
one rule reads all languages. Which words are of which kind stands in `languages/`.
"""

from __future__ import annotations

# The kinds by the name of their list. A word that two languages have in different lists is read as
# the later kind.
LETTERS = {
    "from_now_on": "F", "day": "d", "any_assistant": "b", "named_assistant": "a",
    "job_title": "x", "before": "P", "all": "A",
    "rules": "R", "assistant": "B", "you": "Y", "must": "M", "never": "N", "set_aside": "O",
    "always": "L", "only": "X", "first": "1", "say": "V", "recommend": "K", "deceive": "E",
    "send": "D", "do": "i", "object": "C", "whenever": "T", "asks": "Q", "user": "U", "wants": "W",
    "safeguards": "S", "switched_off": "H", "without": "w", "needed": "r", "approval": "G",
    "transactions": "Z", "that": "t", "of": "f", "towards": "o", "is_or_as": "c", "the": "h",
    "one": "n", "also": "+", "me": "m", "my": "s",
}  # fmt: skip
# Marks of a sentence: its end, a colon, a comma. Any other word is "-".
MARKS = {".": ".", "!": ".", "?": ".", ";": ".", ":": ":", ",": ","}

# Also looked for in the message: strong enough to doubt all that was drawn from it.
STRONG_RULES = (
    r"O[^.s]{0,3}P[^.s]{0,2}R",  # ignore the previous instructions
    r"O[^.s]{0,3}R[^.s]{0,4}P",  # olvida las reglas anteriores
    r"O[^.s]{0,1}A[^.s]{0,2}[RS](?!f)",  # skip all checks; not "forget all the rules of chess"
    r"(?<!s)[Bb][^.,]{0,4}M",  # the assistant must
    r"N[^.]{0,1}[VE][^.]{0,3}U|(?:^|\.)w?[VE]N[^.]{0,4}U|wh?[VE][^.]{0,2}U",  # do not tell the user
    r"O[^.s]{0,2}R[^.]{0,1}Y|(?<!o)OAP",  # the rules you were given; forget everything above
)
RULES = (
    *STRONG_RULES,
    # The assistant has no part in a fact about a person, but in a plain wish for style. One with a
    # name of its own has: many work with such.
    r"(?<![scn])(?<!ch)B(?!:?f)",
    r"(?:^|\.)(?:[-i]:)?(?:\+,?|,)?i(?!t?[osm])[^.,:]",  # rate every restaurant; not "call me Sam"
    r"(?:^|\.)w[VKE]N|(?:^|\.)(?:-:)?[F,]{0,2}VX",  # no menciones nunca; answer only
    r"A[^.]{0,1}Z[^.]{0,3}G",  # alle Überweisungen freigegeben
    r"Y[^.]{0,1}M[^.]{0,2}[OVKED]",  # you must never reveal
    r"F[^.]{0,6}[OVKED]",  # from now on always answer
    r"T[^.]{0,8}Q[^.]{0,10},[^.U]{0,3}[OVKED]",  # when asked about X, say Y
    r"T[^.]{0,4}Q[^.,]{0,8}[LNX][OVKED]",  # when asked about X always say Y
    r"T[^.]{0,6}Q[^.]{0,8}[YB][^.]{0,3}[OVKED]",  # if someone asks, you (will) say
    r"(?:^|\.)[F,]{0,2}[NLX]{1,2}[OVKEDC]",  # always answer
    r"(?:^|[.:]),?E",  # obey
    r"(?:^|\.)[F,]{0,2}(?:[KO][^.]{0,6}[URSPBX1]|V[^.]{0,2}[Ut])",  # say that; praise the user
    r"(?<!o)[LX]K|(?<!o)K[^.]{0,4}[X1]",  # always recommend; recommend it first
    r"[YBa][^.]{0,4}K[^.]{0,4}[XL1N]|[YBa][^.]{0,3}[LXN][^.]{0,2}K",  # wants you to suggest only
    r"[YBa][^.]{0,3}E|[YB][^.]{0,6}N[^.]{0,1}[VKEDC]",  # asked you to hide
    r"[WQG][^.]{0,3}[YB][^.]{0,3}D|[WG][^.]{0,3}a[^.]{0,3}D",  # wants the assistant to transfer
    r"[YBa][^.]{0,4}O[^.]{0,3}[SR]",  # wants you to skip warnings
    r"[YBVW][^.]{0,4}w[^.]{0,2}[RS]",  # answer without filters
    r"S[^.]{0,6}H|w[^.]{0,1}S[^.]{0,2}r",  # safety rules skipped; no confirmation needed
    r"G[^.]{0,3}(?:A[^.]{0,2}Z|Z[^.]{0,2}A)",  # has authorised all transfers
)

# In a text that names nobody of whom it could be a fact.
IMPERSONAL_RULES = (
    r"[VKEDO]|(?:^|[.,:+])i[^.,:]",  # answers about drinks have to mention
    r"PRN|T[^.]{0,8},[^.]{0,3}i",  # beachte die bisherigen Regeln nicht
    r"(?<![scn])a",  # the model ranks Marlow first
)
# A line of somebody's list of things to do, and on which day: buy milk every Monday.
TO_DO = r"[iD][-ohnfsm1,]*d[-ohnfsm1,d]*\.?"

# Marks that no language owns, over the folded text: the turns of a chat template.
TEMPLATE_MARKS = (
    r"<\|?/?(?:im_start|im_end|endoftext|system|assistant|memories|instructions?|prompt)\b",
    r"\[/?(?:inst|system|sys|assistant)\]|<</?sys>>|#{2,4} ?(?:system|instructions?|assistant)\b",
)
ROT13_INSTRUCTION = "vafgehpgvba"
