/*-------------------------------------------------------------------------
 *
 * model.c
 *	  The value type score_model: packing, finding parts.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/detoast.h"
#include "common/hashfn.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "support/compat.h"
#include "support/wire_format.h"
#include "model/model.h"

/* ---------------- packing ---------------- */

static int32
place(Size *size, Size bytes)
{
	Size		offset = *size;

	*size = MAXALIGN(offset + bytes);
	return (int32) offset;
}

static ModelName
place_name(char *base, Size *size, const char *name)
{
	ModelName	result;

	result.length = strlen(name);
	result.offset = (int32) *size;
	if (base != NULL)
		memcpy(base + result.offset, name, result.length + 1);
	*size += result.length + 1;
	return result;
}

void
settle_scoring(const ModelSpec *spec, IndicatorSpec *indicator)
{
	static const double zero = 0;
	static const double one = 1;

	if (spec->categories[top_category(spec, indicator->category)].role == ROLE_VETO)
		(void) scoring_make(SCORING_STEPS_ABOVE, 1, &zero, &one, 1,
							&indicator->scoring);
	if (indicator->scoring.kind == SCORING_MINMAX)
		return;
	if (indicator->scoring.kind != SCORING_PERCENT_RANK)
		memset(&indicator->direction, 0, sizeof(indicator->direction));
	indicator->extreme = extreme_method_none;
	memset(&indicator->adjust, 0, sizeof(indicator->adjust));
	memset(&indicator->transform, 0, sizeof(indicator->transform));
}

double
model_scale_value(const ModelIndicator *indicator, double value)
{
	if (indicator->scoring != SCORING_MINMAX)
	{
		Scoring		scoring = model_scoring(indicator);

		return scoring_value(&scoring, value);
	}
	if (indicator->adjust.kind == ADJUST_COMPRESS)
		value = compress_value(value, indicator->bounds.lower,
							   indicator->bounds.upper,
							   indicator->adjust.parameter[0]);
	return transform_value(&indicator->transform, value);
}

/* Derive what scoring needs from an indicator's definition and bounds. */
static void
scale_indicator(ModelIndicator *indicator)
{
	IndicatorBounds *bounds = &indicator->bounds;
	double		lower;
	double		upper;

	/* Fixed bounds hold without a sample. */
	if (bounds->status == BOUNDS_UNKNOWN &&
		extreme_method_fixed(&indicator->extreme, &lower, &upper))
	{
		bounds->lower = lower;
		bounds->upper = upper;
	}
	indicator->curved = indicator->transform.kind != TRANSFORM_NONE ||
		indicator->adjust.kind != ADJUST_CLAMP ||
		indicator->scoring != SCORING_MINMAX;
	if (indicator->scoring != SCORING_MINMAX)
	{
		/* What the sample says of its ends does not matter. */
		bounds->lower = bounds->upper = NAN;
		bounds->fell_back = false;
		indicator->floor = indicator->ceiling = NAN;
		indicator->imputed = bounds->imputed;
		indicator->scaled_lower = 0;
		indicator->scaled_upper = 1;
		return;
	}

	/*
	 * Compressed values keep their distance up to the ends of the sample, if
	 * there is one (else minimum and maximum are NaN).
	 */
	indicator->floor = bounds->lower;
	indicator->ceiling = bounds->upper;
	if (indicator->adjust.kind == ADJUST_COMPRESS && bounds->lower < bounds->upper)
	{
		if (bounds->minimum < bounds->lower)
			indicator->floor = bounds->minimum;
		if (bounds->maximum > bounds->upper)
			indicator->ceiling = bounds->maximum;
	}
	indicator->imputed = indicator->missing == MISSING_LOWER ? bounds->lower :
		bounds->imputed;

	indicator->scaled_lower = model_scale_value(indicator, indicator->floor);
	indicator->scaled_upper = model_scale_value(indicator, indicator->ceiling);
	indicator->scaled_direction = indicator->direction;
	for (int i = 0; i < METHOD_MAX_ARGUMENTS; i++)
		indicator->scaled_direction.parameter[i] =
			model_scale_value(indicator, indicator->direction.parameter[i]);
}

