/*-------------------------------------------------------------------------
 *
 * extreme_sample.h
 *	  The bounds of an extreme-value method over a sample held in memory.
 *
 *-------------------------------------------------------------------------
 */
#ifndef EXTREME_SAMPLE_H
#define EXTREME_SAMPLE_H

#include "method/extreme_method.h"

/*
 * Bounds of a sample held in memory: n > 0 values as sample_value() gives them;
 * the transform is extreme_method_transform()'s, and scratch has room for
 * extreme_method_scratch() times as many values.
 */
extern ExtremeBounds extreme_bounds_of_sample(const ExtremeMethod *method,
											  const double *values, int64 n,
											  double minimum, double maximum,
											  double limit, const Transform *transform,
											  double *scratch);

#endif							/* EXTREME_SAMPLE_H */
