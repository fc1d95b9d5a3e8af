"""What stands at the end of letters, by language: data only.

Polite closings, the lines that mobile clients add, the words of legal notices.  Rules that
read these rows are in `signature`.
"""

# ruff: noqa: E501 - a program's row is one line

SIGN_OFFS: dict[str, str] = {
    # whole lines, perhaps followed by a name; thanks are words of the writer and not here
    "en": "best regards|kind regards|regards|warm regards|warmest regards|with best regards|"
    "with kind regards|with regards|best wishes|with best wishes|all the best|best|cheers|"
    "sincerely|yours sincerely|sincerely yours|yours faithfully|faithfully|yours truly|"
    "yours|respectfully|respectfully yours|yours respectfully|very truly yours|kindest regards|"
    "kind wishes|take care|thanks and regards|thanks & regards|thanks and best regards|"
    "thanks & best regards|thank you and best regards|thanks and kind regards|br|rgds|best rgds|"
    "many thanks and best regards|many thanks and kind regards|warmly|cordially|"
    "with kindest regards|with warm regards|thanking you|looking forward to your reply",
    "de": "mit freundlichen grüßen|mit freundlichen grüssen|mit freundlichem gruß|"
    "mit freundlichem gruss|mit freundlichen gruessen|freundliche grüße|freundliche grüsse|"
    "freundlichen gruß|beste grüße|beste grüsse|viele grüße|viele grüsse|liebe grüße|"
    "liebe grüsse|herzliche grüße|herzliche grüsse|schöne grüße|gruß|grüße|gruss|grüsse|"
    "mit besten grüßen|mit besten grüssen|mit herzlichen grüßen|mit vielen grüßen|"
    "hochachtungsvoll|mfg|lg|vg|freundliche gruesse|herzliche gruesse|mit besten gruessen|beste gruesse|viele gruesse|liebe gruesse|bg|"
    "mit lieben grüßen|vielen dank und freundliche grüße|vielen dank und viele grüße|"
    "freundlich grüßt|es grüßt|mit freundlicher empfehlung|schönen gruß|besten gruß",
    "fr": "cordialement|bien cordialement|très cordialement|sincères salutations|"
    "salutations distinguées|bien à vous|bien à toi|amicalement|meilleures salutations|"
    "respectueusement|cdlt|salutations|salutations cordiales|avec mes salutations distinguées|"
    "avec mes meilleures salutations|bonne journée|bonne réception|cordiales salutations|"
    "veuillez agréer mes salutations distinguées|sincèrement|bien respectueusement",
    "es": "saludos|un saludo|saludos cordiales|un cordial saludo|cordialmente|atentamente|"
    "muy atentamente|atte|cordial saludo|un abrazo|reciba un cordial saludo|"
    "reciban un cordial saludo|le saluda atentamente|saludos atentos|sinceramente|"
    "mis saludos|saludo cordial|quedo atento|quedo atenta|atentos saludos|saluda atentamente",
    "pt": "atenciosamente|cumprimentos|melhores cumprimentos|com os melhores cumprimentos|"
    "att|abraços|abraço|cordialmente|saudações|com os meus cumprimentos|at.te|"
    "saudações cordiais|cordiais saudações|respeitosamente|um abraço|grato|grata|"
    "cordiais cumprimentos|sinceramente|com os melhores cumprimentos",
    "it": "cordiali saluti|distinti saluti|saluti|un saluto|cordialmente|un cordiale saluto|"
    "in fede|tanti saluti|con i migliori saluti|i migliori saluti|porgo distinti saluti|"
    "porgo cordiali saluti|cari saluti|saluti cordiali|a presto|con cordialità",
    "nl": "met vriendelijke groet|met vriendelijke groeten|vriendelijke groet|groeten|groet|"
    "vriendelijke groeten|mvg|hartelijke groet|hartelijke groeten|met hartelijke groet|"
    "hoogachtend|met hoogachting|beste groet|beste groeten|groetjes|met groet",
    "pl": "pozdrawiam|z poważaniem|z powazaniem|serdecznie pozdrawiam|pozdrawiam serdecznie|"
    "z wyrazami szacunku|pozdrowienia|z pozdrowieniami|łączę pozdrowienia|łączę wyrazy szacunku|"
    "pozdr|z serdecznymi pozdrowieniami|z uszanowaniem",
    "ru": "с уважением|с наилучшими пожеланиями|всего доброго|всего хорошего|с приветом|"
    "с искренним уважением|искренне ваш|искренне ваша|с глубоким уважением|всего наилучшего|"
    "с почтением",
    "uk": "з повагою|з найкращими побажаннями|всього найкращого|щиро ваш|щиро ваша|"
    "з щирою повагою|усього найкращого|на все добре",
    "be": "з павагай",
    "bg": "с уважение|поздрави|сърдечни поздрави|с най-добри пожелания|с поздрав|с почит",
    "sr": "srdačan pozdrav|срдачан поздрав|pozdrav|поздрав|s poštovanjem|с поштовањем|"
    "sa poštovanjem|са поштовањем|lep pozdrav|лп|lp",
    "hr": "srdačan pozdrav|s poštovanjem|lijep pozdrav|pozdrav|lijepi pozdrav|uz pozdrav",
    "sl": "lep pozdrav|s spoštovanjem|lepo pozdravljeni|prijazen pozdrav|prijazno pozdravljeni",
    "cs": "s pozdravem|s přátelským pozdravem|hezký den|s úctou|zdravím|s pozdravom|"
    "pěkný den|přeji hezký den|děkuji a s pozdravem|srdečně",
    "sk": "s pozdravom|s úctou|s priateľským pozdravom|pekný deň|prajem pekný deň",
    "hu": "üdvözlettel|tisztelettel|szívélyes üdvözlettel|üdv|köszönettel és üdvözlettel|"
    "baráti üdvözlettel|őszinte tisztelettel",
    "ro": "cu stimă|cu stima|cu respect|toate cele bune|o zi bună|o zi frumoasă|cu deosebită stimă|"
    "cu prietenie|cu considerație",
    "el": "με εκτίμηση|με φιλικούς χαιρετισμούς|φιλικά|χαιρετισμούς|χαιρετίσματα|"
    "ευχαριστώ εκ των προτέρων|με τιμή|μετά τιμής",
    "tr": "saygılarımla|iyi çalışmalar|saygılar|sevgiler|selamlar|iyi günler dilerim|"
    "saygılarımızla|en iyi dileklerimle|selam ve saygılar",
    "ar": "مع التحية|مع أطيب التحيات|تحياتي|مع خالص التحية|مع خالص الشكر والتقدير|"
    "مع فائق الاحترام|وتفضلوا بقبول فائق الاحترام|مع التقدير|أطيب التحيات|مع الاحترام|"
    "مع تحياتي|مع خالص التقدير",
    "fa": "با احترام|با تشکر و احترام|ارادتمند|با سپاس و احترام",
    "he": "בברכה|בכבוד רב|בידידות|כל טוב|בתודה ובברכה|תודה ובברכה|יום טוב|בתודה מראש|בהערכה",
    "hi": "सादर|भवदीय|भवदीया|शुभकामनाओं सहित|आपका|आपकी|सधन्यवाद|निवेदक",
    "th": "ขอแสดงความนับถือ|ด้วยความเคารพ|ด้วยความนับถือ",
    "vi": "trân trọng|thân mến|trân trọng kính chào|kính thư|trân trọng cảm ơn|thân ái|"
    "kính chào|thân|xin trân trọng",
    "id": "salam|hormat saya|hormat kami|salam hormat|salam hangat|dengan hormat saya",
    "ms": "yang benar|sekian|salam hormat",
    "sv": "med vänlig hälsning|med vänliga hälsningar|vänliga hälsningar|vänlig hälsning|hälsningar|"
    "mvh|hälsning|vh|med vänlig hälsn|bästa hälsningar|varma hälsningar|allt gott",
    "da": "med venlig hilsen|venlig hilsen|mvh|hilsen|de bedste hilsner|bedste hilsner|kh|vh|"
    "mange hilsner|kærlig hilsen|med venlige hilsner|venlige hilsner|dbh|bedste hilsen",
    "no": "med vennlig hilsen|vennlig hilsen|hilsen|mvh|beste hilsen|vennlige hilsener|"
    "med vennlege helsingar|venleg helsing|helsing|med venleg helsing",
    "fi": "ystävällisin terveisin|terveisin|parhain terveisin|yst. terv|t|terv|kunnioittaen|"
    "hyvää päivänjatkoa|yt|yst. terveisin|ystävällisesti",
    "et": "lugupidamisega|parimate soovidega|heade soovidega|tervitades|parimat",
    "lv": "ar cieņu|cieņā|ar sveicieniem",
    "lt": "pagarbiai|su pagarba|linkėjimai|geriausi linkėjimai",
    "is": "kær kveðja|bestu kveðjur|kveðja|með kveðju|virðingarfyllst|mbk",
    "ca": "salutacions|atentament|cordialment|salutacions cordials|una salutació|salut",
    "eu": "agur bero bat|ondo izan",
    "gl": "saúdos|un saúdo",
    "zh": "此致|敬礼|此致敬礼|祝好|顺颂商祺|顺祝商祺|祝商祺|此致 敬礼|敬上|敬祝|敬禮|"
    "此致敬禮|順頌商祺|順祝商祺|顺颂时祺|順頌時祺|祝工作顺利|祝工作順利|谨启|謹啟|祝您生活愉快|"
    "祝您工作顺利|以上|商祺|敬具",
    "ja": "敬具|草々|敬白|かしこ|謹白",
    "ko": "올림|드림|안녕히 계십시오|안녕히 계세요|배상",
}

