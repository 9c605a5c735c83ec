/*-------------------------------------------------------------------------
 *
 * decide.c
 *	  Window function decide: all rules of a period in one reading of it; the
 *	  decisions that are looked up; and what a decision tells.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "windowapi.h"

#include "support/compat.h"
#include "support/large_memory.h"
#include "support/put_bytes.h"
#include "support/number_array.h"
#include "decide/decision.h"
#include "decide/reason.h"
#include "decide/rule_condition.h"
#include "decide/tier.h"
#include "numbers/float_key.h"
#include "numbers/radix_sort.h"
#include "rank/field_numbers.h"
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

static ListRule **
read_rules(Datum array, bool null, int *count)
{
	Datum	   *values;
	bool	   *nulls;
	ListRule  **rules;
	ArrayType  *elements;

	*count = 0;
	if (null)
		return NULL;
	elements = DatumGetArrayTypeP(array);
	deconstruct_array(elements, ARR_ELEMTYPE(elements), -1, false, TYPALIGN_INT,
					  &values, &nulls, count);
	rules = palloc0(Max(*count, 1) * sizeof(ListRule *));
	for (int i = 0; i < *count; i++)
		if (!nulls[i])
		{
			rules[i] = list_rule_from_datum(values[i]);
			rule_conditions_compile(rules[i]);
		}
	return rules;
}

/* The tiers that are given, or those that a rule holds; NULL for none. */
static const TierRule *
read_tiers(Datum tiers, bool null, ListRule **rules, int nrules)
{
	for (int i = 0; null && i < nrules; i++)
		if (rules[i] != NULL && rules[i]->tiers != NULL)
		{
			tiers = DirectFunctionCall1(jsonb_in, CStringGetDatum(rules[i]->tiers));
			null = false;
		}
	return null ? NULL : tier_rule_from_datum(tiers);
}

pg_noreturn static void
refuse_null_facts(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			 errmsg("facts must not be null")));
}

static void
check_rule_count(const Facts *facts, int nrules)
{
	if (facts->nrules != nrules)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("facts are of %d rules, not of %d", facts->nrules, nrules)));
}

/* Do the facts hold what the rule asks about a row? */
static void
check_rule_facts(const ListRule *rule, const RuleFacts *row)
{
	if (rule == NULL)
		return;
	if (rule_category_count(rule) != row->ncategories)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("facts have %d category scores, but the rule asks for %d",
						row->ncategories, rule_category_count(rule))));
	if (rule_column_count(rule) > row->ncolumns)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("facts have %d columns, but the rule asks for %d",
						row->ncolumns, rule_column_count(rule))));
}

/* ---------------- writing ---------------- */

static void
begin_decision(StringInfo decision, DecisionHeader *header, const char *tier)
{
	header->version = DECISION_VERSION;
	header->tier_length = tier == NULL ? -1 : (int32) strlen(tier);
	value_begin(decision);
	put_bytes(decision, header, sizeof(*header));
	if (tier != NULL)
		appendStringInfoString(decision, tier);
}

/*
 * What bars a row, or lists it directly, is told without the conditions, if these
 * are evaluated again wherever values change: a publication keeps values, but
 * no columns.
 */
static void
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

/* ---------------- a partition ---------------- */

/* Of one partition; kept until the window goes on to the next one. */
typedef struct PartitionDecisions
{
	bool		ready;
	int			nrules;
	ListRule  **rule;
	int64		rows;
	int			nargs;			/* the third is the period, the fourth the
								 * tiers */
	const TierRule *tiers;		/* NULL for none */
	uint32		scored;
	uint32	   *tier_scored;	/* per group that tiers are cut within */
	ScoreRanks *ranks;			/* per row, as all below */
	Place	   *tier_place;
	uint32	   *tier_group;		/* NOT_IN_CUT for none */
	Outcome   **outcome;		/* per rule */
} PartitionDecisions;

