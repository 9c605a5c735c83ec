/*-------------------------------------------------------------------------
 *
 * decision_value.c
 *	  The type decision: what decide() found, and the functions that tell it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "support/compat.h"
#include "support/put_bytes.h"
#include "decide/decision_value.h"
#include "rank/percentile.h"

#define DECISION_VERSION	1

/* Begins a decision; the tier follows, and what each rule decides. */
typedef struct DecisionHeader
{
	uint8		version;
	uint8		nrules;
	uint32		rank;			/* 0 for none, as below */
	uint32		stage_rank;
	uint32		scored;			/* rows that have a rank */
	int32		tier_length;	/* -1 for none */
} DecisionHeader;

/* Reasons follow. */
typedef struct RuleDecision
{
	uint8		code;
	uint8		standing;
	uint8		admitted;
	uint8		barred;
	uint8		direct;
	int32		batch;			/* in which it was listed, 0 for none */
	Place		quota;
	Place		top;
	Place		reserve;
	uint32		length;			/* of the reasons */
} RuleDecision;

/* ---------------- writing ---------------- */

void
begin_decision(StringInfo decision, const RowPlaces *places, int nrules)
{
	DecisionHeader header = {.version = DECISION_VERSION,.nrules = nrules,.tier_length = -1};

	header.rank = places->rank;
	header.stage_rank = places->stage_rank;
	header.scored = places->scored;
	if (places->tier != NULL)
		header.tier_length = (int32) strlen(places->tier);
	value_begin(decision);
	put_bytes(decision, &header, sizeof(header));
	if (places->tier != NULL)
		appendStringInfoString(decision, places->tier);
}

/*
 * What bars a row, or lists it directly, is told without the conditions, if these
 * are evaluated again wherever values change: a publication keeps values, but
 * no columns.
 */
void
write_rule(StringInfo decision, const ListRule *rule, const Facts *facts,
		   const RuleFacts *asked, const RuleFacts *row, const Outcome *outcome)
{
	bool		for_good = rule == NULL || rule_column_count(rule) > 0;
	RuleDecision written = {0};
	int			start = decision->len;

	written.code = outcome_code(rule, outcome);
	written.standing = outcome->standing;
	written.admitted = rule != NULL && outcome_is_admitted(rule, outcome);
	written.barred = rule_bars(rule, facts, for_good ? row : asked);
	written.direct = !for_good && rule->qualifies_condition != NULL ?
		asked->qualifies : outcome->standing == STANDING_DIRECT;
	written.batch = row->batch;
	written.quota = outcome->quota;
	written.top = outcome->top;
	written.reserve = outcome->reserve;
	put_bytes(decision, &written, sizeof(written));
	outcome_reasons(decision, rule, facts, row, outcome);
	written.length = decision->len - start - sizeof(written);
	memcpy(decision->data + start, &written, sizeof(written));
}

/* ---------------- reading ---------------- */

typedef struct DecisionReader
{
	DecisionHeader header;
	const char *tier;			/* as long as the header says */
	const char *next;
	const char *end;
} DecisionReader;

static inline const char *
take(DecisionReader *reader, Size size)
{
	const char *bytes = reader->next;

	if (unlikely(size > (Size) (reader->end - reader->next)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("decision is damaged")));
	reader->next += size;
	return bytes;
}

/* Views ask several things of each decision, each of which reads it: expanded in place. */
static inline DecisionReader
decision_argument(FunctionCallInfo fcinfo)
{
	struct varlena *packed = PG_GETARG_VARLENA_PP(0);
	DecisionReader reader;

	reader.next = VARDATA_ANY(packed);
	reader.end = reader.next + VARSIZE_ANY_EXHDR(packed);
	memcpy(&reader.header, take(&reader, sizeof(reader.header)), sizeof(reader.header));
	if (unlikely(reader.header.version != DECISION_VERSION))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("decision has unknown format %d", reader.header.version)));
	reader.tier = take(&reader, Max(reader.header.tier_length, 0));
	return reader;
}

/* What a rule decided, and its reasons. */
static inline RuleDecision
rule_argument(FunctionCallInfo fcinfo, Bytes *reasons)
{
	DecisionReader reader = decision_argument(fcinfo);
	int32		number = PG_GETARG_INT32(1);
	RuleDecision rule;

	if (number < 1 || number > reader.header.nrules)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("decision has no rule %d", number)));
	for (int i = 0; i < number; i++)
	{
		memcpy(&rule, take(&reader, sizeof(rule)), sizeof(rule));
		reasons->length = rule.length;
		reasons->bytes = take(&reader, rule.length);
	}
	return rule;
}

PG_FUNCTION_INFO_V1(decision_code);
/* decision_code(decision, rule integer) → text */
Datum
decision_code(PG_FUNCTION_ARGS)
{
	Bytes		reasons;
	RuleDecision rule = rule_argument(fcinfo, &reasons);

	if (rule.code > DECISION_LISTED)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("decision is damaged")));
	PG_RETURN_TEXT_P(cstring_to_text(decision_names[rule.code]));
}

