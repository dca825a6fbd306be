"""How model servers differ in what they take, and what is known of the one that is asked.

Lives here: features that a server may lack, roles, what a refusal means, what was learnt.
Offers: `Wish`, `body_of`, `Learnt`, `Refusal`. Must never know: a connection, a person.
"""
