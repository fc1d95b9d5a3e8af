"""What machines write, in the languages that they write it in.

Lists of phrases only, as sources of regular expressions; `mail.automation` and `mail.bounces`
decide with them, and never with a phrase alone.  All of them are in lower case, and so is the text they are looked for in.
"""

# ruff: noqa: E501 - a line is a language, however much it has to say

from __future__ import annotations

import re
from functools import cache

AUTOREPLY = """
auto(?:matic|mated)?[- ]?(?:reply|response|responder|answer)|autoreply|autoresponder
out[- ]of[- ](?:the[- ])?office(?: auto-?reply| reply| response| notification)?|ooo
vacation (?:reply|notice|message|response)|away (?:message|notice|from (?:my|the) mail)
automatische antwort|autom\\. antwort|automatische (?:email|e-mail|mail)-?antwort|autoantwort
abwesenheit(?:snotiz|snachricht|smeldung|sassistent|sagent|sbenachrichtigung)?|automatische abwesenheitsnotiz
réponse automatique|reponse automatique|absence du bureau|absent du bureau|message d'absence|avis d'absence
respuesta automática|respuesta automatica|fuera de (?:la )?oficina|contestador automático
resposta automática|resposta automatica|fora do escritório|ausência temporária
risposta automatica|fuori (?:sede|ufficio)|risponditore automatico
automatisch antwoord|automatische reactie|automatische beantwoording|afwezigheid(?:sbericht|smelding)?|niet aanwezig
autosvar|automatiskt svar|automatisk svar|frånvaro(?:meddelande)?|ikke på kontoret|fravær(?:smelding|sbesked)?
automaattinen vastaus|poissaoloviesti|poissa toimistosta|poissaoloilmoitus
automatyczna odpowiedź|odpowiedź automatyczna|autoodpowiedź|autoresponder|poza biurem
automatická odpověď|automatická odpoveď|mimo kancelář|mimo kanceláriu|nepřítomnost|neprítomnosť
automatikus válasz|automatikus valasz|házon kívül
răspuns automat|raspuns automat|în afara biroului
otomatik (?:yanıt|cevap|yanıtlama)|ofis dışında|ofis dışı
αυτόματη απάντηση|εκτός γραφείου
автоматический ответ|автоответ(?:чик)?|автоматична відповідь|автовідповідь|автоматичен отговор|вне офиса
automatski odgovor|аутоматски одговор|samodejni odgovor|automaatvastus|automātiskā atbilde|automatinis atsakymas
自動応答|自動返信|自動送信メール|不在通知|不在応答
自动回复|自动答复|自動回覆|自動回復|自动应答|外出自动回复
자동 ?(?:회신|응답|답장)|부재 ?중(?: 알림| 회신| 자동)?
رد تلقائي|الرد التلقائي|پاسخ خودکار|خارج المكتب
מענה אוטומטי|תשובה אוטומטית|מחוץ למשרד
ตอบกลับอัตโนมัติ|การตอบกลับอัตโนมัติ|ข้อความตอบกลับอัตโนมัติ
trả lời tự động|thư trả lời tự động|balasan otomatis|jawaban otomatis|balas otomatis|balasan automatik
स्वचालित उत्तर|स्वतः उत्तर
resposta automàtica|automātiska atbilde|automaatne vastus|sjálfvirkt svar|аўтаматычны адказ|автоматски одговор|автоматты жауап
erantzun automatikoa|përgjigje automatike|avtomatik cavab|awtomatikong tugon|ავტომატური პასუხი|ավտոմատ պատասխան
স্বয়ংক্রিয় উত্তর|தானியங்கு பதில்|خودکار جواب|majibu ya kiotomatiki
"""

