"""Small words that turn a sentence round, and that sentence vectors hardly see.

"Do not delete it", "forget what I wrote", "no thanks", "still, for the third time": each cue is
one more axis beside the vectors, and the corpus says what it is worth.  A cue is found by plain
search for stems, which costs a tenth of a millisecond for all of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from classifier import views
from classifier.kernel import Floats
from tickets.types import Text

# Stems are looked for in lower-case text with a space at both ends; "|" parts them.
_WITHDRAWN: Final = (
    "changed my mind|forget what|forget my|forget about my|forget the request|ignore what|ignore my|ignore the|disregard|"
    "never mind|nevermind|scrap that|scrap my|withdraw my request|take back|cancel my request|cancel the request|no longer want you to|"
    "call it off|call off|hold off|not needed any more|don't need it any|was a mistake|by mistake, please ign|"
    "vergesst|vergessen sie|hat sich erledigt|erledigt|ignorieren|zurückziehen|ziehe ich zurück|ziehe meine|nehme ich zurück|"
    "doch nicht|überlegt|kommando zurück|oubliez|oublie ce|changé d'avis|change d'avis|annulez ma demande|annule ma demande|retire ma demande|"
    "je retire|laissez tomber|finalement non|olviden|olvida |olvide |olvidad|anulo|retiro mi|cambiado de opinión|cambié de|cambie de|me lo pensé|"
    "ya no hace falta|ripensat|dimenticate|lasciate perdere|lasci perdere|ritiro la|annullo|annullate la|come non detto|"
    "esquece|esqueçam|mudei de ideia|desisti|deixa pra lá|deixem estar|retiro o pedido|anulem|cancelem o pedido|laat maar|"
    "vergeet|bedacht|ik trek|trek mijn|intrekken|hoeft niet meer|zapomnijcie|rozmyślił|wycofuj|cofam|zmieniłam zdanie|zmieniłem zdanie|anulujcie|nieważne|jednak nie|jednak zosta|"
    "передумал|отзываю|отмените запрос|отмените мо|забудьте|не надо уже|отбой|аннулируйте|неактуальн|снимаю|"
    "передумав|передумала|відкликаю|скасуйте|анулюйте|забудьте|вже не треба|"
    "当我没说|不用了|改主意|反悔|撤回我|撤回申请|撤回之前|撤销之前|撤销申请|取消申请|不删了|不注销了|先别|算了|取消之前|作废|后悔|"
    "當我沒說|改變主意|撤回申請|撤回之前|取消申請|不刪了|反悔|取消之前|作廢|先不要|先不用|先別|收回|"
    "取り消し|取消し|取り下げ|取りやめ|なかったことに|気が変わ|やっぱり|撤回|キャンセルし|保留に|결정을 바꿨|마음이 바뀌|마음 바뀌|취소할게|취소해|취소합니다|취소하겠|없던 걸로|없던 일로|철회|안 해도 돼|"
    "تراجعت|غيرت رأيي|غيرت رايي|انسوا|انسى|تجاهلوا|ألغوا طلبي|الغوا طلبي|اسحب طلبي|أسحب طلبي|خلاص|صرفت النظر|vazgeçtim|vazgectim|vazgeç|geri çekiyorum|iptal edin|fikrimi değiştir|gerek kalmadı|unutun|"
    "đổi ý|suy nghĩ lại|thôi khỏi|khỏi cần|rút lại|bỏ qua yêu cầu|hủy yêu cầu|không cần nữa|thôi ạ|thôi nhé|nggak jadi|gak jadi|ga jadi|tidak jadi|batalkan permintaan|batal |berubah pikiran|abaikan|lupakan|urung|"
    "เปลี่ยนใจ|ยกเลิกคำขอ|ไม่ต้องแล้ว|ไม่เอาแล้ว|ขอถอน|ไม่ลบแล้ว|ขอยกเลิกเรื่อง|คิดดูก่อน|रहने दो|रहने दीजिए|रहने दें|वापस लेत|मन बदल|भूल जाइए|रद्द कर|rehne do|mann badal|wapas leta|wapas leti|cancel kar do wo|"
    "beru zpět|rozmyslel|zrušte mou|meggondolt|visszavon|mégse|m-am răzgândit|am răzgândit|retrag|ångrat mig|ångrar|bortse från|glöm |fortrudt|glem |ombestemt|trekker tilbake|trækker|peruutan|perun |unohtakaa|muutin mieleni|μετάνιωσα|άλλαξα γνώμη|ανακαλώ|ξεχάστε|התחרטתי|עזבו|שיניתי|תבטלו|پشیمون|پشیمان|منصرف|بیخیال|نادیده بگیرید"
)
_LEFT_AS_IS: Final = (
    "leave everything|leave it|leave them|leave my|leave as|keep it all|keep everything|keep them|keep my|keep the account|want to keep|prefer to keep|stay as|"
    "alles bleiben|bleibt alles|so lassen|behalten|bleiben, wie|soll bleiben|laissez tout|gardez|je garde|on garde|laissez comme|conserver|conservez|"
    "déjenlo|dejadlo|dejen todo|dejenlo|dejadlo|conserv|mantengan|mantener|quédense|tenete|lasciate tutto|lasciate com|mantene|manter|deixem tudo|deixa como|deixem como|"
    "laat alles|laat staan|behoud|bewaar|houden|zostawcie|zostaw|zachowa|niech zostan|оставьте|оставляй|пусть оста|сохраните|залиште|нехай лиш|збережіть|"
    "保留|留着|留著|别动|別動|不要动|不要動|先留|そのまま|残して|残しておいて|그대로|남겨|놔두|유지|두세요|اتركوا|خلوا|خليه|أبقوا|ابقوا|kalsın|kalsin|dursun|saklayın|olduğu gibi|"
    "giữ nguyên|giữ lại|để nguyên|để đó|cứ để|biarkan|biar saja|simpan saja|tetap|เก็บไว้|คงไว้|เอาไว้|rehne|रखें|रखिए|रखना|नсть|nechte|hagyj|maradjon|păstra|lăsați|behåll|låt |behold|la det|jättäkää|säilytt|αφήστε|κρατήστε|תשאירו|להשאיר|نگه|بمونه"
)
_NOT_ERASED: Final = (
    "don't delete|dont delete|do not delete|don't erase|do not erase|not erase|don't remove|do not remove|without deleting|not be deleted|not deleted|not delete|don't wipe|no need to delete|rather than delet|instead of delet|"
    "nicht lösch|nichts lösch|nicht gelöscht|nichts gelöscht|keine löschung|nicht vernicht|nicht entfern|statt zu lösch|ne supprim|n'effac|ne détrui|pas supprim|pas effac|sans supprim|pas de suppression|"
    "no borr|no elimin|no lo borr|no la borr|no quiero que borr|sin borrar|non cancell|non elimin|senza cancell|não apag|nao apag|não exclu|não elimin|não delet|sem apagar|sem excluir|niet verwijder|niet wissen|niets verwijder|niet weggooi|niet gewist|"
    "nie usuwa|nie kasuj|nie usuń|bez usuwania|не удаля|не стира|не уничтож|ничего стирать|удалять не|не видаля|не стира|не знищ|видаляти не|"
    "不要删|别删|不删|勿删|不用删|请勿删除|先别删|不要清|不要刪|別刪|不刪|勿刪|不用刪|不必刪|削除しない|消さない|削除はしない|削除は不要|削除せず|消さず|삭제하지|지우지|삭제는 하지|삭제 말고|삭제는 말고|삭제 안|"
    "لا تحذف|لا تمسح|ما تحذف|ما تمسح|متمسح|بدون حذف|دون حذف|عدم حذف|silmeyin|silme |silinmesin|silmeden|silinmeden|đừng xóa|đừng xoá|không xóa|không xoá|chưa xóa|khoan xóa|jangan hapus|jangan dihapus|jgn hapus|jangan di hapus|tanpa menghapus|"
    "อย่าลบ|ไม่ต้องลบ|ห้ามลบ|ไม่ลบ|मत हटा|मत मिटा|डिलीट मत|डिलीट न|हटाएं नहीं|delete mat|mat delete|mat hatao|nemaž|nesmaž|nemazat|ne törölj|nem törl|nu șterge|nu sterge|nu ștergeți|radera inte|inte radera|slet ikke|ikke slet|ikke slett|älkää poist|älä poist|μη διαγρ|μην διαγρ|μη σβή|אל תמחק|בלי למחוק|حذف نکن|پاک نکن"
)
_DECLINED: Final = (
    " no,| no | no.| nope| nah | no thanks|not now|not yet| nein| nö | nee | non,| non | non merci| no gracias| no, gracias| não| nao | nie,| nie | nie dzięki| нет| не надо| не нужно| ні,| ні | не треба| не потрібно|"
    "不用|不需要|不必|不了|先不|不要|いいえ|結構です|いりません|大丈夫です|아니요|아뇨|아니오|아닙니다|괜찮아요|괜찮습니다|필요 없|필요없| لا | لا،|لا شكرا| hayır| hayir| yok | gerek yok| không|khỏi | tidak| nggak| gak | ga | belum| jangan|ไม่ต้อง|ไม่ค่ะ|ไม่ครับ|ยังไม่|नहीं|nahi| ne,| nem | nu,| nej| nei| ei | όχι|לא | نه | نه،"
)
_AGAIN: Final = (
    " still | again|despite|already|third time|second time|twice|ignored|no reply|no answer|nobody repl|nothing happen|haven't heard|weeks ago|months ago|last month|even though|anyway|never answered|unanswered|"
    "immer noch|trotz|schon wieder|wieder |bereits|zum dritten|zum zweiten|keine antwort|ignoriert|erneut|nochmal|weiterhin|obwohl|keine reaktion|nichts passiert|seit wochen|"
    "toujours|encore|malgré|déjà|troisième|sans réponse|aucune réponse|relance|ignoré|alors que|quand même|todavía|todavia|sigue|siguen|a pesar|otra vez|ya os|ya les|tercera vez|sin respuesta|aún |aun así|ignorado|nadie contest|"
    "ancora|nonostante|di nuovo|già |terza volta|nessuna risposta|ignorat|continuate|malgrado|ainda|apesar|de novo|outra vez|já |terceira vez|sem resposta|ninguém respond|continu|nog steeds|alweer|ondanks|opnieuw|al drie|derde keer|geen antwoord|genegeerd|toch weer|"
    "nadal|wciąż|mimo|znowu|ponownie|trzeci raz|bez odpowiedzi|brak odpowiedzi|już |до сих пор|опять|снова|несмотря|уже |третий раз|без ответа|игнор|всё ещё|все еще|так и не|досі|знову|попри|вже |втретє|ігнор|без відповіді|"
    "还是|还在|仍|依然|又|再次|第三次|没人理|没回|至今|已经|明明|一直没|還是|還在|仍然|又收|再次|第三次|沒人理|沒回|至今|已經|明明|まだ|また|何度|にもかかわらず|のに|返事がな|返信がな|無視|いまだ|相変わらず|以前|아직|또 |여전히|다시|세 번|답이 없|답변이 없|무시|계속|분명히|"
    "ما زال|مازال|لا يزال|لسه|رغم|مرة أخرى|مرة ثانية|للمرة|لم يرد|تجاهل|مجدد|hâlâ|hala |rağmen|tekrar|yine |üçüncü|cevap yok|yanıt yok|hiç cevap|vẫn|lại |lần thứ|mặc dù|dù đã|không ai|chưa ai|đã |masih|lagi|meski|padahal|ketiga kali|tidak ada balasan|belum dibalas|sudah |udah |"
    "ยังคง|อีกแล้ว|ทั้งที่|ครั้งที่สาม|ไม่มีใคร|เงียบ|ยังได้|ยังมี|ก็ยัง|फिर भी|अभी भी|दोबारा|तीसरी बार|जवाब नहीं|phir bhi|abhi bhi|abhi tak|teesri baar|stále|pořád|znovu|még mindig|megint|ismét|tot |iar |din nou|fortfarande|igen|stadig|fortsatt|enda|edelleen|taas|vieläkin|ακόμα|πάλι|ξανά|עדיין|שוב|هنوز|دوباره|باز هم"
)
_MINE: Final = (
    " my | mine| i'm | me | i've |myself| mein|meine| mich| mir | mon | ma | mes | moi| me | m'| j'| mi | mis | mío| mía| yo | mio | mia | miei| mie | meu | minha | meus | minhas | mim | mijn | m'n | mij| ik | mój| moje| moja| moich| moją| mnie| mi | мой | моя | мои | моё| мое| моих| мне | меня | мою| мій | моя | мої | мене | мені | моє|"
    "我的|本人|我 |把我|给我|給我|我|私の|自分の|僕の|わたし|当方|내 |제 |저의|저 |나의|저에|بيانات"
    "ي | لي |عني|حسابي| benim| bana |hakkımda|hesabım|verilerim|adım|numaram| của tôi| của mình| của em| tôi | mình | em | saya|ku | gue| aku |ของผม|ของฉัน|ของหนู|ของเรา|ของดิฉัน|ผม|หนู|ฉัน|मेर|मुझ|मैं|mera|meri|mere|mujhe| můj| moje| mé | enyém| az én| meu| mea | mele| min | mitt | mina | mit | mine | minun|tietoni|μου|שלי| من | خودم"
)
_GENERAL: Final = (
    "do you |does ejet|does your|in general|anyone|people|customers|users|before i buy|before buying|thinking of buying|just asking|out of curiosity|curious|what happens|"
    "generell|allgemein|grundsätzlich|kunden |nutzer|bevor ich|vor dem kauf|aus neugier|en général|les clients|les utilisateurs|avant d'acheter|par curiosité|en general|los clientes|los usuarios|antes de comprar|por curiosidad|"
    "in generale|i clienti|gli utenti|prima di comprare|per curiosità|em geral|os clientes|os usuários|antes de comprar|por curiosidade|in het algemeen|klanten|gebruikers|voordat ik|uit nieuwsgierigheid|"
    "ogólnie|klientów|użytkowników|zanim kupię|z ciekawości|в целом|вообще|клиент|пользовател|перед покупкой|из любопытства|загалом|клієнт|користувач|перед покупкою|цікаво|"
    "一般|用户|你们会|你们怎么|客户|买之前|好奇|一般來說|使用者|你們會|你們怎麼|顧客|買之前|御社|貴社|お客様|利用者|一般的|購入前|購入を検討|고객|이용자|일반적|사기 전|구매 전|궁금|عموما|العملاء|المستخدمين|قبل الشراء|فضول|genel olarak|müşteri|kullanıcı|almadan önce|merak|khách hàng|người dùng|trước khi mua|nói chung|tò mò|pelanggan|pengguna|secara umum|sebelum beli|penasaran|ลูกค้า|ผู้ใช้|โดยทั่วไป|ก่อนซื้อ|อยากรู้|ग्राहक|यूज़र|आमतौर|खरीदने से पहले|customers|users|kharidne se pehle"
)
_NO_ANSWER: Final = (
    "no need to reply|no reply need|no answer need|needn't reply|just saying|just wanted to|suggestion|feedback|idea:|would be nice|would be great|wish |keine antwort nötig|nur so|nur als|anregung|vorschlag|rückmeldung|wäre schön|wäre toll|lob |"
    "pas besoin de rép|pas la peine de rép|suggestion|juste pour|ce serait|no hace falta que|no hace falta resp|sugerencia|solo quería|estaría bien|sería genial|non serve risp|suggerimento|solo per dir|sarebbe bello|não precisa resp|sugestão|só para|seria bom|seria legal|"
    "geen antwoord nodig|hoeft geen antwoord|suggestie|tip:|zou fijn|zou mooi|nie trzeba odp|sugestia|propozycja|fajnie by|отвечать не|ответ не нужен|пожелание|предложение|было бы|не відповід|побажання|пропозиці|було б|"
    "不用回|无需回复|建议|希望能|要是能|不用回覆|無須回覆|建議|希望可以|要是能|返信不要|返信は不要|要望|あるといい|ほしいです|답장 안|답변 안|건의|제안|있으면 좋|لا داعي للرد|اقتراح|ملاحظة|yanıt gerek|cevap gerek|öneri|olsa güzel|không cần trả lời|khỏi trả lời|góp ý|giá mà|tidak perlu dibalas|ga usah dibalas|saran|masukan|ไม่ต้องตอบ|ข้อเสนอ|แนะนำ|อยากให้มี|जवाब की|सुझाव|sujhav|reply mat"
)
_PRESSING: Final = (
    "http|www.|click|klick|cliquez|clic |clicca|clique|klik|kliknij|нажмите|перейдите|ссылк|натисніть|посиланн|点击|链接|點擊|連結|クリック|リンク|클릭|링크|اضغط|الرابط|tıkla|bağlantı|nhấp|bấm vào|link|tautan|คลิก|ลิงก์|क्लिक|लिंक|password|passwort|mot de passe|contraseña|wachtwoord|hasło|пароль|密码|密碼|パスワード|비밀번호|كلمة المرور|şifre|mật khẩu|kata sandi|รหัสผ่าน|पासवर्ड|"
    "whatsapp|telegram|%|€|$|bitcoin|crypto|casino|seo|leads|macro|attach|anhang|pièce jointe|adjunto|allegat|anexo|bijlage|załącz|вложен|вкладен|附件|添付|첨부|مرفق|ekte|đính kèm|lampiran|แนบ"
)
_NAMES: Final = ("withdrawn", "kept", "not_erased", "declined", "again", "mine", "general",
                 "no_answer", "pressing")  # fmt: skip
_STEMS: Final = tuple(
    tuple(stem for stem in group.split("|") if stem.strip())
    for group in (_WITHDRAWN, _LEFT_AS_IS, _NOT_ERASED, _DECLINED, _AGAIN, _MINE, _GENERAL,
                  _NO_ANSWER, _PRESSING)
)  # fmt: skip
_TURNING: Final = 3  # of the groups, the first, turn the sense of a sentence
_DECLINES_WITHIN: Final = 24  # characters from the start
_SHAPES: Final = ("question", "quote", "subject", "link", "number", "short", "long")
COUNT: Final = len(_NAMES) + len(_SHAPES)
_WORTH: Final = np.sqrt(
    np.array(
        [0.5, 0.3, 0.4, 0.3, 0.06, 0.03, 0.12, 0.2, 0.12]  # what is said
        + [0.15, 0.15, 0.12, 0.15, 0.08, 0.08, 0.1],  # its shape
        dtype=np.float32,
    )
)
"""How far apart a cue puts two messages, beside vectors of unit length."""

_LINK: Final = re.compile(r"https?://|www\.|\.test/|\.example/", re.IGNORECASE)
_NUMBER: Final = re.compile(r"\d[\d\s.\-*]{4,}")
_SHORT: Final = 30
_LONG: Final = 300


def of(text: Text, view: str) -> Floats:
    """Return the cues of one message: 0, or what the cue is worth."""
    found = [
        any(stem in place for stem in stems)
        for stems, place in zip(_STEMS, _places(text, view), strict=True)
    ]
    wide = views.width(view)
    shape = (
        any(mark in view for mark in "??؟"),
        bool(text.quoted),
        bool(text.subject),
        bool(_LINK.search(view)),
        bool(_NUMBER.search(view)),
        wide < _SHORT,
        wide > _LONG,
    )
    row: Floats = np.array([*found, *shape], dtype=np.float32) * _WORTH
    return row


def found(text: Text, view: str) -> tuple[str, ...]:
    """Return the words of the message that turn its sense, for whoever asks why."""
    places = zip(_STEMS[:_TURNING], _places(text, view), strict=False)
    words = (next((stem for stem in stems if stem in place), "") for stems, place in places)
    return tuple(word.strip() for word in words if word)


def _places(text: Text, view: str) -> list[str]:
    """Return where each group of stems is looked for."""
    body = f" {views.flat(views.clean(text.newest)).lower()} ".replace("’", "'")[: 2 * views.ROOM]
    padded = f" {view.lower()} ".replace("’", "'").replace("\n", " ")
    places = [padded] * len(_STEMS)
    places[_NAMES.index("declined")] = body[:_DECLINES_WITHIN]
    if text.quoted:
        places[:_TURNING] = [body] * _TURNING  # the quote's words are not the answer's
    return places


def of_all(texts: Sequence[Text], shown: Sequence[str]) -> Floats:
    """Return a row of cues for every message."""
    if not texts:
        return np.zeros((0, COUNT), dtype=np.float32)
    return np.stack([of(text, view) for text, view in zip(texts, shown, strict=True)])
