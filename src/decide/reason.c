/*-------------------------------------------------------------------------
 *
 * reason.c
 *	  Reasons for decisions: codes with numbers and texts, and the sentences
 *	  that they stand for.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "support/compat.h"
#include "support/put_bytes.h"
#include "support/wire_format.h"
#include "decide/reason.h"

#define REASONS_VERSION	1
#define REASONS_TYPE	"list of reasons"

#define MAX_FIELDS		5

/* Between two sentences. */
static const char *const separators[NUM_LANGUAGES] = {"; ", "；"};

/*
 * Fields by letter: n number, c count, t text.  $1 in a sentence is the first
 * field.
 */
typedef struct ReasonKind
{
	const char *code;
	const char *fields;
	const char *names[MAX_FIELDS];
	const char *sentence[NUM_LANGUAGES];
} ReasonKind;

static const ReasonKind kinds[NUM_REASONS] = {
	[REASON_NO_RULE] = {"no_rule", "", {NULL},
	{"no whitelist rule is set", "未设置名单规则"}},
	[REASON_MISSING] = {"missing", "t", {"name"},
	{"no score: $1 is missing", "没有得分：缺少 $1"}},
	[REASON_GROUP_UNFITTED] = {"group_unfitted", "", {NULL},
	{"no score: no model has been fitted for this group", "没有得分：所在组尚未拟合模型"}},
	[REASON_UNFITTED] = {"unfitted", "", {NULL},
	{"no score: no model has been fitted", "没有得分：尚未拟合模型"}},
	[REASON_SCHEME_COVERAGE] = {"scheme_coverage", "nn", {"value", "minimum"},
	{"no score: coverage $1 is below the minimum $2 of the scheme", "没有得分：覆盖率 $1，低于积分体系的最低覆盖率 $2"}},
	[REASON_VALUES_MISSING] = {"values_missing", "", {NULL},
	{"no score: values are missing", "没有得分：指标数据缺失"}},
	[REASON_QUALITY_ERRORS] = {"quality_errors", "t", {"rules"},
	{"no score: quality rules violated: $1", "没有得分：违反数据质量规则：$1"}},
	[REASON_DIRECT] = {"direct", "t", {"condition"},
	{"qualifies directly: $1", "符合直接入选条件：$1"}},
	[REASON_SCORE_REACHED] = {"score_reached", "nn", {"value", "minimum"},
	{"score $1 reaches the minimum $2", "得分 $1，达到最低分 $2"}},
	[REASON_SCORE_BELOW] = {"score_below", "nn", {"value", "minimum"},
	{"score $1 is below the minimum $2", "得分 $1，低于最低分 $2"}},
	[REASON_COVERAGE_REACHED] = {"coverage_reached", "nn", {"value", "minimum"},
	{"coverage $1 reaches the minimum $2", "覆盖率 $1，达到最低覆盖率 $2"}},
	[REASON_COVERAGE_BELOW] = {"coverage_below", "nn", {"value", "minimum"},
	{"coverage $1 is below the minimum $2", "覆盖率 $1，低于最低覆盖率 $2"}},
	[REASON_CATEGORY_REACHED] = {"category_reached", "tnn", {"category", "value", "minimum"},
	{"score $2 of category $1 reaches the minimum $3", "类别 $1 得分 $2，达到最低分 $3"}},
	[REASON_CATEGORY_BELOW] = {"category_below", "tnn", {"category", "value", "minimum"},
	{"score $2 of category $1 is below the minimum $3", "类别 $1 得分 $2，低于最低分 $3"}},
	[REASON_CATEGORY_MISSING] = {"category_missing", "tn", {"category", "minimum"},
	{"category $1, whose minimum is $2, has no score", "类别 $1 没有得分，其最低分为 $2"}},
	[REASON_REQUIRED_UNMET] = {"required_unmet", "t", {"condition"},
	{"required condition not met: $1", "不符合必要条件：$1"}},
	[REASON_REQUIRED_UNKNOWN] = {"required_unknown", "t", {"condition"},
	{"required condition cannot be checked, a value is missing: $1", "数据缺失，无法核对必要条件：$1"}},
	[REASON_EXCLUDED] = {"excluded", "t", {"reason"},
	{"excluded: $1", "列入负面清单：$1"}},
	[REASON_EXCLUDED_UNTIL] = {"excluded_until", "tt", {"reason", "until"},
	{"excluded: $1 (until $2)", "列入负面清单：$1（至 $2）"}},
	[REASON_EARLIER] = {"earlier", "c", {"batch"},
	{"listed already, in batch $1", "已列入第 $1 批名单"}},
	[REASON_QUOTA_MISSING] = {"quota_missing", "t", {"name"},
	{"$1 is missing, so there is no quota for it", "缺少 $1，没有可用的名额"}},
	[REASON_QUOTA_USED] = {"quota_used", "cct", {"place", "n", "key"},
	{"quota of $2 for $3 is used up (place $1)", "$3的 $2 个名额已用完（列第 $1）"}},
	[REASON_QUOTA_TIED] = {"quota_tied", "cctc", {"place", "n", "key", "ties"},
	{"tied at the cut: place $1 in the quota of $2 for $3 is shared by $4 firms, all admitted", "在$3的 $2 个名额中并列第 $1，共 $4 家，均予纳入"}},
	[REASON_QUOTA_PLACE] = {"quota_place", "cct", {"place", "n", "key"},
	{"place $1 in the quota of $2 for $3", "在$3的 $2 个名额中列第 $1"}},
	[REASON_TOP_BEYOND] = {"top_beyond", "cc", {"place", "n"},
	{"place $1 is beyond the first $2", "列第 $1，未进入前 $2 名"}},
	[REASON_TOP_TIED] = {"top_tied", "ccc", {"place", "n", "ties"},
	{"tied at the cut: place $1 of the first $2 is shared by $3 firms, all listed", "在前 $2 名中并列第 $1，共 $3 家，均予入选"}},
	[REASON_TOP_PLACE] = {"top_place", "cc", {"place", "n"},
	{"place $1 of the first $2", "在前 $2 名中列第 $1"}},
	[REASON_RESERVE_TIED] = {"reserve_tied", "ccc", {"place", "n", "ties"},
	{"tied at the cut: place $1 of the reserve of $2 is shared by $3 firms, all kept in reserve", "在 $2 个候补名额中并列第 $1，共 $3 家，均列入候补"}},
	[REASON_RESERVE_PLACE] = {"reserve_place", "cc", {"place", "n"},
	{"place $1 of the reserve of $2", "在 $2 个候补名额中列第 $1"}},
	[REASON_NO_PLACES] = {"no_places", "", {NULL},
	{"no places: nobody of its period was scored when the scoreboard was frozen", "没有名次：冻结时该期间没有企业有得分"}},
	[REASON_ALL_MET] = {"all_met", "", {NULL},
	{"meets every condition", "符合全部条件"}},
	[REASON_NO_TIERS] = {"no_tiers", "", {NULL},
	{"no tiers are set", "未设置等级"}},
	[REASON_NO_SCORE] = {"no_score", "", {NULL},
	{"no score", "没有得分"}},
	[REASON_TIER_REACHED] = {"tier_reached", "nnt", {"value", "minimum", "tier"},
	{"score $1 reaches $2, the cut-off of $3", "得分 $1，达到$3的分数线 $2"}},
	[REASON_TIER_BELOW] = {"tier_below", "nnt", {"value", "minimum", "tier"},
	{"score $1 is below $2, the cut-off of $3", "得分 $1，低于$3的分数线 $2"}},
	[REASON_TIER_SHARE] = {"tier_share", "cntc", {"place", "n", "percent", "scored"},
	{"place $1 of $4 is among the first $2 ($3 %)", "在 $4 家中列第 $1，在前 $2 名（$3 %）之内"}},
	[REASON_TIER_SHARE_BEYOND] = {"tier_share_beyond", "cntc", {"place", "n", "percent", "scored"},
	{"place $1 of $4 is beyond the first $2 ($3 %)", "在 $4 家中列第 $1，未进入前 $2 名（$3 %）"}},
	[REASON_TIER_GROUP_SHARE] = {"tier_group_share", "cntct", {"place", "n", "percent", "scored", "group"},
	{"place $1 of $4 in $5 is among the first $2 ($3 %)", "在$5的 $4 家中列第 $1，在前 $2 名（$3 %）之内"}},
	[REASON_TIER_GROUP_SHARE_BEYOND] = {"tier_group_share_beyond", "cntct", {"place", "n", "percent", "scored", "group"},
	{"place $1 of $4 in $5 is beyond the first $2 ($3 %)", "在$5的 $4 家中列第 $1，未进入前 $2 名（$3 %）"}},
	[REASON_TIER_PLACES] = {"tier_places", "cn", {"place", "n"},
	{"place $1 is among the first $2", "列第 $1，在前 $2 名之内"}},
	[REASON_TIER_PLACES_BEYOND] = {"tier_places_beyond", "cn", {"place", "n"},
	{"place $1 is beyond the first $2", "列第 $1，未进入前 $2 名"}},
	[REASON_TIER_GROUP_PLACES] = {"tier_group_places", "cnt", {"place", "n", "group"},
	{"place $1 in $3 is among the first $2", "在$3列第 $1，在前 $2 名之内"}},
	[REASON_TIER_GROUP_PLACES_BEYOND] = {"tier_group_places_beyond", "cnt", {"place", "n", "group"},
	{"place $1 in $3 is beyond the first $2", "在$3列第 $1，未进入前 $2 名"}},
	[REASON_TIER_GROUP_MISSING] = {"tier_group_missing", "t", {"name"},
	{"$1 is missing", "缺少 $1"}},
	[REASON_TIER_NO_PLACES] = {"tier_no_places", "", {NULL},
	{"nobody of its group was scored when the scoreboard was frozen", "冻结时该组没有企业有得分"}},
	[REASON_TIER_NO_CUTS] = {"tier_no_cuts", "t", {"group"},
	{"no cuts are set for $1", "未设置$1的分界"}},
	[REASON_VETO] = {"veto", "t", {"indicators"},
	{"no score: vetoed by $1", "没有得分：$1 一票否决"}},
	[REASON_SMALL_GROUP] = {"small_group", "", {NULL},
	{"no score: the group is too small to be shown", "没有得分：所在组企业过少，不予显示"}},
	[REASON_DOUBLED] = {"doubled", "", {NULL},
	{"has more than one row", "有不止一行数据，不参加排列"}},
};