ABSENCE = """
out of (?:the |my )?office|(?:currently|presently) (?:away|out|on (?:annual |parental |maternity )?leave|travell?ing)
i (?:am|will be|'m) (?:away|out|on (?:annual |parental |maternity |sick )?(?:leave|vacation|holiday)|travell?ing)
on (?:annual |parental |maternity |medical )leave|limited access to (?:my )?e-?mail|no access to (?:my )?e-?mail
(?:this is an? |an )?auto(?:matic|mated|mat)?(?:ally)?[- ]?(?:generated )?(?:reply|response|answer)
we have received your (?:e-?mail|message|request|enquiry|inquiry)|thank you for (?:contacting|your (?:e-?mail|message))
nicht im (?:büro|hause|haus|dienst)|(?:außer|ausser) haus|im urlaub|abwesend|nicht erreichbar|elternzeit
automatisch (?:generierte|erzeugte|erstellte|versandte)|eingangsbestätigung|ihre nachricht wird nicht weitergeleitet
absente? (?:du bureau|jusqu|du |de mon bureau)|en congés?|actuellement absente?|je suis absente?|en déplacement
réponse automatique|message automatique|de retour le
fuera de (?:la )?oficina|de vacaciones|estaré (?:fuera|ausente)|me encuentro (?:fuera|ausente)|respuesta automática
fora do escritório|de férias|estarei ausente|estou ausente|ausente do escritório|resposta automática
fuori (?:ufficio|sede)|in ferie|sono assente|sarò assente|risposta automatica
niet (?:op|aanwezig op|in) (?:het )?kantoor|afwezig|met vakantie|met verlof|op vakantie|automatisch (?:antwoord|bericht)
inte på kontoret|på semester|är ledig|föräldraledig|frånvarande|ikke på kontoret|på ferie|fraværende|ferieavvikling
poissa (?:toimistosta|töistä)|lomalla|en ole (?:tavoitettavissa|toimistolla)|vuosilomalla
poza biurem|na urlopie|nieobecn|nie ma mnie|urlopie wypoczynkowym
mimo kancelář|na dovolen|nejsem (?:v kanceláři|přítom)|nepřítom|mimo kancelári|som na dovolenke
szabadságon vagyok|házon kívül|nem vagyok elérhető|távollét
nu sunt (?:la birou|în birou)|în concediu|în afara biroului
ofis(?:te|in)? (?:dışında|değilim)|izinde(?:yim)?|yıllık izin|tatilde
εκτός γραφείου|σε άδεια|απουσιάζω|θα απουσιάζω
в отпуске|вне офиса|отсутству|нет на рабочем месте|в командировке|автоматический ответ|автоматически
у відпустці|поза офісом|відсутн|у відрядженні|в отпуск|извън офиса|на годишњем одмору|na godišnjem odmoru
不在に?(?:して|の)|休暇(?:中|を)|出張中|外出中|自動(?:返信|応答|送信|配信)
休假|不在办公室|不在辦公室|外出|出差|自动回复|自動回覆|已收到您的(?:邮件|来信|郵件|來信)|您的(?:邮件|来信)(?:已|我)|稍后(?:回复|给您)|尽快(?:回复|给您)
부재 ?중|휴가|출장|자동 ?(?:회신|응답|발송)|자리를 비
خارج المكتب|في إجازة|إجازة سنوية|تم استلام رسالتك|رد تلقائي|در مرخصی
לא נמצא(?:ת)? במשרד|מחוץ למשרד|בחופשה|בחופש
ไม่อยู่ที่(?:สำนักงาน|ออฟฟิศ)|ลาพักร้อน|ลางาน|ตอบกลับอัตโนมัติ
vắng mặt|nghỉ phép|không có mặt tại văn phòng|tự động
di luar kantor|sedang cuti|tidak berada di kantor|otomatis
कार्यालय से बाहर|छुट्टी पर|अवकाश पर
no longer (?:works?|working|employed|at the company|with (?:the|our|this) company)|(?:has|have) left the (?:company|organi[sz]ation|firm)
away (?:until|till|from|on|for)|out (?:until|till|from|through)|on (?:vacation|holiday)|(?:annual|parental|maternity|paternity|sick) leave
(?:get|be|come) back to you (?:within|as soon|when)|(?:reply|respond|answer) (?:to your \\w+ )?(?:when i|upon my|on my) return
urlaub|dienstreise|krank(?:heitsbedingt|geschrieben)|mutterschutz|wieder (?:erreichbar|im büro|für sie da)|(?:nachricht|e-mail|mail|anfrage) (?:erhalten|ist bei uns eingegangen)
en vacances|en arrêt|congé (?:maladie|maternité|parental)|bien reçu votre (?:message|demande|e-?mail|courriel)
de baja|vacaciones|no (?:estoy|estaré) disponible|hemos recibido su|férias|de licença|licença médica|recebemos (?:a sua|sua|o seu|seu)
in malattia|in maternità|non sono in ufficio|abbiamo ricevuto (?:la sua|il suo)|vakantie|verlof|wij hebben uw (?:bericht|e-mail|mail)
semester|tjänstledig|har ferie|ferie til|på ferie|permisjon|barsel|orlov|sykmeldt|sygemeldt|í (?:sumar)?fríi|í orlofi
lomalla|lomamatka|vapaalla|puhkus|kontorist eemal|lähetuses|atostog|komandiruot|atvaļinājum|komandējum
urlop|delegacji|zwolnieniu|dovolen|nemocensk|služební cest|služobnej ceste|szabadság|concediu|odmor|odsut|odsot|bolovanj|dopust
izinde|tatil|διακοπές|εκτός έδρας|отпуск|больничн|лікарнян|водпуск|одмор
de vacances|de baixa|soc fora|bercuti|sedang bercuti|naka-?leave|likizo|مرخصی|إجازة|اجازة|חופש
ลาพัก|ลากิจ|ลาป่วย|วันหยุด|nghỉ (?:phép|ốm|lễ)|छुट्टी|अवकाश|ছুটি|விடுப்பு
"""