/* What is needed of all rows while they are cut. */
typedef struct RowFacts
{
	MemoryContext scratch;
	SortItem   *item;			/* in descending order of scores once sorted */
	int16	   *stage;			/* per row, -1 for none */
	uint64	   *entity;			/* hashes, 0 for none */
	int			nstages;
	FieldNumbers *tier_groups;
	FieldNumbers **quotas;		/* keys, per rule */
} RowFacts;

#define allocate_rows(context, rows, type) \
	((type *) allocate_large(context, Max(rows, 1) * sizeof(type)))

static void
facts_of(Datum value, bool null, Facts *facts)
{
	if (null)
		refuse_null_facts();
	facts_read(value, facts);
}

static bool
row_facts(WindowObject window, int64 row, Facts *facts)
{
	bool		null;
	bool		outside;
	Datum		value = WinGetFuncArgInPartition(window, 1, row, WINDOW_SEEK_HEAD,
												 false, &null, &outside);

	facts_of(value, null, facts);
	return facts->entity.bytes != NULL;
}

static bool
needs_places(const ListRule *rule)
{
	return rule != NULL && rule->needs_places;
}

/* Tiers that are cut at scores need no places. */
static bool
places_tiers(const PartitionDecisions *decisions)
{
	return decisions->tiers != NULL && tiers_by_place(decisions->tiers);
}

static void
number_tier_group(PartitionDecisions *decisions, RowFacts *rows, int64 row,
				  Bytes group)
{
	if (!places_tiers(decisions))
		return;
	if (decisions->tiers->within == NULL)
		decisions->tier_group[row] = field_number(rows->tier_groups, "", 0);
	else if (group.bytes != NULL)
		decisions->tier_group[row] = field_number(rows->tier_groups, group.bytes, group.length);
}

/* The outcome of a row before anything is cut. */
static void
set_standing(const ListRule *rule, const Facts *facts, const RuleFacts *row,
			 FieldNumbers *quotas, Outcome *outcome)
{
	outcome->required = row->required;
	outcome->qualifies = row->qualifies;
	outcome->standing = rule_standing(rule, facts, row);
	if (outcome->standing == STANDING_ELIGIBLE && rule->quota_n > 0)
		outcome->group = field_number(quotas, row->quota.bytes, row->quota.length);
}

static void
read_row(PartitionDecisions *decisions, RowFacts *rows, WindowObject window,
		 int64 row)
{
	RowPlaces	places = {0};	/* not known yet */
	Facts		facts;

	if (row_facts(window, row, &facts))
		rows->entity[row] = Max(hash_bytes_extended((const unsigned char *) facts.entity.bytes,
													facts.entity.length, 0), 1);
	check_rule_count(&facts, decisions->nrules);
	rows->item[row].place = row;
	rows->item[row].key = PG_UINT64_MAX;
	rows->stage[row] = -1;
	decisions->ranks[row] = (ScoreRanks)
	{
		0
	};

	/* Ascending order of what is sorted is descending order of scores. */
	if (!isnan(facts.score))
	{
		rows->item[row].key = ~score_key(facts.score);
		decisions->scored++;
		number_tier_group(decisions, rows, row, facts.tier_group);
		if (facts.stage >= 0)
		{
			rows->stage[row] = facts.stage;
			rows->nstages = Max(rows->nstages, facts.stage + 1);
		}
	}
	for (int i = 0; i < decisions->nrules; i++)
	{
		const ListRule *rule = decisions->rule[i];
		Outcome    *outcome = &decisions->outcome[i][row];
		RuleFacts	of_rule;

		*outcome = (Outcome)
		{
			0
		};
		rule_facts_read(&facts, &of_rule);
		check_rule_facts(rule, &of_rule);
		if (needs_places(rule))
			continue;
		rule_conditions_apply(rule, &facts, &of_rule, &places);
		set_standing(rule, &facts, &of_rule, rows->quotas[i], outcome);
	}
}

