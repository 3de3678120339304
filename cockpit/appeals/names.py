"""Names of people in a text: after words that lead to one, before words that follow one."""

# ruff: noqa: E501 - tables of words and patterns: a row a line, and Chinese counts double

from __future__ import annotations

import re

_HAN = "\u4e00-\u9fff"
_TWO = "欧阳|司马|上官|诸葛|皇甫|尉迟|令狐"
# Surnames that a name starts with: without them "我叫他不要来" would lose words that are no name.
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁"
    "任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫"
    "孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌"
    "毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳"
)
# Surnames that hardly begin another word: a name is believed without looking at what follows.
_PLAIN = "王李张刘陈杨赵吴周徐孙朱郭罗郑梁谢宋韩冯邓曹彭肖袁潘蒋蔡杜魏吕姚卢姜崔谭廖贾邹邱薛闫黎贺郝龚邵覃"

# Ordinary words that begin with a surname, as they stand after people and before verbs.
_WORDS = (
    "王[家府]|李子|张[贴开家挂口]|刘家|陈[述旧列家]|杨[树梅柳家]|黄[牛豆色金昏土沙线码家泥]|周[围边末期一二三四五六日岁年转]|孙[子女]|"
    "马[路上桶达力虎云家]|胡[乱同说家]|何[在以时人处种况必去等]|高[姿超傲消中速度层空价考压温额新管达校龄铁原低峰兴声音利收血标质昂山频低三二一坡架]|"
    "林[木地业权区场]|罗列|郑重|谢[谢绝]|唐突|许[多可久诺愿]|曾[经多向于在拨致打就几数是被有因用把将与和到反两一去找给对要投]|田[地里间土块坝]|"
    "于[昨今前上下本该此是\\d二一三去当同年月情我他]|余[下款额元名人年户]|程[序度]|苏[醒州]|任[期何由意务职凭性命教其]|沈阳|钟[头点表]|陆[续地]|"
    "范[围本]|金[额钱融属沙山]|石[头材灰子油场料]|夏[天季日]|付[款出清钱费给不了完完房首]|方[便面向式才法案圆可能]|白[血领费天色白酒条]|江[边西苏水]|"
    "段[时路]|雷[雨电]|龙[头]|史上|毛[病坯孩]|万[元一人分般余平事户多能达科家岁物]|钱[款财都没不物给是已]|严[重格禁厉肃谨查惩]|武[断力装警汉]|莫[名非大须]|"
    "孔洞|向[他你您我政领贵上县镇村市有相社街派其各学法公贵居业老群用\\[\\d前后左右]|汤水|温[州和柔度暖馨水泉]|康[复养]|施[工行暴救肥]|文[盲件化字明旅]|牛[奶羊]|"
    "安[全置排装监徽顺心宁静保抚检居]|齐[全心]|易[燃爆地发]|伍佰|颜色|庄[稼园]|章程|申[请报诉办领]|关[窗机火掉于闭注系心停掉键门机]|兰州|焦急|左[右边侧转]|"
    "甘肃|祝[您愿贵福]|包[括工含装庇裹庇干]|宁[静可愿波]|尚[未且]|符[合]|舒[适服]|纪[检律委念]|梅雨|童年|凌晨|毕[业竟节]|单[位元独方身人价据面凭纯]|季[节度]|"
    "成[立为员都绩本年人品熟分交功天群]|苗[木圃]|谷[物子]|盛[夏]|曲折|路[面段口边灯过人上况程费基线由]|游[客玩泳]|辛[苦勤]|蓝色"
)
_NOT_WORDS = rf"(?!{_WORDS})"
# What no given name has (的 我 村), and what begins the next word rather than ends a name.
_NEVER = "的了是不个位这那我你他她它们就都也及或被把给让吗呢吧啊说等很没还又村镇乡组寨县市区街厂店局所湾坝沟屯坪坡庄楼院校社司矿某姓"
_NOT_LAST = _NEVER + "家称和在与因已未将对从向到去用跟占欠拖打骂养偷收贪违私乱擅酒患受拒有"
_ADDRESSED = "先生|女士|小姐|阿姨|大爷|大妈|大叔|大姐|大哥|师傅|同志|老师|医生"
_FIRST = rf"(?!{_ADDRESSED})[^\W\da-zA-Z_{_NEVER}家]"
_LAST = rf"(?!来[电访信]|反映|举报|投诉)[^\W\da-zA-Z_{_NOT_LAST}]"
_NO_PLACE = "(?![村镇乡组寨县市区路街巷厂店局所湾坝沟屯坪桥坡庄楼院校社]|公司|集团|酒店|超市|家[村湾寨坝沟坪])"