CLOSED = """
(?:our|the) (?:offices?|company|practice|shop) (?:is|are|will be|remains?) closed|closed (?:for (?:the )?(?:holidays|christmas|new year|easter)|between christmas)
(?:büro|praxis|kanzlei|geschäftsstelle|betrieb|verwaltung|rathaus|laden|sekretariat)[^\\n]{0,60}geschlossen|betriebsferien|betriebsurlaub
(?:bureaux?|cabinet|entreprise|agence|secrétariat)[^\\n]{0,40}fermée?s?|fermeture (?:annuelle|estivale|exceptionnelle)
(?:oficinas?|empresa|despacho)[^\\n]{0,60}cerrad[oa]s?|(?:escritório|empresa)[^\\n]{0,60}fechad[oa]|recesso (?:de fim de ano|coletivo)|férias coletivas
(?:ufficio|uffici|azienda|studio)[^\\n]{0,60}chius[oaei]|chiusura (?:estiva|natalizia|aziendale)|(?:kantoor|bedrijf|praktijk)[^\\n]{0,40}gesloten
(?:kontor|kontoret)[^\\n]{0,40}(?:stängt|lukket|stengt)|(?:toimisto|konttori)[^\\n]{0,40}(?:kiinni|suljettu)|biuro[^\\n]{0,40}(?:nieczynne|zamknięte)
(?:kancelář|kancelária|úřad)[^\\n]{0,40}(?:zavřen|zatvoren|uzavřen)|(?:iroda|irodánk)[^\\n]{0,40}zárva|(?:birou|biroul)[^\\n]{0,40}închis
(?:ofis|büro)[^\\n]{0,40}kapalı|γραφείο[^\\n]{0,40}κλειστ|офис[^\\n]{0,40}(?:закрыт|зачинен|затворен)|休業|放假|휴무|(?:e-?mail|nachricht|mail) wird nicht (?:automatisch )?(?:weitergeleitet|gelesen|bearbeitet)
"""

ABSENCE += CLOSED.lstrip("\n")

RECEIPT = """
(?:ticket|case|request|message|enquiry|inquiry|application|complaint|e-?mail) (?:received|created|opened|registered|acknowledge?ment)
(?:request|message|ticket|case|enquiry|inquiry|e-?mail) (?:has been|was|is) (?:received|created|opened|registered)|we(?:'ve| have) received your|acknowledge?ment of receipt|thank you for contacting
(?:eingangs|empfangs)bestätigung|(?:anfrage|nachricht|anliegen|e-?mail|antrag|ticket|vorgang|mitteilung) (?:ist|wurde|haben wir)? ?(?:bei uns )?(?:eingegangen|erhalten|erstellt|angelegt|erfasst)
accusé de réception|(?:demande|message)[^\\n]{0,20} (?:bien )?(?:reçu|enregistré)e?|acuse de recibo|hemos recibido (?:su|tu)|(?:solicitud|consulta)[^\\n]{0,20} (?:recibida|registrada)
confirmação de recebimento|recebemos (?:a )?(?:sua|seu)|(?:solicitação|chamado|pedido)[^\\n]{0,20} (?:recebid|abert|registrad)[oa]|conferma di ricezione|abbiamo ricevuto la (?:sua|tua)|(?:richiesta|segnalazione)[^\\n]{0,20} (?:ricevuta|registrata|presa in carico)
ontvangstbevestiging|(?:verzoek|bericht|vraag|aanvraag)[^\\n]{0,20} (?:is )?ontvangen|bekräftelse|vi har (?:mottagit|modtaget|mottatt)|kvittering|olemme vastaanottaneet|vastaanottokuittaus
potwierdzenie (?:otrzymania|przyjęcia|wpłynięcia)|(?:zgłoszenie|wiadomość)[^\\n]{0,20} (?:zostało|została) (?:przyjęt|zarejestrowan|otrzyman)|potvrzení (?:o )?(?:přijetí|doručení)|potvrdenie (?:o )?(?:prijatí|doručení)|visszaigazolás
confirmare (?:de )?primire|başvurunuz (?:alınmıştır|alındı)|talebiniz (?:alınmıştır|alındı)|επιβεβαίωση (?:λήψης|παραλαβής)|(?:обращение|заявка|запрос|письмо)[^\\n]{0,20} (?:зарегистрирован|принят|получен|создан)|(?:звернення|заявк|запит)[^\\n]{0,20} (?:зареєстрован|прийнят|отриман)
受付(?:完了|のお知らせ|確認)|お問い?合わせ(?:を受け付け|ありがとう|受付)|(?:已收到|已受理|收到您的)|접수(?:되었|완료|확인)|تم استلام|פנייתך התקבלה|đã (?:nhận được|tiếp nhận)|telah (?:kami )?(?:terima|diterima)
"""

