/*-------------------------------------------------------------------------
 *
 * model_wire.c
 *	  score_model in binary: field by field, in network byte order.
 *
 * What model_read() accepts has gone through the same checks as a model read
 * from text: model_pack() makes them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"

#include "support/compat.h"
#include "support/wire_format.h"
#include "model/model.h"

/*
 * Of 2.0.0.  A later version appends its fields to the end of a record; the
 * reader takes them where the version says that they are there.
 */
#define WIRE_VERSION	1

#define damaged()	wire_damaged("score model")

/* ---------------- writing ---------------- */

static void
write_parameters(StringInfo buffer, int kind, const double *parameter)
{
	pq_sendbyte(buffer, kind);
	for (int i = 0; i < METHOD_MAX_ARGUMENTS; i++)
		pq_sendfloat8(buffer, parameter[i]);
}

/* The values that a method looks at, as bits. */
#define LOOKS_AT_NONZERO		1
#define LOOKS_AT_TRANSFORMED	2

static void
write_method(StringInfo buffer, const ExtremeMethod *method)
{
	pq_sendbyte(buffer, method->nparts);
	pq_sendbyte(buffer, (method->nonzero ? LOOKS_AT_NONZERO : 0) | (method->transformed ? LOOKS_AT_TRANSFORMED : 0));
	for (int i = 0; i < method->nparts; i++)
	{
		pq_sendbyte(buffer, method->part[i].sides);
		write_parameters(buffer, method->part[i].kind, method->part[i].parameter);
	}
}

static void
write_search(StringInfo buffer, const BoundsSearch *search)
{
	pq_sendbyte(buffer, search->step);
	for (int i = 0; i < 2; i++)
		pq_sendfloat8(buffer, search->about[i]);
	pq_sendbyte(buffer, search->ntargets);
	for (int i = 0; i < search->ntargets; i++)
	{
		const SearchTarget *target = &search->target[i];

		pq_sendint64(buffer, target->rank);
		pq_sendint64(buffer, target->below);
		pq_sendint64(buffer, target->inside);
		pq_sendfloat8(buffer, target->low);
		pq_sendfloat8(buffer, target->high);
	}
}

static void
write_aggregation(StringInfo buffer, const ModelCategory *category)
{
	write_parameters(buffer, category->aggregation.kind,
					 category->aggregation.parameter);
}

/* A rule is written as it was given; what it needs beside is worked out. */
static void
write_scoring(StringInfo buffer, const ModelIndicator *indicator)
{
	Scoring		scoring = model_scoring(indicator);

	pq_sendbyte(buffer, scoring.kind);
	if (!scoring_needs_no_fit(scoring.kind))
		return;
	pq_sendbyte(buffer, scoring.count);
	for (int i = 0; i < scoring.count; i++)
	{
		pq_sendfloat8(buffer, scoring.points[i].threshold);
		pq_sendfloat8(buffer, scoring.points[i].points);
	}
	pq_sendfloat8(buffer, scoring.most);
}

/* One more than the decimals, 0 where none are given. */
static void
write_decimals(StringInfo buffer, int decimals)
{
	pq_sendbyte(buffer, decimals - DECIMALS_NONE);
}

/* How an indicator's values are normalized. */
static void
write_definition(StringInfo buffer, const ModelIndicator *indicator)
{
	pq_sendbyte(buffer, indicator->transform.kind);
	pq_sendfloat8(buffer, indicator->transform.shift);
	write_parameters(buffer, indicator->direction.kind,
					 indicator->direction.parameter);
	write_method(buffer, &indicator->extreme);
	write_parameters(buffer, indicator->adjust.kind,
					 indicator->adjust.parameter);
	write_scoring(buffer, indicator);
}

