/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "rules/warning_mail.h"

#include "rules/names.h"

#include <inttypes.h>
#include <string.h>

/* {…} are filled in; lines end with \n here. */
struct texts {
    const char *language;
    const char *decimal_sign;
    const char *subject, *subject_below;
    const char *head, *head_below; /* what is the case */
    const char *full;              /* in place of `soon` when nothing fits any more */
    const char *soon;
    const char *advice;
    const char *foot;
};

/* The first one is for languages that are not there. */
static const struct texts all_texts[] = {
    {"en", ".", "Your mailbox is {percent}% full", "Your mailbox has room again",
     "The mailbox {address} is {percent}% full: {used} of {limit} are in use.\n",
     "The mailbox {address} has room again: {used} of {limit} are in use\n"
     "({percent}%). There is nothing that you need to do.\n",
     "It takes no new messages now. They are refused, and their senders are told.\n",
     "When it is full, new messages will be refused, and their senders are told.\n",
     "This is how you make room:\n\n"
     "- Delete messages that you no longer need, large ones first.\n"
     "- Empty the trash: what lies there counts too.\n"
     "- Save large attachments on your computer and delete the messages.\n\n"
     "If you need more room, ask the administrator of your mail: {postmaster}\n",
     "This message was written by the mail server. Please do not reply to it.\n"},
    {"ja", ".", "メールボックスの使用量が{percent}%になりました",
     "メールボックスの空き容量が回復しました",
     "{address} のメールボックスの使用量が{percent}%になりました。\n"
     "（使用量 {used} / 容量 {limit}）\n",
     "{address} のメールボックスの空き容量が回復しました。\n"
     "（使用量 {used} / 容量 {limit}、{percent}%）\n\n"
     "お客様の操作は必要ありません。\n",
     "現在、新しいメールを受信できません。届いたメールは受け取りを拒否され、\n"
     "送信者にその旨が通知されます。\n",
     "容量がいっぱいになると新しいメールを受信できなくなり、届いたメールは\n"
     "受け取りを拒否され、送信者にその旨が通知されます。\n",
     "空き容量を増やすには、次の方法があります。\n\n"
     "・不要なメールを、サイズの大きいものから削除する\n"
     "・ごみ箱を空にする（ごみ箱のメールも使用量に含まれます）\n"
     "・大きな添付ファイルはパソコンに保存し、メールを削除する\n\n"
     "容量の追加については、メールの管理者（{postmaster}）に\n"
     "お問い合わせください。\n",
     "このメールはメールサーバーから自動的に送信されています。\n"
     "このメールには返信しないでください。\n"},
    {"fr", ",", "Votre boîte aux lettres est pleine à {percent} %",
     "Votre boîte aux lettres a de nouveau de la place",
     "La boîte aux lettres {address} est pleine à {percent} % :\n"
     "{used} sur {limit} sont utilisés.\n",
     "La boîte aux lettres {address} a de nouveau de la place :\n"
     "{used} sur {limit} sont utilisés ({percent} %). Vous n'avez rien à faire.\n",
     "Elle ne reçoit plus de nouveaux messages. Ils sont refusés et leurs\n"
     "expéditeurs en sont avertis.\n",
     "Lorsqu'elle sera pleine, les nouveaux messages seront refusés et leurs\n"
     "expéditeurs en seront avertis.\n",
     "Pour faire de la place :\n\n"
     "- supprimez les messages dont vous n'avez plus besoin, les plus gros d'abord ;\n"
     "- videz la corbeille : son contenu compte aussi ;\n"
     "- enregistrez les grosses pièces jointes sur votre ordinateur, puis supprimez\n"
     "  les messages.\n\n"
     "S'il vous faut plus de place, adressez-vous à l'administrateur de votre\n"
     "messagerie : {postmaster}\n",
     "Ce message a été envoyé automatiquement par le serveur de messagerie.\n"
     "Merci de ne pas y répondre.\n"},
    {"de", ",", "Ihr Postfach ist zu {percent} % voll", "Ihr Postfach hat wieder Platz",
     "Das Postfach {address} ist zu {percent} % voll:\n"
     "{used} von {limit} sind belegt.\n",
     "Das Postfach {address} hat wieder Platz:\n"
     "{used} von {limit} sind belegt ({percent} %). Sie müssen nichts tun.\n",
     "Es nimmt jetzt keine neuen Nachrichten mehr an. Sie werden abgewiesen, und die\n"
     "Absender erfahren davon.\n",
     "Wenn es voll ist, werden neue Nachrichten abgewiesen, und die Absender erfahren\n"
     "davon.\n",
     "So schaffen Sie Platz:\n\n"
     "- Löschen Sie Nachrichten, die Sie nicht mehr brauchen, große zuerst.\n"
     "- Leeren Sie den Papierkorb: Was dort liegt, zählt mit.\n"
     "- Speichern Sie große Anhänge auf Ihrem Rechner und löschen Sie die Nachrichten.\n\n"
     "Wenn Sie mehr Platz brauchen, wenden Sie sich an die Verwaltung Ihrer E-Mail:\n"
     "{postmaster}\n",
     "Diese Nachricht hat der Mailserver geschrieben. Bitte antworten Sie nicht darauf.\n"},
    {"it", ",", "La sua casella di posta è piena al {percent}%",
     "La sua casella di posta ha di nuovo spazio",
     "La casella di posta {address} è piena al {percent}%:\n"
     "sono occupati {used} su {limit}.\n",
     "La casella di posta {address} ha di nuovo spazio:\n"
     "sono occupati {used} su {limit} ({percent}%). Non deve fare nulla.\n",
     "Ora non riceve più nuovi messaggi. Vengono rifiutati e i mittenti ne sono\n"
     "avvisati.\n",
     "Quando sarà piena, i nuovi messaggi saranno rifiutati e i mittenti ne saranno\n"
     "avvisati.\n",
     "Per fare spazio:\n\n"
     "- elimini i messaggi che non le servono più, cominciando dai più grandi;\n"
     "- svuoti il cestino: anche il suo contenuto conta;\n"
     "- salvi gli allegati grandi sul suo computer ed elimini i messaggi.\n\n"
     "Se le serve più spazio, si rivolga all'amministratore della posta:\n"
     "{postmaster}\n",
     "Questo messaggio è stato inviato automaticamente dal server di posta.\n"
     "Non risponda a questo messaggio.\n"},
    {"pt", ",", "A sua caixa de correio está {percent}% cheia",
     "A sua caixa de correio tem espaço novamente",
     "A caixa de correio {address} está {percent}% cheia:\n"
     "estão ocupados {used} de {limit}.\n",
     "A caixa de correio {address} tem espaço novamente:\n"
     "estão ocupados {used} de {limit} ({percent}%). Não precisa de fazer nada.\n",
     "Agora já não recebe novas mensagens. Elas são recusadas e os remetentes são\n"
     "avisados.\n",
     "Quando estiver cheia, as novas mensagens serão recusadas e os remetentes serão\n"
     "avisados.\n",
     "Para libertar espaço:\n\n"
     "- apague as mensagens de que já não precisa, começando pelas maiores;\n"
     "- esvazie o lixo: o que lá está também conta;\n"
     "- guarde os anexos grandes no seu computador e apague as mensagens.\n\n"
     "Se precisar de mais espaço, contacte o administrador do seu correio:\n"
     "{postmaster}\n",
     "Esta mensagem foi enviada automaticamente pelo servidor de correio.\n"
     "Por favor, não responda a esta mensagem.\n"},
    {"es", ",", "Su buzón está lleno al {percent} %", "Su buzón vuelve a tener espacio",
     "El buzón {address} está lleno al {percent} %:\n"
     "hay {used} de {limit} ocupados.\n",
     "El buzón {address} vuelve a tener espacio:\n"
     "hay {used} de {limit} ocupados ({percent} %). No tiene que hacer nada.\n",
     "Ahora ya no recibe mensajes nuevos. Se rechazan y se avisa a los remitentes.\n",
     "Cuando esté lleno, los mensajes nuevos se rechazarán y se avisará a los\n"
     "remitentes.\n",
     "Para liberar espacio:\n\n"
     "- borre los mensajes que ya no necesite, empezando por los más grandes;\n"
     "- vacíe la papelera: lo que hay en ella también cuenta;\n"
     "- guarde los archivos adjuntos grandes en su ordenador y borre los mensajes.\n\n"
     "Si necesita más espacio, diríjase al administrador de su correo:\n"
     "{postmaster}\n",
     "Este mensaje lo ha enviado automáticamente el servidor de correo.\n"
     "Por favor, no responda a este mensaje.\n"},
};