/* ---------------- bytes ---------------- */

void
reason_add(StringInfo reasons, ReasonCode code)
{
	pq_sendbyte(reasons, code);
}

void
reason_number(StringInfo reasons, double number)
{
	pq_sendfloat8(reasons, number);
}

void
reason_count(StringInfo reasons, int32 count)
{
	pq_sendint32(reasons, count);
}

void
reason_bytes(StringInfo reasons, Bytes text)
{
	pq_sendint32(reasons, text.length);
	pq_sendbytes(reasons, text.bytes, text.length);
}

void
reason_text(StringInfo reasons, const char *string)
{
	Bytes		bytes = {string, strlen(string)};

	reason_bytes(reasons, bytes);
}

void
reasons_append(StringInfo reasons, Bytes more)
{
	if (more.length > 0)
		pq_sendbytes(reasons, more.bytes, more.length);
}

/* A reason as it is read. */
typedef struct ReasonField
{
	double		number;			/* also of counts */
	Bytes		string;
} ReasonField;

typedef struct Reason
{
	const ReasonKind *kind;
	ReasonField field[MAX_FIELDS];
} Reason;

/* The next reason, false behind the last one. */
static bool
read_reason(StringInfo buffer, Reason *reason)
{
	int			code;

	if (buffer->cursor >= buffer->len)
		return false;
	code = pq_getmsgbyte(buffer);
	if (code <= REASON_NONE || code >= NUM_REASONS)
		wire_damaged(REASONS_TYPE);
	reason->kind = &kinds[code];
	for (int i = 0; reason->kind->fields[i] != '\0'; i++)
	{
		ReasonField *field = &reason->field[i];

		switch (reason->kind->fields[i])
		{
			case 'c':
				field->number = (int32) pq_getmsgint(buffer, 4);
				break;
			case 't':
				field->string.length = pq_getmsgint(buffer, 4);
				field->string.bytes = pq_getmsgbytes(buffer, field->string.length);
				break;
			default:
				field->number = pq_getmsgfloat8(buffer);
		}
	}
	return true;
}