AFTER_NAME = ("드림", "올림", "배상", "敬上", "謹上", "上", "拝")  # closings that follow a name

NOT_BEFORE_NAME = frozenset({"best", "yours", "salut", "以上", "thân"})  # too common a word

DEVICE_LINES: tuple[str, ...] = (
    # regular expressions on folded lines, matched whole; `…` is a short name without stops
    r"(?:sent|written|posted|typed|composed) (?:from|via|using|with|on|by|through) (?:my |the |a )?…",
    r"(?:sent|shared) from (?:outlook|yahoo|mail|gmail|proton|samsung|aol|hotmail|windows|spark)…",
    r"(?:get|download) (?:outlook|bluemail|airmail|spark|the app|my ?mail|typeapp|nine|boxer) for …",
    r"sent via the .{1,60} (?:smart)?(?:phone|device|tablet)",
    r"via (?:mobile|iphone|ipad|phone|blackberry|my phone|android|smartphone)",
    r"from my (?:iphone|ipad|phone|mobile|android|blackberry|samsung|galaxy|pixel|tablet|huawei)…",
    r"[a-z ]{0,20}from mobile",
    r"(?:sent|envoyé|enviado|inviato|gesendet) (?:securely )?(?:with|avec|con|com|mit) proton ?mail.{0,60}",
    r"sent with .{1,60} secure email\.?",
    r"sent with .{1,40} \(http.{1,80}\)",
    r"yahoo mail\s?: .{1,60}",
    r"(?:sent by|sent from) [^,.!?;]{1,40}(?:iphone|ipad|phone|mobile|blackberry|tablet|device|wireless|handheld)\.?",
    r"(?:connected by|delivered by) (?:motoblur|dropbox|vodafone).{0,20}",
    r"(?:please )?excuse (?:my |the |any |all )?(?:brevity|typos|typing|spelling).{0,80}",
    r"sent from .{1,30}please excuse.{0,60}",
    r"発信元:?…|outlook for (?:ios|android|mac) を入手",
    r"(?:发自|發自|来自|來自|发送自|發送自|寄自|傳送自|傳自)(?:我的?)? ?.{1,40}",
    r"(?:从|由|從|通过|透過|使用)(?:我的?)?.{1,40}(?:发送|發送|傳送|寄出|发出|發出|寄送)",
    r"(?:获取|下載|取得|下载|獲取) ?.{1,20}(?:outlook|邮箱|郵箱).{0,20}|(?:获取|取得|下载|下載)适用于.{1,40}",
    r"(?:나의|내) ?.{1,40}(?:에서|(?:으)?로) ?(?:보냄|보낸 메일|전송|보냈습니다)",
    r"outlook for .{1,12} ?다운로드",
    r"(?:von|vom) (?:meinem|mein|unterwegs|mobil).{0,40}(?:gesendet|geschickt|verschickt)",
    r"(?:diese (?:nachricht|e-?mail|mail) wurde )?(?:von|mit|via|per|über|gesendet (?:von|mit|über|aus)|versendet mit) .{1,60}(?:gesendet|verschickt|versendet|geschrieben)\.?",
    r"gesendet (?:von|mit|über|aus|via|per) .{1,50}",
    r"(?:holen sie sich|laden sie|hol dir) outlook .{1,20}",
    r"outlook (?:für|for) (?:ios|android|mac) (?:beziehen|herunterladen|holen|abrufen)",
    r"(?:envoyé|écrit|expédié|envoye) (?:depuis|de|à partir de|via|avec|par|d['’]|à partir d['’]).{1,60}",
    r"(?:télécharger|obtenir|téléchargez|obtenez) outlook (?:pour|for) .{1,20}",
    r"(?:enviado|escrito|enviada|mandado) (?:desde|de|a partir de|por|con|via|vía|com|do|da|pelo|a partir do) .{1,60}",
    r"(?:obtener|descargar|obtén|obter|transferir|baixar|obtenha|obtenga|descarga) (?:o )?outlook (?:para|for) .{1,20}",
    r"(?:inviato|scritto|spedito|inviata) (?:da|dal|dall'|tramite|con|via|dalla|col) ?.{1,60}",
    r"(?:ottieni|scarica) outlook per .{1,20}",
    r"(?:verzonden|verstuurd|gestuurd|geschreven) (?:vanaf|via|met|van|vanuit|met behulp van|door) .{1,60}",
    r"(?:outlook (?:voor|for) .{1,20}(?:downloaden|ophalen)|(?:download|haal) outlook (?:voor|for) .{1,20})",
    r"(?:wysłano|wysłane|wyslano|wysłany|napisano) (?:z|ze|za pomocą|przez|przy użyciu|od) .{1,60}",
    r"(?:pobierz|uzyskaj) (?:aplikację |program )?outlook (?:dla|na|for) .{1,30}",
    r"(?:отправлено|отправлена|послано|отправлен|написано) (?:с|со|из|через|от|при помощи|с помощью) .{1,60}",
    r"(?:скачать|получить|загрузить) outlook (?:для|for) .{1,20}",
    r"(?:надіслано|відправлено|надіслана|послано) (?:з|із|зі|через|від|за допомогою) .{1,60}",
    r"(?:отримати|завантажити) outlook для .{1,20}",
    r"(?:изпратено|изпратена) (?:от|с|чрез|през) .{1,60}",
    r"(?:odesláno|odesláno|poslané|odoslané|odesláno|posláno|odoslaný) (?:z|ze|zo|pomocí|pomocou|prostřednictvím|cez|přes) .{1,60}",
    r"(?:získat|stáhnout|získať|stiahnuť) (?:aplikaci |aplikáciu )?outlook (?:pro|pre) .{1,20}",
    r"(?:poslano|poslato|послато) (?:s|sa|iz|z|preko|са|с|помоћу|putem) .{1,60}",
    r"(?:elküldve|küldve|küldte|írva) (?:a |az |egy )?.{1,40}",
    r"(?:trimis|trimisă|expediat) (?:de pe|din|de la|prin|cu) .{1,60}",
    r"(?:obțineți|descărcați) outlook pentru .{1,20}",
    r"(?:στάλθηκε|εστάλη|απεστάλη) (?:από|μέσω|με) .{1,60}",
    r"(?:αποκτήστε|λήψη) (?:το |του )?outlook για .{1,20}",
    r"(?:skickat|skickades|sänt|skrivet) (?:från|via|med|av|genom) .{1,60}",
    r"(?:hämta|skaffa|ladda ned) outlook för .{1,20}",
    r"(?:sendt|skrevet|afsendt) (?:fra|via|med|på) .{1,60}",
    r"(?:hent|få|skaff deg|last ned|download) outlook (?:til|for) .{1,20}",
    r"(?:lähetetty|kirjoitettu|lähetin) .{1,60}",
    r"hanki outlook .{1,30}",
    r"(?:saadetud|kirjutatud) .{1,40}",
    r"(?:nosūtīts|sūtīts) no .{1,40}|(?:išsiųsta|siųsta) iš .{1,40}",
    r"(?:enviat|escrit) (?:des del?|amb|des de|via) .{1,40}",
    r"(?:sent|send) (?:frá|úr) .{1,40}",
    r"(?:أرسلت|أُرسلت|تم الإرسال|مرسلة|أرسل|مرسل|أُرسل|تم إرساله|تم إرسالها|ارسلت) (?:من|عبر|بواسطة|باستخدام) .{1,60}",
    r"(?:الحصول على|احصل على) outlook .{1,20}",
    r"(?:ارسال شده|فرستاده شده|ارسال) (?:از|با|توسط) .{1,40}",
    r"(?:נשלח|נשלחה|נכתב)(?: מ| באמצעות| על ידי|ה מ|).{1,60}",
    r"(?:קבל|הורד|השג) (?:את )?outlook .{1,20}",
    r"(?:मेरे|मेरी) .{1,40}(?:से|द्वारा) (?:भेजा गया|भेजा|प्रेषित)",
    r"(?:ส่ง|เขียน)จาก ?.{1,60}|(?:ดาวน์โหลด|รับ) ?outlook ?.{1,30}",
    r"(?:đã gửi|gửi|được gửi|viết) (?:từ|bằng|qua|bởi) .{1,60}",
    r"(?:tải|nhận|lấy) outlook (?:cho|dành cho) .{1,20}",
    r"(?:dikirim|terkirim|dihantar|ditulis) (?:dari|melalui|dengan|menggunakan|daripada|lewat) .{1,60}",
    r"(?:dapatkan|unduh) outlook untuk .{1,20}",
    r"(?:ipinadala) (?:mula sa|gamit ang|mula) .{1,40}",
)

