"""News made up for looking at mails: in English, Arabic and Hindi, with long words, with titles that are code."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An article of a feed, or without an outlet a text of its own."""

    outlet: str
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A topic, what names it, and the news about it."""

    id: str
    name: str
    color: str
    phrases: tuple[str, ...]
    articles: tuple[Article, ...]


def articles(outlets: Sequence[str], *texts: tuple[str, str]) -> tuple[Article, ...]:
    """Titles and texts, spread over outlets."""
    return tuple(
        Article(outlet=outlets[number % len(outlets)], title=title, text=text)
        for number, (title, text) in enumerate(texts)
    )


def _read(outlets: Sequence[str], blocks: str) -> tuple[Article, ...]:
    """Articles from paragraphs of which the first line is the title."""
    texts = (block.split("\n", 1) for block in blocks.strip().split("\n\n"))
    return articles(outlets, *((title, text.replace("\n", " ")) for title, text in texts))


ONE = Topic(
    id="cars",
    name="Cars",
    color="#b4441b",
    phrases=("van",),
    articles=_read(
        ["The Harbour Post"],
        """
Aurel prices its first electric van below every rival
The carmaker Aurel has priced its first electric van at 31,000 euro, well below what
its rivals ask. It carries 900 kilograms and drives 280 kilometres on one charge.
Deliveries begin in March.
""",
    ),
)

ARABIC = (
    Topic(
        id="cars",
        name="سيارات",
        color="#b4441b",
        phrases=("كهربائية",),
        articles=_read(
            ["صحيفة الميناء", "أخبار الطريق"],
            """
أوريل تعرض شاحنة كهربائية بسعر يقل عن أسعار منافسيها
أعلنت شركة أوريل سعر أول شاحنة كهربائية لها، وهو 31,000 يورو. تحمل الشاحنة 900
كيلوغرام وتقطع 280 كيلومترا بشحنة واحدة. ويبدأ التسليم في مارس المقبل.

مدينة سالتمير تشتري حافلات كهربائية لخطوط الليل
قرر مجلس المدينة شراء أربع عشرة حافلة كهربائية هادئة لخطوط الليل. وقال رئيس المجلس
إن السكان سينامون أفضل. وتصل الحافلة الأولى قبل الصيف.

محطة شحن كهربائية جديدة بين الجبال
افتتحت محطة كهربائية لشحن السيارات على ارتفاع 1,900 متر. يستغرق الشحن عشرين دقيقة،
ويقدم المقهى المجاور الشاي مجانا.

دراجة كهربائية تحل محل ساعي البريد وحصانه
بعد ثلاثين عاما من العمل تقاعد آخر حصان للبريد في الجزيرة. وتنقل الرسائل الآن دراجة
كهربائية بثلاث عجلات.

عبارة كهربائية تعبر المضيق دون ضجيج
عبرت عبارة كهربائية المضيق في رحلتها الأولى ومعها 120 راكبا. ولم يسمع الصيادون سوى
الموج.
""",
        ),
    ),
    Topic(
        id="ai",
        name="الذكاء الاصطناعي",
        color="#5b4fe0",
        phrases=("نموذج",),
        articles=_read(
            ["المختبر المفتوح", "صحيفة الميناء"],
            """
مختبر Quillfen ينشر نموذج لغة مفتوحا للجميع
نشر مختبر Quillfen أوزان نموذج لغوي يعمل على حاسوب محمول. ويقول الباحثون إن النموذج
يقرأ 400 صفحة دفعة واحدة. ويمكن تنزيله بلا مقابل.

ممرضات يجربن نموذج ذكاء لكتابة ملاحظات الليل
بدأت ثلاث مستشفيات تجربة نموذج يكتب ملاحظات المناوبة الليلية. وتقول الممرضات إنه
يوفر ساعة كل ليلة، لكنهن يراجعن كل سطر.

نموذج صغير يسمع تسرب المياه تحت الشوارع
يتعرف نموذج صغير على صوت تسرب المياه من مسافة مئة متر. وجدت البلدية به تسعة عشر
تسربا في أسبوع واحد.
""",
        ),
    ),
)

HINDI = (
    Topic(
        id="cars",
        name="गाड़ियाँ",
        color="#b4441b",
        phrases=("इलेक्ट्रिक",),
        articles=_read(
            ["बंदरगाह समाचार", "सड़क पत्रिका"],
            """
ऑरेल की पहली इलेक्ट्रिक वैन प्रतिद्वंद्वियों से काफ़ी सस्ती
कंपनी ऑरेल ने अपनी पहली इलेक्ट्रिक वैन का दाम 31,000 यूरो रखा है। यह 900 किलोग्राम
सामान लेकर एक बार चार्ज करने पर 280 किलोमीटर चलती है। बिक्री मार्च में शुरू होगी।