static void
write_bounds(StringInfo buffer, const ScoreModel *model, int fit)
{
	const IndicatorBounds *bounds = &model_fit_indicator(model, fit)->bounds;
	RankedValues ranked = model_ranked(model_fit_indicator(model, fit));

	pq_sendbyte(buffer, bounds->status);
	if (bounds->status != BOUNDS_UNKNOWN)
	{
		pq_sendbyte(buffer, bounds->fell_back);
		pq_sendint64(buffer, bounds->n);
		pq_sendint64(buffer, bounds->missing);
		pq_sendfloat8(buffer, bounds->minimum);
		pq_sendfloat8(buffer, bounds->maximum);
		pq_sendfloat8(buffer, bounds->lower);
		pq_sendfloat8(buffer, bounds->upper);
		pq_sendfloat8(buffer, bounds->imputed);
		pq_sendint32(buffer, ranked.count);
		for (int i = 0; i < ranked.count; i++)
		{
			pq_sendfloat8(buffer, ranked.values[i].value);
			pq_sendint64(buffer, ranked.values[i].below);
		}
	}
	if (bounds->status == BOUNDS_SEARCHED)
		write_search(buffer, &model_searches(model)[fit]);
}

void
model_write(const ScoreModel *model, StringInfo buffer)
{
	pq_sendbyte(buffer, WIRE_VERSION);
	pq_sendstring(buffer, model_string(model, model->scheme));
	pq_sendfloat8(buffer, model->full_marks);
	pq_sendfloat8(buffer, model->min_coverage);
	pq_sendbyte(buffer, model->missing);
	write_aggregation(buffer, &model_categories(model)[model->ncategories]);
	pq_sendfloat8(buffer, model->floor);
	pq_sendbyte(buffer, model->in_points);
	pq_sendbyte(buffer, model->counts);
	pq_sendfloat8(buffer, model->min_score);
	pq_sendfloat8(buffer, model->max_score);
	pq_sendbyte(buffer, model->rescales);
	pq_sendfloat8(buffer, model->best);
	write_decimals(buffer, model->decimals);
	pq_sendint32(buffer, model->nstages);
	for (int i = 0; i < model->nstages; i++)
		pq_sendstring(buffer, model_string(model, model_stages(model)[i].name));
	pq_sendint32(buffer, model->ncategories);
	for (int i = 0; i < model->ncategories; i++)
	{
		const ModelCategory *category = &model_categories(model)[i];

		pq_sendstring(buffer, model_string(model, category->name));
		pq_sendbyte(buffer, category->role);
		pq_sendfloat8(buffer, category->max_points);
		pq_sendint32(buffer, category->parent);
		pq_sendbyte(buffer, category->aggregates);
		if (category->aggregates)
			write_aggregation(buffer, category);
		pq_sendfloat8(buffer, category->min_coverage);
		pq_sendbyte(buffer, model->own_weights != 0);
		for (int stage = 0; model->own_weights != 0 && stage < model->nstages; stage++)
			pq_sendfloat8(buffer, model_own_weights(model, stage)[i]);
		write_decimals(buffer, category->decimals);
		pq_sendbyte(buffer, category->drops);
		pq_sendfloat8(buffer, category->floor);
	}
	pq_sendint32(buffer, model->nindicators);
	for (int i = 0; i < model->nindicators; i++)
	{
		const ModelIndicator *indicator = &model_indicators(model)[i];

		pq_sendstring(buffer, model_string(model, indicator->name));
		pq_sendint32(buffer, indicator->category);
		pq_sendbyte(buffer, indicator->missing);
		pq_sendbyte(buffer, indicator->absent_is_zero);
		write_definition(buffer, indicator);
		for (int stage = 0; stage < model->nstages; stage++)
			pq_sendfloat8(buffer, model_weights(model, stage)[i]);
		write_bounds(buffer, model, i);
		write_decimals(buffer, indicator->decimals);
	}
	pq_sendint32(buffer, model->nrules);
	for (int i = 0; i < model->nrules; i++)
	{
		const ModelRule *rule = &model_rules(model)[i];

		pq_sendint32(buffer, rule->stage);
		pq_sendint32(buffer, rule->indicator);
		write_definition(buffer, model_fit_indicator(model, model->nindicators + i));
		write_bounds(buffer, model, model->nindicators + i);
	}
}

/* ---------------- reading ---------------- */

static int
read_count(StringInfo buffer, int minimum, int maximum)
{
	int			count = (int) pq_getmsgint(buffer, 4);

	if (count < minimum || count > maximum)
		damaged();
	return count;
}

