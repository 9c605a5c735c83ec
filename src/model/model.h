/*-------------------------------------------------------------------------
 *
 * model.h
 *	  The value type score_model: everything that defines a score.
 *
 * Two forms.  A ModelSpec is what the readers of the text and binary forms
 * build: pointers, nothing checked.  model_pack() checks it and makes the
 * ScoreModel, one flat varlena with offsets instead of pointers, in which
 * everything that scoring a row needs is already worked out: no function has
 * to unpack it, and it is stored as it is.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MODEL_H
#define MODEL_H

#include "fmgr.h"
#include "lib/stringinfo.h"

#include "method/aggregation.h"
#include "method/extreme_method.h"
#include "method/normalization.h"
#include "model/scoring.h"
#include "numbers/decimal.h"
#include "support/compat.h"

/* Of the flat form; see model_argument() before changing it. */
#define MODEL_VERSION			1
#define MODEL_HIGHEST_VERSION	255 /* beyond it, none but damage */

#define MODEL_MAX_INDICATORS	1000
#define MODEL_MAX_CATEGORIES	100
#define MODEL_MAX_STAGES		100
#define MODEL_MAX_NAME			255 /* bytes of a code */

/* Where the scale of means that do not add starts, of 100. */
#define MODEL_DEFAULT_FLOOR		1.0
#define MODEL_HIGHEST_FLOOR		99.0

/* Smaller ones would need more places than doubles have exact powers of ten. */
#define MODEL_LEAST_FULL_MARKS	1e-10

/* Decimals that are not given. */
#define DECIMALS_NONE			(-1)

typedef enum MissingPolicy
{
	MISSING_ZERO,
	MISSING_REWEIGHT,
	MISSING_NULL,

	/* from here on a value takes the place of the missing one */
	MISSING_MEDIAN,
	MISSING_MEAN,
	MISSING_LOWER
} MissingPolicy;

static inline bool
imputes_from_sample(MissingPolicy missing)
{
	return missing == MISSING_MEDIAN || missing == MISSING_MEAN;
}

typedef enum CategoryRole
{
	ROLE_OF_PARENT = -1,		/* in a ModelSpec only */
	ROLE_BASE,
	ROLE_BONUS,
	ROLE_PENALTY,
	ROLE_VETO					/* a value above 0 leaves a row without score */
} CategoryRole;

/*
 * The structs below are stored and compared as bytes: fields are ordered and
 * sized so that no padding is left between them.
 */

/* How far the bounds of an indicator are known. */
typedef enum BoundsStatus
{
	BOUNDS_UNKNOWN,				/* not fitted yet */
	BOUNDS_SEARCHED,			/* bracketed; another pass is needed */
	BOUNDS_EXACT
} BoundsStatus;

/* Those of a method, and the median that takes the place of missing values. */
#define MAX_QUANTILES			(EXTREME_MAX_QUANTILES + 1)

/* Two ranks for each quantile, and for the median of deviations. */
#define MAX_SEARCH_TARGETS		(2 * MAX_QUANTILES + 2)

/*
 * An order statistic that is being searched: the values of rank
 * [below, below + inside) lie in [low, high], and "rank" is one of them.  It is
 * found when low = high.
 */
typedef struct SearchTarget
{
	int64		rank;
	int64		below;
	int64		inside;
	double		low;
	double		high;
} SearchTarget;

/*
 * What passes over a large sample have found so far.  Methods may ask for a
 * second step when the quantiles have been found: for the median of the
 * deviations from a center, whose targets stand behind those of the quantiles
 * once that search has begun, or for what lies inside fences.
 */
typedef struct BoundsSearch
{
	int32		step;			/* ExtremeStep */
	int32		ntargets;		/* 0 where a search has yet to begin */
	double		about[2];		/* the center, or the fences */
	SearchTarget target[MAX_SEARCH_TARGETS];
} BoundsSearch;

typedef struct IndicatorBounds
{
	BoundsStatus status;
	int32		fell_back;		/* method collapsed to "none" */
	int64		n;
	int64		missing;
	double		minimum;		/* NaN where n = 0 */
	double		maximum;
	double		lower;			/* NaN where not known */
	double		upper;
	double		imputed;		/* median or mean of the sample, where missing
								 * values get it; else NaN */
} IndicatorBounds;