MACHINE_MADE = """
this (?:is an? |(?:e-?mail|message|reply|notification) (?:is|was|has been) )(?:\\w+ )?(?:auto(?:mated|matic|matically|-generated)|(?:generated|sent|created) automatically)|please do not (?:reply|respond) to this (?:auto|e-?mail|message)
(?:dies|das|hierbei|diese (?:e-?mail|nachricht|mail|antwort))[^.\\n]{0,40}automatisch|antworten sie (?:bitte )?nicht auf diese
(?:ceci est|il s'agit d'|ce (?:message|courriel|mail)|cet e-?mail)[^.\\n]{0,40}automatique|ne pas répondre à ce|(?:este|esta) (?:es|mensaje|correo|respuesta)[^.\\n]{0,40}automátic|no responda a este
(?:este|esta) (?:é|e-?mail|mensagem|resposta)[^.\\n]{0,40}automátic|não responda (?:a )?est[ea]|(?:questo|questa) (?:è|e-?mail|messaggio|risposta)[^.\\n]{0,40}automatic|non rispondere a quest
(?:dit (?:is|bericht)|deze (?:e-?mail|mail))[^.\\n]{0,40}automatisch|det(?:ta|te) (?:är|er|meddelande|mejl)[^.\\n]{0,40}automatisk|denne (?:e-?(?:mail|post)|mail|besked)[^.\\n]{0,40}automatisk|tämä (?:on|viesti)[^.\\n]{0,40}automaatti
(?:to jest|ta wiadomość|niniejsz\\w+ wiadomość)[^.\\n]{0,40}automatyczn|(?:toto je|tato zpráva|táto správa|tento e-?mail)[^.\\n]{0,40}automatick|ez (?:egy|az üzenet)[^.\\n]{0,40}automatikus|(?:acest|acesta este)[^.\\n]{0,40}automat|bu (?:bir |e-?posta|mesaj|ileti)[^.\\n]{0,40}otomatik
(?:это|данное|настоящее)[^.\\n]{0,40}автоматическ|це[^.\\n]{0,40}автоматичн|αυτ[όήο][^.\\n]{0,40}αυτόματ|(?:この|本)(?:メール|メッセージ|返信)[^。\\n]{0,20}自動|(?:此|本)(?:邮件|信件|郵件)[^。\\n]{0,20}(?:自动|自動)|(?:이|본) (?:메일|메시지|이메일)[^.\\n]{0,20}자동
هذ[هاا][^.\\n]{0,40}تلقائي|(?:זו|הודעה זו)[^.\\n]{0,30}אוטומטי|(?:đây là|thư này|email này)[^.\\n]{0,40}tự động|(?:ini adalah|email ini|pesan ini)[^.\\n]{0,40}otomatis
"""