static const struct texts *find_texts(const char *language)
{
    for (size_t i = 0; i < sizeof(all_texts) / sizeof(all_texts[0]); i++)
        if (language != NULL && strcmp(all_texts[i].language, language) == 0)
            return &all_texts[i];
    return &all_texts[0];
}

/* ---- filling in ---- */

/* 1024³ bytes are 1 GB here as in every other place; one decimal, rounded down. */
static const char *format_bytes(struct bk_arena *arena, int64_t bytes, const char *decimal_sign)
{
    static const char *const units[] = {"KB", "MB", "GB", "TB"};
    size_t unit = 0;
    int64_t size = 1024;

    while (unit < 3 && bytes / 1024 >= size) {
        size *= 1024;
        unit++;
    }
    return bk_arena_printf(arena, "%" PRId64 "%s%" PRId64 " %s", bytes / size, decimal_sign,
                           bytes % size * 10 / size, units[unit]);
}

struct filling {
    const char *name; /* with its braces */
    const char *value;
};

static const struct filling *find_filling(const struct filling *fillings, const char *at)
{
    for (; fillings->name != NULL; fillings++)
        if (strncmp(at, fillings->name, strlen(fillings->name)) == 0)
            return fillings;
    return NULL;
}

/* `text` with everything filled in. */
static const char *fill_in(struct bk_arena *arena, const char *text, const struct filling *fillings)
{
    const char *filled = "";

    while (*text != '\0') {
        const struct filling *filling = find_filling(fillings, text);
        size_t length = filling != NULL ? strlen(filling->name) : 1 + strcspn(text + 1, "{");

        filled = bk_arena_printf(arena, "%s%.*s", filled,
                                 filling != NULL ? (int)strlen(filling->value) : (int)length,
                                 filling != NULL ? filling->value : text);
        text += length;
    }
    return filled;
}