/* A copy elsewhere, whose rule of scoring stands where it stood. */
static void
copy_indicator(ModelIndicator *to, const ModelIndicator *from)
{
	memcpy(to, from, sizeof(*to));
	if (to->npoints > 0)
		to->rule += (int32) ((const char *) from - (const char *) to);
	if (to->nranked > 0)
		to->ranked += (int32) ((const char *) from - (const char *) to);
}

/* Stages with rules of their own have the other indicators, too. */
static void
copy_to_stages(ScoreModel *model)
{
	const ModelRule *rules = model_rules(model);

	for (int stage = 0; model->nrules > 0 && stage < model->nstages; stage++)
	{
		const ModelIndicator *common = model_indicators(model);
		ModelIndicator *own = (ModelIndicator *) model_stage_indicators(model, stage);
		int			rule = 0;

		for (int i = 0; own != common && i < model->nindicators; i++)
		{
			while (rule < model->nrules && (rules[rule].indicator < i ||
											(rules[rule].indicator == i && rules[rule].stage < stage)))
				rule++;
			if (rule == model->nrules || rules[rule].indicator != i ||
				rules[rule].stage != stage)
				copy_indicator(&own[i], &common[i]);
		}
	}
}

/* Work out the summary fields that depend on the bounds. */
static void
seal_model(ScoreModel *model)
{
	bool		exact = true;

	model->fitted = true;
	for (int i = 0; i < model_fits(model); i++)
	{
		ModelIndicator *indicator = (ModelIndicator *) model_fit_indicator(model, i);
		double		lower;
		double		upper;

		exact &= indicator->bounds.status == BOUNDS_EXACT;

		scale_indicator(indicator);
		if (indicator->bounds.status != BOUNDS_EXACT &&
			((!extreme_method_fixed(&indicator->extreme, &lower, &upper) &&
			  !scoring_needs_no_fit((ScoringKind) indicator->scoring)) ||
			 imputes_from_sample((MissingPolicy) indicator->missing)))
			model->fitted = false;
	}

	/* Totals are looked at when all else is known. */
	if (model->rescales && isnan(model->best))
	{
		model->fitted = false;
		model->wants_best = exact;
	}
	else
		model->wants_best = false;
	copy_to_stages(model);
	model->fingerprint =
		hash_bytes_extended((unsigned char *) model + offsetof(ScoreModel, nindicators),
							VARSIZE(model) - offsetof(ScoreModel, nindicators), 0);
}

/* Has a stage rules of its own? */
static bool
stage_has_rules(const ModelSpec *spec, int stage)
{
	for (int i = 0; i < spec->nrules; i++)
		if (spec->rules[i].stage == stage)
			return true;
	return false;
}

/* Fill in an indicator; its rule's points go to "points", which moves behind them. */
static void
pack_indicator(const IndicatorSpec *indicator, ModelName name, int places,
			   ScoringPoint **points, ModelIndicator *packed)
{
	packed->name = name;
	packed->category = indicator->category;
	packed->absent_is_zero = indicator->absent_is_zero;
	packed->missing = indicator->missing;
	packed->decimals = indicator->decimals;
	if (indicator->decimals != DECIMALS_NONE)
		decimals_init(&packed->rounding, places, indicator->decimals);
	packed->scoring = indicator->scoring.kind;
	packed->npoints = indicator->scoring.count;
	packed->most = indicator->scoring.most;
	if (indicator->scoring.count > 0)
	{
		packed->rule = (int32) ((char *) *points - (char *) packed);
		memcpy(*points, indicator->scoring.points,
			   packed->npoints * sizeof(ScoringPoint));
		*points += packed->npoints;
	}
	packed->adjust.kind = indicator->adjust.kind;
	memcpy(packed->adjust.parameter, indicator->adjust.parameter,
		   sizeof(packed->adjust.parameter));
	packed->direction.kind = indicator->direction.kind;
	memcpy(packed->direction.parameter, indicator->direction.parameter,
		   sizeof(packed->direction.parameter));
	packed->extreme = indicator->extreme;
	packed->transform = indicator->transform;
	packed->bounds.status = indicator->bounds.status;
	packed->bounds.fell_back = indicator->bounds.fell_back;
	packed->bounds.n = indicator->bounds.n;
	packed->bounds.missing = indicator->bounds.missing;
	packed->bounds.minimum = indicator->bounds.minimum;
	packed->bounds.maximum = indicator->bounds.maximum;
	packed->bounds.lower = indicator->bounds.lower;
	packed->bounds.upper = indicator->bounds.upper;
	packed->bounds.imputed = indicator->bounds.imputed;
}