UNREAD = """
without being (?:read|opened)|unread|ungelesen|ohne gelesen|sans (?:être|avoir été|qu'il ait été) lu|non lu|sin (?:ser|haber sido) leíd|sin leer|não lid|sem (?:ser|ter sido) lid|senza essere (?:stat[oa] )?lett|ongelezen|zonder te (?:zijn|worden) gelezen
utan att (?:ha )?läs|oläst|ulest|ulæst|uden at|lukematta|bez (?:prze|od)czyt|nieprzeczytan|bez přečtení|nepřečten|neprečítan|olvasatlan|elolvasás nélkül|necitit|fără a fi citit|okunmadan|χωρίς να διαβαστεί
непрочита|без прочтения|не ?прочит|не ?прочет|未読|読まれずに|未读|未讀|未经阅读|읽지 않|دون قراء|מבלי שנקרא|không đọc|chưa đọc|tanpa dibaca
"""

DECLARED = """
this is an? auto(?:mated|matic)?(?:ally[- ]generated)?[- ](?:response|reply|answer)
(?:dies|das|hierbei|es) (?:ist|handelt es sich um) eine automatische (?:antwort|abwesenheit)|ceci est une réponse automatique
est[ae] es una respuesta automática|esta é uma resposta automática|questa è una risposta automatica|dit is een automatisch (?:antwoord|gegenereerd antwoord)
det(?:ta|te) är ett automatiskt svar|dette er et automatisk svar|tämä on automaattinen vastaus|to jest automatyczna odpowiedź
toto je automatická odpoveď|toto je automatická odpověď|ez egy automatikus válasz|acesta este un răspuns automat|bu (?:bir )?otomatik (?:bir )?yanıt
это автоматический ответ|це автоматична відповідь|αυτή είναι αυτόματη απάντηση
这是(?:一封)?(?:来自.{0,12}的)?(?:假期)?自动回复|這是(?:一封)?自動回覆|(?:この|本)メールは.{0,12}自動返信|이 메일은 자동 ?(?:회신|응답)
هذا رد تلقائي|זו תשובה אוטומטית|đây là (?:thư )?trả lời tự động|ini adalah balasan otomatis|यह एक स्वचालित उत्तर
"""

