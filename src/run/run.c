/*-------------------------------------------------------------------------
 *
 * run.c
 *	  A run: the input of a scoreboard read once, fitted, scored, ranked and
 *	  decided, row by row handed to a sink.
 *
 * It gives what the views give, by the same kernels.  The first pass of the fit
 * goes with the reading; further ones, scores and facts go over the rows that
 * were kept.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "tcop/dest.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/syscache.h"
#include "utils/tuplestore.h"

#include "support/compat.h"
#include "support/function_glue.h"
#include "support/growing.h"
#include "support/numeric_value.h"
#include "numbers/decimal.h"
#include "model/value_row.h"
#include "fit/fit_state.h"
#include "score/block_score.h"
#include "score/row_score.h"
#include "decide/reason.h"
#include "decide/veto.h"
#include "run/key_numbers.h"
#include "run/progress.h"
#include "run/row_blocks.h"
#include "run/run.h"
#include "run/run_places.h"

/* Room for what rows of a block take, which stays when the context is reset. */
#define ROWS_CONTEXT_SIZES	256 * 1024, 256 * 1024, ALLOCSET_DEFAULT_MAXSIZE

/* As many passes as a fit may take; no method needs as many. */
#define MAX_PASSES	100

/* A group that is fitted. */
typedef struct RunGroup
{
	int64		rows;
	FitState   *state;			/* of the current pass */
	ScoreModel *model;			/* after it */
} RunGroup;

typedef struct GroupLevel
{
	RunGroup   *group;
	int64		count;
	int64		room;
} GroupLevel;

/* How a score becomes a decimal. */
typedef struct ShownScore
{
	Decimals	decimals;
	int			count;			/* of decimals */
	int32		typmod;
} ShownScore;

typedef struct Run
{
	DestReceiver receiver;
	const RunPlan *plan;
	RowSink    *sink;
	MemoryContext context;
	MemoryContext row_context;	/* reset with each block */

	RowBlocks  *blocks;
	KeyNumbers *groups;
	KeyNumbers *periods;
	bool	   *left_out;		/* by period: is not stored */
	int64		left_out_room;
	GroupLevel *level;			/* from coarse to fine */
	const ScoreModel **model;	/* by image of the group's key */
	RunPlaces  *places;
	ShownScore *shown;			/* by item */
	bool		stageless;		/* is there a row without a stage? */

	/* rows of a query that are the result as they are */
	Tuplestorestate *results;
	TupleDesc	result_desc;

	/* the columns of a row of the query */
	int			ncolumns;
	char	  **name;
	Datum	   *value;
	bool	   *null;

	/* what rules ask about it */
	Facts		facts;
	RuleFacts  *of_rule;
	double	  **categories;		/* those that have a minimum, by rule */
	int		  **category;		/* their numbers */
} Run;

/* Columns that rules ask for: of the row, then of each rule. */
enum
{
	FACT_GAP,
	FACT_EXCLUDED,
	FACTS_OF_RULES
};

enum
{
	RULE_REQUIRED,
	RULE_QUALIFIES,
	RULE_BATCH,
	RULE_QUOTA,
	FACTS_OF_RULE
};

/* ---------------- reading ---------------- */

static RunGroup *
level_group(Run *run, int level, uint32 number)
{
	GroupLevel *groups = &run->level[level];

	if (number >= groups->count)
	{
		groups->group = make_room(groups->group, &groups->room, (int64) number + 1,
								  sizeof(RunGroup), run->context);
		memset(groups->group + groups->count, 0, (number + 1 - groups->count) * sizeof(RunGroup));
		groups->count = (int64) number + 1;
	}
	return &groups->group[number];
}

static void
fit_row(RunGroup *group, const ScoreModel *model, const double *values, MemoryContext context)
{
	if (group->state == NULL)
		group->state = fit_state_create(model, context);
	if (values != NULL)
		memcpy(fit_state_next_row(group->state), values, model->nindicators * sizeof(double));
}

/* The first pass: all groups that a row of the sample belongs to. */
static void
fit_first(Run *run, uint32 image, const double *values)
{
	for (int level = 0; level < key_levels(run->groups); level++)
	{
		uint32		number = key_number(run->groups, image, level);
		RunGroup   *group;

		if (number == NO_KEY)
			continue;
		group = level_group(run, level, number);
		group->rows++;
		fit_row(group, run->plan->model, values, run->context);
	}
}

static bool
same_text(const text *a, const text *b)
{
	return VARSIZE_ANY_EXHDR(a) == VARSIZE_ANY_EXHDR(b) &&
		memcmp(VARDATA_ANY(a), VARDATA_ANY(b), VARSIZE_ANY_EXHDR(a)) == 0;
}

/* The number of the period, 0 for NULL. */
static uint32
read_period(Run *run)
{
	uint32		images = key_images_count(run->periods);
	uint32		image = key_image(run->periods, run->value, run->null);
	uint32		number = key_number(run->periods, image, 0);

	number = number == NO_KEY ? 0 : number + 1;
	if (image == images && run->plan->only != NULL)
	{
		text	   *key = key_text_of(run->periods, run->value, run->null);
		int64		room = run->left_out_room;

		run->left_out = make_room(run->left_out, &run->left_out_room, (int64) number + 1,
								  sizeof(bool), run->context);
		memset(run->left_out + room, true, run->left_out_room - room);
		run->left_out[number] = key == NULL || !same_text(key, run->plan->only);
	}
	return number;
}

