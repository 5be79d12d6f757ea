"""What servers write, in lower case: phrases that say why a mail was refused; parts of them are enough."""


def _phrases(lines: str) -> tuple[str, ...]:
    return tuple(lines.strip("\n").replace("\n", "|").split("|"))


ALIVE = _phrases("""
quota|mailbox full|mailbox is full|mailfolder is full|mailbox exceeded|mailbox has exceeded|exceeds allowed size
exceeded storage|exceeded the local limit|storage limit|size limit|not enough space|insufficient|disk full
too big|too large|too long|line limit|maximum size|message size|over the maximum|too many|rate limit|too fast
at a rate|throttl|greylist|malformed or unexpected name server
dmarc|dkim|spf |sender policy|unauthenticated|not authenticated|spam|unsolicited|bulk mail|virus|phish|malware
blacklist|black list|blocklist|block list|blocked|banned| rbl|dnsbl|reputation|reverse dns|rdns|ptr
relaying|relay denied|relay access|relay not|mail relay|to relay|recipient preferences
sender rejected|sender denied|sender is not|sender domain|domain of sender|from domain|from: domain|mailfrom|mail from
bad sender|invalid sender|sender verify
""")
"""The mail or its sender was refused, or the mailbox has no room: another mail may arrive, whatever the code."""

UNSURE = _phrases("""
authentication|message content|content filter|content reject|its content|attachment type|executable|header error
compliant|rfc 2822|rfc 5321|rfc 5322|syntax error|improper sequence|bad sequence
access denied|not authorized|not permitted|not allowed|policy|prohibited|lookup failed
timed out|timeout|time out|expired|in the queue|connection refused|unable to connect|could not connect|socket error
did not accept our requests|not respond|no route to|loop|hop count
delayed|deferred|try again later|try later|temporar|service refused
disabled|suspended|inactive|deactivated|on hold|not active|discontinued
""")
"""The same, unless a code says that the address is dead."""

DEAD = _phrases("""
user unknown|unknown user|userunknown|no such user|no such recipient|no such mailbox|no such address|no such person
no such account|no such local|no mailbox|no account|user not found|recipient not found|address not found
mailbox not found|account not found|recipnotfound|recipientnotfound|recipient name is not recognized|recipient unknown
unknown recipient|unknown address|address unknown|addressee unknown|unknown account|unknown mailbox|unknown local
unknown or illegal|mailbox unknown|user not known|not a known user|is not known|not valid|not a valid|isn't a valid
not a registered|not our customer|user not exist|does not exist|doesn't exist|not exist|nonexist|non-exist
not listed in|not found in|not present in|not found at|was not found|wasn't found|couldn't be found|could not be found
cannot be found|unable to find|doesn't have a|does not have a|mailbox unavailable|mailbox not present
invalid recipient|invalid user|invalid mailbox|invalid address|address invalid|recipient invalid|recipient is invalid
mailbox is invalid|address is invalid|bad address|bad destination|bad recipient|bad email address|badrcptto|vdeliver
address rejected.|user missing home|no one by|nobody by|no valid recipients|cannot receive mail
no longer valid|no longer available|no longer exist|no longer here|no longer accepts|no longer with|no longer employed
has left|has moved|address has changed|has been replaced by|deleted account|account has been deleted|account closed
account is closed|mailbox closed
no such domain|unrouteable|unroutable|host unknown|unknown host|unknown domain|host not found|domain not found
domain name not found|nxdomain|illegal host|illegal domain|domain is not reachable|domain must exist|any host named
no matches to nameserver|no route found|name or service not known|no mx|null mx|nullmx|no smtp service
does not accept mail|do not accept mail|not accept e-mail|not accept any|not accepting network messages
destinataire invalide|introuvable|inconnu|unbekannt|existiert nicht|nicht gefunden|desconocid|no existe|sconosciuto
inesistente|nieznany|onbekend|пользователь не найден|несуществу|неверный адрес|не существует|見つかりません|存在しません
不存在
""")
"""There is no such mailbox, or no such domain, or it takes no mail at all."""