typedef struct CategorySpec
{
	char	   *name;
	CategoryRole role;
	double		max_points;		/* NaN for no limit */
	int			parent;			/* -1 at the top level */
	bool		aggregates;		/* has an aggregation of its own */
	Aggregation aggregation;
	double		min_coverage;
	double	   *weights;		/* its own, one a stage, NaN for none; or NULL */
	int			decimals;		/* of its score, or DECIMALS_NONE */
	bool		drops;			/* is left out where it is incomplete */
	double		floor;			/* its own, of 100; NaN for the scheme's */
} CategorySpec;

typedef struct IndicatorSpec
{
	char	   *name;
	int			category;
	Direction	direction;
	ExtremeMethod extreme;
	Adjust		adjust;
	Transform	transform;
	Scoring		scoring;
	bool		absent_is_zero; /* a value that is not there is 0 */
	MissingPolicy missing;
	double	   *weights;		/* one a stage */
	IndicatorBounds bounds;
	BoundsSearch search;		/* where bounds.status is BOUNDS_SEARCHED */
	int			nranked;		/* of percent_rank, fitted */
	const RankedValue *ranked;
	int			decimals;		/* of its points, or DECIMALS_NONE */
} IndicatorSpec;

/* An indicator as one stage has it: with a definition and bounds of its own. */
typedef struct RuleSpec
{
	int			stage;
	int			indicator;
	IndicatorSpec own;
} RuleSpec;

typedef struct ModelSpec
{
	char	   *scheme;
	double		full_marks;
	double		min_coverage;
	MissingPolicy missing;		/* of indicators whose text form names none */
	Aggregation aggregation;
	double		floor;			/* of 100 */
	int			decimals;		/* of totals, or DECIMALS_NONE */
	bool		in_points;		/* weights are points: nothing is rescaled */
	bool		counts;			/* coverage is a share of the number of
								 * indicators, not of their weight */
	double		min_score;		/* NaN for none */
	double		max_score;
	bool		rescales;		/* the best total of the sample is full marks */
	double		best;			/* that total; NaN where it is not known */
	int			ncategories;
	CategorySpec *categories;
	int			nstages;
	char	  **stages;
	int			nindicators;
	IndicatorSpec *indicators;
	int			nrules;			/* by indicator, then by stage */
	RuleSpec   *rules;
} ModelSpec;

/* ---------------- the flat form ---------------- */

typedef struct ModelName
{
	int32		offset;			/* of a C string, from the start of the model */
	int32		length;
} ModelName;

/*
 * The categories form a tree; see model_tree.c.  Behind the last one stands a
 * nameless one, the root, whose children are the top level.  The list "visits"
 * of the model has children before parents and siblings side by side, the root
 * last; its list "members" has the indicators by category.
 */
typedef struct ModelCategory
{
	ModelName	name;
	int32		role;
	int32		parent;
	int32		top;			/* of its ancestors, that of the top level */
	int32		first_child;	/* in "visits" */
	int32		nchildren;
	int32		first_member;	/* in "members" */
	int32		nmembers;
	int32		aggregates;		/* has an aggregation of its own */
	int32		additive;		/* of its aggregation, its own or not */
	int32		decimals;		/* its own, or DECIMALS_NONE */
	int32		chooses;		/* see aggregation_chooses() */
	int32		drops;			/* is left out where it is incomplete */
	Aggregation aggregation;
	double		max_points;
	double		min_coverage;
	double		floor;			/* its own, of 100; NaN for the scheme's */
	double		start;			/* the floor that holds, of 1 */
	Decimals	shown;			/* of its score: its own or as the total's */
} ModelCategory;

typedef struct ModelStage
{
	ModelName	name;
	double		base_weight;	/* sum of the weights of base indicators */
	double		coverage_weight;	/* the same of coverage weights */
} ModelStage;

typedef struct ModelIndicator
{
	ModelName	name;
	int32		category;
	int32		absent_is_zero;
	int32		missing;		/* MissingPolicy */
	int32		curved;			/* does model_scale_value() change values? */
	Direction	direction;
	ExtremeMethod extreme;
	Adjust		adjust;
	Transform	transform;
	IndicatorBounds bounds;

	/* the ends of the scale, the bounds unless values are compressed */
	double		floor;
	double		ceiling;
	double		imputed;		/* takes the place of a missing value, or NaN */

	/* ends and direction after adjustment and transform, for scoring */
	double		scaled_lower;
	double		scaled_upper;
	Direction	scaled_direction;

	int32		decimals;		/* of its points, or DECIMALS_NONE */

	/* its rule, see model_scoring() */
	int32		scoring;		/* ScoringKind */
	int32		npoints;
	int32		rule;			/* offset of the points, from this struct */
	double		most;

	/* the sample of percent_rank, once it is fitted */
	int32		nranked;
	int32		ranked;			/* offset of its values, from this struct */
	Decimals	rounding;		/* where there are decimals */
} ModelIndicator;

