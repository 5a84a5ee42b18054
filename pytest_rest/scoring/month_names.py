"""The names of months and days of the week in many languages, as Unicode's CLDR has them."""

import functools
import unicodedata

# Of each language the twelve months, each with the forms and the abbreviations in use.
MONTHS = """
january,jan|february,feb|march,mar|april,apr|may|june,jun|july,jul|august,aug
|september,sep,sept|october,oct|november,nov|december,dec
januar,jänner,jän|februar,feber,febr|märz,mär,mrz|april|mai|juni|juli|august|september
|oktober,okt|november|dezember,dez
janvier,janv|février,févr,fév|mars|avril,avr|mai|juin|juillet,juil|août|septembre|octobre
|novembre|décembre,déc
enero,ene|febrero|marzo|abril,abr|mayo|junio|julio|agosto,ago|septiembre,setiembre,set
|octubre|noviembre|diciembre,dic
gennaio,gen|febbraio,febbr|marzo|aprile|maggio,mag|giugno,giu|luglio,lug|agosto
|settembre,sett|ottobre,ott|novembre|dicembre
janeiro|fevereiro,fev|março|abril|maio|junho|julho|agosto|setembro|outubro,out|novembro
|dezembro
januari|februari|maart,mrt|april|mei|juni|juli|augustus|september|oktober|november|december
styczeń,stycznia,sty|luty,lutego,lut|marzec,marca|kwiecień,kwietnia,kwi|maj,maja
|czerwiec,czerwca,cze|lipiec,lipca,lip|sierpień,sierpnia,sie|wrzesień,września,wrz
|październik,października,paź|listopad,listopada,lis|grudzień,grudnia,gru
январь,января,янв|февраль,февраля,фев,февр|март,марта,мар|апрель,апреля,апр|май,мая
|июнь,июня,июн|июль,июля,июл|август,августа,авг|сентябрь,сентября,сен,сент
|октябрь,октября,окт|ноябрь,ноября,ноя,нояб|декабрь,декабря,дек
січень,січня,січ|лютий,лютого,лют|березень,березня,бер|квітень,квітня,квіт
|травень,травня,трав|червень,червня,черв|липень,липня,лип|серпень,серпня,серп
|вересень,вересня,вер|жовтень,жовтня,жовт|листопад,листопада,лист|грудень,грудня,груд
januari|februari|mars|april|maj|juni|juli|augusti|september|oktober|november|december
ocak,oca|şubat,şub|mart|nisan,nis|mayıs|haziran,haz|temmuz,tem|ağustos,ağu|eylül,eyl
|ekim,eki|kasım,kas|aralık,ara
leden,ledna,led|únor,února,úno|březen,března,bře|duben,dubna,dub|květen,května,kvě|červen,června
|červenec,července|srpen,srpna,srp|září,zář|říjen,října,říj|listopad,listopadu|prosinec,prosince
január|február|március,márc|április,ápr|május,máj|június,jún|július,júl|augusztus
|szeptember,szept|október|november|december
januari|februari|maret|april|mei|juni|juli|agustus,agt|september|oktober|november|desember,des
يناير|فبراير|مارس|أبريل,إبريل|مايو|يونيو,يونيه|يوليو,يوليه|أغسطس|سبتمبر|أكتوبر|نوفمبر|ديسمبر
كانون_الثاني|شباط|آذار|نيسان|أيار|حزيران|تموز|آب|أيلول|تشرين_الأول|تشرين_الثاني|كانون_الأول
जनवरी|फ़रवरी|मार्च|अप्रैल|मई|जून|जुलाई|अगस्त|सितंबर,सितम्बर|अक्टूबर,अक्तूबर|नवंबर,नवम्बर|दिसंबर,दिसम्बर
"""
WEEKDAYS = """
monday,mon|tuesday,tue,tues|wednesday,wed|thursday,thu,thurs|friday,fri|saturday,sat|sunday,sun
montag|dienstag|mittwoch|donnerstag|freitag|samstag,sonnabend|sonntag
lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche
lunes|martes|miércoles|jueves|viernes|sábado|domingo
lunedì|martedì|mercoledì|giovedì|venerdì|sabato|domenica
segunda-feira|terça-feira|quarta-feira|quinta-feira|sexta-feira|sábado|domingo
maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag
poniedziałek|wtorek|środa|czwartek|piątek|sobota|niedziela
понедельник|вторник|среда|четверг|пятница|суббота|воскресенье
måndag|tisdag|onsdag|torsdag|fredag|lördag|söndag
pazartesi|salı|çarşamba|perşembe|cuma|cumartesi|pazar
月曜日,月,星期一,월요일|火曜日,火,星期二,화요일|水曜日,水,星期三,수요일|木曜日,木,星期四,목요일
|金曜日,金,星期五,금요일|土曜日,土,星期六,토요일|日曜日,日,星期日,星期天,일요일
الاثنين,الإثنين|الثلاثاء|الأربعاء|الخميس|الجمعة|السبت|الأحد
"""


def month(name: str) -> int | None:
    """1 to 12 of a month's name, without a full stop and in any case."""
    return _numbers(MONTHS).get(_plain(name))


def weekday(name: str) -> int | None:
    """1, Monday, to 7 of a day's name."""
    return _numbers(WEEKDAYS).get(_plain(name))


def languages(table: str) -> list[list[list[str]]]:
    """A table as the names, in plain letters, of each number in each language."""
    lines = filter(None, table.replace("\n|", "|").split("\n"))
    return [[[*map(_plain, names.split(","))] for names in line.split("|")] for line in lines]


@functools.cache
def _numbers(table: str) -> dict[str, int]:
    return {
        name: number
        for language in languages(table)
        for number, names in enumerate(language, 1)
        for name in names
    }


def _plain(name: str) -> str:
    """A name without case and accents."""
    parts = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in parts if not unicodedata.combining(char))