/* The number of the model that is given for a row, 0 for none. */
static uint32
given_model(Run *run)
{
	int			column = run->plan->given - 1;
	int32		number = run->null[column] ? 0 : DatumGetInt32(run->value[column]);

	if (number < 0 || number > run->plan->nmodels)
		elog(ERROR, "a run has no model %d", number);
	return number;
}

static void
read_row(Run *run)
{
	const RunPlan *plan = run->plan;
	RowBlock   *block = row_blocks_next(run->blocks);
	int			row = block->n;
	double	   *values = block->values + (Size) row * plan->model->nindicators;
	bool		has_values = !run->null[plan->values - 1];
	bool		in_sample = plan->sample == 0 || (!run->null[plan->sample - 1] &&
												  DatumGetBool(run->value[plan->sample - 1]));

	if (row == 0)
		MemoryContextReset(run->row_context);
	if (has_values)
		value_row_read(DatumGetArrayTypeP(run->value[plan->values - 1]), plan->model, values);
	block->flags[row] = (has_values ? ROW_HAS_VALUES : 0) | (in_sample ? ROW_IN_SAMPLE : 0);
	block->stage[row] = run->null[plan->stage - 1] ? -1 :
		model_find_stage(plan->model, DatumGetTextPP(run->value[plan->stage - 1]));
	run->stageless |= run->null[plan->stage - 1];
	block->group[row] = plan->given > 0 ? given_model(run) : key_image(run->groups, run->value, run->null);
	block->period[row] = read_period(run);
	if (in_sample && plan->given == 0)
		fit_first(run, block->group[row], has_values ? values : NULL);
	row_blocks_add(run->blocks, run->value, run->null);
}

/* Plans are made by SQL, but anybody may hand one over: a column must be there, and of its type. */
static void
check_column(TupleDesc tupdesc, int number, Oid type)
{
	if (number < 1 || number > tupdesc->natts ||
		(type != InvalidOid && TupleDescAttr(tupdesc, number - 1)->atttypid != type))
		elog(ERROR, "column %d of a run is missing or of another type", number);
}

static void
check_columns(const RunPlan *plan, TupleDesc tupdesc)
{
	Oid			reasons = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum("decision_reasons"),
										  ObjectIdGetDatum(get_namespace_oid("innovation_score", false)));
	int			column = plan->facts + FACTS_OF_RULES;

	check_column(tupdesc, plan->values, FLOAT8ARRAYOID);
	check_column(tupdesc, plan->stage, TEXTOID);
	if (plan->sample != 0)
		check_column(tupdesc, plan->sample, BOOLOID);
	if (plan->period != 0)
		check_column(tupdesc, plan->period, InvalidOid);
	if (plan->coarsest < 0 || plan->coarsest > plan->ngroups)
		elog(ERROR, "a run has no groups of %d columns", plan->coarsest);
	for (int i = 0; i < plan->ngroups; i++)
		check_column(tupdesc, plan->groups[i] + 1, InvalidOid);
	if (plan->given > 0)
		check_column(tupdesc, plan->given, INT4OID);
	if (plan->within != 0)
		check_column(tupdesc, plan->within, TEXTOID);
	if (plan->nrules == 0)
		return;
	check_column(tupdesc, plan->facts + FACT_GAP, reasons);
	check_column(tupdesc, plan->facts + FACT_EXCLUDED, reasons);
	for (int i = 0; i < plan->nrules; i++, column += FACTS_OF_RULE)
	{
		check_column(tupdesc, column + RULE_REQUIRED, BOOLOID);
		check_column(tupdesc, column + RULE_QUALIFIES, BOOLOID);
		check_column(tupdesc, column + RULE_BATCH, INT4OID);
		check_column(tupdesc, column + RULE_QUOTA, TEXTOID);
	}
}

/* What an item shows must be there, and be what the column of the result holds. */
static void
check_items(const RunPlan *plan, TupleDesc tupdesc, TupleDesc result)
{
	static const Oid types[] = {
		[ITEM_VALUES] = FLOAT8ARRAYOID,
		[ITEM_SCORE] = NUMERICOID,
		[ITEM_NUMBER] = FLOAT8OID,
		[ITEM_CATEGORIES] = FLOAT8ARRAYOID,
		[ITEM_COVERAGE] = FLOAT8OID,
		[ITEM_RANK] = INT8OID,
		[ITEM_STAGE_RANK] = INT8OID,
		[ITEM_PERCENTILE] = FLOAT8OID,
		[ITEM_TIER] = TEXTOID,
		[ITEM_DECISION] = TEXTOID,
		[ITEM_REASONS] = TEXTOID,
		[ITEM_BARRED] = BOOLOID,
		[ITEM_DIRECT] = BOOLOID,
		[ITEM_ELIGIBLE] = BOOLOID,
		[ITEM_ADMITTED] = BOOLOID
	};

	for (int i = 0; i < plan->nitems; i++)
	{
		const RunItem *item = &plan->items[i];

		if (item->kind == ITEM_NONE)
			continue;
		if (item->kind == ITEM_COLUMN)
		{
			check_column(tupdesc, item->number, TupleDescAttr(result, i)->atttypid);
			continue;
		}
		check_column(result, i + 1, types[item->kind]);
		if (plan->model == NULL ||
			((item->kind == ITEM_SCORE || item->kind == ITEM_NUMBER) && (item->number < 1 || item->number > 3 + plan->model->ncategories)) ||
			(item->kind >= ITEM_DECISION &&
			 (item->number < 1 || item->number > plan->nrules)))
			elog(ERROR, "a run has no item %d", i + 1);
	}
}

