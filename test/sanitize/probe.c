/*
 * probe.c
 *	  One error of each kind that the sanitizers are there to find, to see that
 *	  they do.
 *
 * Only compiled in by "make check-sanitize".
 */
#include "postgres.h"

#include "support/compat.h"
#include "fmgr.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(sanitizer_probe);

int			sanitizer_probe_table[4];

/* sanitizer_probe(kind int, value text) → int */
Datum
sanitizer_probe(PG_FUNCTION_ARGS)
{
	volatile int one = 1;
	volatile int result = 0;
	text	   *value = PG_GETARG_TEXT_PP(1);
	MemoryContext context;
	volatile char local[8] = {0};
	char	   *chunk;
	char	   *copy;

	switch (PG_GETARG_INT32(0))
	{
		case 0:					/* behind a variable of the library */
			result = sanitizer_probe_table[3 + one];
			break;
		case 1:					/* behind one on the stack */
			result = local[7 + one];
			break;
		case 2:					/* behind a chunk, by one byte */
			chunk = palloc0(13);
			result = chunk[12 + one];
			break;
		case 3:					/* before a chunk */
			chunk = palloc0(8);
			result = chunk[-one];
			break;
		case 4:					/* after pfree */
			chunk = palloc0(100);
			pfree(chunk);
			result = chunk[50 * one];
			break;
		case 5:					/* in a context that is gone */
			context = AllocSetContextCreate(CurrentMemoryContext, "probe", ALLOCSET_DEFAULT_SIZES);
			chunk = MemoryContextAllocZero(context, 20000);
			MemoryContextDelete(context);
			result = chunk[50 * one];
			break;
		case 6:					/* behind an argument, by memcpy */
			copy = palloc0(8);
			memcpy(copy, (char *) value + VARSIZE_ANY(value), one);
			result = copy[0];
			break;
		case 7:					/* arithmetic */
			result = one << (31 + one);
			break;
		case 8:					/* what was never written; valgrind's */
			chunk = palloc(20000);
			if (chunk[50 * one] == 0)
				elog(DEBUG1, "zero");
			break;
		default:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("there is no such error")));
	}
	PG_RETURN_INT32(result);
}