Bytes
reasons_get(Datum value)
{
	struct varlena *packed = PG_DETOAST_DATUM_PACKED(value);
	StringInfoData buffer = {0};
	Bytes		reasons;

	buffer.data = VARDATA_ANY(packed);
	buffer.len = buffer.maxlen = VARSIZE_ANY_EXHDR(packed);
	(void) wire_version_read(&buffer, REASONS_TYPE, REASONS_VERSION);
	reasons.bytes = buffer.data + buffer.cursor;
	reasons.length = buffer.len - buffer.cursor;
	return reasons;
}

Datum
reasons_make(Bytes reasons)
{
	Size		size = VARHDRSZ + 1 + reasons.length;
	char	   *result = palloc(size);

	SET_VARSIZE(result, size);
	VARDATA(result)[0] = REASONS_VERSION;
	if (reasons.length > 0)
		memcpy(VARDATA(result) + 1, reasons.bytes, reasons.length);
	return PointerGetDatum(result);
}

static Datum
make_from_buffer(StringInfo buffer)
{
	Bytes		reasons = {buffer->data, buffer->len};

	return reasons_make(reasons);
}

static StringInfoData
open_reasons(Bytes reasons)
{
	StringInfoData buffer = {0};

	buffer.data = unconstify(char *, reasons.bytes);
	buffer.len = buffer.maxlen = reasons.length;
	return buffer;
}