/* Put the values of percent_rank, if there are some, in a place of the model. */
static void
pack_ranked(const RankedValues *ranked, char *base, Size offset,
			ModelIndicator *indicator)
{
	indicator->nranked = ranked->count;
	indicator->ranked = ranked->count == 0 ? 0 :
		(int32) (base + offset - (char *) indicator);
	if (ranked->count > 0)
		memcpy(base + offset, ranked->values, ranked->count * sizeof(RankedValue));
}

static void
check_size(Size size)
{
	if (size > MaxAllocSize)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("score model of %zu bytes is larger than %zu",
						size, (Size) MaxAllocSize),
				 errhint("percent_rank keeps the different values of the sample; give another rule to indicators that have so many.")));
}

static const IndicatorSpec *
fit_spec(const ModelSpec *spec, int fit)
{
	return fit < spec->nindicators ? &spec->indicators[fit] :
		&spec->rules[fit - spec->nindicators].own;
}

ScoreModel *
model_pack(const ModelSpec *spec)
{
	ScoreModel *model = NULL;
	Size		size = 0;
	Size		nweights;
	Size		nnodes = (Size) spec->ncategories + 1;
	Size		npoints = 0;
	Size		ranked_at;
	bool		weighted = false;
	bool		searching = false;

	check_spec(spec);
	nweights = (Size) spec->nstages * spec->nindicators;
	for (int i = 0; i < spec->ncategories; i++)
		if (category_has_weights(spec, &spec->categories[i]))
			weighted = true;
	for (int i = 0; i < spec->nindicators + spec->nrules; i++)
	{
		if (fit_spec(spec, i)->bounds.status == BOUNDS_SEARCHED)
			searching = true;
		npoints += fit_spec(spec, i)->scoring.count;
	}

	/* Twice: the first round finds the size, the second fills the model in. */
	for (int round = 0; round < 2; round++)
	{
		ScoreModel	head = {0};
		char	   *base;
		ScoringPoint *points;
		int32		own_points;

		if (round == 1)
		{
			model = palloc0(size);
			SET_VARSIZE(model, size);
		}
		base = (char *) model;
		size = MAXALIGN(sizeof(ScoreModel));
		head.version = MODEL_VERSION;
		head.nindicators = spec->nindicators;
		head.ncategories = spec->ncategories;
		head.nstages = spec->nstages;
		head.missing = spec->missing;
		head.searching = searching;
		for (int i = 0; i < spec->nindicators; i++)
		{
			head.reweights |= spec->indicators[i].missing == MISSING_REWEIGHT &&
				!spec->in_points;
			head.rounds |= spec->indicators[i].decimals != DECIMALS_NONE;
			head.absents |= spec->indicators[i].absent_is_zero;
		}
		for (int i = 0; i < spec->ncategories; i++)
		{
			head.rounds |= spec->categories[i].decimals != DECIMALS_NONE;
			head.reweights |= spec->categories[i].drops && !spec->in_points;
			head.vetoes |= spec->categories[i].role == ROLE_VETO;
		}
		head.full_marks = spec->full_marks;
		head.min_coverage = spec->min_coverage;
		head.floor = spec->floor;
		head.in_points = spec->in_points;
		head.counts = spec->counts;
		head.min_score = spec->min_score;
		head.max_score = spec->max_score;
		head.bounded = !isnan(spec->min_score) || !isnan(spec->max_score) || spec->rescales;
		head.rescales = spec->rescales;
		head.best = spec->best;
		head.decimals = spec->decimals;
		head.places = decimal_places(spec->full_marks);
		decimals_init(&head.exact, head.places, head.places);
		decimals_init(&head.rounding, head.places,
					  spec->decimals == DECIMALS_NONE ? head.places : spec->decimals);
		head.categories = place(&size, nnodes * sizeof(ModelCategory));
		head.stages = place(&size, spec->nstages * sizeof(ModelStage));
		head.indicators = place(&size, spec->nindicators * sizeof(ModelIndicator));
		head.weights = place(&size, nweights * sizeof(double));
		head.effective = !weighted ? head.weights :
			place(&size, nweights * sizeof(double));
		head.points = place(&size, nweights * sizeof(double));
		head.category_weights = place(&size, spec->nstages * nnodes * sizeof(double));
		head.own_weights = !weighted ? 0 :
			place(&size, spec->nstages * nnodes * sizeof(double));
		head.coverage_weights = !spec->counts ? head.effective :
			place(&size, nweights * sizeof(double));
		head.category_coverage = place(&size, spec->nstages * nnodes * sizeof(double));
		head.reach = place(&size, spec->nstages * nnodes * sizeof(double));
		head.visits = place(&size, nnodes * sizeof(int32));
		head.members = place(&size, spec->nindicators * sizeof(int32));
		own_points = place(&size, npoints * sizeof(ScoringPoint));
		points = base == NULL ? NULL : (ScoringPoint *) (base + own_points);
		head.nrules = spec->nrules;
		head.rules = place(&size, spec->nrules * sizeof(ModelRule));
		head.staged = place(&size, spec->nrules > 0 ? spec->nstages * sizeof(int32) : 0);
		for (int stage = 0; spec->nrules > 0 && stage < spec->nstages; stage++)
		{
			int32		own = !stage_has_rules(spec, stage) ? head.indicators :
			place(&size, spec->nindicators * sizeof(ModelIndicator));

			if (base != NULL)
				((int32 *) (base + head.staged))[stage] = own;
		}

		head.scheme = place_name(base, &size, spec->scheme);
		for (int i = 0; i < spec->ncategories; i++)
		{
			const CategorySpec *category = &spec->categories[i];
			ModelName	name = place_name(base, &size, category->name);
			ModelCategory *packed;

			if (base == NULL)
				continue;
			packed = (ModelCategory *) (base + head.categories) + i;
			packed->name = name;
			packed->max_points = category->max_points;
			packed->min_coverage = category->min_coverage;
			packed->decimals = category->decimals;
			packed->drops = category->drops;
			packed->floor = category->floor;
			packed->start = (isnan(category->floor) ? spec->floor : category->floor) / 100;
			decimals_init(&packed->shown, head.places,
						  category->decimals != DECIMALS_NONE ? category->decimals :
						  spec->decimals != DECIMALS_NONE ? spec->decimals : head.places);
		}
		for (int i = 0; i < spec->nstages; i++)
		{
			ModelName	name = place_name(base, &size, spec->stages[i]);
			ModelStage *packed;

			if (base == NULL)
				continue;
			packed = (ModelStage *) (base + head.stages) + i;
			packed->name = name;
		}
		for (int i = 0; i < spec->nindicators; i++)
		{
			const IndicatorSpec *indicator = &spec->indicators[i];
			ModelName	name = place_name(base, &size, indicator->name);
			ModelIndicator *packed;

			if (base == NULL)
				continue;
			packed = (ModelIndicator *) (base + head.indicators) + i;
			pack_indicator(indicator, name, head.places, &points, packed);
			for (int stage = 0; stage < spec->nstages; stage++)
				((double *) (base + head.weights))
					[(Size) stage * spec->nindicators + i] = indicator->weights[stage];
		}
		for (int i = 0; base != NULL && i < spec->nrules; i++)
		{
			const RuleSpec *rule = &spec->rules[i];
			ModelRule  *packed = (ModelRule *) (base + head.rules) + i;
			int32		own = ((int32 *) (base + head.staged))[rule->stage];

			packed->stage = rule->stage;
			packed->indicator = rule->indicator;
			pack_indicator(&rule->own,
						   ((ModelIndicator *) (base + head.indicators))[rule->indicator].name,
						   head.places, &points,
						   (ModelIndicator *) (base + own) + rule->indicator);
		}
		size = MAXALIGN(size);
		head.searches = place(&size, searching ?
							  (spec->nindicators + spec->nrules) * sizeof(BoundsSearch) : 0);
		ranked_at = size;
		for (int i = 0; i < spec->nindicators + spec->nrules; i++)
			size += fit_spec(spec, i)->nranked * sizeof(RankedValue);
		check_size(size);
		if (base != NULL)
		{
			head.vl_len_ = model->vl_len_;
			*model = head;
			for (int i = 0; searching && i < spec->nindicators + spec->nrules; i++)
				((BoundsSearch *) (base + head.searches))[i] = fit_spec(spec, i)->search;
			for (int i = 0; i < spec->nindicators + spec->nrules; i++)
			{
				RankedValues ranked = {fit_spec(spec, i)->nranked, fit_spec(spec, i)->ranked};

				pack_ranked(&ranked, base, ranked_at,
							(ModelIndicator *) model_fit_indicator(model, i));
				ranked_at += ranked.count * sizeof(RankedValue);
			}
		}
	}
	plant_tree(model, spec);
	seal_model(model);
	return model;
}