/* Which columns are looked at again once all rows have been read. */
static bool *
kept_columns(const RunPlan *plan, int ncolumns)
{
	bool	   *kept = palloc0(ncolumns * sizeof(bool));

	for (int i = 0; i < plan->nitems; i++)
	{
		if (plan->items[i].kind == ITEM_COLUMN)
			kept[plan->items[i].number - 1] = true;
		if (plan->items[i].kind == ITEM_VALUES)
			kept[plan->values - 1] = true;
	}
	if (plan->within > 0)
		kept[plan->within - 1] = true;
	for (int i = 0; plan->nrules > 0 && i < FACTS_OF_RULES + plan->nrules * FACTS_OF_RULE; i++)
		kept[plan->facts - 1 + i] = true;
	return kept;
}

static void
start_reading(DestReceiver *self, int operation pg_attribute_unused(), TupleDesc tupdesc)
{
	Run		   *run = (Run *) self;
	const RunPlan *plan = run->plan;
	MemoryContext old = MemoryContextSwitchTo(run->context);
	int			period = plan->period - 1;

	check_items(plan, tupdesc, run->sink->tupdesc);
	for (int i = 0; i < run->sink->nread; i++)
		check_column(tupdesc, i + 1, TupleDescAttr(run->sink->tupdesc, i)->atttypid);
	if (plan->model != NULL)
		check_columns(plan, tupdesc);
	run->ncolumns = tupdesc->natts;
	if (plan->model == NULL)
	{
		run->result_desc = CreateTupleDescCopy(tupdesc);
		run->results = tuplestore_begin_heap(false, false, work_mem);
	}
	else
	{
		run->value = palloc0(tupdesc->natts * sizeof(Datum));
		run->null = palloc0(tupdesc->natts * sizeof(bool));
		run->blocks = row_blocks_create(tupdesc, kept_columns(plan, tupdesc->natts), plan->model->nindicators,
										3 + plan->model->ncategories, get_hash_memory_limit());
		run->groups = key_numbers_create(tupdesc, plan->groups, plan->ngroups, plan->coarsest,
										 run->context);
		run->periods = key_numbers_create(tupdesc, &period, period < 0 ? 0 : 1,
										  period < 0 ? 0 : 1, run->context);
		run->level = palloc0(key_levels(run->groups) * sizeof(GroupLevel));
	}
	MemoryContextSwitchTo(old);
}

static bool
receive_row(TupleTableSlot *slot, DestReceiver *self)
{
	Run		   *run = (Run *) self;
	MemoryContext old = MemoryContextSwitchTo(run->row_context);

	CHECK_FOR_INTERRUPTS();
	slot_getallattrs(slot);
	memcpy(run->value, slot->tts_values, run->ncolumns * sizeof(Datum));
	memcpy(run->null, slot->tts_isnull, run->ncolumns * sizeof(bool));
	read_row(run);
	if (run->sink->nread > 0)
		run->sink->read(run->sink, run->value, run->null);
	MemoryContextSwitchTo(old);
	return true;
}

/* Rows that are the result as they are: the sink takes them once the query has been read. */
static bool
keep_result(TupleTableSlot *slot, DestReceiver *self)
{
	CHECK_FOR_INTERRUPTS();
	tuplestore_puttupleslot(((Run *) self)->results, slot);
	return true;
}

static void
end_reading(DestReceiver *self pg_attribute_unused())
{
}

Oid
require_owner(Oid relation, ObjectType type)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", relation);
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	if (!has_privs_of_role(GetUserId(), owner))
		aclcheck_error(ACLCHECK_NOT_OWNER, type, get_rel_name(relation));
	return owner;
}

