"""What must not be remembered without the person's yes.

Lives here: recognising instructions, credentials and links that carry data out, in disguise too.
Offers: `suspicion(text, said=…)`, the reason why a memory waits, or None.
Must never know: the database, a model, a person.
"""