_SAYS = "反映|来电|来信|来访|来函|致电|投诉|举报|咨询|求助|信访|上访"
_ENDS = (
    rf"(?=$|[ ，。！？；：、,.()（）\[\]\d]|{_SAYS}|{_ADDRESSED}|是|电话|手机|联系|身份|住|家|现|系|来自|今年|男|女|说|称|表示|"
    "诉|提出|要求|希望|询问|建议|认为|在|于|与|和|等|及|向|因|的|占|欠|拖|打|骂|私|将|把|被|对|从|未|已|没|不|也|还|又|经常|长期|多次|违|"
    "强[占行拆]|贪|收|偷|养|开|用|利用|以|到|去|患|死|受|拒|滥|擅|乱|酒|无|有|承包|负责|通过|找|让|叫|给|跟|由|一家|夫妇|夫妻|本人)"
)  # fmt: skip

_SURNAME = rf"(?:{_TWO}|[{_SURNAMES}])"
# 买买提·艾力: the dot is also that of estates (某某·花园), so a lead or a follower must tell.
_DOTTED = rf"[{_HAN}]{{1,7}}(?:[·•・‧][{_HAN}]{{1,8}}?){{1,3}}"
_NAME_AND_END = (
    rf"(?:{_NOT_WORDS}{_SURNAME} ?(?:{_FIRST}{_LAST}|{_FIRST}){_NO_PLACE}{_ENDS}|{_DOTTED}{_ENDS})"
)
_NAME_ALONE = rf"{_NOT_WORDS}(?:{_TWO}|[{_PLAIN}])(?:{_FIRST}{_LAST}|{_FIRST}){_NO_PLACE}"

_GAP = "(?:是|为|叫)?[ :：]{0,3}"
_SURE = (
    "我叫|我名叫|本人叫|名叫|姓名|来电人|反映人|投诉人|举报人|申请人|当事人|联系人|信访人|上访人|诉求人|求助人|报警人|报案人|户主|机主|"
    "被告|原告|其妻|其夫|其子|其女|其父|其母|妻子|丈夫|老公|老婆|儿子|女儿|儿媳|女婿|孙子|孙女|父亲|母亲|爸爸|妈妈|哥哥|弟弟|姐姐|妹妹|"
    "村支书|支书|书记|主任|村长|会计|老板娘|老板|包工头|法人|法定代表人"
)
_LIKELY = (
    "我是|本人|本人是|村民|居民|邻居|群众|老人|住户|业主|车主|房东|司机|患者|伤者|死者|学生|同学|老师|医生|职工|员工|工人|朋友|亲戚|"
    "经理|校长|院长|队长|组长|所长|镇长|乡长|局长|负责人|党员|男子|女子|举报|联系|状告"
)

