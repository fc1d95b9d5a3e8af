"""What the trained reader makes of messages that are not in the corpus."""

import json
from pathlib import Path

import pytest

from classifier.reader import Judgement, conclude, read, read_many
from tickets.types import Intent, Right, Text

LETTERS = Path(__file__).with_name("letters.jsonl")

PLAIN = [
    ("Please erase my account and everything in it.", Intent.DELETION),
    ("Bitte löschen Sie mein Konto samt allen Daten.", Intent.DELETION),
    ("请把我的账号和所有个人信息都删除", Intent.DELETION),
    ("What personal data do you hold about me? Send me a copy.", Intent.ACCESS),
    ("Прошу предоставить копию всех моих персональных данных", Intent.ACCESS),
    ("My surname is misspelt in your records, please correct it to Novak.", Intent.RECTIFICATION),
    ("Je veux recevoir mes données dans un format CSV réutilisable.", Intent.PORTABILITY),
    ("Stop sending me your newsletter.", Intent.OBJECTION),
    ("マーケティングメールの配信を停止してください", Intent.OBJECTION),
    ("Do you sell customer data to advertisers?", Intent.QUESTION),
    ("My kettle does not connect to the wifi, what can I do?", Intent.SUPPORT),
]


@pytest.mark.parametrize(("text", "expected"), PLAIN)
def test_a_plain_message_is_read(text, expected):
    assert read(Text(text)).intent is expected


@pytest.mark.parametrize(
    ("letter", "right"),
    [
        ("v souladu s čl. 15 GDPR Vás žádám o kopii svých osobních údajů.", Right.ACCESS),
        ("Enligt artikel 17 i GDPR begär jag att ni raderar mina uppgifter.", Right.DELETION),
        ("Pursuant to Cal. Civ. Code 1798.120 stop selling my information.", Right.OPT_OUT),
        ("依据《个人信息保护法》第四十五条,请向本人提供个人信息副本。", Right.ACCESS),
    ],
)
def test_a_cited_article_names_the_right(letter, right):
    reading = read(Text(letter))

    assert right in reading.rights
    assert reading.why


def test_formal_letters_are_read_in_languages_with_few_training_messages_or_none():
    letters = [json.loads(line) for line in LETTERS.read_text(encoding="utf-8").splitlines()]
    readings = read_many([Text(letter["text"], subject=letter["subject"]) for letter in letters])
    named = [letter["right"] in one.rights for letter, one in zip(letters, readings, strict=True)]

    assert all(reading.rights or reading.needs_human for reading in readings)
    assert sum(named) >= 0.92 * len(letters)


def test_a_bare_yes_takes_what_the_quote_asks():
    quote = "> Shall we permanently delete your account and all data?"

    assert read(Text("yes, please do", quoted=quote)).intent is Intent.DELETION


def test_references_of_our_letters_do_not_sway_a_reading():
    def answered(reference: str, token: str) -> Text:
        told = f"Your message has arrived. Its reference is {reference}.\n\nCONFIRM\n\n{token}"
        return Text("CONFIRM", quoted=told, subject=f"Re: We have received it [{reference}]")

    one, other = read_many(
        [
            answered("EJ-7K3F-9Q", "EJP-7K3F9-QXW2M-4HTCB-8NRYV-6ZJD5-P"),
            answered("EJ-H2PW-DX", "EJP-22222-22222-22222-22222-22222-22"),
        ]
    )
    assert one == other


def test_police_asking_is_no_request_and_goes_before_a_human():
    reading = read(
        Text(
            "Criminal Investigation Department. Under the enclosed subpoena we request the "
            "registration data and IP addresses of the user named below within 24 hours."
        )
    )

    assert (reading.intent, reading.marks) == (Intent.OTHER, ("authority",))
    assert reading.needs_human


def test_a_machine_answers_nobody():
    reading = read(Text("I am out of office until Monday.", subject="Automatic reply: your mail"))

    assert (reading.intent, reading.rights) == (Intent.OTHER, ())


def test_a_question_gets_topic_and_section():
    reading = read(Text("How do I block cookies on your website in my browser?"))

    assert (reading.intent, reading.policy_section) == (Intent.QUESTION, 4)


def test_what_the_policy_does_not_say_goes_before_a_human():
    reading = read(Text("Which country are your servers in, and do you transfer data abroad?"))

    assert reading.intent is Intent.QUESTION
    assert (reading.policy_section, reading.needs_human) == (None, True)


SETTINGS = {
    "act_both": 0.5, "ask_both": 0.2, "act_alone": 0.6, "ask_alone": 0.1,
}  # fmt: skip


@pytest.mark.parametrize(
    ("judged", "needs_human", "suspected"),
    [
        (Judgement(Intent.DELETION, confidence=0.9), False, False),
        (Judgement(Intent.DELETION, confidence=0.4), True, True),
        (Judgement(Intent.DELETION, confidence=0.55, heard="alone"), True, True),
        (Judgement(Intent.DELETION, confidence=0.65, heard="alone"), False, False),
        (Judgement(Intent.FEEDBACK, confidence=0.9, any_right=0.3), True, True),
        (Judgement(Intent.FEEDBACK, confidence=0.9, any_right=0.1), False, False),
        (Judgement(Intent.FEEDBACK, confidence=0.4, any_right=0.1), True, False),
        (Judgement(Intent.OTHER, confidence=0.1, any_right=0.9, is_final=True), False, False),
    ],
)
def test_doubt_goes_before_a_human(judged, needs_human, suspected):
    reading = conclude(judged, SETTINGS)

    assert (reading.needs_human, reading.suspected) == (needs_human, suspected)


def test_an_unsure_right_takes_the_earliest_clock_first():
    judged = Judgement(
        Intent.OBJECTION, rights=(Right.RESTRICTION, Right.WITHDRAW_CONSENT), confidence=0.3
    )

    assert conclude(judged, SETTINGS).rights == (Right.WITHDRAW_CONSENT, Right.RESTRICTION)


def test_many_are_read_as_one_by_one():
    texts = [Text(text) for text, _ in PLAIN]

    together, alone = read_many(texts), [read(text) for text in texts]

    assert [one.intents for one in together] == [one.intents for one in alone]


def test_nothing_is_read_of_nothing():
    assert read_many([]) == []


ODD = [
    "",
    " \n\t",
    "\N{THUMBS UP SIGN}" * 3_000,
    "x" * 1_000_000,
    "word " * 20_000,
    "שלום مرحبا hello \u202e" * 4_000,
    "\ud800 lone \udfff",
    "\x00\x01\x02",
    "1234567890 " * 9_000,
    "第" * 50_000,
    "art. " * 20_000,
    "e\u0301" * 20_000,
]


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_any_text_is_answered(text):
    reading = read(Text(text, quoted=text, subject=text[:5_000]))

    assert 0 <= reading.confidence <= 1
    assert reading.policy_section is None or 0 <= reading.policy_section <= 5
