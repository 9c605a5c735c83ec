/*-------------------------------------------------------------------------
 *
 * grammar.c
 *	  Fuzzing the texts of methods, directions, transforms and aggregations:
 *	  what is understood is printed, and what is printed means the same.
 *
 *-------------------------------------------------------------------------
 */
#include "backend.h"

#include "method/aggregation.h"
#include "method/extreme_method.h"
#include "method/normalization.h"

#define ROUND_TRIP(type, parse, print, text, length) \
	do { \
		type		first = {0}; \
		type		second = {0}; \
		char		printed[METHOD_TEXT_SIZE]; \
		char		again[METHOD_TEXT_SIZE]; \
		const char *problem = parse(text, length, &first); \
\
		if (problem != NULL) \
			fuzz_expect(*problem != '\0'); \
		else \
		{ \
			print(&first, printed); \
			fuzz_expect(strlen(printed) < METHOD_TEXT_SIZE); \
			fuzz_expect(parse(printed, (int) strlen(printed), &second) == NULL); \
			print(&second, again); \
			fuzz_expect(strcmp(printed, again) == 0); \
		} \
	} while (0)

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Not terminated, and at its very end: reading further is a finding. */
	char	   *text = palloc(size);

	memcpy(text, data, size);
	if (setjmp(fuzz_error) == 0)
	{
		ROUND_TRIP(ExtremeMethod, extreme_method_parse, extreme_method_print, text, (int) size);
		ROUND_TRIP(Direction, direction_parse, direction_print, text, (int) size);
		ROUND_TRIP(Transform, transform_parse, transform_print, text, (int) size);
		ROUND_TRIP(Aggregation, aggregation_parse, aggregation_print, text, (int) size);
	}
	fuzz_free_all();
	return 0;
}