static int
read_code(StringInfo buffer, int maximum)
{
	int			code = pq_getmsgbyte(buffer);

	if (code < 0 || code > maximum)
		damaged();
	return code;
}

static int
read_decimals(StringInfo buffer)
{
	return read_code(buffer, DECIMAL_MAX_PLACES - DECIMALS_NONE) + DECIMALS_NONE;
}

static int64
read_int64(StringInfo buffer)
{
	return pq_getmsgint64(buffer);
}

/* NaN in its one form, so that equal models have equal bytes; -0 likewise. */
static double
read_float(StringInfo buffer)
{
	double		value = pq_getmsgfloat8(buffer);

	return isnan(value) ? NAN : value + 0.0;
}

/* A string in the server's encoding, checked. */
static char *
read_string(StringInfo buffer)
{
	return pstrdup(pq_getmsgstring(buffer));
}

static void
read_parameters(StringInfo buffer, int *kind, int maximum, double *parameter)
{
	*kind = read_code(buffer, maximum);
	for (int i = 0; i < METHOD_MAX_ARGUMENTS; i++)
		parameter[i] = read_float(buffer);
}

/*
 * Make sure that kind and parameters are what the grammar allows, by way of
 * their text.
 */
static void
read_method(StringInfo buffer, ExtremeMethod *method)
{
	char		printed[METHOD_TEXT_SIZE];
	ExtremeMethod parsed;
	int			looks_at;

	memset(method, 0, sizeof(*method));
	method->nparts = read_code(buffer, EXTREME_MAX_PARTS);
	looks_at = read_code(buffer, LOOKS_AT_NONZERO | LOOKS_AT_TRANSFORMED);
	method->nonzero = (looks_at & LOOKS_AT_NONZERO) != 0;
	method->transformed = (looks_at & LOOKS_AT_TRANSFORMED) != 0;
	for (int i = 0; i < method->nparts; i++)
	{
		ExtremePart *part = &method->part[i];
		int			kind;

		part->sides = read_code(buffer, SIDE_BOTH);
		read_parameters(buffer, &kind, EXTREME_KINDS - 1, part->parameter);
		part->kind = kind;
	}
	if (method->nparts == 0)
		damaged();
	extreme_method_print(method, printed);
	if (extreme_method_parse(printed, strlen(printed), &parsed) != NULL ||
		!extreme_method_equal(&parsed, method))
		damaged();
}

static void
check_direction(Direction *direction)
{
	char		printed[METHOD_TEXT_SIZE];
	Direction	parsed;

	direction_print(direction, printed);
	if (direction_parse(printed, strlen(printed), &parsed) != NULL ||
		parsed.kind != direction->kind ||
		memcmp(parsed.parameter, direction->parameter,
			   sizeof(parsed.parameter)) != 0)
		damaged();
}

static Aggregation
read_aggregation(StringInfo buffer)
{
	Aggregation aggregation;
	Aggregation parsed;
	int			kind;
	char		printed[METHOD_TEXT_SIZE];

	read_parameters(buffer, &kind, AGGREGATION_INVERSE_GEOMETRIC,
					aggregation.parameter);
	aggregation.kind = kind;
	aggregation_print(&aggregation, printed);
	if (aggregation_parse(printed, strlen(printed), &parsed) != NULL ||
		parsed.kind != aggregation.kind ||
		memcmp(parsed.parameter, aggregation.parameter,
			   sizeof(parsed.parameter)) != 0)
		damaged();
	return aggregation;
}

static void
read_category(StringInfo buffer, const ModelSpec *spec, CategorySpec *category)
{
	category->name = read_string(buffer);
	category->role = read_code(buffer, ROLE_VETO);
	category->max_points = read_float(buffer);
	category->parent = read_count(buffer, 0, spec->ncategories);
	if (category->parent == spec->ncategories)
		category->parent = -1;
	category->aggregates = read_code(buffer, 1);
	if (category->aggregates)
		category->aggregation = read_aggregation(buffer);
	category->min_coverage = read_float(buffer);
	if (read_code(buffer, 1))
	{
		category->weights = palloc(spec->nstages * sizeof(double));
		for (int stage = 0; stage < spec->nstages; stage++)
			category->weights[stage] = read_float(buffer);
	}
	category->decimals = read_decimals(buffer);
	category->drops = read_code(buffer, 1);
	category->floor = read_float(buffer);
}

