"""Credentials as they stand in a text: keys, card and account numbers, stated passwords.

An IBAN counts as a credential: it opens no door, but it is a bank account, so it is asked for.
A name and password inside a web address are left to firewall_links.
"""

from __future__ import annotations

import re

_KEY = re.compile(
    r"(?<![\w-])(?:"
    r"sk-[\w-]{20,}|[srp]k_(?:live|test)_\w{10,}|whsec_\w{16,}|(?:AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abeprs]-[\w-]{10,}"
    r"|AIza[\w-]{30,}|ya29\.[\w-]{20,}|eyJ[\w-]{8,}\.[\w-]{8,}|SG\.[\w-]{16,}\.[\w-]{16,}"
    r"|hf_\w{20,}|npm_\w{30,}|pypi-[\w-]{40,}|AGE-SECRET-KEY-\w{20,}|\d{8,10}:[\w-]{35}"
    r"|sb_secret_\w{16,})"
    r"|-----BEGIN [A-Z ]{0,30}PRIVATE KEY"
)
# Any scheme but the web's: a database, a queue.
_CONNECTION = re.compile(
    r"(?<![\w+.-])(?!https?:|ftp:|wss?:)[a-z][a-z0-9+.-]{1,20}://[^\s/:@]{0,64}:[^\s@]{1,128}@",
    re.IGNORECASE,
)
_CARD = re.compile(r"(?<![\w+.-])\d(?:[ -]?\d){12,18}(?![ -]?\d|\w)")
_CARD_KINDS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]|2[2-7])\d{14}|3[47]\d{13}|(?:6011|65\d\d|64[4-9]\d)\d{12}"
    r"|35\d{14}|3(?:0[0-5]|[68]\d)\d{11}|62\d{14,17}"
)
# Long numbers that are named as something else than a card.
_OTHER_NUMBER = re.compile(
    r"order|tracking|parcel|isbn|imei|invoice|ticket|customer|member|serial|reference|phone|tel\b"
    r"|bestell|rechnung|kunden|commande|facture|pedido|factura|ordine|fattura|encomenda",
    re.IGNORECASE,
)
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)")

_SIGN_IN = (
    r"password|passwd|passphrase|passcode|passwort|kennwort|mot de passe|contrasena|parola d.ordine"
    r"|senha|palavra[- ]passe|pass|login|(?:wi-?fi|wlan)[- ]?(?:key|code|schlussel)"
)
_CODE = (
    r"pin(?: code| number)?|(?:door|alarm|safe|gate|entry|access|security|unlock|lock) code"
    r"|combination|kombination|combinaison|combinacion|combinazione|combinacao|cvv|cvc"
    r"|geheimzahl|(?:zugangs|tur|tor|sicherheits|tresor|entsperr|alarm|schloss)code"
    r"|code (?:secret|d.acces|de securite)|clave"
    r"|codigo (?:de (?:acceso|seguridad|seguranca|acesso)|secreto|pin)|codice (?:segreto|d.accesso"
    r"|di sicurezza|pin)"
)
_MACHINE = (
    r"(?:api|access|secret|private|encryption|license|ssh|signing|auth)[ _-]?keys?"
    r"|client[ _-]secret|secret|token|key|schlussel|cle|chiave|chave|llave"
)
_RESCUE = (
    r"(?:recovery|backup|rescue|2fa|one[- ]time) codes?|(?:wiederherstellungs|backup)codes?"
    r"|codes? de (?:recuperation|secours)|codigos? de (?:recuperacion|respaldo|recuperacao)"
    r"|codici di (?:recupero|backup)"
)
_SEED = (
    r"(?:seed|recovery|backup|wallet|secret|mnemonic) (?:phrase|words)|mnemonic|seedphrase"
    r"|(?:phrase de recuperation|phrase secrete|frase (?:semilla|de recuperacion|di recupero"
    r"|de recuperacao|seed)|wiederherstellungs(?:phrase|worter))"
)
_LOGIN = (
    r"(?:log|sign)(?:s|ged|ging|ing)?[- ]?in|credentials|zugangsdaten|identifiants|credenciales"
)
_IDENTITY = r"ssn|social security number"
_LABEL = re.compile(
    rf"(?<![a-z])(?:(?P<seed>{_SEED})|(?P<rescue>{_RESCUE})|(?P<password>{_SIGN_IN})"
    rf"|(?P<login>{_LOGIN})|(?P<identity>{_IDENTITY})|(?P<code>{_CODE})|(?P<token>{_MACHINE}))s?(?![a-z])"
    r"(?![- ]?(?:manager|policy|pad|reset|generator|hint|protect|safe|less))",
    re.IGNORECASE,
)
_SAYS = {"is", "are", "was", "=", "lautet", "ist", "lauten", "sind", "est", "sont", "es", "son",
         "e", "sono", "sao", "called", "namely"}  # fmt: skip