PG_FUNCTION_INFO_V1(decision_reasons);
/* decision_reasons(decision, rule integer) → decision_reasons */
Datum
decision_reasons(PG_FUNCTION_ARGS)
{
	Bytes		reasons;

	(void) rule_argument(fcinfo, &reasons);
	PG_RETURN_DATUM(reasons_make(reasons));
}

PG_FUNCTION_INFO_V1(decision_places);
/*
 * decision_places(decision, rule integer) → bigint[]
 *
 * Place and ties in the quota, among the first n, in the reserve; 0 where the
 * row takes no part.
 */
Datum
decision_places(PG_FUNCTION_ARGS)
{
	Bytes		reasons;
	RuleDecision rule = rule_argument(fcinfo, &reasons);
	Datum		places[6];

	places[0] = Int64GetDatum(rule.quota.place);
	places[1] = Int64GetDatum(rule.quota.ties);
	places[2] = Int64GetDatum(rule.top.place);
	places[3] = Int64GetDatum(rule.top.ties);
	places[4] = Int64GetDatum(rule.reserve.place);
	places[5] = Int64GetDatum(rule.reserve.ties);
	PG_RETURN_ARRAYTYPE_P(construct_array(places, lengthof(places), INT8OID,
										  sizeof(int64), FLOAT8PASSBYVAL,
										  TYPALIGN_DOUBLE));
}

PG_FUNCTION_INFO_V1(decision_marks);
/*
 * decision_marks(decision, rule integer) → boolean[]
 *
 * Whether no score could list the row, whether it is listed directly, whether
 * it is eligible, and whether it is eligible and within its quota.
 */
Datum
decision_marks(PG_FUNCTION_ARGS)
{
	Bytes		reasons;
	RuleDecision rule = rule_argument(fcinfo, &reasons);
	Datum		marks[4];

	marks[0] = BoolGetDatum(rule.barred);
	marks[1] = BoolGetDatum(rule.direct);
	marks[2] = BoolGetDatum(rule.standing == STANDING_ELIGIBLE);
	marks[3] = BoolGetDatum(rule.admitted);
	PG_RETURN_ARRAYTYPE_P(construct_array(marks, lengthof(marks), BOOLOID, 1, true,
										  TYPALIGN_CHAR));
}

PG_FUNCTION_INFO_V1(decision_batch);
/* decision_batch(decision, rule integer) → integer, NULL for none */
Datum
decision_batch(PG_FUNCTION_ARGS)
{
	Bytes		reasons;
	RuleDecision rule = rule_argument(fcinfo, &reasons);

	if (rule.batch == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT32(rule.batch);
}

PG_FUNCTION_INFO_V1(decision_rank);
/* decision_rank(decision) → bigint, NULL for a row without a score */
Datum
decision_rank(PG_FUNCTION_ARGS)
{
	DecisionReader reader = decision_argument(fcinfo);

	if (reader.header.rank == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT64(reader.header.rank);
}

PG_FUNCTION_INFO_V1(decision_stage_rank);
/* decision_stage_rank(decision) → bigint, NULL for a row without a score */
Datum
decision_stage_rank(PG_FUNCTION_ARGS)
{
	DecisionReader reader = decision_argument(fcinfo);

	if (reader.header.stage_rank == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT64(reader.header.stage_rank);
}

PG_FUNCTION_INFO_V1(decision_percentile);
/* decision_percentile(decision) → float8, NULL for a row without a score */
Datum
decision_percentile(PG_FUNCTION_ARGS)
{
	DecisionReader reader = decision_argument(fcinfo);

	if (reader.header.rank == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(rank_percentile(reader.header.rank, reader.header.scored));
}

PG_FUNCTION_INFO_V1(decision_tier);
/* decision_tier(decision) → text, NULL for none */
Datum
decision_tier(PG_FUNCTION_ARGS)
{
	DecisionReader reader = decision_argument(fcinfo);

	if (reader.header.tier_length < 0)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text_with_len(reader.tier, reader.header.tier_length));
}

PG_FUNCTION_INFO_V1(decision_out);
/* decision_out(decision) → cstring: what the accessors tell, for people */
Datum
decision_out(PG_FUNCTION_ARGS)
{
	DecisionReader reader = decision_argument(fcinfo);

	PG_RETURN_CSTRING(psprintf("(rank %u of %u, %d rules)", reader.header.rank,
							   reader.header.scored, reader.header.nrules));
}

PG_FUNCTION_INFO_V1(decision_in);
/* decision_in(cstring) → decision, and the same for list_facts: an error */
Datum
decision_in(PG_FUNCTION_ARGS pg_attribute_unused())
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("facts and decisions cannot be read from text"),
			 errhint("Keep what the functions of a decision return.")));
}