/* The name of the tier of a row, NULL for none. */
static const char *
tier_of(const PartitionDecisions *decisions, const Facts *facts, int64 row)
{
	TierRow		known = {.score = facts->score,.group = facts->tier_group};

	if (places_tiers(decisions) && decisions->tier_group[row] != NOT_IN_CUT)
	{
		known.place = decisions->tier_place[row].place;
		known.scored = decisions->tier_scored[decisions->tier_group[row]];
	}
	return row_tier(decisions->tiers, &known);
}

static RowPlaces
row_places(const PartitionDecisions *decisions, const Facts *facts, int64 row)
{
	RowPlaces	places = {0};

	places.rank = decisions->ranks[row].rank;
	places.stage_rank = decisions->ranks[row].stage_rank;
	places.scored = decisions->scored;
	places.tier = tier_of(decisions, facts, row);
	return places;
}

/* What rules whose conditions name ranks or the tier make of a row, now that it has them. */
static void
apply_conditions(PartitionDecisions *decisions, RowFacts *rows, WindowObject window,
				 int64 row)
{
	Facts		facts;
	RowPlaces	places;

	(void) row_facts(window, row, &facts);
	places = row_places(decisions, &facts, row);
	for (int i = 0; i < decisions->nrules; i++)
	{
		const ListRule *rule = decisions->rule[i];
		RuleFacts	of_rule;

		rule_facts_read(&facts, &of_rule);
		if (!needs_places(rule))
			continue;
		rule_conditions_apply(rule, &facts, &of_rule, &places);
		set_standing(rule, &facts, &of_rule, rows->quotas[i], &decisions->outcome[i][row]);
	}
}

pg_noreturn static void
refuse_doubled(const char *entity, const char *period)
{
	ereport(ERROR,
			(errcode(ERRCODE_CARDINALITY_VIOLATION),
			 period == NULL ? errmsg("firm \"%s\" has more than one row", entity) :
			 errmsg("firm \"%s\" has more than one row in period %s", entity, period),
			 errhint("Correct the source, or bind a view that has one row per firm (and period).")));
}

PG_FUNCTION_INFO_V1(one_row);
/*
 * one_row(rows bigint, entity text, period text) → boolean
 *
 * What decide() does about a firm that stands twice, where places are looked up
 * and the rows of a firm are counted by the query.
 */
Datum
one_row(PG_FUNCTION_ARGS)
{
	if (!PG_ARGISNULL(0) && PG_GETARG_INT64(0) > 1)
		refuse_doubled(PG_ARGISNULL(1) ? "" : text_to_cstring(PG_GETARG_TEXT_PP(1)),
					   PG_ARGISNULL(2) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(2)));
	PG_RETURN_BOOL(true);
}

/* The entity with this hash that two rows have, if it is not two entities. */
static void
refuse_duplicate(const PartitionDecisions *decisions, const RowFacts *rows,
				 WindowObject window, uint64 hash)
{
	StringInfoData first = {0};
	bool		null = true;
	Datum		period = (Datum) 0;

	for (int64 row = 0; row < decisions->rows; row++)
	{
		Facts		facts;

		if (rows->entity[row] != hash || !row_facts(window, row, &facts))
			continue;
		if (first.data == NULL)
		{
			initStringInfo(&first);
			appendBinaryStringInfo(&first, facts.entity.bytes, facts.entity.length);
			continue;
		}
		if (facts.entity.length != first.len ||
			memcmp(facts.entity.bytes, first.data, first.len) != 0)
			continue;
		if (decisions->nargs > 2)
			period = WinGetFuncArgCurrent(window, 2, &null);
		refuse_doubled(first.data, null ? NULL : TextDatumGetCString(period));
	}
}

static void
refuse_duplicates(const PartitionDecisions *decisions, const RowFacts *rows,
				  WindowObject window)
{
	int64		n = decisions->rows;
	uint64	   *sorted = allocate_rows(rows->scratch, n, uint64);
	int64		count = 0;

	for (int64 row = 0; row < n; row++)
		if (rows->entity[row] != 0)
			sorted[count++] = rows->entity[row];
	sort_keys(sorted, count);
	for (int64 i = 1; i < count; i++)
		if (sorted[i] == sorted[i - 1])
			refuse_duplicate(decisions, rows, window, sorted[i]);
}

