"""The commonest words of each language, which a search index need not hold.

They find nothing, and their frequencies would tell the most to someone who has the index.  The
lists are short, written by hand, and in the folded spelling of `vault.tokens.fold`.  Words that
matter in one language and are small in another (`die`, `son`) are left in.
"""

from __future__ import annotations

from typing import Final

_BY_LANGUAGE: Final = {
    "en": """the and you your yours for that this these those with have has had are was were will
        would can could not but from they them their there been being our ours what which who how
        when where why all any his her hers its she him about into than then also just very please
        dear hello thanks thank regards sincerely kind best am is it in on of to be or as at by we
        me my do does did so if an no he us up out""",
    "de": """der das und ist nicht ich sie wir ihr ihre ihren ihrer ihrem ein eine einen einem
        einer eines den dem des mit von zu zum zur auf fur im in an am bei aus nach uber unter
        dass wenn auch noch nur oder aber wie als werden wird wurde worden haben hat hatte habe
        sind war waren sein bin kann konnen mir mich mein meine meinen meiner meinem uns unser
        unsere es er so sich bitte danke vielen dank sehr geehrte geehrter damen herren freundlichen
        freundliche grussen grusse hallo""",
    "fr": """le la les un une des du de et est pas je vous nous il elle ils elles on que qui quoi
        dans sur pour par avec sans au aux ce cet cette ces mon ma mes votre vos notre nos leur
        leurs sa ses se ne ni ou mais donc si plus tres etre avoir ai as ont sont etait ete suis
        etes avons avez bonjour merci cordialement madame monsieur en""",
    "es": """el la los las un una unos unas de del al y o u que en con por para sin sobre no si es
        son fue ser estar esta este estas estos esto eso ese esa esos esas mi mis tu tus su sus
        nuestro nuestra yo usted ustedes ellos ellas nosotros me te se lo le les nos he ha han muy
        mas pero como cuando donde porque gracias hola saludos estimado estimada estimados
        cordiales atentamente""",
    "it": """il lo la gli le un uno una di del della dei delle dello da dal dalla in nel nella con
        su sul sulla per tra fra ed che non si mi ti ci vi io lei lui noi voi loro sono era ho hai
        ha abbiamo avete hanno mio mia miei mie suo sua suoi vostro vostra nostro nostra questo
        questa questi queste quello quella come quando dove perche ma piu anche molto grazie
        buongiorno salve cordiali saluti gentile""",
    "pt": """os um uma uns umas de do da dos das em no na nos nas por pelo pela para com sem que
        se nao sim eu voce voces ele ela eles elas nos meu minha meus minhas seu sua seus suas
        nosso nossa este esta estes estas isso isto esse essa foi ser sao estou ter tem tenho mais
        mas como quando onde porque muito tambem obrigado obrigada ola atenciosamente prezado
        prezada prezados cumprimentos""",
    "nl": """de het een en van voor met zonder niet ik jij je jullie u uw wij we zij ze hij hem
        haar mijn ons onze hun dat dit deze wat wie waar hoe als maar ook nog naar bij uit op aan
        om te ter tot over dan er geen wel heb hebt heeft hebben had ben bent zijn was waren
        word wordt worden kan kunt kunnen zou graag alstublieft bedankt dank geachte beste
        vriendelijke groet groeten hallo""",
    "pl": """nie sie jest sa byl byla bylo to ten ta te tego tej tych tym na do od we za ze przez
        przy dla po pod nad oraz albo ale jak jako gdy kiedy gdzie co kto ktory ktora ktore czy
        ja ty my wy oni mnie mi moj moja moje moich mojego mojej pan pani panstwo panstwa panstwu
        prosze dziekuje pozdrawiam powazaniem szanowni dzien dobry witam juz tylko bardzo tak""",
    "ru": """и в во не на я вы мы он она они оно что как это этот эта эти того тот из за от до по
        с со к ко у о об для при без или но а же ли бы был была было были быть есть нет да все мой
        моя мое мои моих моего моей мне меня нам нас вам вас ваш ваша ваше ваши вашего вашей их его
        ее так также уже еще только очень если когда где кто который которая которые здравствуйте
        пожалуйста спасибо уважением добрый день""",
    "uk": """і й та в у не на я ви ми він вона вони воно що як це цей ця ці того той із зі з за від
        до по для при без або але а же чи би був була було були бути є немає так усе всі мій моя
        моє мої моїх мого моєї мені мене нам нас вам вас ваш ваша ваше ваші вашого вашої їх його
        її також уже вже ще лише тільки дуже якщо коли де хто який яка які вітаю доброго дня
        будь ласка дякую повагою""",
    "tr": """ve bir bu su ile icin de da mi mu ne ki ben sen biz siz onlar benim sizin bizim onun
        bana size bize beni sizi cok daha gibi kadar ama veya ya hem degil var yok olan olarak
        oldu olup ise her lutfen tesekkurler tesekkur ederim merhaba sayin saygilarimla iyi
        gunler""",
    "id": """yang dan di ke dari untuk dengan pada ini itu adalah saya kami kita anda mereka dia
        tidak bukan akan telah sudah belum bisa dapat juga atau tetapi karena jika agar oleh
        sebagai dalam ada apa bagaimana mohon tolong terima kasih selamat pagi siang hormat""",
    "vi": """va la cua cho cac nhung mot voi trong tren duoi tu den toi ban chung ho nay do khong
        co duoc da dang se thi ma nhu neu khi vi rang cung rat xin cam on chao tran trong kinh gui
        vui long""",
    "ar": """من في على الى عن مع هذا هذه ذلك تلك التي الذي الذين ان انا انت نحن هو هي هم لا لم لن
        ما كان كانت يكون قد كل او ثم لكن لقد بعد قبل عند حتى اذا كما لي لكم لنا شكرا مرحبا تحية
        السلام عليكم يرجى رجاء""",
    "hi": """और का के की को से में पर है हैं था थी थे हो मैं हम आप वह वे यह ये मेरा मेरी मेरे आपका
        आपकी आपके हमारा हमारे ने भी ही तो जो कि या एक नहीं लिए साथ कर करें किया कृपया धन्यवाद
        नमस्ते महोदय""",
    # Pairs of characters, as `vault.tokens` cuts scripts that are written without spaces.
    "zh": """的人 我的 你的 你好 您好 您的 我们 你们 他们 请问 谢谢 感谢 请您 一个 这个 那个 什么
        我們 你們 請問 謝謝 感謝 這個 那個 什麼 以及 或者 因为 因為 所以 如果 可以""",
    "ja": """です ます ませ せん した して てい いる いま ます すか から まで ので こと この その
        あの ある する され れる くだ ださ さい おり とう あり がと うご ござ ざい いま した
        たい れま ては には とは なる よう ろし しく""",
    "ko": """니다 합니 습니 입니 하는 하고 에서 으로 있는 있습 하여 안녕 녕하 하세 세요 감사 사합
        해주 주세 니까 그리 리고""",
}

STOP_WORDS: Final = frozenset(word for words in _BY_LANGUAGE.values() for word in words.split())
