"""Which language a message is written in, as a BCP 47 tag; Chinese by script.

Writing systems decide first, py3langid among the languages that share one, and hints (earlier
messages, the channel's language) only where a text is too short to tell.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from classifier.views import clean

UNKNOWN: Final = "und"
_LOOKED_AT: Final = 1_200  # characters
_ENOUGH: Final = 60  # letters from which a text speaks for itself
_HINT: Final = 2.5  # what a hint adds to the logarithm of a short text's probability
_RARE: Final = 0.7  # what is taken off languages that few people write to us in
_AT_HOME: Final = frozenset("en zh ja ko de fr es pt it nl pl ru uk ar tr vi id th hi".split())
_LATIN: Final = tuple(
    "en de fr es pt it nl pl tr vi id ms cs da fi hr hu no nb nn ro sk sv et lt lv sl ca".split()
)
_CYRILLIC: Final = ("ru", "uk", "bg", "sr")
_ARABIC: Final = ("ar", "fa", "ur")
_SAME: Final[Mapping[str, str]] = {"ms": "id", "nb": "no", "nn": "no"}
_SCRIPTS: Final = (
    ("ja", re.compile(r"[\u3041-\u30ff\uff66-\uff9d]")),
    ("ko", re.compile(r"[\u1100-\u11ff\u3131-\u318e\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("el", re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("Arab", re.compile(r"[\u0620-\u06ff\ufb50-\ufdff\ufe70-\ufefc]")),
    ("Cyrl", re.compile(r"[\u0400-\u052f]")),
    ("Latn", re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")),
)
_WEIGHT: Final[Mapping[str, float]] = {"ja": 3, "zh": 3, "ko": 2.5, "th": 1.3, "hi": 1.3}
_KANA_SHARE: Final = 0.06  # of the characters of a Japanese text at least are kana
_NOT_WORDS: Final = re.compile(
    r"https?://\S+|www\.\S+|\S+@\S+|\b[\w-]+\.(?:csv|xlsx?|pdf|json|zip|xml|docx?|com|org|test)\b"
    r"|(?<![\w])[\w-]*\d[\w-]*(?![\w])",
    re.ASCII,
)

# Words of everyday messages in Latin letters that stand for another language.
_TRANSLITERATED: Final = (
    (
        "hi",
        "mera meri mere mujhe mujhko aap aapke aapki apna apni nahi nahin hai hain kya kyun kaise "
        "karo karna kar do karke chahiye bhai ji kripya raha rahi rahe hoon tha thi ka ki ke ko se "
        "mein yeh woh sab wapas band hatao hata dijiye dena bhejo kab kaun phir toh bhi aur",
    ),
    (
        "ru",
        "moi moy moya moyo menya mne udalite udalit pozhaluysta pozhalujsta pojaluista akkaunt "
        "dannye dannie zdravstvuyte privet vashi vash kak chto eto net ne na spasibo otpishite "
        "pochemu nomer hochu khochu prishlite mogu",
    ),
    (
        "ar",
        "ana ya el mesh msh 3ayz 3ayez 7esabi 7sabi law sama7t samaht men fadlak shukran 3ala "
        "ezay leh ba3d 3andi bta3i keda keda5 ma3lesh 7ad lazem el7esab bayanati momken",
    ),
    (
        "zh-Hans",
        "wo de ni men nimen qing bang shanchu zhanghao shuju zhuxiao xiexie bu yao shi ma ba le "
        "zenme weishenme gei xinxi",
    ),
    (
        "el",
        "kai den einai mou sas to ta thelo parakalo logariasmo dedomena mporeite poios giati "
        "stoixeia diagrafi kalimera efxaristo",
    ),
    ("uk", "meni bud laska vydalit akaunt dani dyakuyu dobryi den proshu miy moyi chomu"),
    ("fa", "man shoma lotfan hesab etelaat mikham nemikham chera salam mamnoon kon konid ro baraye"),
)
_VOCABULARY: Final = tuple((tag, frozenset(words.split())) for tag, words in _TRANSLITERATED)
_TRANSLITERATED_SHARE: Final = 0.45
_FEWEST_WORDS: Final = 3

_SIMPLIFIED: Final = frozenset(
    "们个这说请写帐号资讯录订单发动开关闭电话邮箱网络删户数据权销账隐私诉问题没么为谁给让过还进远运连选达边应该办"
    "现实际见观规视觉觉间闻问门车东乐书买卖产亲从众会传伤体优价儿兴养写军农冲决况净减几则刘创别办务劝华协单占历"
    "压厂厅厕县双变叶听员响团园围国图圆圣场块坏坚报声处备复够头夺奋妈妇学宁宝审宽对寻导将尔层届属岁岛师带帮广庆库"
    "应张强归当径总惊户执扩扫扬护报担择损换择据拥时显术机杂杀条来杨极构标样树桥检欢毕气汇汉沟泽测济浏温湿满灭灯点热"
    "爱犹独狱环现电画盘监盖码础确离种积称稳穷窃竞笔签简粮紧级纪约纯纸线练组细终经结绝统继续维综绿缓编缩缺罗罚职联"
    "肃脑腾节范药获营蓝虽补装见览计订认讨让训议记讲许论设访证评识词译试话该详语误说读课调谈谢负责败货质购贵费资赔"
    "转轮软轻载较输辑输边迁过还这进远违连迟适递逻遗邓郑释里针钟钱铁银错锁键镜长闪闲队阳阴际陆险随难预领频题颜额风飞"
    "饭馆马驱验骗鱼麦黄齐龙"
)
_TRADITIONAL: Final = frozenset(
    "們個這說請寫帳號資訊錄訂單發動開關閉電話郵網絡刪戶數據權銷賬隱訴問題沒麼為誰給讓過還進遠運連選達邊應該辦"
    "現實際見觀規視覺間聞門車東樂書買賣產親從眾會傳傷體優價兒興養軍農衝決況淨減幾則劉創別務勸華協單佔歷"
    "壓廠廳縣雙變葉聽員響團園圍國圖圓聖場塊壞堅報聲處備復夠頭奪奮媽婦學寧寶審寬對尋導將爾層屆屬歲島師帶幫廣慶庫"
    "張強歸當徑總驚執擴掃揚護擔擇損換擁時顯術機雜殺條來楊極構標樣樹橋檢歡畢氣匯漢溝澤測濟瀏溫濕滿滅燈點熱"
    "愛猶獨獄環畫盤監蓋碼礎確離種積稱穩窮竊競筆簽簡糧緊級紀約純紙線練組細終經結絕統繼續維綜綠緩編縮羅罰職聯"
    "肅腦騰節範藥獲營藍雖補裝覽計認討訓議記講許論設訪證評識詞譯試詳語誤讀課調談謝負責敗貨質購貴費賠"
    "轉輪軟輕載較輸輯遷違遲適遞邏遺鄧鄭釋針鐘錢鐵銀錯鎖鍵鏡長閃閒隊陽陰陸險隨難預領頻顏額風飛"
    "飯館馬驅驗騙魚麥黃齊龍嗎嘅喺唔咗"
)


@cache
def _identifier() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    known = set(identifier.labels)
    identifier.set_languages([tag for tag in (*_LATIN, *_CYRILLIC, *_ARABIC) if tag in known])
    return identifier


def warm() -> None:
    """Load the tables, so that the first message does not wait for them."""
    _identifier()


def detect(text: str, hints: Sequence[str] = ()) -> str:
    """Return the tag of the language that frames the text; hints are likeliest first."""
    words = _NOT_WORDS.sub(" ", clean(text)[:_LOOKED_AT])
    letters = {name: len(pattern.findall(words)) for name, pattern in _SCRIPTS}
    weighed = {name: count * _WEIGHT.get(name, 1.0) for name, count in letters.items()}
    script = max(weighed, key=lambda name: weighed[name])
    if not letters[script]:
        return next((_known(hint) for hint in hints if hint), UNKNOWN)
    if script in {"zh", "ja"}:
        return _han(words, letters, hints)
    if script == "Latn":
        return _transliterated(words) or _among(_LATIN, words, hints)
    if script == "Cyrl":
        return _cyrillic(words, hints)
    if script == "Arab":
        return _arabic(words, hints)
    return script


def script_of_chinese(text: str, hints: Sequence[str] = ()) -> str:
    """Return zh-Hans or zh-Hant by the characters that only one of them uses."""
    simplified = sum(character in _SIMPLIFIED for character in text)
    traditional = sum(character in _TRADITIONAL for character in text)
    if simplified == traditional:
        return next((_known(hint) for hint in hints if _known(hint).startswith("zh-")), "zh-Hans")
    return "zh-Hans" if simplified > traditional else "zh-Hant"


def _known(tag: str) -> str:
    """Return a hint in our own spelling."""
    parts = tag.replace("_", "-").split("-")
    language = parts[0].lower()
    if language in {"zh", "yue", "cmn"}:
        far = {part.lower() for part in parts[1:]} & {"hant", "tw", "hk", "mo"}
        return "zh-Hant" if far else "zh-Hans"
    return _SAME.get(language, language)


def _han(words: str, letters: Mapping[str, int], hints: Sequence[str]) -> str:
    kana, han = letters["ja"], letters["zh"]
    if kana and kana >= _KANA_SHARE * (kana + han):
        return "ja"
    if not kana and han <= 4 and any(_known(hint) == "ja" for hint in hints[:1]):  # noqa: PLR2004
        return "ja"
    return script_of_chinese(words, hints)


def _cyrillic(words: str, hints: Sequence[str]) -> str:
    lowered = words.lower()
    if re.search(r"[іїєґ]", lowered):
        return "uk"
    if re.search(r"[ыэё]", lowered):
        return "ru"
    return _among(_CYRILLIC, words, hints)


def _arabic(words: str, hints: Sequence[str]) -> str:
    if re.search(r"[ٹڈڑںےھہ]", words):
        return "ur"
    if re.search(r"[پچژگکی]", words):
        return "fa"
    return _among(_ARABIC, words, hints)


def _transliterated(words: str) -> str | None:
    tokens = re.findall(r"[a-z0-9']+", words.lower())
    if len(tokens) < _FEWEST_WORDS or re.search(r"[\u00c0-\u024f\u1e00-\u1eff]", words):
        return None
    tag, vocabulary = max(_VOCABULARY, key=lambda entry: sum(t in entry[1] for t in tokens))
    found = sum(token in vocabulary for token in tokens)
    distinct = len({token for token in tokens if token in vocabulary})
    if distinct < _FEWEST_WORDS or found < _TRANSLITERATED_SHARE * len(tokens):
        return None
    return tag


def _among(languages: tuple[str, ...], words: str, hints: Sequence[str]) -> str:
    text = " ".join(words.split())
    scores = {
        tag: math.log(max(chance, 1e-9)) - (0 if tag in _AT_HOME else _RARE)
        for tag, chance in _identifier().rank(text.lower())
        if tag in languages
    }
    if len(text) < _ENOUGH:
        for place, hint in enumerate(hints[:3]):
            tag = _known(hint).partition("-")[0]
            if tag in scores:
                scores[tag] += _HINT / (place + 1)
    best = max(scores, key=lambda tag: scores[tag])
    return _SAME.get(best, best)
