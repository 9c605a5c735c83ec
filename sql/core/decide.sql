-- decide: rules of lists as values, and the decisions that they make (src/decide)

CREATE TYPE list_rule;

CREATE FUNCTION _innovation_score.list_rule_in(cstring) RETURNS list_rule
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.list_rule_out(list_rule) RETURNS cstring
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.list_rule_recv(internal) RETURNS list_rule
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.list_rule_send(list_rule) RETURNS bytea
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.list_rule_in(cstring) IS 'internal: input function of list_rule';
COMMENT ON FUNCTION _innovation_score.list_rule_out(list_rule) IS 'internal: output function of list_rule';
COMMENT ON FUNCTION _innovation_score.list_rule_recv(internal) IS 'internal: binary input function of list_rule';
COMMENT ON FUNCTION _innovation_score.list_rule_send(list_rule) IS 'internal: binary output function of list_rule';

CREATE TYPE list_rule (
    INPUT = _innovation_score.list_rule_in,
    OUTPUT = _innovation_score.list_rule_out,
    RECEIVE = _innovation_score.list_rule_recv,
    SEND = _innovation_score.list_rule_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = int4,
    STORAGE = extended
);

COMMENT ON TYPE list_rule IS '名单规则 who is listed, kept in reserve or rejected; written as JSON';

CREATE FUNCTION list_rule(jsonb) RETURNS list_rule
    AS 'MODULE_PATHNAME', 'list_rule_from_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION jsonb(list_rule) RETURNS jsonb
    AS 'MODULE_PATHNAME', 'list_rule_to_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION list_rule(jsonb) IS 'the rule of a list that a JSON document states';
COMMENT ON FUNCTION jsonb(list_rule) IS 'a rule of a list as JSON';

CREATE CAST (jsonb AS list_rule) WITH FUNCTION list_rule(jsonb);
CREATE CAST (list_rule AS jsonb) WITH FUNCTION jsonb(list_rule);

COMMENT ON CAST (jsonb AS list_rule) IS 'the rule of a list that a JSON document states';
COMMENT ON CAST (list_rule AS jsonb) IS 'a rule of a list as JSON';

SELECT _innovation_score.order_by_bytes('list_rule');

-- Reasons.

CREATE TYPE decision_reasons;

CREATE FUNCTION _innovation_score.decision_reasons_in(cstring) RETURNS decision_reasons
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.decision_reasons_out(decision_reasons) RETURNS cstring
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.decision_reasons_recv(internal) RETURNS decision_reasons
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.decision_reasons_send(decision_reasons) RETURNS bytea
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.decision_reasons_in(cstring) IS 'internal: input function of decision_reasons';
COMMENT ON FUNCTION _innovation_score.decision_reasons_out(decision_reasons) IS 'internal: output function of decision_reasons';
COMMENT ON FUNCTION _innovation_score.decision_reasons_recv(internal) IS 'internal: binary input function of decision_reasons';
COMMENT ON FUNCTION _innovation_score.decision_reasons_send(decision_reasons) IS 'internal: binary output function of decision_reasons';

CREATE TYPE decision_reasons (
    INPUT = _innovation_score.decision_reasons_in,
    OUTPUT = _innovation_score.decision_reasons_out,
    RECEIVE = _innovation_score.decision_reasons_recv,
    SEND = _innovation_score.decision_reasons_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = int4,
    STORAGE = extended
);

COMMENT ON TYPE decision_reasons IS '理由 reasons for a decision: codes with numbers and texts, written as a JSON array';

SELECT _innovation_score.order_by_bytes('decision_reasons');

CREATE FUNCTION reason_text(reasons decision_reasons, language text) RETURNS text
    AS 'MODULE_PATHNAME', 'reason_sentences' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.reason(code text, VARIADIC texts text[]) RETURNS decision_reasons
    AS 'MODULE_PATHNAME', 'reason_make' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.reasons_concatenate(decision_reasons, decision_reasons) RETURNS decision_reasons
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE AGGREGATE _innovation_score.all_reasons(decision_reasons) (
    SFUNC = _innovation_score.reasons_concatenate,
    STYPE = decision_reasons,
    PARALLEL = RESTRICTED
);

