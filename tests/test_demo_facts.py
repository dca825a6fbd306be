"""What the demo model understands: sentences and the facts that they tell, or do not."""

import pytest

from local.demo.facts import facts

TELLS: list[tuple[str, list[str]]] = [
    # Names and introductions
    ("My name is Ana", ["User is called Ana"]),
    ("I'm Ana", ["User is called Ana"]),
    ("call me Ana", ["User is called Ana"]),
    ("People call me Doc", ["User is called Doc"]),
    ("my name's ana", ["User is called Ana"]),
    ("nice to meet you, I'm Dr. Müller.", ["User is called Dr. Müller"]),
    (
        "I'm Ana, I live in Lisbon and work as a nurse. My sister Clara has two cats.",
        [
            "User is called Ana",
            "User lives in Lisbon",
            "User works as a nurse",
            "User's sister Clara has two cats",
        ],
    ),
    (
        "hi i'm ana, i live in lisbon and work as a nurse",
        ["User is called Ana", "User lives in lisbon", "User works as a nurse"],
    ),
    ("im ana and i live in rome", ["User is called Ana", "User lives in rome"]),
    (
        "I'm Ana, 34, a nurse from Lisbon",
        ["User is called Ana", "User is 34 years old", "User is a nurse from Lisbon"],
    ),
    (
        "Hello! My name is José Müller and I’m from São Paulo.",
        ["User is called José Müller", "User is from São Paulo"],
    ),
    ("I’m “Ana” and I don’t eat fish", ["User is called Ana", "User does not eat fish"]),
    # Age and birthday
    ("I am 34 years old", ["User is 34 years old"]),
    ("I'm 34", ["User is 34 years old"]),
    ("My birthday is on 3 May", ["User's birthday is on 3 May"]),
    ("I was born in 1990 in Kraków", ["User was born in 1990 in Kraków"]),
    # Home and origin
    ("I live in Berlin.", ["User lives in Berlin"]),
    ("i live in berlin", ["User lives in berlin"]),
    ("I live in 東京", ["User lives in 東京"]),
    ("Actually, I live in Porto now", ["User lives in Porto"]),
    ("I grew up in Leeds", ["User grew up in Leeds"]),
    ("I'm German", ["User is German"]),
    ("I've lived in Rome for three years", ["User has lived in Rome for three years"]),
    ("I am based in Amsterdam", ["User is based in Amsterdam"]),
    ("My wife and I live in Berlin", ["User lives in Berlin with User's wife"]),
    ("I moved from Berlin to Paris", ["User lives in Paris"]),
    ("In May I moved to Oslo", ["User lives in Oslo"]),
    ("I've just moved to Porto because of my job", ["User lives in Porto"]),
    ("I no longer live in Berlin, I live in Paris now", ["User lives in Paris"]),
    # Work and study
    ("I'm a nurse at Charité", ["User is a nurse at Charité"]),
    ("I work at Siemens", ["User works at Siemens"]),
    (
        "I work for Acme Corp. as a data scientist",
        ["User works for Acme Corp. as a data scientist"],
    ),
    ("I study physics at TU Berlin", ["User studies physics at TU Berlin"]),
    ("My company is called Acme", ["User's company is called Acme"]),
    ("From March to May I worked in Oslo", ["User worked in Oslo from March to May"]),
    ("I'm not a nurse anymore", ["User is not a nurse"]),
    ("I got a new job at Siemens", ["User works at Siemens"]),
    # Tools and technologies
    ("I use Neovim", ["User uses Neovim"]),
    ("We use Postgres 15 at work", ["User uses Postgres 15 at work"]),
    ("I code in Rust and Python", ["User codes in Rust and Python"]),
    ("I switched from Vim to Neovim", ["User uses Neovim instead of Vim"]),
    (
        "My favourite programming language is Rust",
        ["User's favourite programming language is Rust"],
    ),
    # Likes and dislikes
    ("I like tea", ["User likes tea"]),
    ("I really love jazz!!!", ["User loves jazz"]),
    ("i love pizza :)", ["User loves pizza"]),
    ("I like tea, coffee and cake", ["User likes tea, coffee and cake"]),
    ("I love hiking and hate running", ["User loves hiking", "User hates running"]),
    ("I don't like coffee", ["User dislikes coffee"]),
    ("i dont like coffee", ["User dislikes coffee"]),
    ("I don't like coffee anymore", ["User does not like coffee"]),
    ("I prefer tea over coffee", ["User prefers tea over coffee"]),
    ("I'm a big fan of Arsenal", ["User is a big fan of Arsenal"]),
    ("I'm into climbing", ["User is into climbing"]),
    ("I love my job", ["User loves User's job"]),
    ("My favourite colour is green", ["User's favourite colour is green"]),
    ("my favorite food is sushi.", ["User's favorite food is sushi"]),
    ("Green is my favourite colour", ["User's favourite colour is Green"]),
    (
        'My favourite movie is "The Lord of the Rings"',
        ['User\'s favourite movie is "The Lord of the Rings"'],
    ),
    # Allergies and diets
    ("I'm allergic to peanuts", ["User is allergic to peanuts"]),
    ("I have a peanut allergy", ["User has a peanut allergy"]),
    ("I'm vegetarian", ["User is vegetarian"]),
    ("I'm lactose intolerant", ["User is lactose intolerant"]),
    ("I can't eat gluten", ["User cannot eat gluten"]),
    ("I no longer eat meat", ["User does not eat meat"]),
    ("I don't smoke anymore", ["User does not smoke"]),
    ("I never drink alcohol", ["User never drinks alcohol"]),
    ("I'm on a keto diet", ["User is on a keto diet"]),
    ("I'm allergic to peanuts, can I eat satay?", ["User is allergic to peanuts"]),
    ("Since I'm vegan, what can I cook?", ["User is vegan"]),
    # Family, friends and pets
    ("My dog is called Rex", ["User's dog is called Rex"]),
    ("my dog's name is Rex", ["User's dog is called Rex"]),
    (
        "I have a dog named Rex. He is five and loves swimming.",
        ["User has a dog named Rex", "User's dog Rex is five", "User's dog Rex loves swimming"],
    ),
    (
        "I have a daughter, she is called Mia",
        ["User's daughter is called Mia"],
    ),
    ("My brother lives in Rome", ["User's brother lives in Rome"]),
    ("My daughter Mia is five", ["User's daughter Mia is five"]),
    ("my daughter is five now", ["User's daughter is five"]),
    ("Clara is my sister", ["User's sister is Clara"]),
    (
        "My sister, who lives in Rome, has two cats",
        ["User's sister lives in Rome", "User's sister has two cats"],
    ),
    ("We have two cats, Tom and Jerry", ["User has two cats, Tom and Jerry"]),
    ("I don't have any pets", ["User does not have any pets"]),
    ("I'm married to Tom", ["User is married to Tom"]),
    # Languages, habits, goals and plans
    ("I speak German and English", ["User speaks German and English"]),
    ("I'm learning Japanese", ["User is learning Japanese"]),
    ("I go to the gym every morning", ["User goes to the gym every morning"]),
    ("I usually cycle to work", ["User usually cycles to work"]),
    ("I quit smoking", ["User does not smoke"]),
    (
        "I'm planning to run a marathon in May",
        ["User is planning to run a marathon in May"],
    ),
    ("I want to learn Spanish", ["User wants to learn Spanish"]),
    ("I'd love to visit Japan", ["User would love to visit Japan"]),
    ("My goal is to lose 5 kg", ["User's goal is to lose 5 kg"]),
    ("One day I want to open a bakery", ["User wants to open a bakery one day"]),
    ("I'm getting married in June", ["User is getting married in June"]),
    # Asked to remember
    (
        "Remember that my locker code is in the blue box",
        ["User's locker code is in the blue box"],
    ),
    ("please remember I parked on level 3", ["User parked on level 3"]),
    ("Can you remember that I like oat milk?", ["User likes oat milk"]),
    ("Don't forget that I have an exam on Friday", ["User has an exam on Friday"]),
    ("Note that the meeting room is B12", ["The meeting room is B12"]),
    # Corrected within one message
    (
        "We use Postgres 15. No, actually it's Postgres 16.",
        ["User uses Postgres 16"],
    ),
]