DEVICE_LINES_NAME_FIRST: tuple[str, ...] = (
    # the same for languages in which the name stands first; none of these lines is ASCII
    r"[^。、,]{1,40}(?:から|より)(?:の)?(?:送信|送信されました|返信)(?:しました|しています)?",
    r"…を使用して送信|…で送信|.{1,30}を入手(?:してください)?",
    r".{1,30}에서 (?:보냄|전송|전송됨|보낸 메일입니다\.?|발송)",
    r".{1,20}용 outlook (?:다운로드|받기)",
    r".{1,40}(?:ról|ről|ból|ből) (?:küldve|küldött|elküldve)",
    r".{1,40}(?:['’]?(?:m|ı|i|u|ü)?(?:dan|den|tan|ten|imden|ımdan)|üzerinden|kullanılarak|cihazımdan|telefonumdan) (?:gönderildi|gönderilmiştir|gönderdim|yollandı)\.?",
    r".{1,20}için outlook'u (?:edinin|indirin|alın)",
    r".{1,40}(?:sta|stä|lta|ltä|lla|llä) lähetetty",
    r".{1,40} से भेजा गया",
)

DEVICES = (
    # a device, an app or a maker: what the short name of such a line must hold or be
    "iphon|ipad|ipod|android|samsung|galaxy|huawei|honor|xiaomi|redmi|poco|oppo|vivo|oneplus|"
    "pixel|nokia|lumia|blackberry|motorola|moto|htc|sony|xperia|lg|zte|realme|meizu|lenovo|"
    "windows|mac|macbook|imac|linux|outlook|gmail|mail|yahoo|aol|hotmail|proton|protonmail|"
    "tutanota|tuta|zoho|gmx|web.de|t-online|freenet|orange|sfr|free|laposte|libero|virgilio|"
    "tiscali|bol|uol|terra|yandex|яндекс|rambler|mail.ru|почты|почта|пошти|ukr.net|i.ua|naver|"
    "네이버|daum|다음|hanmail|qq|qq邮箱|foxmail|163|126|网易|網易|邮箱|郵箱|信箱|邮件|郵件|メール|"
    "phone|mobile|mobil|mobiltelefon|handy|smartphone|smartfon|telefon|telefoon|telefono|teléfono|"
    "telemóvel|celular|móvil|cellulare|portable|téléphone|telefone|movil|komórki|telefonu|телефона|"
    "смартфона|айфона|телефону|смартфону|мобильного|мобільного|мобилен|tablet|tablette|tableta|"
    "планшета|планшету|handheld|device|gerät|appareil|dispositivo|apparaat|urządzenia|устройства|"
    "пристрою|wireless|thunderbird|k-9|fairemail|spark|airmail|bluemail|superhuman|hey|missive|"
    "newton|edison|mailspring|canary|spike|sparrow|fastmail|posteo|mailbox.org|app|application|"
    "aplikacji|apparaatje|mobila|mobilen|min|puhelimesta|puhelin|puhelimestani|手机|手機|小米|华为|"
    "華為|苹果|荣耀|平板|휴대폰|스마트폰|갤럭시|아이폰|携帯|スマホ|スマートフォン|هاتفي|جهازي|هاتف|"
    "الهاتف|آيفون|سامسونج|جوالي|גלקסי|הטלפון|אייפון|הנייד|मोबाइल|फ़ोन|फोन|มือถือ|โทรศัพท์|ไอโฟน|"
    "điện thoại|ponsel|hp|hape|telepon|telefonum|cihaz|telefonomról|mobilom|κινητό|κινητού|"
    "vodafone|verizon|t-mobile|at&t|o2|telekom|roadrunner|webmail|roundcube|zimbra|lotus|notes|"
    "e-mail|email|workspace|office|surface|watch|kindle|chromebook|desktop|pc|computer|"
    "typeapp|aqua|vivaldi|betterbird|geary|kmail|claws|em client|the bat|shortwave|polymail|"
    "rediff|kakao|카카오|poczt|seznam|onet|interia|hubspot|rainloop|snappymail|kerio|groupwise"
)