CREATE FUNCTION decision_title(decision text, language text) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

-- By how its first sentence begins: names in it may be in any language.
CREATE FUNCTION _innovation_score.reasons_language(reasons text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN reasons ~ E'[^\\x01-\\x7f]'
                 AND reasons !~ E'^(score|no|qualifies|coverage|category|required|excluded|listed|quota|tied|place|meets|has)\\M| is missing, so '
            THEN 'zh' ELSE 'en' END;

COMMENT ON FUNCTION _innovation_score.reasons_language(text) IS 'internal: the language, zh or en, that reasons were written in';
COMMENT ON FUNCTION decision_title(text, text) IS
    'a decision (listed, reserve, earlier, rejected) as it is printed: in Chinese (zh) or English (en)';
COMMENT ON FUNCTION reason_text(decision_reasons, text) IS 'reasons as sentences: in Chinese (zh) or English (en)';
COMMENT ON FUNCTION _innovation_score.reason(text, text[]) IS 'internal: one reason whose fields are texts';
COMMENT ON FUNCTION _innovation_score.reasons_concatenate(decision_reasons, decision_reasons) IS 'internal: reasons and more reasons';
COMMENT ON AGGREGATE _innovation_score.all_reasons(decision_reasons) IS 'internal: all reasons, one behind the other';

-- What is known of a row, and what is decided about it. Nobody keeps these: they have no binary form.

CREATE TYPE list_facts;

CREATE FUNCTION _innovation_score.list_facts_in(cstring) RETURNS list_facts
    AS 'MODULE_PATHNAME', 'decision_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.list_facts_out(list_facts) RETURNS cstring
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.list_facts_in(cstring) IS 'internal: input function of list_facts, an error';
COMMENT ON FUNCTION _innovation_score.list_facts_out(list_facts) IS 'internal: output function of list_facts';

CREATE TYPE list_facts (
    INPUT = _innovation_score.list_facts_in,
    OUTPUT = _innovation_score.list_facts_out,
    INTERNALLENGTH = VARIABLE,
    STORAGE = extended,
    ALIGNMENT = int4
);

COMMENT ON TYPE list_facts IS 'what is known of a row before rules decide about it';

CREATE TYPE decision;

CREATE FUNCTION _innovation_score.decision_in(cstring) RETURNS decision
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.decision_out(decision) RETURNS cstring
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.decision_in(cstring) IS 'internal: input function of decision, an error';
COMMENT ON FUNCTION _innovation_score.decision_out(decision) IS 'internal: output function of decision';

CREATE TYPE decision (
    INPUT = _innovation_score.decision_in,
    OUTPUT = _innovation_score.decision_out,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = int4
);

COMMENT ON TYPE decision IS '入选结论 what rules decide about a row, with ranks, places and reasons';

CREATE FUNCTION _innovation_score.facts("row" float8[], entity text, tier_group text, min_coverage float8,
                                        gap decision_reasons, excluded decision_reasons, VARIADIC rules "any")
RETURNS SETOF list_facts
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5 ROWS 1;

CREATE FUNCTION decide(rules list_rule[], facts list_facts) RETURNS decision
    AS 'MODULE_PATHNAME' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION decide(rules list_rule[], facts list_facts, period text) RETURNS decision
    AS 'MODULE_PATHNAME' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION decide(rules list_rule[], facts list_facts, period text, tiers jsonb) RETURNS decision
    AS 'MODULE_PATHNAME' LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _innovation_score.decide_kept(rules list_rule[], facts list_facts, ranked float8[], staged float8[],
                                              quota float8[], top float8[], reserve float8[], tiered float8[], tiers jsonb)
RETURNS decision
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _innovation_score.one_row(rows bigint, entity text, period text) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.one_row(bigint, text, text) IS
    'internal: true, or the error that the firm has more than one row in the period';

CREATE FUNCTION _innovation_score.decision_code(decision decision, rule integer) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.decision_reasons(decision decision, rule integer) RETURNS decision_reasons
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.decision_places(decision decision, rule integer) RETURNS bigint[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.decision_marks(decision decision, rule integer) RETURNS boolean[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.decision_batch(decision decision, rule integer) RETURNS integer
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.decision_rank(decision decision) RETURNS bigint
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.decision_stage_rank(decision decision) RETURNS bigint
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.decision_percentile(decision decision) RETURNS float8
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION _innovation_score.decision_tier(decision decision) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

-- Tiers without a list. Here and above they are {"method": …, "tiers": […], "cuts": …, "within": …}.

CREATE FUNCTION _innovation_score.tier(tiers jsonb, score float8, field text, place bigint, scored bigint) RETURNS text
    AS 'MODULE_PATHNAME', 'tier_of_row' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 2;

CREATE FUNCTION _innovation_score.tier_reasons(tiers jsonb, score float8, field text, place bigint, scored bigint)
RETURNS decision_reasons
    AS 'MODULE_PATHNAME', 'tier_reasons_of_row' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 2;

-- Why a row has no score, if indicators deny it.

CREATE FUNCTION _innovation_score.veto_reason(model score_model, vals float8[]) RETURNS decision_reasons
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.veto_reason(score_model, float8[]) IS
    'internal: that indicators veto a row, with their names; NULL where none does';

-- Steps that scores reach, such as those of credit.

CREATE FUNCTION _innovation_score.in_step(score float8, lowest float8, next float8) RETURNS boolean
    AS 'MODULE_PATHNAME', 'score_in_step' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.facts(float8[], text, text, float8, decision_reasons, decision_reasons, "any") IS
    'internal: what decide() needs to know of a row: score_row(), entity, group of tiers, lowest coverage of the scheme, why there '
    'is no score, why it is excluded; and for each rule: required, qualifies, batch, quota, scores of the categories with minima';
COMMENT ON FUNCTION decide(list_rule[], list_facts) IS
    'window function over the rows of a period: ranks, and what each rule of a list decides, with reasons';
COMMENT ON FUNCTION decide(list_rule[], list_facts, text) IS
    'the same with the period, which is named in errors';
COMMENT ON FUNCTION decide(list_rule[], list_facts, text, jsonb) IS
    'the same with the tiers, which the decision then holds, too';
COMMENT ON FUNCTION _innovation_score.decide_kept(list_rule[], list_facts, float8[], float8[], float8[], float8[], float8[], float8[], jsonb) IS
    'internal: what one rule decides about a row whose ranks and places place_row() has looked up, NULL where there are none';
COMMENT ON FUNCTION _innovation_score.decision_code(decision, integer) IS 'internal: listed, reserve, earlier or rejected, by a rule counted from 1';
COMMENT ON FUNCTION _innovation_score.decision_reasons(decision, integer) IS 'internal: the reasons for a decision';
COMMENT ON FUNCTION _innovation_score.decision_places(decision, integer) IS
    'internal: place and ties in the quota, among the first n and in the reserve; 0 for none';
COMMENT ON FUNCTION _innovation_score.decision_marks(decision, integer) IS
    'internal: whether no score could list the row, whether it is listed directly, eligible, eligible and within its quota';
COMMENT ON FUNCTION _innovation_score.decision_batch(decision, integer) IS 'internal: the batch in which the firm was listed earlier';
COMMENT ON FUNCTION _innovation_score.decision_rank(decision) IS 'internal: rank among all that have a score';
COMMENT ON FUNCTION _innovation_score.decision_stage_rank(decision) IS 'internal: rank within the stage';
COMMENT ON FUNCTION _innovation_score.decision_percentile(decision) IS 'internal: percentile of the rank';
COMMENT ON FUNCTION _innovation_score.decision_tier(decision) IS 'internal: tier, NULL for none';
COMMENT ON FUNCTION _innovation_score.tier(jsonb, float8, text, bigint, bigint) IS
    'internal: the tier of a row that has this score, group and place among so many';
COMMENT ON FUNCTION _innovation_score.tier_reasons(jsonb, float8, text, bigint, bigint) IS 'internal: why it is in its tier, or in none';
COMMENT ON FUNCTION _innovation_score.in_step(float8, float8, float8) IS
    'internal: whether a score reaches a step and not the next one';
