/*-------------------------------------------------------------------------
 *
 * decide_kept.c
 *	  decide_kept: what a rule decides about a row whose places are looked up.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "utils/array.h"

#include "support/compat.h"
#include "support/number_array.h"
#include "support/put_bytes.h"
#include "decide/decide_arguments.h"
#include "decide/decision_value.h"

/* What place_row() gives: rank, percentile, how many have the score, how many there are. */
typedef struct KeptPlace
{
	uint32		rank;			/* 0 for none */
	uint32		ties;
	uint32		scored;
} KeptPlace;

static KeptPlace
kept_place(FunctionCallInfo fcinfo, int argument)
{
	KeptPlace	kept = {0};
	const double *numbers;
	int			count;

	if (PG_ARGISNULL(argument))
		return kept;
	numbers = numbers_get(PG_GETARG_ARRAYTYPE_P(argument), &count);
	if (count < 4)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("places must be what place_row() returns")));
	kept.rank = (uint32) numbers[0];
	kept.ties = (uint32) numbers[2];
	kept.scored = (uint32) numbers[3];
	return kept;
}

/* In a cut that nobody took part in, the first place is free. */
static Place
kept_cut(FunctionCallInfo fcinfo, int argument)
{
	KeptPlace	kept = kept_place(fcinfo, argument);
	Place		place = {Max(kept.rank, 1), Max(kept.ties, 1)};

	return place;
}

/* The one rule of the first argument, and the tiers of the last one. */
typedef struct KeptRules
{
	const ListRule *rule;
	const TierRule *tiers;
} KeptRules;

static KeptRules *
read_kept_rules(FunctionCallInfo fcinfo)
{
	KeptRules  *kept = palloc0(sizeof(KeptRules));
	int			nrules;
	ListRule  **rules = read_rules(PG_GETARG_DATUM(0), PG_ARGISNULL(0), &nrules);

	if (nrules != 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there must be one rule, not %d", nrules)));
	kept->rule = rules[0];
	kept->tiers = read_tiers(PG_GETARG_DATUM(8), PG_ARGISNULL(8), rules, nrules);
	return kept;
}

/* Read once where they are constants. */
static const KeptRules *
kept_rules(FunctionCallInfo fcinfo)
{
	FmgrInfo   *function = fcinfo->flinfo;
	MemoryContext old;

	if (!get_fn_expr_arg_stable(function, 0) || !get_fn_expr_arg_stable(function, 8))
		return read_kept_rules(fcinfo);
	if (function->fn_extra == NULL)
	{
		old = MemoryContextSwitchTo(function->fn_mcxt);
		function->fn_extra = read_kept_rules(fcinfo);
		MemoryContextSwitchTo(old);
	}
	return function->fn_extra;
}

PG_FUNCTION_INFO_V1(decide_kept);
/*
 * decide_kept(rules list_rule[], facts list_facts, ranked float8[],
 *			   staged float8[], quota float8[], top float8[],
 *			   reserve float8[], tiered float8[], tiers jsonb) → decision
 *
 * What one rule decides about a row whose score has been looked up in the
 * scores of all, of its stage, of those that took part in each cut, and of
 * those that the tiers are cut among.
 */
Datum
decide_kept(PG_FUNCTION_ARGS)
{
	const KeptRules *rules = kept_rules(fcinfo);
	const ListRule *rule = rules->rule;
	KeptPlace	rank = kept_place(fcinfo, 2);
	KeptPlace	tiered = kept_place(fcinfo, 7);
	StringInfoData decision = {0};
	TierRow		tier = {.place = tiered.rank,.scored = tiered.scored};
	Outcome		outcome = {0};
	Facts		facts;
	RuleFacts	asked;
	RuleFacts	of_rule;
	RowPlaces	places = {0};

	read_facts(PG_GETARG_DATUM(1), PG_ARGISNULL(1), &facts);
	check_rule_count(&facts, 1);
	rule_facts_read(&facts, &asked);
	check_rule_facts(rule, &asked);
	tier.score = facts.score;
	tier.group = facts.tier_group;
	places.rank = rank.rank;
	places.stage_rank = kept_place(fcinfo, 3).rank;
	places.scored = rank.scored;
	places.tier = row_tier(rules->tiers, &tier);
	of_rule = asked;
	rule_conditions_apply(rule, &facts, &of_rule, &places);
	outcome.standing = rule_standing(rule, &facts, &of_rule);
	outcome.unplaced = !isnan(facts.score) && rank.rank == 0;
	if (outcome.unplaced && outcome.standing == STANDING_ELIGIBLE)
		outcome.standing = STANDING_OUT;
	if (outcome.standing == STANDING_ELIGIBLE)
	{
		if (rule->quota_n > 0)
			outcome.quota = kept_cut(fcinfo, 4);
		if (outcome_is_admitted(rule, &outcome))
			outcome.top = kept_cut(fcinfo, 5);
		if (!outcome_is_listed(rule, &outcome))
			outcome.reserve = kept_cut(fcinfo, 6);
	}
	begin_decision(&decision, &places, 1);
	write_rule(&decision, rule, &facts, &asked, &of_rule, &outcome);
	return value_end(&decision);
}