/* ---------------- sentences ---------------- */

/* All digits, since all decide; people read no exponents. */
static void
put_number(StringInfo sentence, double number)
{
	char		printed[DOUBLE_SHORTEST_DECIMAL_LEN];
	Datum		numeric;

	double_to_shortest_decimal_buf(number, printed);
	if (strchr(printed, 'e') == NULL)
	{
		appendStringInfoString(sentence, printed);
		return;
	}
	numeric = DirectFunctionCall1(float8_numeric, Float8GetDatum(number));
	appendStringInfoString(sentence, DatumGetCString(DirectFunctionCall1(numeric_out, numeric)));
}

static void
put_field(StringInfo sentence, const Reason *reason, int number)
{
	const ReasonField *field = &reason->field[number];
	char		printed[16];

	switch (reason->kind->fields[number])
	{
		case 'n':
			put_number(sentence, field->number);
			break;
		case 'c':
			put_bytes(sentence, printed, pg_ltoa((int32) field->number, printed));
			break;
		case 't':
			put_bytes(sentence, field->string.bytes, field->string.length);
			break;
	}
}

const char *
server_text(const char *text)
{
	/* Which otherwise checks what it need not convert. */
	if (GetDatabaseEncoding() == PG_UTF8)
		return text;
	return pg_any_to_server(text, strlen(text), PG_UTF8);
}

static void
put_sentence(StringInfo sentence, const Reason *reason, Language language)
{
	const char *next = server_text(reason->kind->sentence[language]);
	const char *dollar;

	while ((dollar = strchr(next, '$')) != NULL)
	{
		put_bytes(sentence, next, dollar - next);
		put_field(sentence, reason, dollar[1] - '1');
		next = dollar + 2;
	}
	appendStringInfoString(sentence, next);
}

Language
language_argument(const text *name)
{
	const char *language = VARDATA_ANY(name);

	if (VARSIZE_ANY_EXHDR(name) == 2 && memcmp(language, "en", 2) == 0)
		return LANGUAGE_ENGLISH;
	if (VARSIZE_ANY_EXHDR(name) == 2 && memcmp(language, "zh", 2) == 0)
		return LANGUAGE_CHINESE;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("language must be zh or en, not \"%s\"", text_to_cstring(name))));
}

Datum
reasons_sentences(Bytes reasons, const text *language_code)
{
	StringInfoData buffer = open_reasons(reasons);
	Language	language = language_argument(language_code);
	StringInfoData result = {0};
	Reason		reason;

	value_begin(&result);
	while (read_reason(&buffer, &reason))
	{
		if (result.len > VARHDRSZ)
			appendStringInfoString(&result, server_text(separators[language]));
		put_sentence(&result, &reason, language);
	}
	return value_end(&result);
}

