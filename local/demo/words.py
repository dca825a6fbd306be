"""Word lists of the rules: which verbs and nouns tell something that lasts, and which do not.

Each is a pattern that matches any of its words.
"""

import re


def _any(words: str) -> str:
    """A pattern that matches any of the words, the longest first; `_` is a space inside one."""
    ordered = sorted(words.split(), key=len, reverse=True)
    return "(?:" + "|".join(ordered).replace("_", " ") + ")"


# "I … something": habits, likes, work. The base form, as after "I".
STATE_WORDS = """\
    live reside work study teach research speak like love enjoy adore prefer hate dislike detest
    despise own rent drive ride play use code program develop build design run jog cycle swim
    hike climb ski surf dance sing paint draw cook bake collect grow eat drink wear follow
    support volunteer practise practice watch read meditate smoke avoid commute suffer_from
    belong_to attend specialise_in specialize_in manage lead raise come_from get_up wake_up
    go_to_bed garden knit sew write listen_to train travel take sleep weigh go_to_the_gym
    go_to_church go_running go_swimming go_hiking go_climbing go_to_yoga can_speak can_play"""
STATES = _any(STATE_WORDS)
GOALS = _any(
    "want_to plan_to plan_on hope_to intend_to aim_to dream_of would_like_to would_love_to"
)
# The same in the past, or begun and ended; said as it is.
PAST = _any(
    """quit stopped started adopted bought graduated grew_up joined founded became retired switched
    changed worked lived studied taught used_to enrolled visited sold signed_up gave_up broke_my
    moved turned was_promoted was_hired was_born was_raised was_diagnosed got_married
    got_engaged got_divorced got_promoted learned learnt separated renamed
    upgraded migrated broke_up split_up
    left emigrated immigrated married
    divorced"""
)
# "I am …ing": what goes on for longer than a conversation.
ONGOING = _any(
    """working living studying learning training planning saving moving expecting renovating
    teaching taking playing using staying flying travelling traveling visiting raising
    getting_married getting_divorced getting_a_dog getting_a_puppy getting_a_cat preparing_for
    applying_for writing_a_book writing_a_novel writing_a_thesis building_a_house reading hoping
    trying_to_quit trying_to_stop trying_to_lose trying_to_save trying_to_learn trying_to_eat
    trying_to_become trying_to_get_fit looking_for_a_new_job looking_for_a_job
    looking_for_a_flat looking_for_an_apartment"""
)
# "I am …": what holds for long.
LASTING = _any(
    """vegetarian vegan pescatarian celiac coeliac diabetic asthmatic lactose_intolerant
    lactose-intolerant gluten_intolerant gluten-free kosher halal married single divorced
    engaged widowed retired pregnant unemployed self-employed freelance left-handed right-handed
    colour-blind color-blind colourblind colorblind deaf blind dyslexic autistic bilingual gay
    lesbian bisexual queer trans catholic muslim jewish christian buddhist hindu atheist adopted
    introverted teetotal sober short-sighted nearsighted an_only_child
    in_a_relationship"""
)
NATIONS = _any(
    """american argentinian australian austrian belgian brazilian british bulgarian canadian
    chilean chinese colombian croatian cuban czech danish dutch egyptian english estonian
    ethiopian filipino finnish french german ghanaian greek hungarian icelandic indian
    indonesian iranian iraqi irish israeli italian jamaican japanese kenyan korean latvian
    lebanese lithuanian malaysian mexican moroccan nigerian norwegian pakistani peruvian polish
    portuguese romanian russian scottish serbian slovak slovenian spanish swedish swiss syrian
    taiwanese thai tunisian turkish ukrainian vietnamese welsh"""
)
ABOUT_ME = _any(
    """from originally_from based_in married_to engaged_to allergic_to intolerant_to into afraid_of
    scared_of terrified_of interested_in fond_of obsessed_with keen_on good_at bad_at fluent_in
    passionate_about responsible_for in_a_band in_a_choir named_after"""
)