NOTICES_MUST: tuple[tuple[str, ...], ...] = (
    # words of legal notices: secrecy, the addressee, this message
    (
        "confidential", "vertraulich", "confidentiel", "confidencial", "riservat", "confidenzial",
        "vertrouwelijk", "poufn", "конфиденциальн", "конфіденційн", "konfidentiel",
        "konfidensiel", "konfidentiell", "luottamuksel", "důvěrn", "dôvern", "bizalmas",
        "confidenți", "εμπιστευτικ", "gizli", "保密", "机密", "機密", "秘密", "기밀", "비밀", "سري", "חסוי",
        "bảo mật", "rahasia", "गोपनीय", "ความลับ", "privileged", "поверителн", "povjerljiv",
    ),
    (
        "intended", "solely for", "bestimmt", "adressat", "destiné", "destinataire",
        "destinatari", "destinada", "dirigid", "bestemd", "geadresseerde", "adresat",
        "przeznaczon", "адресат", "предназнач", "призначен", "adressat", "modtager", "mottaker",
        "mottagare", "vastaanottaj", "určen", "adresát", "címzett", "destinat", "αποδέκτ",
        "παραλήπτ", "alıcı", "收件人", "接收", "收件者", "宛先", "受信者", "수신인", "수신자", "المستلم",
        "المرسل إليه", "נמען", "người nhận", "penerima", "प्राप्तकर्ता", "ผู้รับ", "addressee",
        "recipient", "empfänger",
    ),
    (
        "this e-mail", "this email", "this message", "this communication", "diese e-mail",
        "diese nachricht", "ce message", "cet e-mail", "ce courriel", "este mensaje",
        "este correo", "esta mensagem", "este e-mail", "questo messaggio", "questa e-mail",
        "dit bericht", "deze e-mail", "ta wiadomość", "niniejsz", "это сообщение",
        "данное сообщение", "це повідомлення", "denne e-mail", "denne mail", "denne e-post",
        "detta e-post", "detta meddelande", "tämä viesti", "tato zpráva", "táto správa",
        "ez az üzenet", "ez az e-mail", "acest mesaj", "αυτό το μήνυμα", "bu e-posta", "bu mesaj",
        "本邮件", "本郵件", "本电子邮件", "本メール", "本電子郵件", "이 메일", "본 메일", "هذه الرسالة", "هذا البريد",
        "הודעה זו", "email này", "thư này", "email ini", "pesan ini", "यह ईमेल", "อีเมลนี้",
        "this mail", "this transmission", "the information contained", "ces informations",
        "cette communication", "die in dieser", "la información contenida",
        "le informazioni contenute", "de informatie in", "tento e-mail", "ovaj e-mail",
        "ova poruka", "това съобщение", "ta e-mail", "sähköposti", "denne melding", "此邮件", "该邮件",
        "此電子郵件", "이 전자우편", "본 이메일", "bu elektronik", "e-mail là", "surel ini",
    ),
)  # fmt: skip

