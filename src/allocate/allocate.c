/*-------------------------------------------------------------------------
 *
 * allocate.c
 *	  Window functions allocate and unallocated: a budget shared by weight.
 *
 * Reads the partition once, turns money into whole units, lets sharing.c share
 * them, and keeps one number a row.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "windowapi.h"

#include "support/compat.h"
#include "allocate/sharing.h"

/* The functions' arguments. */
enum
{
	BUDGET,
	WEIGHT,
	FLOOR,
	CAP,
	UNIT
};

/* Amounts up to here are told apart; beyond are "more than everything". */
#define TOO_MANY	(SHARING_MAX_UNITS + 1)

/* An amount of the previous row: most rows have the same floor and cap. */
typedef struct KnownAmount
{
	struct varlena *amount;
	int64		units;
} KnownAmount;

/* Of one partition; kept until the window goes on to the next one. */
typedef struct Allocation
{
	bool		ready;
	bool		no_budget;		/* it is NULL */
	Numeric		budget;
	Numeric		unit;
	int64		shared;			/* units, of all rows */
	int64	   *share;			/* units, by row */
	MemoryContext context;
} Allocation;

static Datum
argument(WindowObject window, int number, int64 row, bool *null)
{
	bool		outside;

	return WinGetFuncArgInPartition(window, number, row, WINDOW_SEEK_HEAD,
									false, null, &outside);
}

static char *
printed(Numeric value)
{
	return DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value)));
}

static bool
is_negative(Numeric value)
{
	return DatumGetBool(DirectFunctionCall2(numeric_lt, NumericGetDatum(value),
											NumericGetDatum(int64_to_numeric(0))));
}

/* How often the unit goes into an amount, at most TOO_MANY. */
static int64
whole_units(Numeric amount, Numeric unit, bool round_up)
{
	Datum		most = NumericGetDatum(int64_to_numeric(TOO_MANY));
	Datum		quotient = DirectFunctionCall2(numeric_div_trunc,
											   NumericGetDatum(amount),
											   NumericGetDatum(unit));
	int64		units;

	if (DatumGetBool(DirectFunctionCall2(numeric_ge, quotient, most)))
		return TOO_MANY;
	units = DatumGetInt64(DirectFunctionCall1(numeric_int8, quotient));
	if (round_up &&
		DatumGetBool(DirectFunctionCall2(numeric_lt,
										 DirectFunctionCall2(numeric_mul, quotient,
															 NumericGetDatum(unit)),
										 NumericGetDatum(amount))))
		units++;
	return units;
}

/* A floor or cap in units. */
static int64
bound_units(Allocation *allocation, KnownAmount *known, Datum datum,
			bool is_floor, MemoryContext work)
{
	struct varlena *packed = PG_DETOAST_DATUM_PACKED(datum);
	MemoryContext old;
	Numeric		amount;

	if (known->amount != NULL && VARSIZE_ANY(packed) == VARSIZE_ANY(known->amount) &&
		memcmp(packed, known->amount, VARSIZE_ANY(packed)) == 0)
		return known->units;

	old = MemoryContextSwitchTo(work);
	amount = DatumGetNumeric(datum);
	if (numeric_is_nan(amount) || is_negative(amount) ||
		(is_floor && numeric_is_inf(amount)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not be %s", is_floor ? "floor" : "cap",
						numeric_is_nan(amount) ? "NaN" :
						numeric_is_inf(amount) && is_floor ? "infinite" : "negative"),
				 errdetail("It is %s.", printed(amount))));
	known->units = numeric_is_inf(amount) ? TOO_MANY :
		whole_units(amount, allocation->unit, is_floor);
	MemoryContextSwitchTo(old);
	MemoryContextReset(work);

	if (known->amount != NULL)
		pfree(known->amount);
	known->amount = MemoryContextAlloc(allocation->context, VARSIZE_ANY(packed));
	memcpy(known->amount, packed, VARSIZE_ANY(packed));
	return known->units;
}

/*
 * The budget or the unit, which must be the same in all rows.  NULL if it is
 * NULL in all rows.
 */