सॉल्टमीर शहर रात की सेवा के लिए इलेक्ट्रिक बसें ख़रीदेगा
नगर परिषद ने चौदह शांत इलेक्ट्रिक बसें ख़रीदने का फ़ैसला किया है। महापौर ने कहा कि
लोग अब चैन से सोएँगे।

पहाड़ों के बीच खुला नया इलेक्ट्रिक चार्जिंग स्टेशन
समुद्र तल से 1,900 मीटर ऊपर एक इलेक्ट्रिक चार्जिंग स्टेशन खुला है। बीस मिनट की
प्रतीक्षा में पास का ढाबा चाय पिलाता है।

द्वीप पर डाकिए के घोड़े की जगह इलेक्ट्रिक साइकिल
तीस वर्ष की सेवा के बाद द्वीप का अंतिम डाक-घोड़ा सेवानिवृत्त हुआ। अब चिट्ठियाँ तीन
पहियों वाली इलेक्ट्रिक साइकिल पहुँचाती है।

इलेक्ट्रिक नौका ने बिना शोर के खाड़ी पार की
पहली यात्रा में इलेक्ट्रिक नौका 120 यात्रियों को लेकर खाड़ी के पार पहुँची। मछुआरों
ने केवल लहरें सुनीं।
""",
        ),
    ),
    Topic(
        id="ai",
        name="कृत्रिम बुद्धिमत्ता",
        color="#5b4fe0",
        phrases=("मॉडल",),
        articles=_read(
            ["खुली प्रयोगशाला", "बंदरगाह समाचार"],
            """
Quillfen प्रयोगशाला ने सबके लिए खुला भाषा मॉडल जारी किया
Quillfen प्रयोगशाला ने एक ऐसा भाषा मॉडल जारी किया है जो साधारण लैपटॉप पर चलता है।
शोधकर्ताओं के अनुसार यह एक बार में 400 पन्ने पढ़ता है।

रात की रिपोर्ट लिखने में नर्सों की मदद करेगा मॉडल
तीन अस्पतालों में एक मॉडल रात की पाली की रिपोर्ट लिख रहा है। नर्सें कहती हैं कि हर
रात एक घंटा बचता है, पर हर पंक्ति वे स्वयं जाँचती हैं।

छोटा मॉडल सुन लेता है सड़क के नीचे पानी का रिसाव
एक छोटा मॉडल सौ मीटर दूर से पानी के रिसाव की आवाज़ पहचान लेता है। नगरपालिका ने एक
सप्ताह में उन्नीस रिसाव खोजे।
""",
        ),
    ),
)

_LONG_WORD = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz"
LONG = (
    Topic(
        id="law",
        name="Grundstücksverkehrsgenehmigungszuständigkeitsübertragungsverordnung",
        color="#0f7f73",
        phrases=("law",),
        articles=articles(
            ["Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft", "x" * 60],
            (f"A law with the name {_LONG_WORD} ends", f"The law was {_LONG_WORD * 3} to all. It is gone by now."),
            ("a" * 300, f"This law is {'b' * 400} in full. {'c' * 200} is another law."),
            ("法律が変わる" * 20, "The law of " + "条" * 200 + " has changed. Nobody noticed."),
            ("W" * 40 + " and the law", "A law at https://example.org/" + "path/" * 40 + " says it all."),
            ("i.i.i." * 30, "A law without any blank," + "and_so_on_" * 30 + " to the end."),
            ("Q" * 90, "One more law " + "Q" * 90 + "."),
        ),
    ),
)

HOSTILE = Topic(
    id="code",
    name="<b>Code</b> & {{ 7*7 }}",
    color="#5b4fe0",
    phrases=("code",),
    articles=articles(
        [""],
        (
            "Look: <script>document.title = 'owned'</script>",
            "The code of this first one ran nowhere. It was only read.",
        ),
        ("Fish & chips &amp; &lt;b&gt;vinegar&lt;/b&gt;", "Secret code was found on an old menu of the pier."),
        ("A NUL \x00 and a bell \x07 in it", "Morse code came through the wall at night, said the guard."),
        ("Read \u202ethis backwards\u202c and \u2066that", "A postal code was lost between two islands last week."),
        ("👩‍🚀🏳️‍🌈 lands 🇩🇪 twice 👍🏽", "The dress code on board is loose, according to its captain."),
        ("{{ 7*7 }} {% raw %} {# no #}", "A bar code was read upside down in the bakery."),
        ("%%UNSUB%% %%EMAIL%% %(name)s", "A building code from 1911 forbids this door."),
        (
            "\"><img src=x onerror=\"top['docu'+'ment'].title=1\">",
            "Four lines of code are missing from the museum, says its porter, who keeps the keys of the northern wing.",
        ),
        ("A table ends </td></tr></table></body></html>", "A colour code explains the new tram map to visitors."),
        ("]]><mj-text>-->{}", "The code of conduct got a second page on Friday."),
        ("word " * 1_000, "A cheat code was printed in the parish letter."),
    ),
)