ScoreModel *
model_with_bounds(const ScoreModel *model, const IndicatorBounds *bounds,
				  const BoundsSearch *searches, const RankedValues *ranked, double best)
{
	bool		searching = false;
	Size		ranked_at;
	Size		size;
	ScoreModel *result;

	for (int i = 0; i < model_fits(model); i++)
		if (bounds[i].status == BOUNDS_SEARCHED)
			searching = true;
	size = ranked_at = model->searches +
		(searching ? MAXALIGN(model_fits(model) * sizeof(BoundsSearch)) : 0);
	for (int i = 0; i < model_fits(model); i++)
		size += ranked[i].count * sizeof(RankedValue);
	check_size(size);
	result = palloc0(size);
	memcpy(result, model, model->searches);
	SET_VARSIZE(result, size);
	result->searching = searching;
	result->best = best;
	for (int i = 0; i < model_fits(result); i++)
	{
		ModelIndicator *indicator = (ModelIndicator *) model_fit_indicator(result, i);

		indicator->bounds = bounds[i];
		if (searching)
			((BoundsSearch *) model_searches(result))[i] = searches[i];
		pack_ranked(&ranked[i], (char *) result, ranked_at, indicator);
		ranked_at += ranked[i].count * sizeof(RankedValue);
	}
	seal_model(result);
	return result;
}

