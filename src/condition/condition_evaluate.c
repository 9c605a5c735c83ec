/*-------------------------------------------------------------------------
 *
 * condition_evaluate.c
 *	  What a compiled condition says of values.
 *
 * Logic and NULL are SQL's.  Numbers are doubles that were written as
 * decimals: two that differ by no more than 10^-12 of the greater one are
 * equal, so that 0.1 + 0.2 <= 0.3, and their difference is 0.  What is too
 * large for a number is NULL.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "condition/condition.h"
#include "numbers/derived.h"
#include "support/compat.h"

#define SAME_NUMBER		1e-12

static pg_always_inline bool
numbers_are_equal(double a, double b)
{
	if (a == b)
		return true;
	/* Of an infinite number the difference is infinite or none. */
	if (fabs(a - b) <= SAME_NUMBER * Max(fabs(a), fabs(b)))
		return isfinite(a) && isfinite(b);
	return isnan(a) && isnan(b);
}

/* Below, at or above 0; NaN is above all numbers, as in PostgreSQL. */
static pg_always_inline int
compare_numbers(double a, double b)
{
	if (numbers_are_equal(a, b))
		return 0;
	return isnan(b) || a < b ? -1 : 1;
}

static bool
values_are_equal(int type, const ConditionValue *a, const ConditionValue *b)
{
	switch (type)
	{
		case CONDITION_NUMBER:
			return numbers_are_equal(a->as.number, b->as.number);
		case CONDITION_TEXT:
			return a->as.text->length == b->as.text->length &&
				memcmp(a->as.text->bytes, b->as.text->bytes, a->as.text->length) == 0;
		default:
			return a->as.truth == b->as.truth;
	}
}

static inline void
set_truth(ConditionValue *result, bool truth)
{
	result->is_null = false;
	result->as.truth = truth;
}

/* What two finite numbers give is finite or NULL. */
static void
set_number(ConditionValue *result, double a, double b, double number)
{
	result->is_null = isinf(number) && isfinite(a) && isfinite(b);
	result->as.number = number;
}

static void
calculate(ConditionOperator operator, ConditionValue *x)
{
	double		a = x[0].as.number;
	double		b = x[1].as.number;
	double		number = 0;
	bool		known = true;

	if (x[0].is_null || x[1].is_null)
	{
		x->is_null = true;
		return;
	}
	switch (operator)
	{
		case DO_ADD:
			number = isfinite(a) && numbers_are_equal(a, -b) ? 0 : a + b;
			break;
		case DO_SUBTRACT:
			number = isfinite(a) && numbers_are_equal(a, b) ? 0 : a - b;
			break;
		case DO_MULTIPLY:
			number = a * b;
			break;
		case DO_GROWTH_RATE:
			known = growth_of(a, b, &number);
			break;
		case DO_MARGIN:
			known = margin_of(a, b, &number);
			break;
		default:				/* DO_DIVIDE, DO_RATIO */
			known = ratio_of(a, b, &number);
	}
	set_number(x, a, b, number);
	x->is_null |= !known;
}

static inline void
compare(ConditionOperator operator, int type, ConditionValue *x)
{
	int			order;

	if (x[0].is_null || x[1].is_null)
	{
		x->is_null = true;
		return;
	}
	if (operator == DO_EQUAL || operator == DO_UNEQUAL)
	{
		set_truth(x, values_are_equal(type, &x[0], &x[1]) == (operator == DO_EQUAL));
		return;
	}
	order = compare_numbers(x[0].as.number, x[1].as.number);
	switch (operator)
	{
		case DO_LESS:
			set_truth(x, order < 0);
			break;
		case DO_AT_MOST:
			set_truth(x, order <= 0);
			break;
		case DO_GREATER:
			set_truth(x, order > 0);
			break;
		default:				/* DO_AT_LEAST */
			set_truth(x, order >= 0);
	}
}

static void
negate(ConditionValue *x)
{
	x->as.truth = !x->as.truth;
}

/* A conjunction of n values, or a disjunction where true is dominant. */
static void
join(ConditionValue *x, int n, bool dominant)
{
	bool		unknown = false;

	for (int i = 0; i < n; i++)
	{
		if (!x[i].is_null && x[i].as.truth == dominant)
		{
			set_truth(x, dominant);
			return;
		}
		unknown |= x[i].is_null;
	}
	set_truth(x, !dominant);
	x->is_null = unknown;
}