_KIN = "老人|老太|奶奶|爷爷|外婆|外公|婆婆|公公|妈妈|爸爸|母亲|父亲|家长|老师|医生|主任"
_THEIRS = (
    "邻居|孩子|儿子|女儿|妻子|丈夫|老婆|老公|母亲|父亲|妈妈|爸爸|爷爷|奶奶|家人|家属|老师|房子|房屋"
)
# 紧张老师 and 上周医生 have a surname that ends a word; 杜绝医生 one that begins it.
_NOT_WITHIN = "(?<![子儿外曾祖玄上下本每一二两三四五六周紧慌纸夸主扩行张感])"
_NO_NAME = (
    "(?!杜绝|任课|韩[国语]|徐州|黎明|罗马|王牌|贺[卡信]|谢师|孙辈|张[榜望罗]|周[日一二三四五六末])"
)
_GIVEN = rf"(?:{_FIRST}{_LAST}|{_FIRST})"
_PLAIN_NAME = rf"{_NOT_WORDS}{_NO_NAME}(?:{_TWO}|[{_PLAIN}])"
_BOUNDARY = rf"(?:(?<![{_HAN}])|(?<=[的位名是为和、]))"
_WESTERN = r"[A-Z][A-Za-z'’\-]+(?: [A-Z][A-Za-z'’\-]+){0,3}(?![A-Za-z])"
# Written small, only a few words can be a name; these begin what follows it.
_STOP = "and|from|i|my|the|a|an|of|at|in|on|with|phone|tel|is|are|was|has|have|says|who|living|not|but|here"
_ANY_WESTERN = (
    rf"[A-Za-z][A-Za-z'’\-]+(?: (?!(?i:{_STOP})\b)[A-Za-z][A-Za-z'’\-]+){{0,2}}(?![A-Za-z])"
)
_TOLD = "says|said|reports|reported|complains|complained|writes|wrote|asks|asked|claims"

PATTERNS: tuple[re.Pattern[str], ...] = (
    re.compile(rf"((?:{_SURE}){_GAP}){_NAME_AND_END}"),
    re.compile(rf"((?:{_SURE}){_GAP}){_NAME_ALONE}"),
    re.compile(rf"((?:{_LIKELY}){_GAP}){_NAME_AND_END}"),
    re.compile(
        rf"((?<![{_HAN}])(?:[{_HAN}]{{0,2}}[，。；：])?)(?:{_NOT_WORDS}{_NO_NAME}{_SURNAME}(?:{_FIRST}{_LAST}|{_FIRST})|{_DOTTED})"
        rf"(?={_SAYS}|{_ADDRESSED}|[ ，：(（]{{0,2}}(?:\[电话\]|\[证件号\]|身份证|联系电话|手机号|电话[：\[]))"
    ),
    re.compile(rf"((?:{_SURE}|{_LIKELY}){_GAP}){_SURNAME}(?={_ADDRESSED})"),
    re.compile(rf"(?<![对双警校医])(){_NOT_WORDS}{_SURNAME}(?=先生|女士|小姐|阿姨|大爷|大妈|师傅)"),
    re.compile(rf"(){_NOT_WITHIN}{_PLAIN_NAME}{_GIVEN}(?={_KIN})"),
    re.compile(rf"(){_NOT_WITHIN}{_PLAIN_NAME}(?<!谢)(?={_KIN})"),
    re.compile(rf"({_BOUNDARY}){_NOT_WORDS}{_NO_NAME}{_SURNAME}{_GIVEN}(?=的(?:{_THEIRS}))"),
    re.compile(
        rf"((?:邻居|孩子|娃娃|小孩){_GAP}){_PLAIN_NAME}(?:{_FIRST}{_LAST}{_NO_PLACE}|{_FIRST}{_NO_PLACE}{_ENDS})"
    ),
    re.compile(
        rf"((?i:my name(?: is|['’]s)|i am called|full name|contact person)[ :：]{{1,3}})(?!(?i:{_STOP})\b){_ANY_WESTERN}"
    ),
    re.compile(
        rf"((?:{_SURE}){_GAP}|(?<![A-Za-z])(?:I am|I['’]m|Mr|Mrs|Ms|Miss|Dr)\.? ){_WESTERN}"
    ),
    re.compile(
        rf"((?<![A-Za-z]))(?!The |Our |My |City |This )[A-Z][a-z]+(?: [A-Z][a-z]+){{1,2}}(?= (?:{_TOLD})\b)"
    ),
)
"""Each keeps its first group, what leads to the name, and replaces the rest."""
