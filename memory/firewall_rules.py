"""What instructions to an assistant are made of, in six languages: kinds of words and rules.

Each word of a text becomes one letter, its kind; a rule is a pattern over those letters, so that
one rule reads all languages. Only imperatives and infinitives count as verbs ("ignore", never
"ignores"): a fact tells what the person does, an instruction what the assistant is to do.
"""

from __future__ import annotations

# Said as one word. Folded: small letters, no accents.
PHRASES = {
    "F": "from now on|from this moment|from here on|going forward|ab jetzt|ab sofort|von nun an|"
    "von jetzt an|in zukunft|a partir de maintenant|dorenavant|desormais|de ahora en adelante|"
    "a partir de ahora|d'ora in poi|da ora in poi|d'ora in avanti|a partir de agora|"
    "de agora em diante|daqui em diante|henceforth",
    "B": "the ai|this ai|the bot|the model|the language model|an ai assistant|die ki|l'ia|la ia",
    "b": "ai (?:assistants?|tools?|systems?|models?|agents?)",
    # Somebody's job, not the one addressed.
    "x": "(?:executive|administrative|office|physician|care|voice|digital) assistant|"
    "assistant (?:director|manager|coach|professor|editor|principal|teacher)|(?:shop|dental|"
    "medical|teaching|personal|research|sales|legal) assistant",
    "M": "has to|have to|needs to|need to|ought to|is to|are to|is required to",
    "N": "do not|don't|must not|under no circumstances|auf keinen fall|en aucun cas|"
    "en ningun caso|in nessun caso|em nenhum caso",
    "T": "next time|as soon as|every time|each time|in case|des que|chaque fois que|cada vez que|"
    "ogni volta che|toda vez que|sempre que|siempre que|jedes mal wenn",
    "W": "would like|has asked|has instructed",
    "X": "nothing but|no other|none but|nichts als|rien que|nada mas que|nient'altro che",
    "H": "left out|turned off|switched off|kept off|taken off|not apply|no longer apply|off",
    "O": "turn off|switch off|leave out|get around|stop following|do not follow|"
    "pay no attention to|setze? dich uber|halte? dich nicht an|ne tiens pas compte d(?:es|u|e)?|"
    "ne tenez pas compte d(?:es|u|e)?|ne tiens plus compte d(?:es|u|e)?|ne respecte pas|"
    "haz caso omiso de|no tengas en cuenta|no sigas|non tenere conto d\\w{1,4}|non seguire|"
    "nao leve em conta|nao siga|faca caso omisso",
    "S": "(?:safety|content|security|ethic\\w{0,4}) (?:rules?|filters?|checks?|guidelines?|"
    "polic(?:y|ies)|limits?|warnings?)|(?:regles|consignes) de securite|(?:reglas|normas|"
    "filtros) de seguridad|(?:regole|norme|filtri) di sicurezza|(?:regras|normas|"
    "filtros) de seguranca",
}
_WORDS = {
    # Sets aside what held before.
    "O": "ignore disregard forget override overrule bypass discard neglect skip disable omit drop "
    "circumvent ignoriere ignorier ignorieren vergiss vergesse vergessen missachte umgehe "
    "umgehen uberspringe uberspringen ubergehe ubergehen oublie oubliez ignorez contourne "
    "contournez neglige negligez ignora ignorad ignoren olvida olvide olviden omite omita "
    "desactiva ignorate ignori dimentica dimenticate trascura salta disattiva bypassa esqueca "
    "ignorem desconsidere desconsidera desative pule",
    "P": "previous prior above earlier preceding former foregoing original initial existing your "
    "vorherige vorherigen vorigen bisherige bisherigen obige obigen fruheren deine ihre "
    "precedente precedentes precedenti anterieures anterieurs vos tes anterior anteriores "
    "previas previos tus vostre tue iniciais suas",
    "A": "all any every each everything alle allen jede jeden samtliche tout tous toute toutes "
    "todo todos toda todas tutto tutti tutte ogni qualsiasi cualquier qualquer",
    "R": "instruction instructions rule rules guideline guidelines prompt prompts directive "
    "directives policy policies constraints anweisung anweisungen regel regeln vorgabe vorgaben "
    "richtlinien consigne consignes regle regles instruccion instrucciones regla reglas "
    "directrices indicaciones istruzione istruzioni regola regole direttive instrucao instrucoes "
    "regra regras diretrizes orders",
    # Who is to do it.
    "B": "assistant chatbot keepsake chatgpt llm assistent assistenten asistente assistente",
    "Y": "you du tu vous usted voce",
    "M": "must should shall may soll sollst muss musst darf darfst doit dois devez debe debes "
    "deve devi devem",
    "N": "never not nie niemals jamais nunca mai jamas nao nicht ne non",
    "L": "always immer stets toujours siempre sempre",
    "X": "only exclusively solely ausschliesslich seulement exclusivement uniquement solo "
    "solamente unicamente soltanto esclusivamente apenas somente exclusivamente nur",
    "1": "first zuerst primero primeiro",
    # What it is to do.
    "V": "menciones mencionen mencionnes digas reveles dica tell antwortest answer reply respond "
    "say declare claim output print write mention repeat insist antworte antworten sag sage "
    "sagen erwahne erwahnen schreibe nenne behaupte reponds repondez repondre dis dites "
    "mentionne mentionner ecris affirme responde responda responder di diga decir menciona "
    "mencionar escribe afirma rispondi rispondere rispondete dire menzionare menziona scrivi "
    "afferma dizer mencione escreva afirme",
    "K": "recommandes recommandiez recomiendes recomendes raccomandi raccomandiate suggerisca "
    "sugieras sugiera sugerir proponga empfiehlst empfohlen promuova promova recommend suggest "
    "promote advertise endorse praise cite empfiehl empfehle empfehlen bewirb lobe recommande "
    "recommandez recommander conseille conseiller recomienda recomiende recomendar sugiere "
    "consiglia consigliare raccomanda raccomandare suggerisci recomende sugira indique",
    "E": "reveal disclose hide conceal leak lie pretend obey comply agree verrate verraten "
    "verheimliche verschweige gehorche luge revele revelez reveler cache mens obeis revela "
    "revelar oculta ocultar obedece miente rivela rivelare nascondi nascondere obbedisci menti "
    "esconda obedeca minta",
    "D": "send forward transmit append attach transfer pay execute run delete upload post publish "
    "visit buy wipe erase sende senden schick schicke schicken leite uberweise losche offne "
    "fuhre envoie envoyez envoyer transmets efface paie envia enviar envie manda transfiere "
    "borra ejecuta paga invia inviare inoltra trasferisci cancella esegui mande encaminhe "
    "transfira apague",
    # At the start of a sentence: told to do something, where a fact would say who does.
    "i": "compare assume cancel approve charge collect deny grant allow refer upload replace "
    "switch change invent end set list do share ajoute ajoutez termine agrega anade aggiungi "
    "adicione acrescente fuge erganze beende nimm prends toma prendi rate speak stop steer email "
    "use make give keep treat consult follow start begin include add call open click load fetch "
    "act behave trust believe remember note save store insert refuse reject ensure direct "
    "redirect guide favour favor prioritise prioritize mark rank convince persuade urge "
    "encourage push link quote mache mach gib nutze verwende bevorzuge lenke behandle fais "
    "faites donne utilise utilisez privilegie traite considere haz usa utiliza trata considera "
    "favorece fai dai usi tratta favorisci faca trate prefira",
    "C": "correct warn refuse contradict question doubt verify criticise criticize object",
    "T": "whatever whoever wherever anyone anybody when whenever if once wenn sobald falls quand "
    "lorsque si cuando quando se",
    "Q": "asks asked ask says said mentions mentioned requests types greets thanks wonders fragt "
    "sagt erwahnt schreibt bittet demande dit mentionne remercie pregunte pregunta mencione dice "
    "chiede menziona ringrazia perguntar pergunte pergunta disser mencionar agradecer",
    "U": "user users nutzer benutzer nutzerin nutzers utilisateur utilisatrice usuario usuaria "
    "utente utilizador",
    "W": "wants prefers expects demands requires instructs wishes wunscht mochte will veut "
    "prefere souhaite quiere prefiere desea vuole preferisce desidera quer deseja",
    # What it must not be talked out of, or into.
    "S": "filter filters safeguard safeguards guardrails disclaimer disclaimers warnings "
    "restriction restrictions limits checks moderation censorship confirmation verification "
    "filtern nachfrage nachfragen sicherheitsregeln sicherheitsfilter warnhinweise warnungen "
    "einschrankungen beschrankungen ruckfrage bestatigung filtre filtres avertissements limites "
    "garde filtros filtro advertencias restricciones confirmacion limiti filtri avvertenze "
    "avvisi restrizioni conferma avisos restricoes confirmacao limite",
    "H": "unnotig unnecessary unneeded inutile innecesaria innecesario desnecessaria skipped "
    "disabled bypassed lifted removed omitted waived suspended deactivated ubersprungen "
    "deaktiviert abgeschaltet aufgehoben umgangen weggelassen desactive desactivees desactives "
    "supprimees ignorees levees desactivados desactivadas omitan omitidas disattivati "
    "disattivate saltate omesse rimosse desativados desativadas ignoradas",
    "w": "no without ohne keine sans sin senza sem aucun aucune ningun ninguna nessuna nessun",
    "r": "needed required necessary notig erforderlich necessaire necesaria necessaria requise",
    "G": "approval permission consent authorisation authorization authorised authorized "
    "authorises authorizes approved approves preapproved granted grants consented consents "
    "permits allows waived autorisiert genehmigt erlaubt freigegeben autorise autorisee approuve "
    "autorizado autoriza aprobado consiente autorizzato approva acconsente aprovado aprova "
    "consente autorizou aprovou",
    "Z": "transfers transfer payments payment purchases purchase transactions requests access "
    "actions tools sharing data uberweisungen zahlungen kaufe zugriff daten virements paiements "
    "achats acces donnees transferencias pagos compras acceso datos bonifici pagamenti acquisti "
    "accesso dati pagamentos acesso dados",
    "t": "that dass que che",
    "f": "of for",
    "o": "to would can could will i they we people zu pour para per",
    # Somebody's own: their assistant, their earlier message.
    "c": "is was as plays played became ist als war wird est comme etait es como era e come foi",
    "h": "the der dem den l le el il lo o this",
    "n": "a an ein einen eine un una uno um uma",
    "+": "also additionally and then please kindly bitte aussi ensuite ademas tambien inoltre "
    "anche tambem alem",
    "m": "me us mich mir moi mim",
    "s": "s my his her their our mein meine meinen mon ma mes mi mis mio mia meu minha",
    ".": ". ! ? ;",
    ":": ":",
    ",": ",",
}
KINDS = {word: kind for kind, words in _WORDS.items() for word in words.split()}

