"""What plain rules know: machine mail, authorities, cited law, empty texts.

Rules speak only where they are near certain; everything else is left to the model.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np

from classifier import citations, views
from classifier.kernel import Floats
from classifier.model import INTENTS, RIGHTS_INTENTS, Opinion
from tickets.types import RIGHTS_OF, Intent, Right, Text

AUTHORITY: Final = "authority"
_LETTER: Final = re.compile(r"[^\W\d_]")
_OWN: Final = 0.25  # chance that a complaint needs, to stand against a cited right
_POSSIBLE: Final = 0.3  # chance of any right below which a citation adds nothing
_LIKELY: Final = 0.5
_MACHINE: Final = 0.15  # chance of "other" from which its words decide
_AUTHORITY: Final = 0.2

_AUTHORITY_WORDS: Final = (
    "police|subpoena|court order|prosecutor|law enforcement|search warrant|bailiff|investigating officer|"
    "criminal investigation|polizei|staatsanwalt|kriminal|gerichtsvollzieher|amtsgericht|landgericht|ermittlungsverfahren|"
    "gendarmerie|commissariat|procureur|réquisition|huissier|tribunal|policía|policia|guardia civil|fiscalía|juzgado|mandamiento|"
    "polizia|carabinieri|procura della|guardia di finanza|questura|polícia|delegacia|delegado|ministério público|ofício judicial|politie|officier van justitie|recherche|deurwaarder|"
    "policj|prokurat|komornik|postanowienie sądu|полици|прокурат|следовател|следствен|уголовн|мвд|пристав|поліці|слідч|прокур|кримінальн|"
    "公安|警察|派出所|检察院|法院|协助调查|调取证据|檢察署|地檢署|刑警|地方法院|調查局|捜査関係事項|警視庁|検察庁|裁判所|경찰|검찰|법원|수사협조|압수수색|영장|"
    "الشرطة|النيابة|المحكمة|مباحث|emniyet|savcılı|savcilig|mahkeme|icra müdürl|công an|viện kiểm sát|tòa án|cơ quan điều tra|kepolisian|polri|polda|polres|kejaksaan|pengadilan|penyidik|"
    "ตำรวจ|หมายศาล|พนักงานสอบสวน|อัยการ|पुलिस|न्यायालय|अदालत|थाना|policie|státní zastupitelství|rendőrség|ügyészség|poliția|parchetul|polis|politi|åklagare|poliisi|αστυνομία|εισαγγελ|משטר|پلیس|دادسرا"
).split("|")
_MACHINE_WORDS: Final = (
    "out of office|out of the office|automatic reply|auto-reply|autoreply|on leave until|on holiday until|undeliverable|delivery has failed|delivery status notification|mailbox is full|mailer-daemon|"
    "abwesenheit|abwesend|nicht im büro|nicht im haus|automatische antwort|unzustellbar|absence du bureau|réponse automatique|absent du|je suis absent|fuera de la oficina|respuesta automática|fuori ufficio|risposta automatica|"
    "fora do escritório|resposta automática|ausência temporária|afwezig|automatisch antwoord|poza biurem|automatyczna odpowiedź|autoodpowiedź|nieobecn|автоответ|отсутств|автоматическое уведомление|автовідповід|"
    "自动回复|自動回覆|自动答复|休假|不在办公室|不在辦公室|退信|自動返信|自動応答|不在にして|휴가|부재중|자동 응답|자동응답|반송|خارج المكتب|رد تلقائي|otomatik yanıt|ofis dışında|iznim|"
    "trả lời tự động|nghỉ phép|vắng mặt|balasan otomatis|sedang cuti|ตอบกลับอัตโนมัติ|ลาพักร้อน|ลาพักผ่อน|ऑफ़िस से बाहर|स्वचालित उत्तर|mimo kancelář|automatická odpověď|házon kívül|automatikus válasz|în concediu|răspuns automat|"
    "frånvaro|ikke på kontoret|fravær|poissa|automaattinen|εκτός γραφείου|αυτόματη απάντηση|מענה אוטומטי|پاسخ خودکار"
).split("|")
_AT_THE_START: Final = 220  # characters in which a machine says that it is one


@dataclass(frozen=True, slots=True)
class Verdict:
    """A rule's final word."""

    intent: Intent
    confidence: float
    needs_human: bool
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Findings:
    """What the rules found in one message."""

    verdict: Verdict | None = None
    cited: tuple[Right, ...] = ()
    also: tuple[Intent, ...] = ()
    why: tuple[str, ...] = ()
    says_authority: bool = False
    says_machine: bool = False


_INTENT_OF: Final = {right: intent for intent, rights in RIGHTS_OF.items() for right in rights}


def look(text: Text, view: str) -> Findings:
    """Return what stands in the text for certain."""
    if not _LETTER.search(view):
        return Findings(Verdict(Intent.OTHER, 0.97, needs_human=False), why=("no words",))
    found = citations.find(f"{view}\n{views.clean(text.newest)}")
    cited = tuple(dict.fromkeys(citation.right for citation in found))
    lowered = view.lower()
    authority = [word for word in _AUTHORITY_WORDS if word in lowered]
    machine = [word for word in _MACHINE_WORDS if word in lowered[:_AT_THE_START]]
    why = [f"{one.law} {one.article}" for one in found] + machine[:2] + authority[:2]
    return Findings(
        cited=cited,
        why=tuple(dict.fromkeys(why)),
        says_authority=bool(authority),
        says_machine=bool(machine),
    )


def weigh(opinion: Opinion, findings: Findings) -> Floats:
    """Return the chances of the intents once machine words and cited rights are counted in."""
    chances = opinion.intents
    if findings.says_machine and opinion.chance(Intent.OTHER) > _MACHINE:
        return _lift(chances, Intent.OTHER)
    if findings.says_authority and opinion.chance(Intent.OTHER) > _AUTHORITY:
        return _lift(chances, Intent.OTHER)
    requested = [_INTENT_OF[right] for right in findings.cited if right is not Right.COMPLAINT]
    if not requested or opinion.any_right < _POSSIBLE or opinion.chance(Intent.COMPLAINT) > _OWN:
        return chances
    is_right = INTENTS[int(chances.argmax())] in RIGHTS_INTENTS
    if not is_right and opinion.any_right < _LIKELY:
        return chances
    return _lift(chances, requested[0])


def marks(intent: Intent, findings: Findings) -> tuple[str, ...]:
    """Return the marks of a message: an authority's goes before a human, always."""
    return (AUTHORITY,) if intent is Intent.OTHER and findings.says_authority else ()


def _lift(chances: Floats, intent: Intent) -> Floats:
    lifted = chances.copy()
    lifted[INTENTS.index(intent)] += np.float32(1.0)
    whole: Floats = lifted / lifted.sum()
    return whole