static void
check_adjust(Adjust *adjust)
{
	char		printed[METHOD_TEXT_SIZE];
	Adjust		parsed;

	adjust_print(adjust, printed);
	if (adjust_parse(printed, strlen(printed), &parsed) != NULL ||
		parsed.kind != adjust->kind ||
		memcmp(parsed.parameter, adjust->parameter,
			   sizeof(parsed.parameter)) != 0)
		damaged();
}

static void
read_scoring(StringInfo buffer, Scoring *scoring)
{
	double		thresholds[SCORING_MAX_POINTS];
	double		points[SCORING_MAX_POINTS];
	double		most;
	ScoringKind kind = (ScoringKind) read_code(buffer, SCORING_PERCENT_RANK);
	int			count;

	scoring->kind = kind;
	if (!scoring_needs_no_fit(kind))
		return;
	count = read_code(buffer, kind == SCORING_PER ? 1 : SCORING_MAX_POINTS);
	if (count == 0)
		damaged();
	for (int i = 0; i < count; i++)
	{
		thresholds[i] = read_float(buffer);
		points[i] = read_float(buffer);
		if (!isfinite(thresholds[i]) || !isfinite(points[i]))
			damaged();
	}
	most = read_float(buffer);
	if (!isfinite(most) ||
		scoring_make(kind, count, thresholds, points, most, scoring) != NULL ||
		scoring->most != most)
		damaged();
}

static void
read_search(StringInfo buffer, BoundsSearch *search)
{
	search->step = read_code(buffer, STEP_INSIDE);
	for (int i = 0; i < 2; i++)
		search->about[i] = read_float(buffer);
	search->ntargets = read_code(buffer, MAX_SEARCH_TARGETS);
	for (int i = 0; i < search->ntargets; i++)
	{
		SearchTarget *target = &search->target[i];

		target->rank = read_int64(buffer);
		target->below = read_int64(buffer);
		target->inside = read_int64(buffer);
		target->low = read_float(buffer);
		target->high = read_float(buffer);
	}
}

static void
read_ranked(StringInfo buffer, IndicatorSpec *indicator)
{
	int			count = read_count(buffer, 0, PG_INT32_MAX);
	RankedValue *values;

	/* No more than there are bytes for. */
	if (count > (buffer->len - buffer->cursor) / (int) sizeof(RankedValue) ||
		(count > 0 && indicator->scoring.kind != SCORING_PERCENT_RANK))
		damaged();
	values = palloc(count * sizeof(RankedValue) + 1);
	for (int i = 0; i < count; i++)
	{
		values[i].value = read_float(buffer);
		values[i].below = read_int64(buffer);
	}
	indicator->nranked = count;
	indicator->ranked = values;
}

static void
read_bounds(StringInfo buffer, IndicatorSpec *indicator)
{
	IndicatorBounds *bounds = &indicator->bounds;

	bounds->status = read_code(buffer, BOUNDS_EXACT);
	bounds->minimum = bounds->maximum = NAN;
	bounds->lower = bounds->upper = NAN;
	bounds->imputed = NAN;
	if (bounds->status == BOUNDS_UNKNOWN)
		return;
	bounds->fell_back = read_code(buffer, 1);
	bounds->n = read_int64(buffer);
	bounds->missing = read_int64(buffer);
	bounds->minimum = read_float(buffer);
	bounds->maximum = read_float(buffer);
	bounds->lower = read_float(buffer);
	bounds->upper = read_float(buffer);
	bounds->imputed = read_float(buffer);
	read_ranked(buffer, indicator);
	if (bounds->status == BOUNDS_SEARCHED)
	{
		read_search(buffer, &indicator->search);
		if (bounds->fell_back && isnan(bounds->lower))
			damaged();
	}
}