# Also looked for in the message: strong enough to doubt all that was drawn from it.
STRONG_RULES = (
    r"O[^.s]{0,3}P[^.s]{0,2}R",  # ignore the previous instructions
    r"O[^.s]{0,3}R[^.s]{0,4}P",  # olvida las reglas anteriores
    r"O[^.s]{0,1}A[^.s]{0,2}[RS](?!f)",  # skip all checks; not "forget all the rules of chess"
    r"(?<!s)[Bb][^.,]{0,4}M",  # the assistant must
    r"N[^.]{0,1}[VE][^.]{0,3}U|(?:^|\.)w?[VE]N[^.]{0,4}U|wh?[VE][^.]{0,2}U",  # do not tell the user
    r"O[^.s]{0,2}R[^.]{0,1}Y|(?<!o)OAP",  # the rules you were given; forget everything above
)
RULES = (
    *STRONG_RULES,
    # The assistant has no part in a fact about a person, but in a plain wish for style.
    r"(?<![scn])(?<!ch)B(?!:?f)",
    r"(?:^|\.)(?:[-i]:)?(?:\+,?|,)?i(?!t?[osm])[^.,:]",  # rate every restaurant; not "call me Sam"
    r"(?:^|\.)w[VKE]N|(?:^|\.)(?:-:)?[F,]{0,2}VX",  # no menciones nunca; answer only
    r"A[^.]{0,1}Z[^.]{0,3}G",  # alle Überweisungen freigegeben
    r"Y[^.]{0,1}M[^.]{0,2}[OVKED]",  # you must never reveal
    r"F[^.]{0,6}[OVKED]",  # from now on always answer
    r"T[^.]{0,8}Q[^.]{0,10},[^.U]{0,3}[OVKED]",  # when asked about X, say Y
    r"T[^.]{0,4}Q[^.,]{0,8}[LNX][OVKED]",  # when asked about X always say Y
    r"T[^.]{0,6}Q[^.]{0,8}[YB][^.]{0,3}[OVKED]",  # if someone asks, you (will) say
    r"(?:^|\.)[F,]{0,2}[NLX]{1,2}[OVKEDC]",  # always answer
    r"(?:^|[.:]),?E",  # obey
    r"(?:^|\.)[F,]{0,2}(?:[KO][^.]{0,6}[URSPBX1]|V[^.]{0,2}[Ut])",  # say that; praise the user
    r"(?<!o)[LX]K|(?<!o)K[^.]{0,4}[X1]",  # always recommend; recommend it first
    r"[YB][^.]{0,4}K[^.]{0,4}[XL1N]|[YB][^.]{0,3}[LXN][^.]{0,2}K",  # wants you to suggest only
    r"[YB][^.]{0,3}E|[YB][^.]{0,6}N[^.]{0,1}[VKEDC]",  # asked you to hide
    r"[WQG][^.]{0,3}[YB][^.]{0,3}D",  # wants the assistant to transfer
    r"[YB][^.]{0,4}O[^.]{0,3}[SR]",  # wants you to skip warnings
    r"[YBVW][^.]{0,4}w[^.]{0,2}[RS]",  # answer without filters
    r"S[^.]{0,6}H|w[^.]{0,1}S[^.]{0,2}r",  # safety rules skipped; no confirmation needed
    r"G[^.]{0,3}(?:A[^.]{0,2}Z|Z[^.]{0,2}A)",  # has authorised all transfers
)