BOUNCE = """
undeliver(?:ed|able|y)|undeliverable|non[- ]?deliver(?:y|able)|nondeliver(?:y|able)|failure (?:notice|delivery)
mail delivery (?:failed|failure|problem|error|warning|delayed|status)|mail (?:failed|failure)|mail not delivered
delivery (?:status )?notification|delivery (?:failure|failed|problem|error|delayed|warning)|delivery has failed|failed delivery
delivery to the following|(?:message|email|e-mail|mail|letter) (?:delivery (?:failure|failed|delayed)|delayed|undelivered)
returned (?:mail|to sender|email|message)|return(?:ing)? (?:message )?to sender|delayed mail|mail error|mail system error|email error
(?:could|can|was|were|has|have) ?(?:not|n't)(?: yet)? (?:be(?:en)? )?(?:deliver(?:ed)?|sent to)|couldn't be delivered
delivery (?:problems?|reports? about)|(?:was|were|been) (?:rejected|refused|blocked) by|recipients? (?:was|were) rejected
unable to deliver|not able to deliver|wasn't able to deliver|failed to deliver|cannot deliver|couldn't deliver
did ?(?:not|n't) reach|could not be reached|failed (?:recipients?|addresses|mail)|not delivered to
processing error|error(?:s)? (?:was detected|during delivery|sending)|encountered (?:an error|delivery problems)
(?:user|recipient|address|account|host|domain|mailbox) (?:is )?(?:unknown|not (?:found|known|listed)|unavailable|does(?: not|n't) exist|full)
(?:unknown|no such|invalid|bad) (?:user|recipient|address|mailbox|final delivery|host|domain)|no valid recipients
mailbox(?: is|'s)? (?:full|unavailable|not found|disabled|inactive)|over (?:disk )?quota|quota (?:exceeded|violation)|exceed(?:ed|ing|s)? (?:\\w+ ){0,3}quota
permanent (?:error|fatal|failure)|no longer (?:valid|in use|active|at)|wrong or no longer|has been postponed|still being retried
message status|address(?:es)? (?:had|failed|rejected)|host unknown|looping|too many hops|nameserver error
unzustellbar|nicht zustellbar|(?:nicht|nie) zugestellt|zustellung (?:fehlgeschlagen|verzögert|nicht möglich|ist)|fehlgeschlagene zustellung|konnte nicht .{0,40}(?:zugestellt|übermittelt)|zustellungsfehler|unzustellbare
non remis|non distribu|échec de (?:la )?(?:remise|livraison|distribution)|echec de|n'a pas pu (?:être|etre) (?:remis|d[ée]livr[ée]|distribu|envoy)|courrier non|non délivré|état de remise|échec d'envoi
no se (?:puede|pudo|ha podido) entregar|no pudo ser entregado|no entregad|no entregable|error (?:de|en la) entrega|estado de entrega|devolución de correo|correo devuelto|no ha podido ser entregado
não (?:é possível )?(?:foi )?(?:entreg|possível entregar)|falha (?:na|de) entrega|mensagem devolvida|não (?:pode|pôde) ser (?:entregue|enviada)|nao pode ser (?:entregue|enviada)|status de entrega
non recapitat|non recapitabil|mancat[oa] (?:recapito|consegna)|recapito non riuscito|impossibile (?:recapitare|consegnare)|stato del recapito|non è stato (?:possibile )?(?:recapit|consegn)
onbestelbaar|niet (?:worden |bestelbaar|afgeleverd|bezorgd)|bezorging (?:is )?mislukt|kon niet worden (?:afgeleverd|bezorgd)|aflevering mislukt
olevererbar|kunde inte levereras|gick inte att leverera|leveransfel|kan ikke leveres|kunne ikke leveres|ikke leveret|ikke levert|ikke mulig å levere|leveringsfeil
ei voitu toimittaa|ei voi toimittaa|toimittaminen epäonnistui|perille toimittamaton|toimitus epäonnistui
niedostarcz|nie (?:można|udało się) dostarczyć|niedoręczon|nie została dostarczona|zwrot wiadomości|niemożliwe dostarczenie
nedoručiteln|nedoručiteľn|nedoručen|nelze doručit|nemožno doručiť|nepodařilo se doručit|nepodarilo sa doručiť|kézbesíthetetlen|nem (?:sikerült )?kézbesít|sikertelen kézbesítés
nelivrabil|nu (?:s-a|a) putut (?:fi )?livra|imposibil de livrat|livrare eșuată|nije moguće isporučiti|isporuka nije|neisporučen|nedostavljiv|dostava ni uspela
teslim edilem|iletilem(?:edi|eyen)|gönderilemedi|ulaştırılamadı|δεν (?:είναι δυνατή|ήταν δυνατή) η παράδοση|αποτυχία παράδοσης|δεν παραδόθηκε|μη παραδοτέο
не ?доставлен|недоставлен|не удалось доставить|невозможно доставить|не может быть доставлено|состоянии доставки|ошибка доставки|доставка (?:не|задерж)|не вдалося доставити|неможливо доставити|неуспешна доставка|не може да бъде доставен|недоставено|није могуће испоручити
配信不能|配信できません|未配達|送信できませんでした|配信に失敗|配送できません|配信エラー|届けることができません|お届けできません|不達|送信エラー|宛先不明|エラーメール|配信状態通知
退信|退件|退回|投递失败|无法投递|未送达|发送失败|投遞失敗|無法(?:傳遞|投遞|遞送|傳送)|未传递|无法(?:送达|发送|传递|传送)|传输失败|傳送失敗|传送失败|未能送达|未送達|不存在|被拒绝|投递.{0,6}失败|延迟送达
배달되지|배달 ?(?:실패|불가|할 수 없)|전송 ?(?:실패|불가)|발송 ?실패|반송|전달(?:되지|할 수 없)|수신자를 찾을 수 없
تعذر (?:التسليم|تسليم|إرسال)|لم يتم (?:تسليم|التسليم|إرسال)|فشل (?:التسليم|في تسليم|تسليم|إرسال)|غير قابل للتسليم|تحویل داده نشد|تحویل ناموفق
לא ניתן (?:למסור|היה למסור)|מסירה נכשלה|לא נמסרה|נכשלה מסירת
недоставим|не уда[её]тся доставить|no es pot lliurar|no s'ha pogut lliurar|non se pode entregar|non se puido entregar|kättetoimetamatu|kohale toimetada|ei toimitettavissa
nemoguće isporučiti|nije isporučen|ni mogoče dostaviti|ni bilo mogoče dostaviti|nepristatom|nepristatyt|nepavyko pristatyti|nav piegādājam|neizdevās piegādāt|nevar piegādāt
kan inte levereras|tidak dapat dihantar|жеткізу мүмкін емес|óafhend|ekki (?:hægt|tókst) að afhenda|padorëz|çatdırılmadı|לא ניתן למסירה|המסירה ל[^\\n]{0,40}נכשלה|تحویل نشدنی|डिलीवर नहीं किया
ส่งไม่(?:ได้|สำเร็จ|ถึง)|ไม่สามารถ(?:ส่ง|นำส่ง|จัดส่ง)|không (?:gửi|thể gửi|chuyển|thể chuyển|phát) ?(?:được)?|gửi (?:thư )?thất bại|tidak (?:terkirim|dapat dikirim|dapat disampaikan)|gagal (?:dikirim|terkirim)|डिलीवर नहीं|वितरित नहीं
"""