PG_FUNCTION_INFO_V1(reason_sentences);
/* reason_text(reasons decision_reasons, language text) → text */
Datum
reason_sentences(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(reasons_sentences(reasons_get(PG_GETARG_DATUM(0)), PG_GETARG_TEXT_PP(1)));
}

/* ---------------- JSON ---------------- */

pg_noreturn static void
bad_reasons(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid reasons of a decision"),
			 errdetail("%s", detail)));
}

static ReasonCode
find_kind(const char *code, int length)
{
	for (int i = REASON_NONE + 1; i < NUM_REASONS; i++)
		if (strlen(kinds[i].code) == (size_t) length && memcmp(kinds[i].code, code, length) == 0)
			return i;
	bad_reasons(psprintf("There is no reason \"%.*s\".", length, code));
}

static void
field_from_json(StringInfo reasons, char type, const JsonbValue *value)
{
	Datum		number;
	Bytes		string;

	if (value == NULL)
		bad_reasons("A field is missing.");
	if (type == 't')
	{
		if (value->type != jbvString)
			bad_reasons("A field is not a text.");
		string.bytes = value->val.string.val;
		string.length = value->val.string.len;

		reason_bytes(reasons, string);
		return;
	}
	if (value->type != jbvNumeric)
		bad_reasons("A field is not a number.");
	number = NumericGetDatum(value->val.numeric);
	if (type == 'c')
		reason_count(reasons, DatumGetInt32(DirectFunctionCall1(numeric_int4, number)));
	else
		reason_number(reasons, DatumGetFloat8(DirectFunctionCall1(numeric_float8, number)));
}

static void
reason_from_json(StringInfo reasons, const JsonbValue *value)
{
	JsonbContainer *object;
	JsonbValue *code;
	ReasonCode	found;
	const ReasonKind *kind;
	int			nfields;

	if (value->type != jbvBinary || !JsonContainerIsObject(value->val.binary.data))
		bad_reasons("Each reason must be a JSON object.");
	object = value->val.binary.data;
	code = getKeyJsonValueFromContainer(object, "code", 4, NULL);
	if (code == NULL || code->type != jbvString)
		bad_reasons("Each reason must have a code.");
	found = find_kind(code->val.string.val, code->val.string.len);
	kind = &kinds[found];
	nfields = strlen(kind->fields);
	if (JsonContainerSize(object) != (uint32) nfields + 1)
		bad_reasons(psprintf("Reason \"%s\" has %d fields.", kind->code, nfields));
	reason_add(reasons, found);
	for (int i = 0; i < nfields; i++)
		field_from_json(reasons, kind->fields[i],
						getKeyJsonValueFromContainer(object, kind->names[i],
													 strlen(kind->names[i]), NULL));
}

PG_FUNCTION_INFO_V1(decision_reasons_in);
/* decision_reasons_in(cstring) → decision_reasons, from a JSON array */
Datum
decision_reasons_in(PG_FUNCTION_ARGS)
{
	Jsonb	   *document;
	StringInfoData reasons = {0};

	refuse_long_text(REASONS_TYPE, strlen(PG_GETARG_CSTRING(0)));
	document = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, PG_GETARG_DATUM(0)));
	if (!JB_ROOT_IS_ARRAY(document) || JB_ROOT_IS_SCALAR(document))
		bad_reasons("The reasons must be a JSON array.");
	initStringInfo(&reasons);
	for (uint32 i = 0; i < JB_ROOT_COUNT(document); i++)
		reason_from_json(&reasons, getIthJsonbValueFromContainer(&document->root, i));
	PG_RETURN_DATUM(make_from_buffer(&reasons));
}

