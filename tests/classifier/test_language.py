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
    ("\N{THUMBS UP SIGN} 123", "und"),
    ("", "und"),
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