static Numeric
common_amount(FunctionCallInfo fcinfo, Allocation *allocation, int number,
			  int64 rows, MemoryContext work)
{
	WindowObject window = PG_WINDOW_OBJECT();
	const char *name = number == BUDGET ? "budget" : "unit";
	Numeric		first = NULL;
	bool		stable = get_fn_expr_arg_stable(fcinfo->flinfo, number);

	for (int64 row = 0; row < (stable ? 1 : rows); row++)
	{
		bool		null;
		Datum		datum;
		bool		same;

		CHECK_FOR_INTERRUPTS();
		datum = argument(window, number, row, &null);
		if (row == 0)
		{
			if (!null)
			{
				MemoryContext old = MemoryContextSwitchTo(allocation->context);

				first = DatumGetNumericCopy(datum);
				MemoryContextSwitchTo(old);
			}
			continue;
		}
		same = null == (first == NULL);
		if (same && !null)
		{
			MemoryContext old = MemoryContextSwitchTo(work);

			same = DatumGetBool(DirectFunctionCall2(numeric_eq, datum,
													NumericGetDatum(first)));
			MemoryContextSwitchTo(old);
			MemoryContextReset(work);
		}
		if (!same)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%s differs between rows that share one budget", name),
					 errdetail("There are rows with %s and with %s.",
							   first == NULL ? "NULL" : printed(first),
							   null ? "NULL" : printed(DatumGetNumeric(datum))),
					 errhint("Rows of different budgets belong into different partitions: PARTITION BY.")));
	}
	return first;
}

/* 0.01 */
static Numeric
default_unit(MemoryContext context)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	Datum		unit = DirectFunctionCall3(numeric_in, CStringGetDatum("0.01"),
										   ObjectIdGetDatum(InvalidOid),
										   Int32GetDatum(-1));

	MemoryContextSwitchTo(old);
	return DatumGetNumeric(unit);
}

static void
check_budget_and_unit(Allocation *allocation)
{
	if (numeric_is_nan(allocation->unit) || numeric_is_inf(allocation->unit) ||
		!DatumGetBool(DirectFunctionCall2(numeric_gt, NumericGetDatum(allocation->unit),
										  NumericGetDatum(int64_to_numeric(0)))))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unit must be positive and finite"),
				 errdetail("It is %s.", printed(allocation->unit))));
	if (numeric_is_nan(allocation->budget) || numeric_is_inf(allocation->budget) ||
		is_negative(allocation->budget))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("budget must be finite and not negative"),
				 errdetail("It is %s.", printed(allocation->budget))));
}

/* One row; floors are added up. */
static void
read_recipient(Allocation *allocation, WindowObject window, int64 row, int64 budget,
			   KnownAmount *known, Recipient *recipient, MemoryContext work)
{
	bool		null;
	Datum		datum;

	datum = argument(window, WEIGHT, row, &null);
	recipient->weight = null || !isfinite(DatumGetFloat8(datum)) ?
		0.0 : DatumGetFloat8(datum);

	datum = argument(window, FLOOR, row, &null);
	recipient->floor = null ? 0 :
		bound_units(allocation, &known[0], datum, true, work);

	datum = argument(window, CAP, row, &null);
	recipient->cap = null ? budget :
		bound_units(allocation, &known[1], datum, false, work);
	if (!null && recipient->floor > recipient->cap)
	{
		/* The next argument that is read takes the place of this one. */
		char	   *cap = printed(DatumGetNumeric(datum));

		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("no multiple of the unit %s lies between floor and cap",
						printed(allocation->unit)),
				 errdetail("The cap is %s, the floor %s.", cap,
						   printed(DatumGetNumeric(argument(window, FLOOR, row, &null))))));
	}

	/* Above the budget all caps are the same. */
	recipient->cap = Min(recipient->cap, budget);
}

/*
 * How many of the tied claims from "first" to "end" get a unit, when there are
 * so many units: the first in the window's order, but those that it does not
 * tell apart are served alike.
 */
static int64
serve_tied(WindowObject window, const Claim *claim, int64 first, int64 end, int64 units)
{
	int64		low = first;
	int64		high = first + units;	/* the first that gets nothing */
	int64		next;

	if (high == end)
		return units;
	next = claim[high].row;
	while (low < high)
	{
		int64		middle = low + (high - low) / 2;

		CHECK_FOR_INTERRUPTS();
		if (WinRowsArePeers(window, claim[middle].row, next))
			high = middle;
		else
			low = middle + 1;
	}
	return low - first;
}