# "The password is expired" tells a state; "the password is swordfish" tells the password.
_STATES = {"expired", "weak", "strong", "long", "short", "secret", "safe", "lost", "unknown", "old",
           "new", "wrong", "broken", "private", "complicated", "stored", "gone", "stolen", "leaked",
           "required", "missing", "changed", "forgotten", "hard", "easy", "simple", "unique",
           "compromised", "abgelaufen", "falsch", "neu", "schwach", "sicher", "geheim", "faible",
           "perdu", "expire", "debil", "segura", "debole", "sicura", "fraca"}  # fmt: skip
WINDOW_CHARS = 120


def holds_credential(text: str, fold: str) -> bool:
    """Whether the visible text holds a key, a card or account number, or a stated password.

    `fold` is the same text with accents taken off, capitals kept.
    """
    return (
        _KEY.search(text) is not None
        or _CONNECTION.search(text) is not None
        or any(_is_card(match, text) for match in _CARD.finditer(text))
        or any(_is_iban(match.group()) for match in _IBAN.finditer(text))
        or any(_states_secret(match, fold) for match in _LABEL.finditer(fold))
    )


def _is_card(match: re.Match[str], text: str) -> bool:
    digits = re.sub(r"[ -]", "", match.group())
    before = text[max(0, match.start() - 30) : match.start()]
    if not _CARD_KINDS.fullmatch(digits) or _OTHER_NUMBER.search(before):
        return False
    doubled = (int(d) * (1 + i % 2) for i, d in enumerate(reversed(digits)))
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def _is_iban(text: str) -> bool:
    letters = text.replace(" ", "")
    if not 15 <= len(letters) <= 34 or not letters.isascii():
        return False
    return int("".join(str(int(c, 36)) for c in letters[4:] + letters[:4])) % 97 == 1


def _states_secret(label: re.Match[str], fold: str) -> bool:
    window = fold[label.end() : label.end() + WINDOW_CHARS]
    words = re.sub(r"[=:]", " = ", window).split()
    said = [i for i, word in enumerate(words) if i == 0 or words[i - 1].casefold() in _SAYS]
    if label["seed"]:
        return any(_is_seed(words[i:]) for i in [*said, 0])
    if label["token"]:
        return any(_is_token(_bare(words[i])) for i in said)
    if label["rescue"]:
        return any(_has_digit(words[i]) and len(_bare(words[i])) >= 4 for i in said)
    if label["identity"]:
        return any(_has_digit(words[i]) and len(_bare(words[i])) >= 9 for i in said)
    if label["login"]:
        return any(_is_marked(_bare(word)) for word in words)
    if label["code"]:
        return any(_is_code(_bare(words[i])) or _is_password(words[i]) for i in said)
    return any(_is_password(words[i]) or (i and _ends_as_password(words, i)) for i in said)


def _bare(word: str) -> str:
    return word.strip("\"'`“”«»„()<>,.;")


def _has_digit(word: str) -> bool:
    return any(c.isdigit() for c in word)


def _is_code(word: str) -> bool:
    word = word.replace("-", "")
    return _has_digit(word) and word.isalnum() and 3 <= len(word) <= 10


def _is_token(word: str) -> bool:
    plain = re.fullmatch(r"[\w+/=.~-]{16,}", word) is not None
    return plain and _has_digit(word) and any(c.isalpha() for c in word)


def _is_password(word: str) -> bool:
    bare = _bare(word)
    if len(bare) < 4 or bare.startswith(("http", "www.")):
        return False
    inside = bare.rstrip("!?%")
    marked = bare != inside or any(c in "!#$%&*@^_+~?.<>|" for c in inside)
    if _has_digit(bare):
        return bare.isdigit() or bare[0].isalpha() or marked
    return any(c.isalpha() for c in bare) and any(c in "#$%^*_+~|" for c in bare)


def _is_marked(word: str) -> bool:
    return (
        _has_digit(word)
        and any(c.isalpha() for c in word)
        and any(c in "!#$%^*_+~|&" for c in word)
        and "/" not in word
    )


def _ends_as_password(words: list[str], i: int) -> bool:
    word = _bare(words[i])
    quoted = words[i][0] in "\"'`“«„"
    # Italian "è" and "and" in two languages look alike without accents.
    if words[i - 1].casefold() == "e":
        return False
    last = i == len(words) - 1 or words[i][-1] in ".,;"
    return len(word) >= 4 and (quoted or (last and word.casefold() not in _STATES))


def _is_seed(words: list[str]) -> bool:
    phrase = [_bare(word) for word in words if word not in _SAYS][:11]
    return len(phrase) == 11 and all(w.isalpha() and w.islower() and 3 <= len(w) <= 8
                                     and w not in {"the", "and", "that", "for", "with"}
                                     for w in phrase)  # fmt: skip