/* Where the model has an indicator as one stage has it. */
typedef struct ModelRule
{
	int32		stage;
	int32		indicator;
} ModelRule;

typedef struct ScoreModel
{
	int32		vl_len_;		/* varlena header, never touch directly */
	uint32		version;
	uint64		fingerprint;	/* hash of all that follows */
	int32		nindicators;
	int32		ncategories;
	int32		nstages;
	int32		missing;		/* MissingPolicy of most indicators */
	int32		fitted;			/* every bound is exact */
	int32		searching;		/* there is a search for some bound */
	int32		nested;			/* a category has a parent */
	int32		tree;			/* scores are not one sum: see tree_score.c */
	ModelName	scheme;
	double		full_marks;
	double		min_coverage;
	double		floor;			/* of 100 */

	int32		decimals;		/* of totals, or DECIMALS_NONE */
	int32		places;			/* the most that totals have */
	int32		rounds;			/* a category or indicator has decimals */
	int32		in_points;		/* weights are points: nothing is rescaled */
	int32		counts;			/* coverage_by is count */
	int32		vetoes;			/* there is a category of role veto */
	int32		bounded;		/* there is a min_score or max_score, or the
								 * best total is full marks */
	int32		rescales;		/* the latter */
	double		min_score;		/* NaN for none */
	double		max_score;
	double		best;			/* total of the sample, NaN where not known, 0
								 * where none is above it */
	double		greatest;		/* total that can be reached, or its negative */
	Decimals	rounding;		/* of totals */
	Decimals	exact;			/* the same without decimals */

	/* offsets of the arrays, from the start of the model */
	int32		categories;
	int32		stages;
	int32		indicators;
	int32		weights;		/* [stage][indicator], as given */
	int32		effective;		/* [stage][indicator], see model_tree.c */
	int32		points;			/* [stage][indicator], see model_points() */
	int32		category_weights;	/* [stage][category], of effective ones */
	int32		own_weights;	/* [stage][category], as given; 0 if none is */
	int32		coverage_weights;	/* [stage][indicator], what coverage
									 * counts */
	int32		category_coverage;	/* [stage][category], sums of these */
	int32		reach;			/* [stage][category], see model_reach() */
	int32		visits;			/* [category and root] */
	int32		members;		/* [indicator] */
	int32		reweights;		/* has an indicator of MISSING_REWEIGHT */
	int32		nrules;
	int32		rules;			/* [rule], by indicator, then by stage */
	int32		staged;			/* [stage]: offset of its indicators */
	int32		absents;		/* has an indicator whose absent values are 0 */
	int32		wants_best;		/* all but the best total is known */
	int32		searches;		/* [fit], only where "searching"; behind them
								 * the values of percent_rank */
} ScoreModel;

static inline const ModelCategory *
model_categories(const ScoreModel *model)
{
	return (const ModelCategory *) ((const char *) model + model->categories);
}

static inline const ModelStage *
model_stages(const ScoreModel *model)
{
	return (const ModelStage *) ((const char *) model + model->stages);
}

static inline const ModelIndicator *
model_indicators(const ScoreModel *model)
{
	return (const ModelIndicator *) ((const char *) model + model->indicators);
}

/*
 * The indicators as a stage has them: those of the model, unless there are rules
 * for this stage.
 */
static inline const ModelIndicator *
model_stage_indicators(const ScoreModel *model, int stage)
{
	return model->nrules == 0 ? model_indicators(model) :
		(const ModelIndicator *) ((const char *) model +
								  ((const int32 *) ((const char *) model + model->staged))[stage]);
}

static inline const ModelRule *
model_rules(const ScoreModel *model)
{
	return (const ModelRule *) ((const char *) model + model->rules);
}

/*
 * What is fitted: each indicator, then each rule, all on the values of the whole
 * group.
 */
static inline int
model_fits(const ScoreModel *model)
{
	return model->nindicators + model->nrules;
}

/* The indicator whose values a fit takes. */
static inline int
model_fit_column(const ScoreModel *model, int fit)
{
	return fit < model->nindicators ? fit :
		model_rules(model)[fit - model->nindicators].indicator;
}