NOTICES_MAY: tuple[tuple[str, ...], ...] = (
    # what is to be told, what to be destroyed, what is forbidden
    (
        "notify", "inform the sender", "contact the sender", "informieren", "benachrichtig",
        "avertir", "informer l'", "avisez", "notificar", "notifique", "informar", "comunicar",
        "avvisar", "informare", "stel de afzender", "informeer", "zawiadom", "poinformowa",
        "powiadom", "сообщит", "уведомит", "повідом", "underret", "informér", "informer avs",
        "meddela", "kontakta", "ilmoittakaa", "ilmoita", "informujte", "upozorn", "értesít",
        "anunțați", "notificați", "ενημερώσ", "bildirin", "haber ver", "通知", "告知", "連絡", "알려",
        "إبلاغ", "إخطار", "להודיע", "thông báo", "beritahu", "सूचित", "แจ้ง", "advise the",
    ),
    (
        "delete", "destroy", "löschen", "vernichten", "supprimer", "détruire", "eliminar",
        "elimine", "destruir", "borrar", "apagar", "cancellar", "distrugg", "verwijder",
        "vernietig", "usun", "usunąć", "удалит", "уничтож", "видал", "знищ", "slet", "radera",
        "poista", "hävit", "smaž", "vymaž", "znič", "töröl", "șterge", "distruge", "διαγράψ",
        "silin", "imha", "删除", "銷毀", "刪除", "销毁", "削除", "破棄", "삭제", "폐기", "حذف", "למחוק", "xóa",
        "hapus", "हटा", "ลบ", "radér", "slett",
    ),
    (
        "prohibited", "unauthorized", "unauthorised", "disclos", "dissemination", "unbefugt",
        "nicht gestattet", "untersagt", "interdit", "divulgation", "prohibid", "proibid",
        "vietat", "divulg", "verboden", "niet toegestaan", "openbaar", "zabronion", "ujawni",
        "запрещ", "разглаш", "заборон", "розголош", "forbud", "ulovlig", "förbjud", "obehörig",
        "kielletty", "zakázán", "tilos", "interzis", "απαγορεύ", "yasak", "禁止", "严禁", "嚴禁", "금지",
        "يحظر", "אסור", "nghiêm cấm", "dilarang", "निषिद्ध", "ห้าม",
    ),
)  # fmt: skip