static void
find_in_list(int type, ConditionValue *x, int n)
{
	bool		unknown = x->is_null;

	for (int i = 1; i < n && !x->is_null; i++)
	{
		if (x[i].is_null)
			unknown = true;
		else if (values_are_equal(type, x, &x[i]))
		{
			set_truth(x, true);
			return;
		}
	}
	set_truth(x, false);
	x->is_null = unknown;
}

static void
find_extreme(ConditionValue *x, int n, int sign)
{
	for (int i = 1; i < n; i++)
		if (!x[i].is_null &&
			(x->is_null || compare_numbers(x[i].as.number, x->as.number) * sign > 0))
			*x = x[i];
}

static void
compare_range(ConditionValue *x)
{
	ConditionValue at_most[2] = {x[0], x[2]};

	compare(DO_AT_LEAST, CONDITION_NUMBER, x);
	compare(DO_AT_MOST, CONDITION_NUMBER, at_most);
	x[1] = at_most[0];
	join(x, 2, false);
}

static void
check_unit(ConditionValue *x)
{
	bool		same = false;
	bool		known = unit_is_same(x[0].as.number,
									 x[1].is_null ? NAN : x[1].as.number,
									 x[2].is_null ? NAN : x[2].as.number, &same);
	bool		is_null = x->is_null || !known;

	set_truth(x, same);
	x->is_null = is_null;
}

ConditionValue
condition_evaluate(const Condition *condition, const ConditionValue *values,
				   ConditionValue *stack)
{
	ConditionValue *end = stack;

	for (int i = 0; i < condition->noperations; i++)
	{
		const ConditionOperation *operation = &condition->operations[i];
		int			n = operation->operands;
		ConditionValue *x = end - n;	/* the operands, then the result */

		switch (operation->operator)
		{
			case DO_CONSTANT:
				*x = operation->constant;
				break;
			case DO_NAME:
				*x = values[operation->slot];
				break;
			case DO_NEGATE:
				x->as.number = 0 - x->as.number;
				break;
			case DO_ABS:
				x->as.number = fabs(x->as.number);
				break;
			case DO_FLOOR:
				/* of 2.9999999999999996 3 */
				x->as.number = numbers_are_equal(x->as.number, rint(x->as.number)) ?
					rint(x->as.number) : floor(x->as.number);
				break;
			case DO_NOT:
				negate(x);
				break;
			case DO_IS_NULL:
			case DO_IS_NOT_NULL:
				set_truth(x, x->is_null == (operation->operator == DO_IS_NULL));
				break;
			case DO_ADD:
			case DO_SUBTRACT:
			case DO_MULTIPLY:
			case DO_DIVIDE:
			case DO_RATIO:
			case DO_GROWTH_RATE:
			case DO_MARGIN:
				calculate(operation->operator, x);
				break;
			case DO_SAME_UNIT:
				check_unit(x);
				break;
			case DO_EQUAL:
			case DO_UNEQUAL:
			case DO_LESS:
			case DO_AT_MOST:
			case DO_GREATER:
			case DO_AT_LEAST:
				compare(operation->operator, operation->type, x);
				break;
			case DO_BETWEEN:
				compare_range(x);
				break;
			case DO_NOT_BETWEEN:
				compare_range(x);
				negate(x);
				break;
			case DO_IN:
				find_in_list(operation->type, x, n);
				break;
			case DO_NOT_IN:
				find_in_list(operation->type, x, n);
				negate(x);
				break;
			case DO_AND:
			case DO_OR:
				join(x, n, operation->operator == DO_OR);
				break;
			case DO_LEAST:
				find_extreme(x, n, -1);
				break;
			case DO_GREATEST:
				find_extreme(x, n, 1);
				break;
			case DO_COALESCE:
				for (int j = 1; j < n && x->is_null; j++)
					*x = x[j];
				break;
			case DO_NULLIF:
				x->is_null = x->is_null ||
					(!x[1].is_null && values_are_equal(operation->type, &x[0], &x[1]));
				break;
		}
		end = x + 1;
	}
	return *stack;
}