TELLS_NOTHING = [
    "do I like tea?",
    "where do I live",
    "What's my name?",
    "Is my dog called Rex?",
    "Can I have the satay?",
    "Do you remember that I live in Berlin?",
    "Can you tell me where I live and what I like?",
    "What should I cook if I'm vegetarian?",
    "tell me a joke",
    "please write a poem about my dog",
    "remind me what my name is",
    "Write an email to my boss saying I am sick",
    "forget that I live in Berlin",
    "Translate: I live in Berlin",
    "Translate the following: My name is Bob. I live in Rome.",
    "hello",
    "Hey there, how are you?",
    "Thanks a lot!",
    "ok",
    "😀",
    "",
    "if I lived in Rome, I would eat pasta",
    "Imagine I live in Rome and have a dog",
    "Suppose my name is Bob",
    "Pretend that I'm a pirate",
    "I wish I lived in Rome",
    "maybe I like tea",
    'He said "I live in Rome"',
    "> I live in Rome",
    '```python\nhome = "I live in Rome"\nI live in Rome\n```',
    "I'm tired",
    "hi i'm tired",
    "I'm back",
    "I'm fine",
    "I am sorry",
    "I'm not sure",
    "I'm a bit tired",
    "I'm so happy today",
    "I'm looking for a recipe",
    "I'm in a meeting",
    "I am going to bed",
    "I think so",
    "I don't know",
    "I like that",
    "I love it",
    "I like your answer",
    "I want to know where I live",
    "I'd like a recipe for soup",
    "I need help with my code",
    "I have a question",
    "I'm working on this right now",
    "My question is about taxes",
    "my computer is slow",
    "My code doesn't compile",
    "I run the command and it fails",
    "I'm getting a weird error",
    "I'm trying to install Docker",
    "I would like to cancel my order",
    "I had a bad dream",
    "I keep getting errors",
    "I'm learning a lot from you",
    "In this story I live in Rome.",
    "I would live in Rome",
    "You said I live in Rome",
    "Everyone says that my brother lives in Rome",
    "You live in Berlin",
    "The weather is nice",
    "My name is not important",
    "Ich wohne in Berlin",
]