static void
share_out(FunctionCallInfo fcinfo, Allocation *allocation)
{
	WindowObject window = PG_WINDOW_OBJECT();
	int64		rows = WinGetPartitionRowCount(window);
	MemoryContext room = AllocSetContextCreate(CurrentMemoryContext, "allocate",
											   ALLOCSET_DEFAULT_SIZES);
	MemoryContext work = AllocSetContextCreate(room, "allocate amounts",
											   ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(room);
	KnownAmount known[2] = {{0}};
	Recipient  *recipient;
	Turn	   *scratch;
	Claim	   *claim;
	int64		budget;
	int64		floors = 0;
	int64		nclaims;
	int64		left;
	int64		first;
	int64		end;

	refuse_null_treatment(window, fcinfo);
	if (rows > SHARING_MAX_RECIPIENTS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many rows share one budget")));

	allocation->budget = common_amount(fcinfo, allocation, BUDGET, rows, work);
	allocation->unit = common_amount(fcinfo, allocation, UNIT, rows, work);
	if (allocation->unit == NULL)
		allocation->unit = default_unit(allocation->context);
	if (allocation->budget == NULL)
	{
		allocation->no_budget = true;
		MemoryContextSwitchTo(old);
		MemoryContextDelete(room);
		return;
	}
	check_budget_and_unit(allocation);
	budget = whole_units(allocation->budget, allocation->unit, false);
	if (budget > SHARING_MAX_UNITS)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("budget has too many units"),
				 errdetail("The budget is %s, the unit %s; there can be " INT64_FORMAT " units.",
						   printed(allocation->budget), printed(allocation->unit),
						   SHARING_MAX_UNITS)));

	recipient = MemoryContextAllocHuge(room, rows * sizeof(Recipient));
	for (int64 row = 0; row < rows; row++)
	{
		CHECK_FOR_INTERRUPTS();
		read_recipient(allocation, window, row, budget, known, &recipient[row], work);
		if (recipient[row].floor > budget - floors)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("floors add up to more than the budget of %s",
							printed(allocation->budget)),
					 errhint("Lower the floors, or share among fewer rows.")));
		floors += recipient[row].floor;
	}

	scratch = MemoryContextAllocHuge(room, Max(1, sharing_turns(recipient, rows, budget)) *
									 sizeof(Turn));
	claim = MemoryContextAllocHuge(room, rows * sizeof(Claim));
	left = sharing_pour(recipient, rows, budget, scratch, claim, &nclaims);
	pfree(scratch);
	sharing_cut(claim, nclaims, left, &first, &end);
	left = first + serve_tied(window, claim, first, end, left - first);
	for (int64 i = 0; i < left; i++)
		recipient[claim[i].row].share++;

	allocation->share = MemoryContextAllocHuge(allocation->context, rows * sizeof(int64));
	for (int64 row = 0; row < rows; row++)
	{
		allocation->share[row] = recipient[row].share;
		allocation->shared += recipient[row].share;
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(room);
}

static Allocation *
partition_allocation(FunctionCallInfo fcinfo)
{
	Allocation *allocation = WinGetPartitionLocalMemory(PG_WINDOW_OBJECT(),
														sizeof(Allocation));

	if (!allocation->ready)
	{
		allocation->context = GetMemoryChunkContext(allocation);
		share_out(fcinfo, allocation);
		allocation->ready = true;
	}
	return allocation;
}

static Datum
amount_of(const Allocation *allocation, int64 units)
{
	return DirectFunctionCall2(numeric_mul, NumericGetDatum(int64_to_numeric(units)),
							   NumericGetDatum(allocation->unit));
}

PG_FUNCTION_INFO_V1(allocate);
/*
 * allocate(budget numeric, weight float8, floor numeric, cap numeric,
 *			unit numeric) OVER ([PARTITION BY ...] [ORDER BY ...]) → numeric
 *
 * The row's share of the budget of its partition: proportional to the weight,
 * at least the floor, at most the cap (water-filling), a multiple of the unit
 * (largest remainder).  All shares add up to the budget, or to what caps allow.
 * A NULL, not positive or not finite weight gets the floor; NULL floor: 0; NULL
 * cap: none; NULL unit: 0.01; NULL budget: NULL.  Budget and unit must be the
 * same in all rows of the partition.  Rows of equal weight with claims to the
 * last units are served in the window's order; those that it does not tell
 * apart are served alike, and what they cannot share remains.  See sharing.c.
 */
Datum
allocate(PG_FUNCTION_ARGS)
{
	Allocation *allocation = partition_allocation(fcinfo);

	if (allocation->no_budget)
		PG_RETURN_NULL();
	return amount_of(allocation,
					 allocation->share[WinGetCurrentPosition(PG_WINDOW_OBJECT())]);
}

PG_FUNCTION_INFO_V1(unallocated);
/*
 * unallocated(same arguments) OVER (same window) → numeric
 *
 * What remains of the budget when allocate() has shared it.
 */
Datum
unallocated(PG_FUNCTION_ARGS)
{
	Allocation *allocation = partition_allocation(fcinfo);

	if (allocation->no_budget)
		PG_RETURN_NULL();
	return DirectFunctionCall2(numeric_sub, NumericGetDatum(allocation->budget),
							   amount_of(allocation, allocation->shared));
}
