"""What mail programs write around quotes, by language: data only.

Each row is what the localised clients print (Outlook, Gmail, Apple Mail, Thunderbird,
Yahoo, mobile clients, the webmails of a country).  Case and the space before a colon do
not matter; alternatives stand between bars.  Rules that read these rows are in `heads`
and `signature`.
"""

# ruff: noqa: E501 - a program's row is one line

WROTE: dict[str, str] = {
    # verbs (or what stands for them) of "On … Anna wrote:"; words of scripts with spaces
    "en": "wrote|writes|has written",
    "de": "schrieb|schreibt|geschrieben|hat geschrieben",
    "fr": "a écrit|a ecrit|ont écrit",
    "es": "escribió|escribio|escribe|ha escrito",
    "pt": "escreveu|escreve|escreveu o seguinte",
    "it": "ha scritto|scrive|scriveva|scritto",
    "nl": "schreef|schrijft|geschreven|heeft geschreven|het volgende geschreven",
    "pl": "napisał|napisała|napisał(a)|napisano|pisze|napisal|napisał/a|naskrobał|pisał|pisał(a)|napisana przez|użytkownik",
    "ru": "написал|написала|написал(а)|писал|писала|пишет|пользователь|написали",
    "uk": "написав|написала|написав(ла)|пише|написав(-ла)|писав|написано",
    "be": "напісаў|напісала|піша",
    "bg": "написа|пише|написал|писа",
    "sr": "је написао|је написала|je napisao|je napisala|пише|piše|написао|napisao/la",
    "mk": "напиша|пишува",
    "hr": "napisao je|napisala je|napisao|napisala|piše|napisao(la)|je napisao/la",
    "sl": "je napisal|je napisala|je napisal/a|napisal|piše",
    "cs": "napsal|napsala|napsal(a)|napsal/a|píše|odeslal",
    "sk": "napísal|napísala|napísal(a)|napísal/a|píše",
    "hu": "írta|ezt írta|írja|a következőt írta|írta ezt",
    "ro": "a scris|scria|scrie|a scris următoarele",
    "el": "έγραψε|έγραψε τα εξής|γράφει|έγραψαν",
    "tr": "yazdı|şunu yazdı|şunları yazdı|yazmış|yazıyor",
    "ar": "كتب|كتبت|كتب ما يلي|كتب/كتبت|كَتَبَ|تمت كتابة ما يلي بواسطة",
    "fa": "نوشت|نوشته است|نوشته",
    "he": "כתב|כתבה|כתב/ה|מאת|כתב:",
    "hi": "ने लिखा|लिखा|लिखते हैं",
    "bn": "লিখেছেন|লিখেছে",
    "vi": "đã viết|viết|đã viết như sau",
    "id": "menulis|telah menulis|menulis dalam",
    "ms": "telah menulis|menulis",
    "tl": "sumulat|isinulat",
    "sv": "skrev|skriver|har skrivit",
    "da": "skrev|skriver|har skrevet",
    "no": "skrev|skreiv|skriver",
    "fi": "kirjoitti|kirjoitit|kirjoittaa",
    "et": "kirjutas|kirjutab",
    "lv": "rakstīja|raksta|uzrakstīja",
    "lt": "rašė|parašė|rašo",
    "is": "skrifaði|ritaði",
    "ca": "va escriure|ha escrit|escrigué|escriu",
    "eu": "idatzi du|idatzi zuen|igorleak hau idatzi du|(e)k idatzi zuen",
    "gl": "escribiu",
    "sq": "shkroi|ka shkruar",
    "hy": "գրել է|գրեց",
    "km": "បានសរសេរ",
    "ka": "დაწერა|წერს",
    "kk": "жазды|деп жазды",
    "af": "het geskryf|skryf",
    "sw": "aliandika",
    "eo": "skribis",
}