PEOPLE = _any(
    """wife husband partner girlfriend boyfriend fiancé fiancée fiance fiancee spouse mother mum
    mom father dad parents sister sisters brother brothers sibling siblings son sons daughter
    daughters kid kids child children baby twin twins grandmother grandma granny grandfather
    grandpa grandparents grandson granddaughter aunt uncle cousin cousins niece nephew family
    friend friends roommate flatmate housemate neighbour neighbor boss manager colleague
    colleagues coworker team teacher coach doctor dentist therapist landlord mother-in-law
    father-in-law sister-in-law brother-in-law"""
)
PETS = _any(
    """dog dogs cat cats puppy kitten pet pets rabbit rabbits bunny hamster parrot horse goldfish
    fish turtle tortoise bird birds guinea_pig guinea_pigs snake lizard chickens"""
)
OWNED = _any(
    "car house flat apartment boat bike bicycle motorbike garden degree laptop piano guitar"
)
TOOLS = _any(
    """vim neovim emacs vs_code vscode pycharm intellij postgres postgresql mysql sqlite mongodb
    redis python java javascript typescript rust go kotlin windows macos linux ubuntu debian
    fedora android iphone ios chrome firefox safari slack teams github gitlab aws azure react vue
    angular django flask rails docker kubernetes notion obsidian excel gmail outlook spotify"""
)
THINGS = _any(
    """nickname surname birthday age job profession occupation employer company workplace school
    university college major hometown home city country address number email computer editor ide
    stack system keyboard goal dream plan hobby hobbies passion diet allergy allergies type
    height size language tongue nationality religion sign pronouns timezone anniversary band
    project thesis startup shop website blog instrument"""
)
CONDITIONS = _any(
    """asthma diabetes adhd autism eczema epilepsy insomnia migraines arthritis dyslexia hay_fever
    tattoo tattoos phd mba licence license phobia allergy allergies intolerance disease syndrome"""
)
EVENTS = _any(
    "exam interview appointment flight wedding meeting surgery trip holiday vacation concert"
)

# States of the moment: never worth keeping, never a name.
MOODS = _any(
    """sick ill tired broken slow late here home back down crazy great fine ok okay awesome
    crashing annoying dying busy asleep barking crying killing driving bothering waiting calling
    hungry thirsty sad happy angry good bad done ready sorry sure full cold hot bored stuck lost
    nice wrong right sleepy exhausted confused curious excited glad alone online stressed upset
    worried well better kidding nervous broke drunk lazy afraid available different a_bit fun"""
)
NOT_A_NAME = _any(
    """a an the my your not no yes now so very too just still also all out in on at off up away
    pretty quite kind sort about really like new free aware inside outside unable able that"""
)
NOT_A_ROLE = _any(
    """bit little lot mess wreck fool idiot failure while human genius disaster loser user bot one
    only same best first next last worst"""
)
# Objects that mean something only in this conversation.
THIS_CHAT = _any(
    """it this that these those you your yours him her them how what when where why who which
    the_way the_idea the_answer the_sound the_look the_first the_second the_last the_one one
    to_know to_ask to_see to_hear to_say to_tell on_it on_this on_that on_a_bug on_a_problem
    the_command the_script the_server the_docs the_code the_program the_tests neither either
    both none out_of a_blank"""
)
# "I want to …" said of this conversation, not of a life.
CHAT_GOALS = _any(
    """know ask see hear talk tell say understand thank apologise apologize find discuss check
    make_sure use chat test be_clear point add mention clarify show share make_a write_a cancel
    order book return report try"""
)
UNITS = re.findall(
    r"\w+",
    """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
    fifteen sixteen seventeen eighteen nineteen""",
)
TENS = re.findall(r"\w+", "ten twenty thirty forty fifty sixty seventy eighty ninety")
NUMBERS = _any(" ".join(UNITS[1:] + TENS[1:]))
# Too common to tell what a question is about.
STOP = frozenset(
    re.findall(
        r"\w+",
        """a about am an and any are as at be been being but by can could did do does doing else
        ever for from get give got had has have he her him his how i if in into is it its just know
        like may me might mine must my myself no not now of on one or our please remember remind
        right she should so some tell than that the their them then there these they thing this
        those to too up us user was we were what when where which who whose why will with would
        you your called tonight today tomorrow again actually still currently also most really all
        anything something someone kind sort long much many go make made take""",
    )
)