/* Places of all that have a score within the groups of tiers, and how many each group has. */
static void
place_tiers(PartitionDecisions *decisions, const RowFacts *rows)
{
	uint32		ngroups = field_numbers_count(rows->tier_groups);
	CutRow	   *cut = allocate_rows(rows->scratch, decisions->scored, CutRow);

	decisions->tier_scored = palloc0(Max(ngroups, 1) * sizeof(uint32));
	for (int64 i = 0; i < decisions->scored; i++)
		cut[i].group = decisions->tier_group[rows->item[i].place];
	cut_places(rows->item, cut, decisions->scored, ngroups);
	for (int64 i = 0; i < decisions->scored; i++)
		decisions->tier_place[rows->item[i].place] = cut[i].place;
	for (int64 row = 0; row < decisions->rows; row++)
		if (decisions->tier_group[row] != NOT_IN_CUT)
			decisions->tier_scored[decisions->tier_group[row]]++;
}

/* Room for the rows: what decisions keep, and what they are made from. */
static void
allocate_partition(PartitionDecisions *decisions, RowFacts *rows)
{
	MemoryContext context = CurrentMemoryContext;
	MemoryContext scratch = rows->scratch;
	int64		n = decisions->rows;

	decisions->ranks = allocate_rows(context, n, ScoreRanks);
	decisions->outcome = palloc(Max(decisions->nrules, 1) * sizeof(Outcome *));
	rows->quotas = palloc(Max(decisions->nrules, 1) * sizeof(FieldNumbers *));
	for (int i = 0; i < decisions->nrules; i++)
	{
		decisions->outcome[i] = allocate_rows(context, n, Outcome);
		rows->quotas[i] = field_numbers_create(scratch);
	}
	if (places_tiers(decisions))
	{
		rows->tier_groups = field_numbers_create(scratch);
		decisions->tier_place = allocate_rows(context, n, Place);
		decisions->tier_group = allocate_rows(context, n, uint32);
		memset(decisions->tier_group, 0xff, n * sizeof(uint32));	/* NOT_IN_CUT */
	}
	rows->item = allocate_rows(scratch, n, SortItem);
	rows->stage = allocate_rows(scratch, n, int16);
	rows->entity = allocate_rows(scratch, n, uint64);
}

/* In the context of the partition. */
static void
decide_partition(PartitionDecisions *decisions, WindowObject window)
{
	int64		n = decisions->rows = WinGetPartitionRowCount(window);
	RowFacts	rows = {0};
	bool		conditions = false;
	bool		null;
	Datum		rules = WinGetFuncArgCurrent(window, 0, &null);
	Datum		tiers = (Datum) 0;

	if (n >= NOT_IN_CUT)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many rows in one period")));
	decisions->rule = read_rules(rules, null, &decisions->nrules);
	null = true;
	if (decisions->nargs > 3)
		tiers = WinGetFuncArgCurrent(window, 3, &null);
	decisions->tiers = read_tiers(tiers, null, decisions->rule, decisions->nrules);
	rows.scratch = AllocSetContextCreate(CurrentMemoryContext, "partition being decided",
										 ALLOCSET_DEFAULT_SIZES);
	allocate_partition(decisions, &rows);
	for (int i = 0; i < decisions->nrules; i++)
		conditions |= needs_places(decisions->rule[i]);
	for (int64 row = 0; row < n; row++)
	{
		CHECK_FOR_INTERRUPTS();
		read_row(decisions, &rows, window, row);
	}
	refuse_duplicates(decisions, &rows, window);
	/* Rows without a score come last, so that the cuts need not see them. */
	sort_items(rows.item, allocate_rows(rows.scratch, n, SortItem), n);
	rank_items(rows.item, decisions->scored, rows.stage, rows.nstages, decisions->ranks);
	if (places_tiers(decisions))
		place_tiers(decisions, &rows);
	/* Backwards from where the first pass ended: going back in rows on disk takes four reads each. */
	for (int64 row = n - 1; conditions && row >= 0; row--)
	{
		CHECK_FOR_INTERRUPTS();
		apply_conditions(decisions, &rows, window, row);
	}
	for (int i = 0; i < decisions->nrules; i++)
		cut_rows(decisions->rule[i], rows.item, decisions->outcome[i],
				 decisions->scored, field_numbers_count(rows.quotas[i]));
	MemoryContextDelete(rows.scratch);
}

