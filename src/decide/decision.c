/*-------------------------------------------------------------------------
 *
 * decision.c
 *	  What a rule decides about rows whose facts are known: no fmgr, no SPI.
 *
 * doc/decide.md says what a rule means; this is its only implementation.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "support/large_memory.h"
#include "decide/decision.h"
#include "decide/reason.h"

const char *const decision_names[] = {"rejected", "earlier", "reserve", "listed"};

static bool
reaches_minima(const ListRule *rule, const Facts *facts, const RuleFacts *row)
{
	if (isnan(facts->score) ||
		(!isnan(rule->min_score) && !score_reaches(facts->score, rule->min_score)))
		return false;
	if (!isnan(rule->min_coverage) && !score_reaches(facts->coverage, rule->min_coverage))
		return false;
	for (int i = 0; i < rule->nminima; i++)
		if (!score_reaches(rule_category(row, i), rule->minima[i].minimum))
			return false;
	return true;
}

/* Is listed whatever its score, unless it is out. */
static bool
is_direct(const ListRule *rule, const RuleFacts *row)
{
	return rule->qualifies != NULL && row->qualifies;
}

/* Is a row out whatever the rule asks of its score? */
static bool
is_out(const ListRule *rule, const Facts *facts, const RuleFacts *row)
{
	return facts->excluded.length > 0 ||
		(rule != NULL && rule->required != NULL && row->required != FACT_TRUE);
}

bool
rule_bars(const ListRule *rule, const Facts *facts, const RuleFacts *row)
{
	return row->batch != 0 || is_out(rule, facts, row) ||
		(rule != NULL && rule->quota_n > 0 && row->quota.bytes == NULL &&
		 !is_direct(rule, row));
}

Standing
rule_standing(const ListRule *rule, const Facts *facts, const RuleFacts *row)
{
	if (row->batch != 0)
		return STANDING_EARLIER;
	if (rule == NULL || is_out(rule, facts, row))
		return STANDING_OUT;
	if (is_direct(rule, row))
		return STANDING_DIRECT;
	if ((rule->quota_n > 0 && row->quota.bytes == NULL) ||
		!reaches_minima(rule, facts, row))
		return STANDING_OUT;
	return STANDING_ELIGIBLE;
}

bool
outcome_is_admitted(const ListRule *rule, const Outcome *outcome)
{
	return outcome->standing == STANDING_ELIGIBLE &&
		(rule->quota_n == 0 || place_is_within(outcome->quota, rule->quota_n));
}

bool
outcome_is_listed(const ListRule *rule, const Outcome *outcome)
{
	return outcome->standing == STANDING_DIRECT ||
		(outcome_is_admitted(rule, outcome) &&
		 (rule->top_n == 0 || place_is_within(outcome->top, rule->top_n)));
}

DecisionCode
outcome_code(const ListRule *rule, const Outcome *outcome)
{
	switch (outcome->standing)
	{
		case STANDING_OUT:
			return DECISION_REJECTED;
		case STANDING_EARLIER:
			return DECISION_EARLIER;
		case STANDING_DIRECT:
			return DECISION_LISTED;
		case STANDING_ELIGIBLE:
			break;
	}
	if (outcome_is_listed(rule, outcome))
		return DECISION_LISTED;
	return rule->reserve_n > 0 && place_is_within(outcome->reserve, rule->reserve_n) ?
		DECISION_RESERVE : DECISION_REJECTED;
}

/* Who takes part in a cut, before it is made. */
typedef bool (*TakesPart) (const ListRule *rule, const Outcome *outcome);

static bool
is_eligible(const ListRule *rule pg_attribute_unused(), const Outcome *outcome)
{
	return outcome->standing == STANDING_ELIGIBLE;
}

static bool
is_left_over(const ListRule *rule, const Outcome *outcome)
{
	return is_eligible(rule, outcome) && !outcome_is_listed(rule, outcome);
}

/* Of n items, in order, those that take part; returns how many there are. */
static int64
keep_items(const ListRule *rule, TakesPart takes_part, const SortItem *item,
		   const Outcome *outcome, int64 n, SortItem *kept)
{
	int64		count = 0;

	for (int64 i = 0; i < n; i++)
		if (takes_part(rule, &outcome[item[i].place]))
			kept[count++] = item[i];
	return count;
}

/* Places among n items, those of a group if there are groups; "place" is where in an outcome they go. */
static void
cut_items(const SortItem *item, Outcome *outcome, int64 n, uint32 ngroups,
		  CutRow *row, Size place)
{
	for (int64 i = 0; i < n; i++)
		row[i].group = ngroups == 0 ? 0 : outcome[item[i].place].group;
	cut_places(item, row, n, Max(ngroups, 1));
	for (int64 i = 0; i < n; i++)
		*(Place *) ((char *) &outcome[item[i].place] + place) = row[i].place;
}

/* Each cut goes over those only that take part: a rule leaves few of all rows. */
void
cut_rows(const ListRule *rule, const SortItem *item, Outcome *outcome, int64 n,
		 uint32 ngroups)
{
	MemoryContext scratch;
	SortItem   *eligible;
	SortItem   *kept;
	CutRow	   *row;

	if (rule == NULL || n == 0)
		return;
	scratch = AllocSetContextCreate(CurrentMemoryContext, "rows being cut", ALLOCSET_SMALL_SIZES);
	eligible = allocate_large(scratch, n * sizeof(SortItem));
	n = keep_items(rule, is_eligible, item, outcome, n, eligible);
	kept = allocate_large(scratch, Max(n, 1) * sizeof(SortItem));
	row = allocate_large(scratch, Max(n, 1) * sizeof(CutRow));
	if (rule->quota_n > 0)
		cut_items(eligible, outcome, n, ngroups, row, offsetof(Outcome, quota));
	cut_items(kept, outcome, keep_items(rule, outcome_is_admitted, eligible, outcome, n, kept),
			  0, row, offsetof(Outcome, top));
	if (rule->reserve_n > 0)
		cut_items(kept, outcome, keep_items(rule, is_left_over, eligible, outcome, n, kept),
				  0, row, offsetof(Outcome, reserve));
	MemoryContextDelete(scratch);
}

