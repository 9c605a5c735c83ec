/*-------------------------------------------------------------------------
 *
 * value_row.h
 *	  The values of one row, as the functions on whole rows take them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef VALUE_ROW_H
#define VALUE_ROW_H

#include "utils/array.h"

#include "model/model.h"

/*
 * Copy the values, one an indicator of the model, NULL as NaN; an error where
 * there are more or fewer.
 */
extern void value_row_read(ArrayType *array, const ScoreModel *model,
						   double *values);

/* The same without the copy where no value is NULL; buffer takes it else. */
extern const double *value_row_get(ArrayType *array, const ScoreModel *model,
								   double *buffer);

#endif							/* VALUE_ROW_H */