PG_FUNCTION_INFO_V1(decide);
/*
 * decide(rules list_rule[], facts list_facts [, period text [, tiers jsonb]])
 *	OVER (PARTITION BY ...) → decision
 *
 * The ranks and the tier of a row and what each rule decides about it.  The
 * rules are those of the first row of the partition; the period is named in
 * errors.
 */
Datum
decide(PG_FUNCTION_ARGS)
{
	WindowObject window = PG_WINDOW_OBJECT();
	PartitionDecisions *decisions;
	DecisionHeader header = {0};
	StringInfoData decision = {0};
	Facts		facts;
	RowPlaces	places;
	int64		row;
	Datum		value;
	bool		null;

	refuse_null_treatment(window, fcinfo);
	decisions = WinGetPartitionLocalMemory(window, sizeof(PartitionDecisions));
	if (!decisions->ready)
	{
		MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(decisions));

		decisions->nargs = PG_NARGS();
		decide_partition(decisions, window);
		MemoryContextSwitchTo(old);
		decisions->ready = true;
	}
	row = WinGetCurrentPosition(window);
	/* Not by its number, for which all rows would be gone back over. */
	value = WinGetFuncArgCurrent(window, 1, &null);
	facts_of(value, null, &facts);
	places = row_places(decisions, &facts, row);
	header.nrules = decisions->nrules;
	header.rank = places.rank;
	header.stage_rank = places.stage_rank;
	header.scored = places.scored;
	begin_decision(&decision, &header, places.tier);
	for (int i = 0; i < decisions->nrules; i++)
	{
		const Outcome *outcome = &decisions->outcome[i][row];
		RuleFacts	asked;
		RuleFacts	of_rule;

		rule_facts_read(&facts, &asked);
		of_rule = asked;
		of_rule.required = outcome->required;
		of_rule.qualifies = outcome->qualifies;
		write_rule(&decision, decisions->rule[i], &facts, &asked, &of_rule, outcome);
	}
	return value_end(&decision);
}

/* ---------------- places that are looked up ---------------- */

/* What place_row() gives: rank, percentile, how many have the score, how many there are. */
typedef struct KeptPlace
{
	uint32		rank;			/* 0 for none */
	uint32		ties;
	uint32		scored;
} KeptPlace;

static KeptPlace
kept_place(FunctionCallInfo fcinfo, int argument)
{
	KeptPlace	kept = {0};
	const double *numbers;
	int			count;

	if (PG_ARGISNULL(argument))
		return kept;
	numbers = numbers_get(PG_GETARG_ARRAYTYPE_P(argument), &count);
	if (count < 4)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("places must be what place_row() returns")));
	kept.rank = (uint32) numbers[0];
	kept.ties = (uint32) numbers[2];
	kept.scored = (uint32) numbers[3];
	return kept;
}

/* In a cut that nobody took part in, the first place is free. */
static Place
kept_cut(FunctionCallInfo fcinfo, int argument)
{
	KeptPlace	kept = kept_place(fcinfo, argument);
	Place		place = {Max(kept.rank, 1), Max(kept.ties, 1)};

	return place;
}

/* The one rule of the first argument, and the tiers of the last one. */
typedef struct KeptRules
{
	const ListRule *rule;
	const TierRule *tiers;
} KeptRules;