WROTE_UNSPACED: tuple[str, ...] = (
    # the same for scripts without spaces and for verbs that grow on to a name
    "写道", "寫道", "写到", "寫到", "写了", "書きました", "のメール", "のメッセージ", "書いた",
    "作成", "님이 작성", "님이 쓴 글", "작성", "쓴 글", "님의 말", "님이 다음을 썼습니다", "씀", "썼습니다",
    "เขียนว่า", "เขียน", "ได้เขียน", "napisał(a)", "napsal(a)", "napísal(a)", "написал(а)",
    "yazdı", "wrote", "tarihinde", "님께서",
)  # fmt: skip

PERSONS: str = (
    # as written inside a sentence: a writer speaks of herself, or to us; not a client's line
    "I me my we our you your they he she ich mich mir mein meine wir nous yo nosotros ella io noi "
    "ik wij я мы вы он она они jag jeg minä én εγώ εμείς εσείς saya kami anda tôi "
    "أنا نحن אני אנחנו मैं हम आप"
)
PERSONS_UNSPACED: str = "我您你私僕"

POINTERS: tuple[str, ...] = (
    # a writer says that her answers stand within the quote
    "inline", "in-line", "in red", "in blue", "in green", "my answers below", "answers below",
    "my comments below", "comments below", "replies below", "responses below", "answered below",
    "in rot", "in blau", "antworten unten", "anmerkungen unten", "im text unten", "unten im text",
    "en rouge", "en bleu", "réponses ci-dessous", "dans le texte", "en rojo", "en azul",
    "respuestas abajo", "en el texto", "em vermelho", "em azul", "respostas abaixo", "in rosso",
    "in blu", "risposte sotto", "nel testo", "in het rood", "in rood", "in de tekst", "na czerwono",
    "w tekście", "odpowiedzi poniżej", "красным", "в тексте", "ответы ниже", "червоним",
    "відповіді нижче", "i rött", "svar nedan", "med rødt", "svar nedenfor", "punaisella", "červeně",
    "kırmızı", "红字", "红色", "文中", "紅字", "紅色", "赤字", "빨간색", "بالأحمر", "באדום", "màu đỏ",
    "warna merah",
)  # fmt: skip

ORIGINAL: tuple[str, ...] = (
    # between dashes: what was answered
    "original message", "original mail", "original e-mail", "original email", "original appointment",
    "reply message", "reply to message", "message", "original message follows", "original", "quoted message",
    "replied message", "begin original message", "previous message", "original text",
    "原始邮件", "原邮件", "回复的原邮件", "邮件原件", "原始邮件信息", "原始信息", "原件", "引用邮件",
    "回复邮件", "原文", "原始消息", "原始郵件", "原始訊息", "原郵件", "原始信件",
    "元のメッセージ", "オリジナルメッセージ", "オリジナル メッセージ", "original message ",
    "元のメール", "元メッセージ", "元のメッセージここから",
    "원본 메시지", "원본 메일", "원본메일", "원본 메세지", "원래 메시지", "원본메세지", "원문", "원본 이메일", "이전 메시지",
    "ursprüngliche nachricht", "original-nachricht", "originalnachricht", "ursprüngliche mail",
    "ursprüngliche e-mail", "original-mail", "originalmail", "ursprünglicher termin",
    "original nachricht", "ursprungsnachricht",
    "message d'origine", "message original", "message initial", "message d’origine",
    "mail original", "courriel original", "e-mail d'origine", "message d'origine :",
    "mensaje original", "mensaje de origen", "correo original", "mensaje originario",
    "mensagem original", "mensagem originária", "e-mail original", "msg original",
    "messaggio originale", "messaggio originario", "e-mail originale", "mail originale",
    "oorspronkelijk bericht", "oorspronkelijke bericht", "origineel bericht",
    "originele bericht", "oorspronkelijke e-mail", "oorspronkelijke afspraak",
    "wiadomość oryginalna", "oryginalna wiadomość", "wiadomosc oryginalna", "treść oryginalna",
    "wiadomość źródłowa", "pierwotna wiadomość",
    "исходное сообщение", "оригинальное сообщение", "исходное письмо", "первоначальное сообщение",
    "вихідне повідомлення", "оригінальне повідомлення", "початкове повідомлення",
    "першоджерело", "первинне повідомлення", "оригинално съобщение", "първоначално съобщение",
    "арыгінальнае паведамленне", "оригинална порука", "originalna poruka", "izvorna poruka",
    "izvirno sporočilo", "prvotno sporočilo",
    "původní zpráva", "původní e-mail", "pôvodná správa", "originálna správa",
    "eredeti üzenet", "eredeti levél", "mesaj original", "mesajul original", "mesajul inițial",
    "mesaj inițial", "αρχικό μήνυμα", "πρωτότυπο μήνυμα",
    "orijinal mesaj", "özgün ileti", "özgün mesaj", "orjinal mesaj", "orijinal ileti",
    "asıl mesaj", "الرسالة الأصلية", "رسالة أصلية", "الرسالة الاصلية", "پیام اصلی",
    "הודעה מקורית", "ההודעה המקורית", "मूल संदेश", "मूल मैसेज", "ข้อความต้นฉบับ",
    "ข้อความเดิม", "ข้อความดั้งเดิม", "thư gốc", "tin nhắn gốc", "thông điệp gốc", "email gốc",
    "pesan asli", "pesan awal", "mesej asal", "orihinal na mensahe",
    "ursprungligt meddelande", "originalmeddelande", "ursprungsmeddelande",
    "ursprungligt mejl", "oprindelig meddelelse", "original meddelelse",
    "oprindelig besked", "opprinnelig melding", "original melding", "opprinneleg melding",
    "alkuperäinen viesti", "alkup. viesti", "algne sõnum", "originaalkiri", "algne kiri",
    "sākotnējais ziņojums", "oriģinālā ziņa", "originali žinutė", "pradinis laiškas",
    "originalus laiškas", "upprunaleg skilaboð", "missatge original", "jatorrizko mezua",
    "mensaxe orixinal", "mesazhi origjinal", "бастапқы хабар",
)  # fmt: skip