# In a text that names nobody of whom it could be a fact.
IMPERSONAL_RULES = (
    r"[VKEDO]|(?:^|[.,:+])i[^.,:]",  # answers about drinks have to mention
    r"PRN|T[^.]{0,8},[^.]{0,3}i",  # beachte die bisherigen Regeln nicht
)
PERSON = (
    r"\b(?:users?|i|my|me|we|our|he|she|nutzer\w{0,3}|benutzer\w{0,3}|ich|mein\w{0,2}|wir|unser\w{0,2}"
    r"|utilisat\w{3,5}|je|j|mon|ma|mes|nous|usuari[oa]s?|yo|mi|mis|utente|io|mio|mia|utilizador\w{0,2}"
    r"|eu|meu|minha)\b"
)

# Wordings and marks that kinds of words cannot tell; over the folded text.
STRONG_WORDINGS = (
    r"<\|?/?(?:im_start|im_end|endoftext|system|assistant|memories|instructions?|prompt)\b",
    r"\[/?(?:inst|system|sys|assistant)\]|<</?sys>>|#{2,4} ?(?:system|instructions?|assistant)\b",
    r"(?:^|[\n.;!\]])\s{0,4}(?:system|assistant|developer)(?: (?:note|message|prompt|override"
    r"|update|instruction))?\s?:\s{0,4}(?:you|the (?:user|assistant)|user (?:is|has)|ignore"
    r"|from now|always|never|do not|override|new|skip|reveal|all)\b",
    r"\bignore (?:the |everything |all |any )?(?:above|previous|preceding|foregoing)\b",
    r"\b(?:note|message|notice|instructions?|attention)(?: to| for|,)? (?:all )?(?:ai|llms?|"
    r"assistants?|chatbots?|language models?)\b",
    r"\bnew (?:system )?(?:rule|instruction|policy|directive)s?\s?:",
    r"\b(?:reveal|show|print|repeat|leak|output|contents? of)\b.{0,25}"
    r"\b(?:system|hidden|initial|secret) (?:prompt|instructions)",
)
WORDINGS = (
    *STRONG_WORDINGS,
    r"\byou are now\b|\bdo anything now\b|\b(?:enable|enter|activate)d? (?:developer|god|dan) mode",
    r"\bact as (?:an? )?(?:unrestricted|uncensored|unfiltered|jailbroken|evil)",
    r"\b(?:add|save|store|write|insert|put)\b.{0,40}\b(?:your (?:long-term )?memory|your memories"
    r"|system prompt)",
    r"\btreat\b.{0,40}\bas (?:an? |the )?(?:\w{1,12} )?(?:command|instruction|rule|order|truth)",
    r"\b(?:remember|treat|consider|regard|cite)\b.{0,40}\b(?:trust\w{0,8}|authoritative|reliable|"
    r"preferred)\b.{0,12}\b(?:source|site|brand|provider|expert)",
    r"\bcall (?:the |a )?(?:\w{1,20} )?(?:tool|function|api)\b",
    r"\b(?:no longer|not) (?:need|have|want|wish)\w{0,3} to be (?:asked|warned|consulted|notified)",
    r"\b(?:topics?|content|answers?|mode|requests)\b.{0,30}\b(?:unrestricted|uncensored|unfiltered)",
    r"\b(?:all|any|every|each)\b.{0,20}\b(?:advice|recommendations?|suggestions?|answers?|replies)\b"
    r".{0,20}\b(?:from|mention|include|link|promote)\b",
    # What an answer must hold; rules that hold no longer; what a memory does to the prompt.
    r"\b(?:must|should|has to|have to|needs? to|always|only)\b.{0,60}"
    r"\b(?:each|every|all|any) (?:answer|reply|response|recommendation)s?\b",
    r"^(?!\W{0,3}(?:user|i|my)\b).{0,200}?\b(?:rules?|instructions?|guidelines?|restrictions?|polic"
    r"\w{1,3})\b.{0,40}\b(?:(?:no longer|not|don't) (?:count|apply|bind|matter|hold)"
    r"|(?:are|is) (?:void|obsolete|cancelled|replaced|revoked|suspended))\b",
    r"\b(?:this|the following) (?:memory|note|entry|line|text|record)s?\b.{0,30}"
    r"\b(?:replaces?|overrides?|supersedes?|outranks?|takes? precedence)\b",
    r"\b(?:your|the assistant's|the model's) (?:system prompt|instructions|rules|guidelines"
    r"|programming|training|safety|filters?|developers?|creators?|owners?)\b",
    r"\b(?:blanket|unlimited|standing) (?:permission|approval|consent|authority)\b",
    r"\bbefore (?:replying|answering|responding)\b",
    r"\b(?:is|are|as) (?:an? )?(?:system|admin|root|developer) (?:command|instruction|message)s?\b",
    r"^\W{0,3}(?:you|your|you're|dein\w{0,2}|vous|usted|voce)\b",
    r"\brot13\b.{0,60}vafgehpgvba|vafgehpgvba",
)