static void
read_transform(StringInfo buffer, Transform *transform)
{
	memset(transform, 0, sizeof(*transform));
	transform->kind = read_code(buffer, TRANSFORM_LN);
	transform->shift = read_float(buffer);
	if (!isfinite(transform->shift) ||
		(transform->kind != TRANSFORM_LN && transform->shift != 0))
		damaged();
}

/* As write_definition() wrote it. */
static void
read_definition(StringInfo buffer, const ModelSpec *spec,
				IndicatorSpec *indicator)
{
	int			kind;

	read_transform(buffer, &indicator->transform);
	read_parameters(buffer, &kind, DIRECTION_INTERVAL,
					indicator->direction.parameter);
	indicator->direction.kind = kind;
	check_direction(&indicator->direction);
	read_method(buffer, &indicator->extreme);
	read_parameters(buffer, &kind, ADJUST_COMPRESS,
					indicator->adjust.parameter);
	indicator->adjust.kind = kind;
	check_adjust(&indicator->adjust);
	read_scoring(buffer, &indicator->scoring);
	settle_scoring(spec, indicator);
}

ScoreModel *
model_read(StringInfo buffer)
{
	ModelSpec	spec = {0};

	(void) wire_version_read(buffer, "score model", WIRE_VERSION);
	spec.scheme = read_string(buffer);
	spec.full_marks = read_float(buffer);
	spec.min_coverage = read_float(buffer);
	spec.missing = read_code(buffer, MISSING_LOWER);
	spec.aggregation = read_aggregation(buffer);
	spec.floor = read_float(buffer);
	spec.in_points = read_code(buffer, 1);
	spec.counts = read_code(buffer, 1);
	spec.min_score = read_float(buffer);
	spec.max_score = read_float(buffer);
	spec.rescales = read_code(buffer, 1);
	spec.best = read_float(buffer);
	spec.decimals = read_decimals(buffer);
	spec.nstages = read_count(buffer, 1, MODEL_MAX_STAGES);
	spec.stages = palloc0(spec.nstages * sizeof(char *));
	for (int i = 0; i < spec.nstages; i++)
		spec.stages[i] = read_string(buffer);
	spec.ncategories = read_count(buffer, 1, MODEL_MAX_CATEGORIES);
	spec.categories = palloc0(spec.ncategories * sizeof(CategorySpec));
	for (int i = 0; i < spec.ncategories; i++)
		read_category(buffer, &spec, &spec.categories[i]);
	spec.nindicators = read_count(buffer, 1, MODEL_MAX_INDICATORS);
	spec.indicators = palloc0(spec.nindicators * sizeof(IndicatorSpec));
	for (int i = 0; i < spec.nindicators; i++)
	{
		IndicatorSpec *indicator = &spec.indicators[i];

		indicator->name = read_string(buffer);
		indicator->category = read_count(buffer, 0, spec.ncategories - 1);
		indicator->missing = read_code(buffer, MISSING_LOWER);
		indicator->absent_is_zero = read_code(buffer, 1);
		read_definition(buffer, &spec, indicator);
		indicator->weights = palloc(spec.nstages * sizeof(double));
		for (int stage = 0; stage < spec.nstages; stage++)
			indicator->weights[stage] = read_float(buffer);
		read_bounds(buffer, indicator);
		indicator->decimals = read_decimals(buffer);
	}
	spec.nrules = read_count(buffer, 0, spec.nindicators * spec.nstages);
	spec.rules = palloc0(spec.nrules * sizeof(RuleSpec) + 1);
	for (int i = 0; i < spec.nrules; i++)
	{
		RuleSpec   *rule = &spec.rules[i];

		rule->stage = read_count(buffer, 0, spec.nstages - 1);
		rule->indicator = read_count(buffer, 0, spec.nindicators - 1);
		rule->own = spec.indicators[rule->indicator];
		memset(&rule->own.bounds, 0, sizeof(rule->own.bounds));
		memset(&rule->own.search, 0, sizeof(rule->own.search));
		memset(&rule->own.scoring, 0, sizeof(rule->own.scoring));
		rule->own.nranked = 0;
		read_definition(buffer, &spec, &rule->own);
		read_bounds(buffer, &rule->own);
	}
	return model_pack(&spec);
}