FORWARDED: tuple[str, ...] = (
    # between dashes, or a line of its own before a header block: what was passed on
    "forwarded message", "begin forwarded message", "forwarded mail", "forwarded by",
    "start of forwarded message", "forwarded e-mail", "forward message", "forwarded email",
    "转发的邮件", "转发邮件", "转发邮件信息", "转发的邮件信息", "已转发邮件", "以下是转发的邮件",
    "開始轉寄的郵件", "轉寄郵件", "轉寄的郵件", "轉寄的訊息", "已轉寄的郵件", "以下為轉寄郵件",
    "转寄的邮件", "开始转发的邮件", "以下是被转发的邮件", "以下是轉寄的郵件",
    "転送メッセージ", "転送されたメッセージ", "以下に転送メッセージ", "転送メール",
    "以下、転送メール", "以下は転送されたメッセージです",
    "전달된 메시지", "전달된 메일", "전달 메시지", "전달된 메시지의 시작", "다음은 전달된 메시지입니다",
    "weitergeleitete nachricht", "anfang der weitergeleiteten nachricht", "weitergeleitete mail",
    "weitergeleitete e-mail", "weitergeleitet von",
    "message transféré", "début du message transféré", "message transmis", "début du message réexpédié",
    "message réexpédié", "courriel transféré", "message transfere",
    "mensaje reenviado", "inicio del mensaje reenviado", "inicio de mensaje reenviado",
    "mensaje remitido", "mensagem encaminhada", "início da mensagem encaminhada",
    "início da mensagem reencaminhada", "mensagem reencaminhada", "inicio da mensagem encaminhada",
    "messaggio inoltrato", "inizio messaggio inoltrato", "messaggio inviato",
    "doorgestuurd bericht", "begin doorgestuurd bericht", "doorgezonden bericht",
    "begin van doorgestuurd bericht", "begin doorgestuurde bericht",
    "wiadomość przekazana dalej", "przekazana wiadomość", "początek przekazanej wiadomości",
    "treść przekazanej wiadomości", "wiadomość przekazana", "początek przekazywanej wiadomości",
    "пересылаемое сообщение", "пересланное сообщение", "начало переадресованного сообщения",
    "перенаправленное сообщение", "переадресованное сообщение", "начало пересылаемого сообщения",
    "переслане повідомлення", "пересилане повідомлення", "початок листа, що пересилається",
    "початок пересланого повідомлення", "перенаправлене повідомлення", "препратено съобщение",
    "proslijeđena poruka", "prosleđena poruka", "прослеђена порука", "posredovano sporočilo",
    "početak proslijeđene poruke", "přeposlaná zpráva", "začátek přeposlané zprávy",
    "předaná zpráva", "preposlaná správa", "začiatok preposlanej správy",
    "továbbított üzenet", "továbbított levél", "a továbbított üzenet eleje", "mesaj redirecționat",
    "mesaj redirectionat", "mesaj retransmis", "începutul mesajului redirecționat",
    "προωθημένο μήνυμα", "αρχή προωθημένου μηνύματος", "αρχή προωθούμενου μηνύματος",
    "iletilen mesaj", "yönlendirilmiş mesaj", "iletilmiş mesaj", "iletilmiş mesajın başlangıcı",
    "iletilen ileti", "رسالة معاد توجيهها", "الرسالة المعاد توجيهها", "رسالة تمت إعادة توجيهها",
    "بداية الرسالة المعاد توجيهها", "بدء الرسالة المُحوّلة", "پیام فرستاده شده", "پیام هدایت شده",
    "הודעה שהועברה", "תחילת ההודעה שהועברה", "התחל הודעה שהועברה", "अग्रेषित संदेश",
    "अग्रेषित किया गया संदेश", "ข้อความที่ส่งต่อ", "เริ่มข้อความที่ส่งต่อ", "ข้อความที่ถูกส่งต่อ",
    "thư đã chuyển tiếp", "tin nhắn đã chuyển tiếp", "thư chuyển tiếp", "bắt đầu thư được chuyển tiếp",
    "chuyển tiếp thư", "pesan terusan", "pesan yang diteruskan", "awal pesan terusan",
    "mulai meneruskan pesan", "mesej dimajukan", "vidarebefordrat meddelande",
    "vidarebefordrat brev", "vidarebefordrat mejl", "börja vidarebefordrat meddelande",
    "start på vidarebefordrat meddelande", "videresendt meddelelse", "videresendt besked",
    "start på videresendt besked", "videresendt melding", "start på videresendt melding",
    "videresendt e-post", "begynnelse på videresendt melding", "välitetty viesti",
    "edelleenlähetetty viesti", "välitetty viesti alkaa", "edelleen lähetetty viesti",
    "edastatud kiri", "edastatud sõnum", "pārsūtītā ziņa", "pārsūtīts ziņojums",
    "persiųstas laiškas", "áframsend skilaboð", "missatge reenviat", "birbidalitako mezua",
    "mensaxe reenviada", "қайта жіберілген хабар",
)  # fmt: skip

REPLY_ABOVE: tuple[str, ...] = (
    # the line that helpdesks print: the answer stands above it
    "reply above this line", "type your reply above this line", "write your reply above",
    "reply above the line", "reply above this", "add your comment above this line",
    "oberhalb dieser zeile", "über dieser zeile", "au-dessus de cette ligne",
    "encima de esta línea", "por encima de esta línea", "arriba de esta línea",
    "acima desta linha", "sopra questa riga", "sopra questa linea", "boven deze regel",
    "boven deze lijn", "powyżej tej linii", "выше этой строки", "над этой строкой",
    "над цією лінією", "ovanför den här raden", "over denne linje", "over denne linjen",
    "tämän rivin yläpuolelle", "nad tento řádek", "nad touto čiarou", "a vonal fölé",
    "deasupra acestei linii", "bu satırın üzerine", "bu satırın üstüne", "πάνω από αυτή τη γραμμή",
    "在此行上方", "在此行以上", "この行より上", "이 줄 위에", "فوق هذا السطر", "מעל שורה זו",
    "phía trên dòng này", "di atas baris ini",
)  # fmt: skip
