/*-------------------------------------------------------------------------
 *
 * method_argument.h
 *	  Methods, directions, transforms and aggregations as arguments of SQL
 *	  functions.
 *
 *-------------------------------------------------------------------------
 */
#ifndef METHOD_ARGUMENT_H
#define METHOD_ARGUMENT_H

#include "method/aggregation.h"
#include "method/extreme_method.h"
#include "method/normalization.h"

/* Each raises invalid_parameter_value for text that does not parse. */
extern ExtremeMethod extreme_method_argument(const text *argument);
extern Direction direction_argument(const text *argument);
extern Transform transform_argument(const text *argument);
extern Adjust adjust_argument(const text *argument);

/* What they raise; these do not return. */
extern void bad_extreme_method(const char *value, int length,
							   const char *problem);
extern void bad_direction(const char *value, int length,
						  const char *problem);
extern void bad_transform(const char *value, int length,
						  const char *problem);
extern void bad_adjust(const char *value, int length, const char *problem);
extern void bad_aggregation(const char *value, int length,
							const char *problem);

/* "iqr(1.5)", or "iqr(1.5) → none" for bounds that fell back. */
extern void effective_method_print(const ExtremeMethod *method,
								   bool fell_back, char *text);

#endif							/* METHOD_ARGUMENT_H */