bool
model_equal(const ScoreModel *a, const ScoreModel *b)
{
	if (a == b)
		return true;
	return a->fingerprint == b->fingerprint && VARSIZE(a) == VARSIZE(b) &&
		memcmp(a, b, VARSIZE(a)) == 0;
}

/* ---------------- finding parts ---------------- */

int
model_stage_number(const ScoreModel *model, const text *stage)
{
	const ModelStage *stages = model_stages(model);
	int			length = VARSIZE_ANY_EXHDR(stage);

	for (int i = 0; i < model->nstages; i++)
		if (stages[i].name.length == length &&
			memcmp(model_string(model, stages[i].name), VARDATA_ANY(stage),
				   length) == 0)
			return i;
	return -1;
}

int
model_find_stage(const ScoreModel *model, const text *stage)
{
	const ModelStage *stages = model_stages(model);
	int			number = model_stage_number(model, stage);
	StringInfoData known;

	if (likely(number >= 0))
		return number;
	initStringInfo(&known);
	for (int i = 0; i < model->nstages; i++)
		appendStringInfo(&known, "%s\"%s\"", i == 0 ? "" : ", ",
						 model_string(model, stages[i].name));
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown stage \"%.*s\"", (int) VARSIZE_ANY_EXHDR(stage), VARDATA_ANY(stage)),
			 errhint("Stages of scheme \"%s\" are %s.",
					 model_string(model, model->scheme), known.data)));
}