static const char *end_lines(struct bk_arena *arena, const char *text)
{
    const char *ended = "";

    while (*text != '\0') {
        size_t length = strcspn(text, "\n");

        ended = bk_arena_printf(arena, "%s%.*s\r\n", ended, (int)length, text);
        text += length + (text[length] == '\n');
    }
    return ended;
}

/* ---- the header ---- */

#define ENCODED_WORD_BYTES 39 /* 64 characters with what stands around them, and "Subject: " */

/* How much of `text` fits in one encoded word without tearing a character. */
static size_t whole_characters(const char *text)
{
    size_t length = strlen(text);

    if (length <= ENCODED_WORD_BYTES)
        return length;
    length = ENCODED_WORD_BYTES;
    while (length > 1 && ((unsigned char)text[length] & 0xc0) == 0x80)
        length--;
    return length;
}

static const char *encode_base64(struct bk_arena *arena, const char *text, size_t length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *encoded = bk_arena_alloc(arena, (length + 2) / 3 * 4 + 1), *to = encoded;

    for (size_t i = 0; i < length; i += 3) {
        uint32_t bits = (uint32_t)(unsigned char)text[i] << 16;

        if (i + 1 < length)
            bits |= (uint32_t)(unsigned char)text[i + 1] << 8;
        if (i + 2 < length)
            bits |= (unsigned char)text[i + 2];
        *to++ = digits[bits >> 18];
        *to++ = digits[bits >> 12 & 63];
        *to++ = i + 1 < length ? digits[bits >> 6 & 63] : '=';
        *to++ = i + 2 < length ? digits[bits & 63] : '=';
    }
    return encoded;
}

static bool is_ascii(const char *text)
{
    while (*text != '\0')
        if ((unsigned char)*text++ >= 0x80)
            return false;
    return true;
}

const char *bk_mail_encode_header(struct bk_arena *arena, const char *text)
{
    const char *encoded = "";

    if (is_ascii(text))
        return text;
    while (*text != '\0') {
        size_t length = whole_characters(text);

        encoded = bk_arena_printf(arena, "%s%s=?UTF-8?B?%s?=", encoded,
                                  *encoded == '\0' ? "" : "\r\n ",
                                  encode_base64(arena, text, length));
        text += length;
    }
    return encoded;
}

/* ---- the message ---- */

const char *bk_warning_mail(struct bk_arena *arena, const struct bk_account *account,
                            enum bk_warning warning, int64_t used_bytes, int64_t now,
                            const char *date)
{
    const struct texts *texts = find_texts(account->language);
    const char *postmaster = bk_primary_address(arena, account->domain, "postmaster");
    int64_t limit_bytes = bk_usage_limit_bytes(account, false);
    const struct filling fillings[] = {
        {"{address}", account->primary_address},
        {"{postmaster}", postmaster},
        {"{percent}",
         bk_arena_printf(arena, "%" PRId64, bk_usage_percent(used_bytes, limit_bytes))},
        {"{used}", format_bytes(arena, used_bytes, texts->decimal_sign)},
        {"{limit}", format_bytes(arena, limit_bytes, texts->decimal_sign)},
        {NULL, NULL},
    };
    bool below = warning == BK_WARNING_BELOW;
    const char *subject = fill_in(arena, below ? texts->subject_below : texts->subject, fillings);
    const char *body = texts->head_below;

    if (!below)
        body = bk_arena_printf(arena, "%s\n%s\n%s", texts->head,
                               used_bytes >= limit_bytes ? texts->full : texts->soon,
                               texts->advice);
    return bk_arena_printf(
        arena,
        "Date: %s\r\n"
        "From: %s\r\n"
        "To: %s\r\n"
        "Subject: %s\r\n"
        "Message-ID: <warning.%" PRId64 ".%d.%" PRId64 "@%s>\r\n"
        "Auto-Submitted: auto-generated\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 8bit\r\n"
        "Content-Language: %s\r\n"
        "\r\n"
        "%s\r\n%s",
        date, postmaster, account->primary_address, bk_mail_encode_header(arena, subject),
        account->id, bk_warning_percent(warning), now, account->domain->name, texts->language,
        end_lines(arena, fill_in(arena, body, fillings)), end_lines(arena, texts->foot));
}
