import pytest

from classifier.language import detect

SAID = [
    ("Please delete my account", "en"),
    ("Bitte löschen Sie mein Konto", "de"),
    ("请删除我的账号", "zh-Hans"),
    ("請刪除我的帳號", "zh-Hant"),
    ("隱私政策最近一版是哪天生效的", "zh-Hant"),
    ("アカウントを削除してください", "ja"),
    ("계정을 삭제해 주세요", "ko"),
    ("удалите мой аккаунт, пожалуйста", "ru"),
    ("видаліть мій акаунт, будь ласка", "uk"),
    ("احذفوا حسابي من فضلكم", "ar"),
    ("لطفاً حساب کاربری من را پاک کنید", "fa"),
    ("ลบบัญชีของฉันด้วย", "th"),
    ("मेरा खाता हटा दीजिए", "hi"),
    ("mera account band karo aur sab data hata do", "hi"),
    ("3ayez a2fel el 7esab bta3y law sama7t", "ar"),
    ("xóa tài khoản của tôi giúp", "vi"),
    ("tolong hapus akun saya", "id"),
    ("hola, borrad mi cuenta anna@example.org", "es"),
    ("EJET robot X200 の保証書をください", "ja"),
    ("chkoun khda el data dyali, 3ndkom wla la", "ar"),
    ("who took 2nd and 3rd place", "en"),
    ("je veux la 2eme et la 3eme photo", "fr"),
    ("ne mogu otvoriti aplikaciju na telefonu", "hr"),
    ("yang ini akaun saya, sila padamkan", "id"),
    ("先放著就好喔", "zh-Hant"),
    ("يا ولدي الچهاز الجديد لا يعمل", "ar"),
    ("আমার তথ্য মুছে দিন", "bn"),
    ("\N{THUMBS UP SIGN} 123", "und"),
    ("", "und"),
]
CHAT = [  # written after the words and figures were chosen, and never used to choose them
    ("mere ghar ka wifi badal gaya, camera jud nahi raha", "hi"),
    ("order cancel kaise kare", "hi"),
    ("apni purani chat delete karwani hai", "hi"),
    ("kitne din me jawab doge", "hi"),
    ("mera birthday galat dikh raha hai", "hi"),
    ("newsletter mat bhejo yaar", "hi"),
    ("kya aap mera number bechte ho", "hi"),
    ("sim badal liya, naya number jodo", "hi"),
    ("app crash ho jata hai har baar", "hi"),
    ("data ki file chahiye excel me", "hi"),
    ("subscription khatam karo abhi", "hi"),
    ("driver kaun tha mera", "hi"),
    ("bijli ka bill zyada aa raha", "hi"),
    ("privacy policy hindi me milegi kya", "hi"),
    ("dhanyavaad, ho gaya", "hi"),
    ("ye kisne kiya", "hi"),
    ("vacuum awaaz bahut karta hai", "hi"),
    ("mummy ka account hai, unka naam sudharo", "hi"),
    ("OTP nahi aaya", "hi"),
    ("consent wapas leta hoon", "hi"),
    ("can I get a copy", "en"),
    ("who has my number", "en"),
    ("fix the lamp pls", "en"),
    ("no more ads", "en"),
    ("lösch das", "de"),
    ("was habt ihr über mich", "de"),
    ("geht nicht", "de"),
    ("mon compte svp", "fr"),
    ("arrêtez les pubs", "fr"),
    ("quiero darme de baja", "es"),
    ("no funciona la app", "es"),
    ("apaga minha conta", "pt"),
    ("quero meus dados", "pt"),
    ("cancellatemi", "it"),
    ("voglio i miei dati", "it"),
    ("verwijder mij", "nl"),
    ("waar blijft mijn pakket", "nl"),
    ("usuncie konto", "pl"),
    ("nie chce reklam", "pl"),
    ("hesabımı silin", "tr"),
    ("verilerimi istiyorum", "tr"),
    ("hapus akunku dong", "id"),
    ("ga bisa login nih", "id"),
    ("xoá giúp em", "vi"),
    ("không nhận quảng cáo nữa", "vi"),
    ("удали всё", "ru"),
    ("де мої дані", "uk"),
    ("smažte můj účet", "cs"),
    ("radera kontot tack", "sv"),
    ("poistakaa tilini", "fi"),
    ("töröljék a fiókom", "hu"),
    ("ștergeți contul", "ro"),
    ("slet min konto", "da"),
    ("slett kontoen min", "no"),
    ("διαγράψτε με", "el"),
    ("מחקו אותי", "he"),
    ("حذفم کنید", "fa"),
    ("امسحوا حسابي", "ar"),
    ("把我刪掉", "zh-Hant"),
    ("把我删掉", "zh-Hans"),
    ("消して", "ja"),
    ("지워줘", "ko"),
    ("ลบด้วย", "th"),
    ("मिटा दो", "hi"),
]


@pytest.mark.parametrize(("text", "tag"), SAID)
def test_the_language_is_told(text, tag):
    assert detect(text) == tag


def test_a_short_text_leans_on_hints():
    assert detect("ok", hints=("nl",)) == "nl"
    assert detect("123", hints=("zh_TW",)) == "zh-Hant"


def test_a_long_text_does_not():
    text = "Please tell me which personal data you have stored about me and why you need it."

    assert detect(text, hints=("nl", "de")) == "en"


def test_chat_is_told():
    wrong = [(text, tag, detect(text)) for text, tag in CHAT if detect(text) != tag]

    assert wrong == []


def test_odd_text_is_no_trouble():
    for text in ("\ud800 \x00", "a" * 1_000_000, "\u200f\u202e", "\N{GRINNING FACE}" * 1_000, "ß"):
        assert detect(text)


def test_a_hint_is_kept_to_where_a_text_is_short():
    assert detect("test", hints=("vi",)) == "vi"
    assert detect("ok", hints=("ms",)) == "id"
    assert (
        detect("Ok, the app works again since the update, thanks a lot for helping", ("vi",))
        == "en"
    )