NOT_IN_NOTICES = frozenset(
    # a writer speaks of herself: this is no printed notice
    {
        "i", "my", "me", "mine", "ich", "mein", "meine", "meiner", "meinen", "mir", "mich", "je",
        "j'ai", "mon", "mes", "yo", "mis", "mío", "eu", "meu", "minha", "meus", "minhas", "io",
        "mio", "mia", "miei", "mie", "ik", "mijn", "mój", "moje", "moich", "я", "мои", "мой", "моя",
        "мне", "мої", "мій", "jag", "min", "mina", "mitt", "jeg", "minun", "benim", "saya",
        "tôi", "मेरा", "मेरी", "أنا", "אני",
    }
)  # fmt: skip

NOTICE_TITLES = (
    "disclaimer|confidentiality notice|legal notice|legal disclaimer|privileged and confidential|"
    "confidentiality|confidentiality note|notice of confidentiality|email disclaimer|"
    "haftungsausschluss|vertraulichkeitshinweis|avis de confidentialité|clause de confidentialité|"
    "aviso legal|aviso de confidencialidad|cláusula de confidencialidad|"
    "aviso de confidencialidade|avviso di riservatezza|nota di riservatezza|免责声明|免責聲明|"
    "保密声明|申明|면책 조항|免責事項"
)
