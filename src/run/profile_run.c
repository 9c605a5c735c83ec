/*-------------------------------------------------------------------------
 *
 * profile_run.c
 *	  A run whose scores become distributions, which places are looked up in.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "support/compat.h"
#include "support/function_glue.h"
#include "support/growing.h"
#include "support/large_memory.h"
#include "support/number_array.h"
#include "numbers/distribution.h"
#include "numbers/float_key.h"
#include "numbers/radix_sort.h"
#include "rank/field_numbers.h"
#include "run/run.h"

/* What the run gives: the score, the period, and the field of each kind, NULL where a row takes no part. */
enum
{
	PROFILE_SCORE,
	PROFILE_PERIOD,
	PROFILE_KINDS
};

/* The scores of a kind, period and field. */
typedef struct ProfileGroup
{
	uint64	   *key;
	int64		n;
	int64		room;
} ProfileGroup;

/* Groups are numbered by field and period. */
typedef struct ProfileKind
{
	FieldNumbers *names;
	ProfileGroup *group;
	int64		ngroups;
	int64		room;
} ProfileKind;

typedef struct ProfileSink
{
	RowSink		sink;
	MemoryContext context;
	TupleTableSlot *row;
	StringInfoData name;
	ProfileKind *kind;
	int			nkinds;
} ProfileSink;

static TupleTableSlot *
profile_slot(RowSink *sink)
{
	return ExecClearTuple(((ProfileSink *) sink)->row);
}

static ProfileGroup *
find_group(ProfileSink *profile, ProfileKind *kind)
{
	uint32		number = field_number(kind->names, profile->name.data, profile->name.len);

	if (number >= kind->ngroups)
	{
		kind->group = make_room(kind->group, &kind->room, (int64) number + 1, sizeof(ProfileGroup),
								profile->context);
		memset(&kind->group[number], 0, sizeof(ProfileGroup));
		kind->ngroups = (int64) number + 1;
	}
	return &kind->group[number];
}

static void
append_text(StringInfo name, Datum value)
{
	text	   *bytes = DatumGetTextPP(value);

	appendBinaryStringInfo(name, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
}

static void
profile_put(RowSink *sink)
{
	ProfileSink *profile = (ProfileSink *) sink;
	const Datum *values = profile->row->tts_values;
	const bool *nulls = profile->row->tts_isnull;

	if (nulls[PROFILE_SCORE])
		return;
	sink->rows++;
	for (int i = 0; i < profile->nkinds; i++)
	{
		ProfileGroup *group;

		if (nulls[PROFILE_KINDS + i])
			continue;

		/*
		 * Texts hold no zero byte; without a period there is none in the
		 * name.
		 */
		resetStringInfo(&profile->name);
		append_text(&profile->name, values[PROFILE_KINDS + i]);
		if (!nulls[PROFILE_PERIOD])
		{
			appendStringInfoChar(&profile->name, '\0');
			append_text(&profile->name, values[PROFILE_PERIOD]);
		}
		group = find_group(profile, &profile->kind[i]);
		group->key = make_room(group->key, &group->room, group->n + 1, sizeof(uint64), profile->context);
		group->key[group->n++] = score_key(DatumGetFloat8(values[PROFILE_SCORE]));
	}
}

static void
profile_flush(RowSink *sink pg_attribute_unused())
{
}

static ProfileSink *
profile_sink_create(int nkinds)
{
	ProfileSink *profile = palloc0(sizeof(ProfileSink));
	TupleDesc	tupdesc = CreateTemplateTupleDesc(PROFILE_KINDS + nkinds);

	TupleDescInitEntry(tupdesc, PROFILE_SCORE + 1, "score", FLOAT8OID, -1, 0);
	for (int i = PROFILE_PERIOD; i < PROFILE_KINDS + nkinds; i++)
		TupleDescInitEntry(tupdesc, i + 1, i == PROFILE_PERIOD ? "period" : "field", TEXTOID, -1, 0);
	TupleDescFinalize(tupdesc);
	profile->sink.tupdesc = tupdesc;
	profile->sink.slot = profile_slot;
	profile->sink.put = profile_put;
	profile->sink.flush = profile_flush;
	profile->context = CurrentMemoryContext;
	profile->row = MakeSingleTupleTableSlot(tupdesc, &TTSOpsVirtual);
	profile->nkinds = nkinds;
	profile->kind = palloc0(Max(nkinds, 1) * sizeof(ProfileKind));
	for (int i = 0; i < nkinds; i++)
		profile->kind[i].names = field_numbers_create(profile->context);
	initStringInfo(&profile->name);
	return profile;
}

static Datum
make_profile(ProfileGroup *group)
{
	MemoryContext context = CurrentMemoryContext;
	double	   *sorted = allocate_large(context, group->n * sizeof(double));
	double	   *numbers = allocate_large(context, kept_column_room(group->n, 0) * sizeof(double));

	sort_keys(group->key, group->n);
	for (int64 i = 0; i < group->n; i++)
		sorted[i] = key_float(group->key[i]);
	pfree(group->key);
	return PointerGetDatum(numbers_make(numbers, kept_column_write(sorted, group->n, 0, numbers)));
}

PG_FUNCTION_INFO_V1(profile_run);
/*
 * _innovation_score.profile_run(plan run_plan)
 *	→ SETOF (kind integer, period text, field text, profile float8[])
 *
 * The distributions of the scores of a run: for each item behind the second, its
 * kind, among the rows that have the same period, which is the second, and the
 * same text there.
 */
Datum
profile_run(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	RunPlan    *plan = run_plan_read(PG_GETARG_HEAPTUPLEHEADER(0));
	ProfileSink *profile = profile_sink_create(Max(plan->nitems - PROFILE_KINDS, 0));
	RunReport	report = {0};
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "distribution of scores",
												  ALLOCSET_DEFAULT_SIZES);

	if (plan->nitems != profile->sink.tupdesc->natts)
		elog(ERROR, "a run of distributions has %d items", plan->nitems);
	init_materialized_srf(fcinfo);
	run(plan, &profile->sink, &report);
	for (int i = 0; i < profile->nkinds; i++)
		for (int64 number = 0; number < profile->kind[i].ngroups; number++)
		{
			MemoryContext old = MemoryContextSwitchTo(scratch);
			int			length;
			const char *name = field_name(profile->kind[i].names, number, &length);
			int			field = strnlen(name, length);
			Datum		values[4];
			bool		nulls[4] = {false};

			CHECK_FOR_INTERRUPTS();
			values[0] = Int32GetDatum(i + 1);
			nulls[1] = field == length;
			values[1] = nulls[1] ? (Datum) 0 :
				PointerGetDatum(cstring_to_text_with_len(name + field + 1, length - field - 1));
			values[2] = PointerGetDatum(cstring_to_text_with_len(name, field));
			values[3] = make_profile(&profile->kind[i].group[number]);
			tuplestore_putvalues(set->setResult, set->setDesc, values, nulls);
			MemoryContextSwitchTo(old);
			MemoryContextReset(scratch);
		}
	ExecDropSingleTupleTableSlot(profile->row);
	return (Datum) 0;
}
