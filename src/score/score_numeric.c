/*-------------------------------------------------------------------------
 *
 * score_numeric.c
 *	  A score as numeric with four decimals, as rankings show it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "support/compat.h"

#define DECIMALS		4
#define DECIMAL_SCALE	10000.0

/*
 * The cast rounds twice: to 15 significant digits, then to the decimals.  Away
 * from halves, the first rounding cannot change the second one for values that
 * have 10 digits or fewer before the 15th.
 */
#define LARGEST			99999.0
#define NEAR_HALF		1e-4

PG_FUNCTION_INFO_V1(score_numeric);
/*
 * score_numeric(score float8) → numeric
 *
 * What score::numeric(9,4) gives, at about a ninth of the cost for ordinary scores;
 * others are left to the cast that follows in views.
 */
Datum
score_numeric(PG_FUNCTION_ARGS)
{
	double		score = PG_GETARG_FLOAT8(0);
	double		scaled = fabs(score) * DECIMAL_SCALE;
	double		whole = floor(scaled);
	double		part = scaled - whole;

	/* Also true for NaN. */
	if (!(fabs(score) < LARGEST) || fabs(part - 0.5) < NEAR_HALF)
		return DirectFunctionCall1(float8_numeric, Float8GetDatum(score));
	if (part > 0.5)
		whole++;
	PG_RETURN_NUMERIC(int64_div_fast_to_numeric(score < 0 ? -(int64) whole : (int64) whole,
												DECIMALS));
}