DELAY = """
delay(?:ed)?|has not (?:yet )?been delivered (?:because|to all|after)|not yet been delivered|still being retried|will be retried
warning only|delivery attempts will (?:continue|be made)|deliver.{0,30}(?:over the next|will continue)|postponed|deferred
continue to (?:try|attempt)|verzögert|verspätet|retardé|différé|retrasad|demorad|atrasad|ritardat|vertraagd|försenad|forsinket
viivästy|opóźnion|zpožděn|oneskoren|késleltet|întârziat|gecik|καθυστέρησ|задерж|відкладено|затрима|забавен
遅延|延迟|延遲|지연|متأخر|تأخر|ล่าช้า|trì hoãn|tertunda
"""

FINAL = """
permanent|given up|giving up|failed permanently|has failed|delivery failed|no further attempts|returned to sender
\\b5\\.\\d{1,2}\\.\\d{1,3}\\b|\\b55[0-9][ -]
"""

DAEMON = """
mailer-?daemon|mail-?daemon|mdaemon|postmaster|mail[ _.-]?(?:delivery|deliverer|system|administrator|admin|service|server|router|gateway|subsystem)
(?:internet )?mail delivery|delivery (?:sub)?system|delivery agent|delivery (?:status )?notification|system administrator|smtp[ _.-]?(?:mail|server|gateway|daemon)
antivirus|anti-?spam|mmdf|bounces?|ndr|mailerdaemon|e-?mail (?:server|system|administrator)|symantec|interscan|imss|mailsweeper|mimesweeper
microsoft outlook|exchange server|lsmtp|listserv|maildelivery
邮件系统|系统邮件|郵件系統|邮箱|郵箱|管理员|管理員|почтов(?:ая|ый) (?:система|сервер)|メール配送|管理者
"""

CHALLENGE = """
(?:spam ?arrest|boxbe|spamfighter|choicemail|mailblocks|sendio|bluebottle|vanquish|tmda|qconfirm|spamblocker|0spam|mailinblack|knowspam)
confirm (?:that )?you(?:r| are)? (?:message|e-?mail|not a (?:spammer|robot)|a (?:real )?(?:human|person))|verify (?:that )?you are (?:a )?(?:human|a real person)
(?:needs|requires) your (?:verification|confirmation) (?:before|so)|add(?:ed)? (?:yourself )?to my (?:guest|allowed|approved|safe) (?:list|senders)
approved senders? list|one-time (?:verification|confirmation|authentication)|demande de confirmation (?:d'expéditeur|antispam)|mailinblack
"""


def find(phrases: str, text: str) -> re.Match[str] | None:
    """Return the first of the phrases in a text; what it matched is in lower case."""
    return _anywhere(phrases).search(text.lower())


def declares(phrases: str, text: str) -> re.Match[str] | None:
    """Return the first of the phrases that begins a line, a word before it allowed ("Note:")."""
    return _at_line(phrases).search(text.lower())


def opens(phrases: str, subject: str) -> re.Match[str] | None:
    """Return the phrase that a machine began a subject with: then a colon or nothing follows."""
    return _opening(phrases).match(subject.lower())


# Lowering the text and not the pattern's comparison is five times faster: the engine can then
# skip every position where none of the phrases can begin.
@cache
def _anywhere(phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{line})" for line in phrases.split("\n") if line))


@cache
def _at_line(phrases: str) -> re.Pattern[str]:
    body = "|".join(line for line in phrases.split("\n") if line)
    return re.compile(rf"^[ \t*_\-]*(?:\w{{2,12}}[ \t]*[:：][ \t]*)?(?:{body})", re.MULTILINE)


@cache
def _opening(phrases: str) -> re.Pattern[str]:
    body = "|".join(line for line in phrases.split("\n") if line)
    return re.compile(rf"[\W_]*(?:{body})[\W_]*(?:[:：\-–—(\[\]】)]|$)")
