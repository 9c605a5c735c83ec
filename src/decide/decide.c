/*-------------------------------------------------------------------------
 *
 * decide.c
 *	  Window function decide: all rules of a period in one reading of it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "windowapi.h"

#include "support/compat.h"
#include "support/large_memory.h"
#include "support/put_bytes.h"
#include "decide/decide_arguments.h"
#include "decide/decision_value.h"
#include "numbers/float_key.h"
#include "numbers/radix_sort.h"
#include "rank/field_numbers.h"

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

static bool
row_facts(WindowObject window, int64 row, Facts *facts)
{
	bool		null;
	bool		outside;
	Datum		value = WinGetFuncArgInPartition(window, 1, row, WINDOW_SEEK_HEAD,
												 false, &null, &outside);

	read_facts(value, null, facts);
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

	/*
	 * Backwards from where the first pass ended: going back in rows on disk
	 * takes four reads each.
	 */
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
	read_facts(value, null, &facts);
	places = row_places(decisions, &facts, row);
	begin_decision(&decision, &places, decisions->nrules);
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