PG_FUNCTION_INFO_V1(decision_reasons_out);
/* decision_reasons_out(decision_reasons) → cstring */
Datum
decision_reasons_out(PG_FUNCTION_ARGS)
{
	StringInfoData buffer = open_reasons(reasons_get(PG_GETARG_DATUM(0)));
	StringInfoData json = {0};
	char		printed[DOUBLE_SHORTEST_DECIMAL_LEN];
	Reason		reason;

	initStringInfo(&json);
	appendStringInfoChar(&json, '[');
	while (read_reason(&buffer, &reason))
	{
		if (json.len > 1)
			appendStringInfoString(&json, ", ");
		appendStringInfo(&json, "{\"code\": \"%s\"", reason.kind->code);
		for (int i = 0; reason.kind->fields[i] != '\0'; i++)
		{
			const ReasonField *field = &reason.field[i];

			appendStringInfo(&json, ", \"%s\": ", reason.kind->names[i]);
			if (reason.kind->fields[i] == 't')
				escape_json(&json, pnstrdup(field->string.bytes, field->string.length));
			else
			{
				double_to_shortest_decimal_buf(field->number, printed);
				appendStringInfoString(&json, printed);
			}
		}
		appendStringInfoChar(&json, '}');
	}
	appendStringInfoChar(&json, ']');
	PG_RETURN_CSTRING(json.data);
}

PG_FUNCTION_INFO_V1(decision_reasons_recv);
/* decision_reasons_recv(internal) → decision_reasons */
Datum
decision_reasons_recv(PG_FUNCTION_ARGS)
{
	StringInfo	message = (StringInfo) PG_GETARG_POINTER(0);
	StringInfoData buffer;
	Bytes		reasons;
	Reason		reason;

	(void) wire_version_read(message, REASONS_TYPE, REASONS_VERSION);
	reasons.length = message->len - message->cursor;
	reasons.bytes = pq_getmsgbytes(message, reasons.length);
	buffer = open_reasons(reasons);
	while (read_reason(&buffer, &reason))
		for (int i = 0; reason.kind->fields[i] != '\0'; i++)
			if (reason.kind->fields[i] == 't')
				pg_verifymbstr(reason.field[i].string.bytes, reason.field[i].string.length, false);
			else if (!isfinite(reason.field[i].number))
				wire_damaged(REASONS_TYPE);
	PG_RETURN_DATUM(reasons_make(reasons));
}

PG_FUNCTION_INFO_V1(decision_reasons_send);
/* decision_reasons_send(decision_reasons) → bytea */
Datum
decision_reasons_send(PG_FUNCTION_ARGS)
{
	PG_RETURN_BYTEA_P(PG_GETARG_BYTEA_P_COPY(0));
}

/* ---------------- making ---------------- */

PG_FUNCTION_INFO_V1(reason_make);
/*
 * reason(code text, VARIADIC texts text[]) → decision_reasons
 *
 * One reason whose fields are texts.
 */
Datum
reason_make(PG_FUNCTION_ARGS)
{
	text	   *code = PG_GETARG_TEXT_PP(0);
	ReasonCode	found = find_kind(VARDATA_ANY(code), VARSIZE_ANY_EXHDR(code));
	const char *fields = kinds[found].fields;
	StringInfoData reasons = {0};
	Datum	   *texts;
	int			count;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), TEXTOID, -1, false,
					  TYPALIGN_INT, &texts, NULL, &count);
	if (strlen(fields) != (size_t) count || strspn(fields, "t") != (size_t) count)
		bad_reasons(psprintf("Reason \"%s\" does not have %d texts.", kinds[found].code, count));
	initStringInfo(&reasons);
	reason_add(&reasons, found);
	for (int i = 0; i < count; i++)
		reason_text(&reasons, TextDatumGetCString(texts[i]));
	PG_RETURN_DATUM(make_from_buffer(&reasons));
}

PG_FUNCTION_INFO_V1(reasons_concatenate);
/* reasons_concatenate(decision_reasons, decision_reasons) → decision_reasons */
Datum
reasons_concatenate(PG_FUNCTION_ARGS)
{
	StringInfoData reasons = {0};

	initStringInfo(&reasons);
	reasons_append(&reasons, reasons_get(PG_GETARG_DATUM(0)));
	reasons_append(&reasons, reasons_get(PG_GETARG_DATUM(1)));
	PG_RETURN_DATUM(make_from_buffer(&reasons));
}