@pytest.mark.parametrize(("message", "expected"), TELLS, ids=[said for said, _ in TELLS])
def test_a_statement_tells_these_facts(message: str, expected: list[str]) -> None:
    assert facts(message) == expected


@pytest.mark.parametrize("message", TELLS_NOTHING)
def test_nothing_is_remembered_from(message: str) -> None:
    assert facts(message) == []


@pytest.mark.parametrize(
    ("before", "correction", "expected"),
    [
        ("User uses Postgres 15 at work", "Actually it is Postgres 16", "Postgres 16 at work"),
        ("User uses Postgres 15", "Actually it's Postgres 16", "User uses Postgres 16"),
        ("User's dog is called Rex", "Sorry, it's Max", "User's dog is called Max, not Rex"),
        ("User's dog is called Rex", "Actually, my dog is called Max", "is actually called Max"),
        ("User is allergic to nuts", "I meant cats", "User is allergic to cats, not nuts"),
        ("User lives in Berlin", "I meant Bern", "User lives in Bern"),
    ],
)
def test_a_correction_is_about_what_was_said_before(
    before: str, correction: str, expected: str
) -> None:
    [fact] = facts(correction, before=["User likes tea", before])
    assert fact.endswith(expected)


def test_a_name_that_is_known_tells_whom_a_message_is_about() -> None:
    known = ["User likes tea", "User's dog is called Rex", "User's daughter Mia is five"]
    assert facts("Rex is six now", before=known) == ["User's dog Rex is six"]
    assert facts("Mia lives in Rome", before=known) == ["User's daughter Mia lives in Rome"]
    assert facts("Ann lives in Rome", before=known) == []


@pytest.mark.parametrize("text", ["I like tea and ", "I am, ", "my favourite ", "\"'", "\0\ud800"])
def test_a_very_long_message_is_read_in_no_time(text: str) -> None:
    facts(text * 20_000)