static inline const ModelIndicator *
model_fit_indicator(const ScoreModel *model, int fit)
{
	const ModelRule *rule;

	if (fit < model->nindicators)
		return &model_indicators(model)[fit];
	rule = &model_rules(model)[fit - model->nindicators];
	return &model_stage_indicators(model, rule->stage)[rule->indicator];
}

static inline const BoundsSearch *
model_searches(const ScoreModel *model)
{
	return (const BoundsSearch *) ((const char *) model + model->searches);
}

/* The rule of an indicator, of which minmax has no points. */
static inline Scoring
model_scoring(const ModelIndicator *indicator)
{
	Scoring		scoring;

	scoring.kind = (ScoringKind) indicator->scoring;
	scoring.count = indicator->npoints;
	scoring.most = indicator->most;
	scoring.points = (const ScoringPoint *) ((const char *) indicator + indicator->rule);
	scoring.descending = indicator->direction.kind == DIRECTION_COST;
	scoring.nranked = indicator->nranked;
	scoring.nvalues = indicator->bounds.n;
	scoring.ranked = (const RankedValue *) ((const char *) indicator + indicator->ranked);
	return scoring;
}

/* The weights of a stage as given, in the order of the indicators. */
static inline const double *
model_weights(const ScoreModel *model, int stage)
{
	return (const double *) ((const char *) model + model->weights) +
		(Size) stage * model->nindicators;
}

/*
 * The weights that count: those given, times what the weights of the categories
 * above make of them.  The same array where no category has a weight.
 */
static inline const double *
model_effective_weights(const ScoreModel *model, int stage)
{
	return (const double *) ((const char *) model + model->effective) +
		(Size) stage * model->nindicators;
}

/*
 * The points that each indicator can give in a stage, where all is added:
 * full_marks * weight / (sum of base weights) for base categories, or the weight
 * where weights are points, the weight itself for bonus, its negative for
 * penalty categories; weights as above.
 */
static inline const double *
model_points(const ScoreModel *model, int stage)
{
	return (const double *) ((const char *) model + model->points) +
		(Size) stage * model->nindicators;
}

/*
 * The sum of the effective weights in and below each category in a stage, and
 * of all base indicators; of what is in a category that chooses the greatest,
 * or least, weight.
 */
static inline const double *
model_category_weights(const ScoreModel *model, int stage)
{
	return (const double *) ((const char *) model + model->category_weights) +
		(Size) stage * (model->ncategories + 1);
}

/* What each indicator is of the coverage of a stage: its weight, or one. */
static inline const double *
model_coverage_weights(const ScoreModel *model, int stage)
{
	return (const double *) ((const char *) model + model->coverage_weights) +
		(Size) stage * model->nindicators;
}

/* Their sums in and below each category. */
static inline const double *
model_category_coverage(const ScoreModel *model, int stage)
{
	return (const double *) ((const char *) model + model->category_coverage) +
		(Size) stage * (model->ncategories + 1);
}

/*
 * The greatest value of each category, of base categories: 1 unless it or one
 * below is capped.
 */
static inline const double *
model_reach(const ScoreModel *model, int stage)
{
	return (const double *) ((const char *) model + model->reach) +
		(Size) stage * (model->ncategories + 1);
}

/*
 * What max_points of a base category of this weight is of the points that it
 * gives where nothing is missing; NaN for no limit.
 */
static inline double
category_limit(const ScoreModel *model, const ModelCategory *category,
			   double weight, double base_weight)
{
	return category->max_points /
		(model->in_points ? weight : model->full_marks * weight / base_weight);
}

/* The weights that categories were given, NaN for none; or NULL: all of them. */
static inline const double *
model_own_weights(const ScoreModel *model, int stage)
{
	return model->own_weights == 0 ? NULL :
		(const double *) ((const char *) model + model->own_weights) +
		(Size) stage * (model->ncategories + 1);
}

static inline const int32 *
model_visits(const ScoreModel *model)
{
	return (const int32 *) ((const char *) model + model->visits);
}

static inline const int32 *
model_members(const ScoreModel *model)
{
	return (const int32 *) ((const char *) model + model->members);
}

static inline const char *
model_string(const ScoreModel *model, ModelName name)
{
	return (const char *) model + name.offset;
}

/* model_check.c */

/* Errors name what is wrong. */
extern void check_spec(const ModelSpec *spec);

/*
 * The quantiles that fitting an indicator takes, as probabilities: those of its
 * method, then the median of all values if missing ones get it.  Returns how many.
 */
extern int	needed_quantiles(const ExtremeMethod *method, MissingPolicy missing,
							 double probabilities[MAX_QUANTILES]);

