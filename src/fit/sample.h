/*-------------------------------------------------------------------------
 *
 * sample.h
 *	  What a pass of fit() keeps of the values of one indicator: enough to find
 *	  its bounds exactly, in bounded memory.
 *
 * The road that a sample takes (see sample.c for the reasons):
 *
 *	 sums		for means and standard deviations, beside any of the others
 *	 whole		up to SAMPLE_WHOLE values are kept as they are: exact at once
 *	 spilled	beyond that, the lowest and the highest SAMPLE_TAIL values (where
 *				the method's ranks lie near the ends: exact as long as they reach
 *				there), counts of all values in buckets of their integer image,
 *				which bracket every wanted rank, and for jrc exact moments
 *	 brackets	a further pass over the same rows looks only into the brackets:
 *				it keeps their values, or where those are too many, counts them
 *				in finer buckets
 *	 inside		a last pass looks for the most extreme values inside fences
 *
 * percent_rank keeps the different values of a sample, however many.
 *
 * Methods "of nonzero" look at values other than zero.  Their samples count zeros,
 * which stand together in the order of all values, so that a rank among the
 * others is one among all; only the tails are without them.
 *
 * Methods "of transformed" keep values as they are, too: transforms keep their
 * order.  Only sums, moments, deviations and fences are of transformed values, and
 * without zeros where the method passes over them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SAMPLE_H
#define SAMPLE_H

#include "lib/stringinfo.h"

#include "fit/value_counts.h"
#include "model/model.h"

/* Values kept as they are; the most that a sample of one indicator takes. */
#define SAMPLE_WHOLE		65536

/*
 * Values kept at either end of a spilled sample: a quantile of 0.01 is exact at
 * once among up to 1.2 million.  The room lets many arrive between two prunings.
 */
#define SAMPLE_TAIL			12288
#define SAMPLE_TAIL_ROOM	(SAMPLE_WHOLE / 2)

/* Values that brackets keep, over all brackets of an indicator. */
#define SAMPLE_COLLECTED	98304

/* First pass: a page of buckets for each sign and exponent. */
#define BUCKET_PAGES		4096
#define BUCKETS_PER_PAGE	8

/* How far the integer image is shifted to number a page and a bucket. */
#define SAMPLE_PAGE_SHIFT	52
#define SAMPLE_BUCKET_SHIFT 49

/* Later passes: buckets in a bracket. */
#define BRACKET_BUCKETS		8192

/* The most values that sample_add() takes in one call. */
#define SAMPLE_BLOCK		128

typedef enum SampleKind
{
	SAMPLE_DONE,				/* bounds are exact already */
	SAMPLE_EXTENT,				/* minimum, maximum and sums say it all */
	SAMPLE_ORDER,				/* order statistics: whole, then spilled */
	SAMPLE_BRACKETS,			/* order statistics in known brackets */
	SAMPLE_INSIDE,				/* the most extreme values inside fences */
	SAMPLE_COUNTS				/* every different value, for percent_rank */
} SampleKind;

/* One end of a spilled sample (or, in "low", the whole sample). */
typedef struct SampleTail
{
	int64		n;
	int64		room;
	double		cut;			/* values at or beyond it are not kept */
	double	   *values;
} SampleTail;

typedef struct SampleBuckets
{
	int64		zeros;			/* exact zeros: a bucket of their own */
	int			npages;
	int			room;
	uint16		page[BUCKET_PAGES]; /* number of the page plus 1, 0 if none */
	int64		(*counts)[BUCKETS_PER_PAGE];
} SampleBuckets;

typedef struct FineBucket
{
	int64		count;
	double		minimum;
	double		maximum;
} FineBucket;

typedef struct SampleBracket
{
	double		low;
	double		high;
	int64		below;
	int64		inside;			/* as the last pass counted it */
	int64		n;				/* seen in this pass */
	int			shift;			/* of the integer image, for buckets */
	double	   *values;			/* the values, or ... */
	FineBucket *buckets;		/* ... finer buckets */
} SampleBracket;