static KeptRules *
read_kept_rules(FunctionCallInfo fcinfo)
{
	KeptRules  *kept = palloc0(sizeof(KeptRules));
	int			nrules;
	ListRule  **rules = read_rules(PG_GETARG_DATUM(0), PG_ARGISNULL(0), &nrules);

	if (nrules != 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there must be one rule, not %d", nrules)));
	kept->rule = rules[0];
	kept->tiers = read_tiers(PG_GETARG_DATUM(8), PG_ARGISNULL(8), rules, nrules);
	return kept;
}

/* Read once where they are constants. */
static const KeptRules *
kept_rules(FunctionCallInfo fcinfo)
{
	FmgrInfo   *function = fcinfo->flinfo;
	MemoryContext old;

	if (!get_fn_expr_arg_stable(function, 0) || !get_fn_expr_arg_stable(function, 8))
		return read_kept_rules(fcinfo);
	if (function->fn_extra == NULL)
	{
		old = MemoryContextSwitchTo(function->fn_mcxt);
		function->fn_extra = read_kept_rules(fcinfo);
		MemoryContextSwitchTo(old);
	}
	return function->fn_extra;
}

PG_FUNCTION_INFO_V1(decide_kept);
/*
 * decide_kept(rules list_rule[], facts list_facts, ranked float8[],
 *			   staged float8[], quota float8[], top float8[],
 *			   reserve float8[], tiered float8[], tiers jsonb) → decision
 *
 * What one rule decides about a row whose score has been looked up in the
 * scores of all, of its stage, of those that took part in each cut, and of
 * those that the tiers are cut among.
 */
Datum
decide_kept(PG_FUNCTION_ARGS)
{
	const KeptRules *rules = kept_rules(fcinfo);
	const ListRule *rule = rules->rule;
	KeptPlace	rank = kept_place(fcinfo, 2);
	KeptPlace	tiered = kept_place(fcinfo, 7);
	DecisionHeader header = {.nrules = 1};
	StringInfoData decision = {0};
	TierRow		tier = {.place = tiered.rank,.scored = tiered.scored};
	Outcome		outcome = {0};
	Facts		facts;
	RuleFacts	asked;
	RuleFacts	of_rule;
	RowPlaces	places = {0};

	if (PG_ARGISNULL(1))
		refuse_null_facts();
	facts_read(PG_GETARG_DATUM(1), &facts);
	check_rule_count(&facts, 1);
	rule_facts_read(&facts, &asked);
	check_rule_facts(rule, &asked);
	tier.score = facts.score;
	tier.group = facts.tier_group;
	places.rank = header.rank = rank.rank;
	places.stage_rank = header.stage_rank = kept_place(fcinfo, 3).rank;
	places.scored = header.scored = rank.scored;
	places.tier = row_tier(rules->tiers, &tier);
	of_rule = asked;
	rule_conditions_apply(rule, &facts, &of_rule, &places);
	outcome.standing = rule_standing(rule, &facts, &of_rule);
	outcome.unplaced = !isnan(facts.score) && rank.rank == 0;
	if (outcome.unplaced && outcome.standing == STANDING_ELIGIBLE)
		outcome.standing = STANDING_OUT;
	if (outcome.standing == STANDING_ELIGIBLE)
	{
		if (rule->quota_n > 0)
			outcome.quota = kept_cut(fcinfo, 4);
		if (outcome_is_admitted(rule, &outcome))
			outcome.top = kept_cut(fcinfo, 5);
		if (!outcome_is_listed(rule, &outcome))
			outcome.reserve = kept_cut(fcinfo, 6);
	}
	begin_decision(&decision, &header, places.tier);
	write_rule(&decision, rule, &facts, &asked, &of_rule, &outcome);
	return value_end(&decision);
}

/* ---------------- what a decision tells ---------------- */

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

PG_FUNCTION_INFO_V1(list_facts_out);
/* list_facts_out(list_facts) → cstring */
Datum
list_facts_out(PG_FUNCTION_ARGS)
{
	Facts		facts;

	facts_read(PG_GETARG_DATUM(0), &facts);
	PG_RETURN_CSTRING(psprintf("(%d rules)", facts.nrules));
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