/* ---------------- reasons ---------------- */

/* A number against its minimum; what it reached is told of listed rows only. */
static void
add_minimum(StringInfo reasons, ReasonCode below, ReasonCode reached,
			double value, double minimum, bool listed)
{
	if (value < minimum)
		reason_add(reasons, below);
	else if (listed && value >= minimum)
		reason_add(reasons, reached);
	else
		return;
	reason_number(reasons, value);
	reason_number(reasons, minimum);
}

static void
add_category_minima(StringInfo reasons, const ListRule *rule,
					const RuleFacts *row, bool listed)
{
	for (int i = 0; i < rule->nminima; i++)
	{
		const CategoryMinimum *minimum = &rule->minima[i];
		double		score = rule_category(row, i);

		if (isnan(score))
			reason_add(reasons, REASON_CATEGORY_MISSING);
		else if (score < minimum->minimum)
			reason_add(reasons, REASON_CATEGORY_BELOW);
		else if (listed)
			reason_add(reasons, REASON_CATEGORY_REACHED);
		else
			continue;
		reason_text(reasons, minimum->category);
		if (!isnan(score))
			reason_number(reasons, score);
		reason_number(reasons, minimum->minimum);
	}
}

static void
add_quota(StringInfo reasons, const ListRule *rule, const RuleFacts *row,
		  Place place, bool listed)
{
	uint32		n = rule->quota_n;

	if (row->quota.bytes == NULL)
	{
		reason_add(reasons, REASON_QUOTA_MISSING);
		reason_text(reasons, rule->quota_by);
		return;
	}
	if (place.place == 0)
		return;
	if (place.place > n)
		reason_add(reasons, REASON_QUOTA_USED);
	else if (place_is_tied(place, n))
		reason_add(reasons, REASON_QUOTA_TIED);
	else if (listed)
		reason_add(reasons, REASON_QUOTA_PLACE);
	else
		return;
	reason_count(reasons, place.place);
	reason_count(reasons, n);
	reason_bytes(reasons, row->quota);
	if (place_is_tied(place, n))
		reason_count(reasons, place.ties);
}

/* A place in a cut without groups, "beyond" being REASON_NONE for none. */
static void
add_place(StringInfo reasons, ReasonCode beyond, ReasonCode tied,
		  ReasonCode within, Place place, uint32 n)
{
	ReasonCode	code = place.place > n ? beyond : place_is_tied(place, n) ? tied : within;

	if (place.place == 0 || code == REASON_NONE)
		return;
	reason_add(reasons, code);
	reason_count(reasons, place.place);
	reason_count(reasons, n);
	if (code == tied)
		reason_count(reasons, place.ties);
}

/* What is asked of rows that are not listed directly. */
static void
add_eligibility(StringInfo reasons, const ListRule *rule, const Facts *facts,
				const RuleFacts *row, bool listed)
{
	if (isnan(facts->score))
		reasons_append(reasons, facts->gap);
	add_minimum(reasons, REASON_SCORE_BELOW, REASON_SCORE_REACHED,
				facts->score, rule->min_score, listed);
	add_minimum(reasons, REASON_COVERAGE_BELOW, REASON_COVERAGE_REACHED,
				facts->coverage, rule->min_coverage, listed);
	add_category_minima(reasons, rule, row, listed);
}

void
outcome_reasons(StringInfo reasons, const ListRule *rule, const Facts *facts,
				const RuleFacts *row, const Outcome *outcome)
{
	int			start = reasons->len;
	bool		listed;
	bool		direct;

	if (rule == NULL)
	{
		reason_add(reasons, REASON_NO_RULE);
		return;
	}
	listed = outcome_is_listed(rule, outcome);
	direct = is_direct(rule, row);
	if (!direct)
		add_eligibility(reasons, rule, facts, row, listed);
	else if (listed)
	{
		reason_add(reasons, REASON_DIRECT);
		reason_text(reasons, rule->qualifies);
	}
	if (rule->required != NULL && row->required != FACT_TRUE)
	{
		reason_add(reasons, row->required == FACT_UNKNOWN ?
				   REASON_REQUIRED_UNKNOWN : REASON_REQUIRED_UNMET);
		reason_text(reasons, rule->required);
	}
	reasons_append(reasons, facts->excluded);
	if (row->batch != 0)
	{
		reason_add(reasons, REASON_EARLIER);
		reason_count(reasons, row->batch);
	}
	if (!direct && rule->quota_n > 0)
		add_quota(reasons, rule, row, outcome->quota, listed);
	if (rule->top_n > 0)
		add_place(reasons, REASON_TOP_BEYOND, REASON_TOP_TIED,
				  REASON_TOP_PLACE, outcome->top, rule->top_n);
	if (rule->reserve_n > 0)
		add_place(reasons, REASON_NONE, REASON_RESERVE_TIED,
				  REASON_RESERVE_PLACE, outcome->reserve, rule->reserve_n);
	if (outcome->unplaced)
		reason_add(reasons, REASON_NO_PLACES);
	if (reasons->len == start)
		reason_add(reasons, REASON_ALL_MET);
}