typedef struct Sample
{
	SampleKind	kind;
	bool		spilled;		/* SAMPLE_ORDER with more than SAMPLE_WHOLE */
	bool		has_low;		/* keeps tails once spilled */
	bool		has_high;
	bool		has_buckets;
	bool		has_moments;
	bool		centered;		/* takes deviations from "center" */
	bool		nonzero;		/* looks at values other than zero */
	bool		transformed;	/* looks at transformed values */
	bool		limited;		/* values at or below "limit" count as missing */
	double		center;			/* of the values that it looks at */
	double		limit;			/* of the transform, -INFINITY without one */
	Transform	transform;		/* of "transformed" */
	double		fence[2];		/* of SAMPLE_INSIDE, around them */
	double		inside[2];		/* what lies in them: the least, the greatest */
	int64		zeros;			/* of "nonzero"; deviations are taken of none */
	double		most;			/* of "nonzero": the greatest of the others */
	int64		n;				/* values taken */
	double		minimum;		/* of the values (deviations) taken */
	double		maximum;
	ExactSum   *sums;			/* where they are needed, else NULL */
	ExactSum   *transformed_sums;	/* of the transformed values */
	SampleTail	low;
	SampleTail	high;
	SampleBuckets *buckets;		/* of a spilled sample, where it has them */
	ExactMoments *moments;
	int			nbrackets;
	SampleBracket bracket[MAX_SEARCH_TARGETS];
	ValueCounts counts;			/* of SAMPLE_COUNTS */
} Sample;

/*
 * Make a sample ready for a pass: the first one if "fresh", else the one that
 * the indicator's search (NULL without one) asks for.  All memory of a sample
 * comes from the context that is current in each call.
 */
extern void sample_init(Sample *sample, const ModelIndicator *indicator,
						const BoundsSearch *search, bool fresh);

/* Add up to SAMPLE_BLOCK values, "stride" apart; missing ones are NaN. */
extern void sample_add(Sample *sample, const double *values, int stride,
					   int count);

/* Add all that another sample of the same pass has. */
extern void sample_merge(Sample *sample, const Sample *other);

/* Drop what has been kept beyond need: less to ship to where states merge. */
extern void sample_prune(Sample *sample);

/*
 * Bring what order of arrival or merging left open into one form, so that
 * samples of the same values are written in the same bytes.
 */
extern void sample_canonicalize(Sample *sample);

/*
 * sample_finish.c: what the pass found: the bounds, or the search that the next pass goes on
 * with.  "rows" is the number of rows, present or missing.  The sample may
 * go on afterwards.
 */
extern void sample_finish(const Sample *sample, const ModelIndicator *indicator,
						  const BoundsSearch *search, int64 rows,
						  IndicatorBounds *bounds, BoundsSearch *next);

/*
 * The values for percent_rank: of a finished sample, or those that the model has
 * where the sample is done.
 */
extern RankedValues sample_ranked(const Sample *sample,
								  const ModelIndicator *indicator);

/* An error: these are not the rows of the pass before. */
extern void sample_changed(void);

/* The zeros of a sample that are among the values taken. */
static inline int64
sample_zeros(const Sample *sample)
{
	return sample->centered ? 0 : sample->zeros;
}

/* What the method makes of a value. */
static inline double
sample_looks_at(const Sample *sample, double value)
{
	return sample->transformed ? transform_value(&sample->transform, value) : value;
}

/* How many values' transforms are in sums and moments. */
static inline int64
sample_transformed(const Sample *sample)
{
	return sample->nonzero ? sample->n - sample->zeros : sample->n;
}

/* Present values, taken or not. */
static inline int64
sample_present(const Sample *sample)
{
	return sample->centered ? sample->n + sample->zeros : sample->n;
}

/*
 * Zeros that a method does not look at add nothing to sums but their number,
 * which is taken away in the end; their transforms may add something.
 */
static inline bool
sample_passes_over(const Sample *sample, double value)
{
	return sample->transformed && sample->nonzero && value == 0;
}

/* sample_order.c */
extern void sample_add_order(Sample *sample, const double *values, int count);
extern void sample_merge_order(Sample *sample, const Sample *other);

/* Take out the zeros, in place; returns how many values are left. */
extern int64 sample_drop_zeros(double *values, int64 n);

/* Room for one more page of buckets, resp. the values of a tail. */
extern int64 *sample_add_page(SampleBuckets *buckets, int page);
extern void sample_reserve(SampleTail *tail, int64 wanted);
extern void sample_make_spilled(Sample *sample);

/* sample_wire.c */
extern void sample_write(const Sample *sample, StringInfo buffer);
extern void sample_read(Sample *sample, StringInfo buffer);

/* The counts of a page: inline, since each value asks for one. */
static inline int64 *
sample_bucket_page(SampleBuckets *buckets, int page)
{
	if (likely(buckets->page[page] != 0))
		return buckets->counts[buckets->page[page] - 1];
	return sample_add_page(buckets, page);
}

#endif							/* SAMPLE_H */