/* model.c */

/* Check a specification and make a model of it; errors name what is wrong. */
extern ScoreModel *model_pack(const ModelSpec *spec);

/* The values that percent_rank looks at, of one fit; none for other rules. */
typedef struct RankedValues
{
	int			count;
	const RankedValue *values;
} RankedValues;

/*
 * The model with other bounds (one per fit, with searches where a bound is being
 * searched, and the values of percent_rank), and the best total.
 */
extern ScoreModel *model_with_bounds(const ScoreModel *model,
									 const IndicatorBounds *bounds,
									 const BoundsSearch *searches,
									 const RankedValues *ranked, double best);

/* Those that a model has. */
static inline RankedValues
model_ranked(const ModelIndicator *indicator)
{
	RankedValues ranked;

	ranked.count = indicator->nranked;
	ranked.values = (const RankedValue *) ((const char *) indicator + indicator->ranked);
	return ranked;
}

/*
 * What a rule of scoring leaves without meaning takes one form, so that equal
 * definitions are equal models; indicators with a veto have one rule.  For
 * readers, before they read bounds.
 */
extern void settle_scoring(const ModelSpec *spec, IndicatorSpec *indicator);

/*
 * A value between the ends of the scale, adjusted and transformed; under a rule
 * other than minmax what it gives, whose scale is 0 to 1.
 */
extern double model_scale_value(const ModelIndicator *indicator, double value);

/* A flat copy in the given context. */
static inline ScoreModel *
model_copy(const ScoreModel *model, MemoryContext context)
{
	ScoreModel *copy = MemoryContextAlloc(context, VARSIZE(model));

	memcpy(copy, model, VARSIZE(model));
	return copy;
}

extern bool model_equal(const ScoreModel *a, const ScoreModel *b);

/* Index of a stage by its code, or -1. */
extern int	model_stage_number(const ScoreModel *model, const text *stage);

/* Index of a stage or category by its code; an error if there is none. */
extern int	model_find_stage(const ScoreModel *model, const text *stage);
extern int	model_find_category(const ScoreModel *model, const text *category);

/*
 * The model that a function got as an argument, without copying it where it
 * stands in memory, and read from its TOAST table once a query, not once a row.
 */
extern const ScoreModel *model_argument(FunctionCallInfo fcinfo, int argument);

/*
 * The same for functions that keep more than models: *kept, NULL at first, is
 * what this argument has kept in the context so far.  The model is good until
 * the next call with the same *kept.
 */
extern const ScoreModel *model_kept(Datum argument, void **kept,
									MemoryContext context);

extern const char *const missing_policy_names[];
extern const char *const category_role_names[];
extern const char *const absent_names[];
extern const char *const weights_names[];
extern const char *const coverage_names[];
extern const char *const incomplete_names[];

/* Index of a word in a NULL-terminated list, or -1. */
extern int	find_word(const char *const *words, const char *word);

/* What is refused of a model; the message names the part. */
#define bad_model(...) \
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), __VA_ARGS__))

/* model_tree.c */

/* Has it a weight of its own in some stage? */
extern bool category_has_weights(const ModelSpec *spec,
								 const CategorySpec *category);

/* The category of the top level that a category is or is below. */
extern int	top_category(const ModelSpec *spec, int category);

/* Check parents, roles and what depends on them. */
extern void check_tree(const ModelSpec *spec);

/* Fill in the tree of a model whose parts are in their places, and weigh it. */
extern void plant_tree(ScoreModel *model, const ModelSpec *spec);

/*
 * A copy, in the current context, that scores rows of normalized values (see
 * row_total_normalized()) whatever their coverage; NaN is a value that is
 * missing and not imputed.  It is no value of the type score_model.
 */
extern ScoreModel *model_of_normalized(const ScoreModel *model);

/*
 * Give such a copy the weights of "stated", those of each indicator multiplied
 * by its factor in all stages.  False if some stage has nothing to score then:
 * the copy must be reweighed again before it is used.
 */
extern bool model_reweigh(ScoreModel *model, const ScoreModel *stated,
						  const double *factors);

/* model_from_json.c */
extern ScoreModel *model_from_json(Datum jsonb);

/* model_to_json.c */
extern void model_to_json(const ScoreModel *model, StringInfo json);

/* model_wire.c */
extern void model_write(const ScoreModel *model, StringInfo buffer);
extern ScoreModel *model_read(StringInfo buffer);

#endif							/* MODEL_H */