static void
set_for_reading(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

/*
 * The query is read with the privileges of its owner, who cannot change the
 * caller's session by what it calls; and in the same way whoever reads it.
 */
static void
read_input(Run *run)
{
	const RunPlan *plan = run->plan;
	SPIExecuteOptions options = {0};
	Oid			caller;
	int			context;
	int			nest_level = NewGUCNestLevel();
	int			result;

	GetUserIdAndSecContext(&caller, &context);
	if (OidIsValid(plan->view))
	{
		SetUserIdAndSecContext(require_owner(plan->view, OBJECT_VIEW), context | SECURITY_RESTRICTED_OPERATION);
		set_for_reading("row_security", "off");
		set_for_reading("TimeZone", plan->time_zone);
	}
	set_for_reading("search_path", "pg_catalog, pg_temp");
	set_for_reading("DateStyle", "ISO, YMD");
	set_for_reading("IntervalStyle", "postgres");
	set_for_reading("extra_float_digits", "1");
	set_for_reading("bytea_output", "hex");

	SPI_connect();
	options.read_only = true;
	options.dest = &run->receiver;
	result = SPI_execute_extended(plan->query, &options);
	if (result != SPI_OK_SELECT)
		elog(ERROR, "run could not read its input: %s", SPI_result_code_string(result));
	SPI_finish();

	AtEOXact_GUC(false, nest_level);
	SetUserIdAndSecContext(caller, context);
}

/* ---------------- fitting ---------------- */

/* A pass is over; is there a model that needs another one? */
static bool
finish_pass(Run *run)
{
	bool		more = false;

	for (int level = 0; level < key_levels(run->groups); level++)
		for (int64 i = 0; i < run->level[level].count; i++)
		{
			RunGroup   *group = &run->level[level].group[i];

			if (group->state == NULL)
				continue;
			CHECK_FOR_INTERRUPTS();
			group->model = level > 0 && group->rows < run->plan->min_peers ? NULL :
				fit_state_model(group->state);
			MemoryContextDelete(group->state->expanded.header.eoh_context);
			group->state = NULL;
			more |= group->model != NULL && !group->model->fitted;
		}
	return more;
}

static void
fit_again(Run *run)
{
	RowBlock   *block;

	row_blocks_rewind(run->blocks);
	while ((block = row_blocks_read(run->blocks)) != NULL)
		for (int row = 0; row < block->n; row++)
		{
			if (block->flags[row] != (ROW_HAS_VALUES | ROW_IN_SAMPLE))
				continue;
			for (int level = 0; level < key_levels(run->groups); level++)
			{
				uint32		number = key_number(run->groups, block->group[row], level);
				RunGroup   *group = number == NO_KEY ? NULL : level_group(run, level, number);

				if (group != NULL && group->model != NULL && !group->model->fitted)
					fit_row(group, group->model,
							block->values + (Size) row * run->plan->model->nindicators, run->context);
			}
		}
}

/* The finest bounds that there are for a group; NULL for none. */
static const ScoreModel *
image_model(Run *run, uint32 image)
{
	int			finest = key_levels(run->groups) - 1;

	if (key_number(run->groups, image, finest) == NO_KEY)
		return NULL;
	for (int level = finest; level >= 0; level--)
	{
		RunGroup   *group = level_group(run, level, key_number(run->groups, image, level));

		if (group->model != NULL)
			return group->model;
	}
	return NULL;
}

static void
fit_groups(Run *run)
{
	uint32		images = key_images_count(run->groups);

	if (run->plan->given > 0)
	{
		run->model = palloc0((run->plan->nmodels + 1) * sizeof(ScoreModel *));
		memcpy(run->model + 1, run->plan->models, run->plan->nmodels * sizeof(ScoreModel *));
		return;
	}
	for (int pass = 1; finish_pass(run); pass++)
	{
		if (pass >= MAX_PASSES)
			elog(ERROR, "fitting did not converge");
		fit_again(run);
	}
	run->model = palloc(Max(images, 1) * sizeof(ScoreModel *));
	for (uint32 image = 0; image < images; image++)
		run->model[image] = image_model(run, image);
}

/* ---------------- scoring ---------------- */

/* Rows of a model and a stage that are scored together. */
typedef struct SameScale
{
	const ScoreModel *model;
	int			stage;
	int			count;
	uint16		rows[SCORE_ROWS];
} SameScale;

/* So many are kept apart; groups are often many, and rows of each of them few. */
#define SCALES_MAX		8

/* Fewer rows cost less one by one. */
#define ROWS_WORTH_A_BLOCK	8

static void
score_scale(const SameScale *scale, RowBlock *block)
{
	const ScoreModel *model = scale->model;

	if (scale->count >= ROWS_WORTH_A_BLOCK && scores_by_indicator(model))
	{
		block_numbers(model, scale->stage, scale->rows, scale->count, block->values, block->numbers);
		return;
	}
	for (int i = 0; i < scale->count; i++)
		(void) row_numbers(model, scale->stage,
						   block->values + (Size) scale->rows[i] * model->nindicators,
						   block->numbers + (Size) scale->rows[i] * (3 + model->ncategories));
}

/* Where the rows of a model and a stage are gathered. */
static SameScale *
find_scale(SameScale *scales, int *nscales, const ScoreModel *model, int stage, RowBlock *block)
{
	SameScale  *scale;

	for (int i = 0; i < *nscales; i++)
		if (scales[i].model == model && scales[i].stage == stage)
			return &scales[i];
	if (*nscales < SCALES_MAX)
		scale = &scales[(*nscales)++];
	else
	{
		scale = &scales[SCALES_MAX - 1];
		score_scale(scale, block);
	}
	check_fitted(model);
	scale->model = model;
	scale->stage = stage;
	scale->count = 0;
	return scale;
}

static void
score_rows(Run *run, RowBlock *block, int start, int end)
{
	int			width = 3 + run->plan->model->ncategories;
	SameScale	scales[SCALES_MAX];
	int			nscales = 0;

	for (int row = start; row < end; row++)
	{
		const ScoreModel *model = run->model[block->group[row]];

		if (model != NULL && block->stage[row] >= 0 && (block->flags[row] & ROW_HAS_VALUES) != 0)
		{
			SameScale  *scale = find_scale(scales, &nscales, model, block->stage[row], block);

			scale->rows[scale->count++] = row;
			continue;
		}
		for (int i = 0; i < width; i++)
			block->numbers[(Size) row * width + i] = NAN;
	}
	for (int i = 0; i < nscales; i++)
		score_scale(&scales[i], block);
}

static void
score_block(Run *run, RowBlock *block)
{
	if (block->scored)
		return;
	for (int start = 0; start < block->n; start += SCORE_ROWS)
		score_rows(run, block, start, Min(start + SCORE_ROWS, block->n));
	block->scored = true;
}

/* ---------------- facts ---------------- */

static Bytes
varlena_bytes(Datum value, bool null)
{
	Bytes		result = {0};

	if (!null)
	{
		struct varlena *packed = PG_DETOAST_DATUM_PACKED(value);

		result.bytes = VARDATA_ANY(packed);
		result.length = VARSIZE_ANY_EXHDR(packed);
	}
	return result;
}

/* Why a row has no score. */
static Bytes
row_gap(Run *run, const RowBlock *block, int row)
{
	int			column = run->plan->facts - 1 + FACT_GAP;
	Bytes		gap = {0};
	StringInfoData reasons;

	if (!run->null[column])
		return reasons_get(run->value[column]);
	if (!isnan(run->facts.score))
		return gap;
	initStringInfo(&reasons);
	if ((run->plan->ngroups > 0 || run->plan->given > 0) && run->model[block->group[row]] == NULL)
		reason_add(&reasons, REASON_GROUP_UNFITTED);
	else if ((block->flags[row] & ROW_HAS_VALUES) == 0 ||
			 !add_veto(&reasons, run->plan->model, block->values + (Size) row * run->plan->model->nindicators))
		coverage_gap(&reasons, run->facts.coverage, run->plan->model->min_coverage);
	gap.bytes = reasons.data;
	gap.length = reasons.len;
	return gap;
}

/* What is known of a row whose columns have been read. */
static void
row_facts(Run *run, const RowBlock *block, int row)
{
	const RunPlan *plan = run->plan;
	const double *numbers = block->numbers + (Size) row * (3 + plan->model->ncategories);
	int			column = plan->facts - 1 + FACTS_OF_RULES;

	run->facts.score = numbers[0];
	run->facts.coverage = numbers[1];
	run->facts.stage = isnan(numbers[2]) ? -1 : (int32) numbers[2];
	run->facts.nrules = plan->nrules;
	run->facts.gap = row_gap(run, block, row);
	run->facts.excluded = (Bytes){0};
	if (!run->null[plan->facts - 1 + FACT_EXCLUDED])
		run->facts.excluded = reasons_get(run->value[plan->facts - 1 + FACT_EXCLUDED]);
	for (int i = 0; i < plan->nrules; i++, column += FACTS_OF_RULE)
	{
		RuleFacts  *of_rule = &run->of_rule[i];

		of_rule->required = run->null[column + RULE_REQUIRED] ? FACT_UNKNOWN :
			DatumGetBool(run->value[column + RULE_REQUIRED]) ? FACT_TRUE : FACT_FALSE;
		of_rule->qualifies = !run->null[column + RULE_QUALIFIES] &&
			DatumGetBool(run->value[column + RULE_QUALIFIES]);
		of_rule->batch = run->null[column + RULE_BATCH] ? 0 :
			DatumGetInt32(run->value[column + RULE_BATCH]);
		of_rule->quota = varlena_bytes(run->value[column + RULE_QUOTA], run->null[column + RULE_QUOTA]);
		of_rule->ncategories = plan->rules[i] == NULL ? 0 : plan->rules[i]->nminima;
		for (int k = 0; k < of_rule->ncategories; k++)
			run->categories[i][k] = numbers[3 + run->category[i][k]];
		of_rule->categories = (const char *) run->categories[i];
	}
}

static void
prepare_facts(Run *run)
{
	const RunPlan *plan = run->plan;

	run->of_rule = palloc0(Max(plan->nrules, 1) * sizeof(RuleFacts));
	run->categories = palloc0(Max(plan->nrules, 1) * sizeof(double *));
	run->category = palloc0(Max(plan->nrules, 1) * sizeof(int *));
	for (int i = 0; i < plan->nrules; i++)
	{
		const ListRule *rule = plan->rules[i];

		if (rule == NULL)
			continue;
		run->categories[i] = palloc0(Max(rule->nminima, 1) * sizeof(double));
		run->category[i] = palloc0(Max(rule->nminima, 1) * sizeof(int));
		for (int k = 0; k < rule->nminima; k++)
			run->category[i][k] = model_find_category(plan->model, cstring_to_text(rule->minima[k].category));
	}
}

/* ---------------- ranking and deciding ---------------- */

/* What a row is before places are taken. */
static void
begin_outcomes(Run *run, int64 place)
{
	for (int i = 0; i < run->plan->nrules; i++)
	{
		const ListRule *rule = run->plan->rules[i];
		const RuleFacts *of_rule = &run->of_rule[i];
		Outcome    *outcome = &run->places->outcome[i][place];

		outcome->standing = rule_standing(rule, &run->facts, of_rule);
		if (outcome->standing == STANDING_ELIGIBLE && rule->quota_n > 0)
			outcome->group = field_number(run->places->quotas[i], of_rule->quota.bytes,
										  of_rule->quota.length);
	}
}

static void
begin_tier(Run *run, int64 place)
{
	int			within = run->plan->within - 1;
	Bytes		name;

	if (within < 0)
		return;
	name = varlena_bytes(run->value[within], run->null[within]);
	run->places->field[place] = run->null[within] ? NOT_IN_CUT :
		field_number(run->places->fields, name.bytes, name.length);
}

static void
begin_places(Run *run)
{
	RunPlaces  *places = run->places = run_places_create(run->plan, row_blocks_count(run->blocks));
	RowBlock   *block;
	int64		place = 0;
	bool		columns = run->plan->nrules > 0 || run->plan->within > 0;

	places->nperiods = key_numbers_count(run->periods, 0) + 1;
	row_blocks_rewind(run->blocks);
	while ((block = row_blocks_read(run->blocks)) != NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(run->row_context);

		MemoryContextReset(run->row_context);
		score_block(run, block);
		for (int row = 0; row < block->n; row++, place++)
		{
			double		score = block->numbers[(Size) row * (3 + run->plan->model->ncategories)];

			run_places_add(places, place, block->period[row], block->stage[row], score);
			if (!columns)
				continue;
			row_blocks_columns(run->blocks, block, row, run->value, run->null);
			if (places->tier != NULL)
				begin_tier(run, place);
			if (run->plan->nrules > 0)
			{
				row_facts(run, block, row);
				begin_outcomes(run, place);
			}
		}
		MemoryContextSwitchTo(old);
	}
}

/* ---------------- handing over ---------------- */

static void
prepare_scores(Run *run)
{
	const RunPlan *plan = run->plan;
	const ScoreModel *model = plan->model;

	run->shown = palloc0(plan->nitems * sizeof(ShownScore));
	for (int i = 0; i < plan->nitems; i++)
	{
		ShownScore *shown = &run->shown[i];
		int			number = plan->items[i].number;

		if (plan->items[i].kind != ITEM_SCORE)
			continue;
		shown->count = number > 3 ? decimals_count(&model_categories(model)[number - 4].shown) :
			model->decimals == DECIMALS_NONE ? model->places : model->decimals;
		decimals_init(&shown->decimals, shown->count, shown->count);
		shown->typmod = TupleDescAttr(run->sink->tupdesc, i)->atttypmod;
	}
}

static Datum
show_score(const ShownScore *shown, double score)
{
	double		units = decimal_units(&shown->decimals, score);
	char	   *room;

	/* Also true for NaN. */
	if (!(fabs(units) < DECIMAL_LIMIT))
		return DirectFunctionCall2(numeric, DirectFunctionCall1(float8_numeric, Float8GetDatum(score)),
								   Int32GetDatum(shown->typmod));
	room = palloc(NUMERIC_UNITS_ROOM);
	numeric_from_units((int64) units, shown->count, room);
	return PointerGetDatum(room);
}

/* Numbers as an array, NULL for NaN. */
static Datum
show_numbers(const double *numbers, int n)
{
	Datum	   *values = palloc(Max(n, 1) * sizeof(Datum));
	bool	   *nulls = palloc(Max(n, 1) * sizeof(bool));
	int			lower = 1;

	for (int i = 0; i < n; i++)
		set_number(&values[i], &nulls[i], numbers[i]);
	return PointerGetDatum(construct_md_array(values, nulls, 1, &n, &lower, FLOAT8OID, sizeof(double),
											  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

static Datum
show_reasons(Run *run, int rule, const Outcome *outcome)
{
	StringInfoData reasons;

	initStringInfo(&reasons);
	outcome_reasons(&reasons, run->plan->rules[rule], &run->facts, &run->of_rule[rule], outcome);
	return reasons_sentences((Bytes){reasons.data, reasons.len}, DatumGetTextPP(run->plan->languages[rule]));
}

/* The values as the source has them, NULL for NaN. */
static Datum
show_values(Datum value)
{
	ArrayType  *array = DatumGetArrayTypeP(value);
	int			n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	const double *next = (const double *) ARR_DATA_PTR(array);
	const uint8 *bitmap = ARR_NULLBITMAP(array);
	double	   *numbers = palloc(Max(n, 1) * sizeof(double));
	bool		nan = false;

	for (int i = 0; i < n; i++)
	{
		bool		there = bitmap == NULL || (bitmap[i / 8] & (1 << (i % 8))) != 0;

		numbers[i] = there ? *next++ : NAN;
		nan |= there && isnan(numbers[i]);
	}
	return nan ? show_numbers(numbers, n) : value;
}

static Datum
show_item(Run *run, int i, const RowBlock *block, int row, int64 place, bool *null)
{
	const RunItem *item = &run->plan->items[i];
	const ScoreModel *model = run->plan->model;
	const double *numbers = block->numbers + (Size) row * (3 + model->ncategories);
	const RunPlaces *places = run->places;
	uint32		rank = places->ranks[place].rank;
	bool		of_rule = item->kind >= ITEM_DECISION;
	const Outcome *outcome = of_rule ? &places->outcome[item->number - 1][place] : NULL;
	const ListRule *rule = of_rule ? run->plan->rules[item->number - 1] : NULL;

	*null = false;
	switch (item->kind)
	{
		case ITEM_NONE:
			*null = true;
			return (Datum) 0;
		case ITEM_COLUMN:
			*null = run->null[item->number - 1];
			return run->value[item->number - 1];
		case ITEM_VALUES:
			*null = run->null[run->plan->values - 1];
			return *null ? (Datum) 0 : show_values(run->value[run->plan->values - 1]);
		case ITEM_NUMBER:
			*null = isnan(numbers[item->number - 1]);
			return Float8GetDatum(numbers[item->number - 1]);
		case ITEM_CATEGORIES:
			*null = isnan(numbers[2]);
			return *null ? (Datum) 0 : show_numbers(numbers + 3, model->ncategories);
		case ITEM_SCORE:
			*null = isnan(numbers[item->number - 1]);
			return *null ? (Datum) 0 : show_score(&run->shown[i], numbers[item->number - 1]);
		case ITEM_COVERAGE:
			*null = isnan(numbers[1]);
			return Float8GetDatum(numbers[1]);
		case ITEM_RANK:
			*null = rank == 0;
			return Int64GetDatum(rank);
		case ITEM_STAGE_RANK:
			*null = rank == 0;
			return Int64GetDatum(places->ranks[place].stage_rank);
		case ITEM_PERCENTILE:
			{
				double		scored = places->scored_in[places->period[place]];

				*null = rank == 0;
				return Float8GetDatum(100.0 * (scored - rank + 1) / scored);
			}
		case ITEM_TIER:
			*null = places->tier == NULL || places->tier[place] == 0;
			return *null ? (Datum) 0 : CStringGetTextDatum(run->plan->tiers->tiers[places->tier[place] - 1]);
		case ITEM_DECISION:
			return CStringGetTextDatum(decision_names[outcome_code(rule, outcome)]);
		case ITEM_REASONS:
			return show_reasons(run, item->number - 1, outcome);
		case ITEM_BARRED:
			return BoolGetDatum(rule_bars(rule, &run->facts, &run->of_rule[item->number - 1]));
		case ITEM_DIRECT:
			return BoolGetDatum(outcome->standing == STANDING_DIRECT);
		case ITEM_ELIGIBLE:
			return BoolGetDatum(outcome->standing == STANDING_ELIGIBLE);
		case ITEM_ADMITTED:
			return BoolGetDatum(outcome_is_admitted(rule, outcome));
	}
	return (Datum) 0;			/* not reached */
}

static void
hand_over_row(Run *run, const RowBlock *block, int row, int64 place)
{
	RowSink    *sink = run->sink;
	TupleTableSlot *slot;

	if (run->left_out != NULL && run->left_out[block->period[row]])
		return;
	row_blocks_columns(run->blocks, block, row, run->value, run->null);
	if (run->plan->nrules > 0)
		row_facts(run, block, row);
	slot = sink->slot(sink);
	for (int i = 0; i < run->plan->nitems; i++)
		slot->tts_values[i] = show_item(run, i, block, row, place, &slot->tts_isnull[i]);
	ExecStoreVirtualTuple(slot);
	sink->put(sink);
}

/* The places of the rows by ascending scores, those without one last: the last rank comes first. */
static uint32 *
order_by_score(const RunPlaces *places)
{
	uint32	   *order = MemoryContextAllocHuge(CurrentMemoryContext, Max(places->rows, 1) * sizeof(uint32));
	int64	   *next = MemoryContextAllocExtended(CurrentMemoryContext, (places->rows + 2) * sizeof(int64),
												  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);

	for (int64 i = 0; i < places->rows; i++)
		next[places->ranks[i].rank]++;
	for (int64 rank = places->rows, start = 0; rank >= 0; rank--)
	{
		int64		n = next[rank];

		next[rank] = start;
		start += n;
	}
	for (int64 i = 0; i < places->rows; i++)
		order[next[places->ranks[i].rank]++] = i;
	pfree(next);
	return order;
}

static void
hand_over_by_score(Run *run)
{
	uint32	   *order = order_by_score(run->places);

	for (int64 i = 0; i < run->places->rows; i++)
	{
		MemoryContext old = MemoryContextSwitchTo(run->row_context);
		uint32		place = order[i];

		hand_over_row(run, row_blocks_at(run->blocks, place / BLOCK_ROWS), place % BLOCK_ROWS, place);
		MemoryContextSwitchTo(old);
		if (i % BLOCK_ROWS == BLOCK_ROWS - 1 || i == run->places->rows - 1)
		{
			CHECK_FOR_INTERRUPTS();
			run->sink->flush(run->sink);
			MemoryContextReset(run->row_context);
		}
	}
	pfree(order);
}

static void
hand_over_result(Run *run, TupleTableSlot *row)
{
	const RunItem *items = run->plan->items;
	TupleTableSlot *slot = run->sink->slot(run->sink);

	slot_getallattrs(row);
	for (int i = 0; i < run->plan->nitems; i++)
	{
		slot->tts_isnull[i] = items[i].kind == ITEM_NONE || row->tts_isnull[items[i].number - 1];
		if (!slot->tts_isnull[i])
			slot->tts_values[i] = row->tts_values[items[i].number - 1];
	}
	ExecStoreVirtualTuple(slot);
	run->sink->put(run->sink);
}

static void
hand_over_results(Run *run)
{
	TupleTableSlot *read = MakeSingleTupleTableSlot(run->result_desc, &TTSOpsMinimalTuple);
	TupleTableSlot *row = MakeSingleTupleTableSlot(run->result_desc, &TTSOpsMinimalTuple);
	MemoryContext old = MemoryContextSwitchTo(run->row_context);

	for (int64 i = 1; tuplestore_gettupleslot(run->results, true, false, read); i++)
	{
		/* A copy that stays until the rows are flushed. */
		ExecStoreMinimalTuple(ExecCopySlotMinimalTuple(read), row, false);
		hand_over_result(run, row);
		if (i % BLOCK_ROWS == 0)
		{
			CHECK_FOR_INTERRUPTS();
			run->sink->flush(run->sink);
			MemoryContextReset(run->row_context);
		}
	}
	run->sink->flush(run->sink);
	MemoryContextSwitchTo(old);
	ExecDropSingleTupleTableSlot(row);
	ExecDropSingleTupleTableSlot(read);
	tuplestore_end(run->results);
}

static void
hand_over_rows(Run *run)
{
	RowBlock   *block;
	int64		place = 0;

	prepare_scores(run);
	row_blocks_rewind(run->blocks);
	if (run->sink->by_score && row_blocks_at(run->blocks, 0) != NULL)
	{
		hand_over_by_score(run);
		return;
	}
	while ((block = row_blocks_read(run->blocks)) != NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(run->row_context);

		MemoryContextReset(run->row_context);
		score_block(run, block);
		for (int row = 0; row < block->n; row++, place++)
			hand_over_row(run, block, row, place);
		run->sink->flush(run->sink);
		MemoryContextSwitchTo(old);
	}
}

/* The models of all groups, in the context that outlives the run. */
static void
report_models(Run *run, RunReport *report, MemoryContext context)
{
	int			finest = key_levels(run->groups) - 1;
	uint32		count = key_numbers_count(run->groups, finest);
	bool	   *seen = palloc0(Max(count, 1) * sizeof(bool));

	report->labels = MemoryContextAllocZero(context, Max(count, 1) * sizeof(char *));
	report->keys = MemoryContextAllocZero(context, Max(count, 1) * sizeof(Datum));
	report->models = MemoryContextAllocZero(context, Max(count, 1) * sizeof(ScoreModel *));
	if (run->plan->given > 0)
		return;
	for (uint32 image = 0; image < key_images_count(run->groups); image++)
	{
		uint32		number = key_number(run->groups, image, finest);

		if (number == NO_KEY || seen[number] || run->model[image] == NULL)
			continue;
		seen[number] = true;
		if (run->plan->ngroups > 0)
			report->labels[report->ngroups] = MemoryContextStrdup(context, key_label(run->groups, number));
		MemoryContextSwitchTo(context);
		report->keys[report->ngroups] = key_texts(run->groups, number);
		MemoryContextSwitchTo(run->context);
		report->models[report->ngroups++] = model_copy(run->model[image], context);
	}
}

void
run(const RunPlan *plan, RowSink *sink, RunReport *report)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "run",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	Run		   *run = palloc0(sizeof(Run));
	Progress	progress;

	progress_begin(&progress);
	run->plan = plan;
	run->sink = sink;
	run->context = context;
	run->row_context = AllocSetContextCreate(context, "rows of a run", ROWS_CONTEXT_SIZES);
	run->receiver.receiveSlot = plan->model == NULL ? keep_result : receive_row;
	run->receiver.rStartup = start_reading;
	run->receiver.rShutdown = end_reading;
	run->receiver.rDestroy = end_reading;
	run->receiver.mydest = DestTuplestore;
	read_input(run);
	if (plan->model == NULL)
		hand_over_results(run);
	else
	{
		int64		rows = row_blocks_count(run->blocks);

		progress_tell(&progress, "read", rows, "rows");
		fit_groups(run);
		progress_tell(&progress, "fitted", key_images_count(run->groups), "groups");
		prepare_facts(run);
		begin_places(run);
		progress_tell(&progress, "scored", rows, "rows");
		run_places_take(plan, run->places);
		progress_tell(&progress, "ranked", run->places->scored, "rows");
		hand_over_rows(run);
		progress_tell(&progress, "handed over", sink->rows, "rows");
		report_models(run, report, old);
		report->complete = rows > 0 && !run->stageless;
		row_blocks_free(run->blocks);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}
