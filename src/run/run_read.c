/*-------------------------------------------------------------------------
 *
 * run_read.c
 *	  The input of a run is read: once, as the owner of its view.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "support/compat.h"
#include "support/growing.h"
#include "model/value_row.h"
#include "run/run.h"
#include "run/run_state.h"

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

static void
start_reading(DestReceiver *self, int operation pg_attribute_unused(), TupleDesc tupdesc)
{
	Run		   *run = (Run *) self;
	const RunPlan *plan = run->plan;
	MemoryContext old = MemoryContextSwitchTo(run->context);
	int			period = plan->period - 1;

	check_items(plan, tupdesc, run->sink->tupdesc);
	check_read_columns(run->sink, tupdesc);
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
void
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

	run->receiver.receiveSlot = plan->model == NULL ? keep_result : receive_row;
	run->receiver.rStartup = start_reading;
	run->receiver.rShutdown = end_reading;
	run->receiver.rDestroy = end_reading;
	run->receiver.mydest = DestTuplestore;
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
