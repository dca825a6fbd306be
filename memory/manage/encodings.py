"""What older programs saved text in: the encodings, and the languages and letters of each.

Tables only; memory/manage/text_encoding.py finds out by them which of several readings is meant.
"""

from __future__ import annotations

# Tried first. Of Chinese and Korean the narrow sets: nearly any bytes are something in wide ones.
LATIN = ("cp1252", "cp1250", "cp1254")
USUAL = (
    *LATIN,
    *("cp1251", "cp1253", "cp1255", "cp1256", "koi8_r"),
    *("cp932", "euc_jp", "gb2312", "big5", "euc_kr"),
)
# Taken only where none of those fits, and the language is one that was written in it.
RARER = ("iso8859_2", "cp1257", "cp866", "cp850", "mac_roman")
WIDE = ("utf_16_le", "utf_16_be")

_WEST = (
    *("Catalan", "Danish", "Dutch", "English", "Finnish", "French", "German", "Icelandic"),
    *("Indonesian", "Italian", "Norwegian", "Portuguese", "Spanish", "Swedish"),
)
_EAST = ("Croatian", "Czech", "Hungarian", "Polish", "Romanian", "Slovak", "Slovenian")
_CYRILLIC = ("Belarusian", "Bulgarian", "Russian", "Serbian", "Ukrainian")
# By their English names, as in models/language.py.
WRITTEN_IN = {
    **dict.fromkeys(("cp1252", "cp850", "mac_roman"), _WEST),
    **dict.fromkeys(("cp1250", "iso8859_2"), _EAST),
    **dict.fromkeys(("cp1251", "koi8_r", "cp866"), _CYRILLIC),
    "cp1254": ("Turkish",),
    "cp1257": ("Estonian", "Latvian", "Lithuanian"),
    "cp1253": ("Greek",),
    "cp1255": ("Hebrew",),
    "cp1256": ("Arabic", "Persian"),
    "cp932": ("Japanese",),
    "euc_jp": ("Japanese",),
    "gb2312": ("Chinese",),
    "big5": ("Chinese",),
    "euc_kr": ("Korean",),
}
_RUSSIAN = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
# Beside a to z; a language that is not here has letters of one encoding alone.
LETTERS = {
    "Catalan": "àçèéíïòóúü",
    "Danish": "æøåé",
    "Dutch": "áéèëïíóöúü",
    "English": "",
    "Finnish": "åäöé",
    "French": "àâæçèéêëîïôœùûüÿ",
    "German": "äöüßé",
    "Icelandic": "áéíóúýðþæö",
    "Indonesian": "é",
    "Italian": "àèéìíîòóùú",
    "Norwegian": "æøåéòôü",
    "Portuguese": "áàâãçéêíóôõúü",
    "Spanish": "áéíñóúü",
    "Swedish": "åäöé",
    "Croatian": "čćđšž",
    "Czech": "áčďéěíňóřšťúůýž",
    "Hungarian": "áéíóöőúüű",
    "Polish": "ąćęłńóśźż",
    "Romanian": "ăâîșțşţ",
    "Slovak": "áäčďéíĺľňóôŕšťúýž",
    "Slovenian": "čćđšž",
    "Turkish": "çğıi̇öşüâîû",
    "Estonian": "äöõüšž",
    "Latvian": "āčēģīķļņšūž",
    "Lithuanian": "ąčęėįšųūž",
    "Belarusian": "абвгдеёжзійклмнопрстуўфхцчшыьэюя",
    "Bulgarian": _RUSSIAN,
    "Russian": _RUSSIAN,
    "Serbian": "абвгдђежзијклљмнњопрстћуфхцчџш",
    "Ukrainian": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
}
# Alphabets that share no letter, by the languages whose frequent letters are known: the one whose
# frequent letters are frequent in a text is meant.
ALPHABETS = {
    **dict.fromkeys(("cp1251", "koi8_r", "cp866"), ("Bulgarian", "Russian", "Ukrainian")),
    "cp1253": ("Greek",),
    "cp1255": ("Hebrew",),
    "cp1256": ("Arabic",),
}