int
model_find_category(const ScoreModel *model, const text *category)
{
	const ModelCategory *categories = model_categories(model);
	int			length = VARSIZE_ANY_EXHDR(category);
	StringInfoData known;

	for (int i = 0; i < model->ncategories; i++)
		if (categories[i].name.length == length &&
			memcmp(model_string(model, categories[i].name),
				   VARDATA_ANY(category), length) == 0)
			return i;

	initStringInfo(&known);
	for (int i = 0; i < model->ncategories; i++)
		appendStringInfo(&known, "%s\"%s\"", i == 0 ? "" : ", ",
						 model_string(model, categories[i].name));
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown category \"%.*s\"", length, VARDATA_ANY(category)),
			 errhint("Categories of scheme \"%s\" are %s.",
					 model_string(model, model->scheme), known.data)));
}

/* ---------------- models as arguments ---------------- */

/*
 * Models read from TOAST tables, by their TOAST pointer.  A query may use many
 * of them in turn (one a period and peer group), hence more than one.
 */
#define CACHED_MODELS	64

typedef struct ModelCache
{
	struct varatt_external pointer[CACHED_MODELS];
	ScoreModel *model[CACHED_MODELS];
} ModelCache;

static const ScoreModel *
check_version(const ScoreModel *model)
{
	if (model->version > MODEL_VERSION && model->version <= MODEL_HIGHEST_VERSION)
		wire_version_newer("score model", model->version, MODEL_VERSION);
	if (model->version != MODEL_VERSION)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("stored score model is damaged")));
	return model;
}

const ScoreModel *
model_kept(Datum argument, void **kept, MemoryContext context)
{
	struct varlena *value = (struct varlena *) DatumGetPointer(argument);
	struct varatt_external pointer;
	ModelCache *cache;
	int			slot;

	if (!VARATT_IS_EXTERNAL_ONDISK(value))
		return check_version((ScoreModel *) PG_DETOAST_DATUM(argument));

	if (*kept == NULL)
		*kept = MemoryContextAllocZero(context, sizeof(ModelCache));
	cache = (ModelCache *) *kept;

	VARATT_EXTERNAL_GET_POINTER(pointer, value);
	slot = pointer.va_valueid % CACHED_MODELS;
	if (cache->model[slot] == NULL ||
		memcmp(&cache->pointer[slot], &pointer, sizeof(pointer)) != 0)
	{
		MemoryContext old = MemoryContextSwitchTo(context);
		ScoreModel *model = (ScoreModel *) PG_DETOAST_DATUM_COPY(argument);

		MemoryContextSwitchTo(old);
		if (cache->model[slot] != NULL)
			pfree(cache->model[slot]);
		cache->model[slot] = model;
		cache->pointer[slot] = pointer;
	}
	return check_version(cache->model[slot]);
}

/* The caller's context outlives the row: an aggregate's, or the query's. */
const ScoreModel *
model_argument(FunctionCallInfo fcinfo, int argument)
{
	return model_kept(PG_GETARG_DATUM(argument), &fcinfo->flinfo->fn_extra,
					  fcinfo->flinfo->fn_mcxt);
}
