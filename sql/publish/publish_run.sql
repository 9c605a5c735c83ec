-- publish, runs: a publication is computed, hashed and stored by one run over the input, and verified by one run over
-- what it holds (src/publish/publish_run.c).

CREATE FUNCTION _innovation_score.publish_run(publication bigint, firm_plan _innovation_score.run_plan, correction_plan _innovation_score.run_plan,
                                              OUT firms bigint, OUT scored bigint, OUT listed bigint, OUT content_digest bytea,
                                              OUT complete boolean, OUT groups text[], OUT models score_model[])
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION _innovation_score.publish_run(bigint, _innovation_score.run_plan, _innovation_score.run_plan) IS
    'internal: adds the firms of a run to a publication, and corrections; numbers and root of the firms, whether all have a '
    'stage, and the models that were fitted, with the texts of their groups';

CREATE FUNCTION _innovation_score.verify_run(publication bigint, plan _innovation_score.run_plan,
                                             OUT firms bigint, OUT scored bigint, OUT listed bigint, OUT content_digest bytea,
                                             OUT scores boolean, OUT ranks boolean, OUT decisions boolean)
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE STRICT PARALLEL UNSAFE;

COMMENT ON FUNCTION _innovation_score.verify_run(bigint, _innovation_score.run_plan) IS
    'internal: numbers and root of the firms of a publication, and whether scores, ranks and decisions are those that were published';

-- A run evaluates conditions that name indicators and scores, as long as it has the values: not those of firms that are left
-- out for them.
CREATE FUNCTION _innovation_score.run_decides(rule list_rule, quality jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET standard_conforming_strings = on AS $$
    SELECT COALESCE(NOT r.keys ?| '{required_condition,qualifies_condition}'
                    OR (quality ->> 'on_error' = 'exclude') IS NOT TRUE
                       AND NOT COALESCE(r.keys @? '$.values[*] ? (@.kind != "indicator" && @.kind != "score")', false)
                       AND concat_ws(' ', r.keys ->> 'required_condition', r.keys ->> 'qualifies_condition')
                           !~ '\m(rank|stage_rank|percentile|tier)\M', true)
    FROM (SELECT rule::jsonb) AS r(keys)
$$;

COMMENT ON FUNCTION _innovation_score.run_decides(list_rule, jsonb) IS
    'internal: whether a run can decide by a rule, given what the scoreboard does about quality';

-- The firms of a scoreboard and period: the columns of published_firm.
CREATE FUNCTION _innovation_score.publication_plan(board scoreboard, binding scoreboard_binding, rule whitelist_rule, period text, number bigint,
                                                   OUT plan _innovation_score.run_plan, OUT groups text[])
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    shown text[] := ARRAY(SELECT DISTINCT u.name FROM unnest(binding.groups || binding.period || 'stage'::text) AS u(name)
                          WHERE u.name IS NOT NULL ORDER BY u.name);
    peers text := _innovation_score.key_texts('s', binding.peers);
    columns integer := cardinality(shown) + 1;
    vals text := CASE WHEN board.quality ->> 'on_error' = 'exclude' THEN '_innovation_score.known_values(s._unchecked)' END;
    given text := '1';
    more integer;
BEGIN
    plan.model := board.model;
    plan.vals := columns;
    plan.stage := array_position(shown, 'stage');
    plan.period := array_position(shown, binding.period);
    IF board.frozen_at IS NOT NULL THEN
        EXECUTE format('SELECT array_agg(k.peers), array_agg(k.model) FROM (SELECT %s::text AS peers, m.model FROM (%s) m '
                       'WHERE m.model IS NOT NULL AND %s) k',
                       _innovation_score.key_texts('m', binding.peers), _innovation_score.view_query(board, binding, 'model'),
                       CASE WHEN binding.period = ANY (binding.groups)
                            THEN _innovation_score.period_condition(board, binding, 'm', period) ELSE 'true' END)
        INTO groups, plan.models;
        IF groups IS DISTINCT FROM ARRAY['{}'] THEN
            given := '_given.number::integer';
            binding.rows := binding.rows || format(' LEFT JOIN unnest(%L::text[]) WITH ORDINALITY AS _given(peers, number) ON _given.peers = %s::text',
                                                   groups, peers);
        END IF;
    ELSE
        plan.groups := ARRAY(SELECT array_position(shown, u.name) FROM unnest(binding.groups) WITH ORDINALITY AS u(name, place) ORDER BY u.place);
        plan.coarsest := cardinality(binding.groups) - CASE WHEN board.min_peers IS NULL THEN 0 ELSE cardinality(binding.peers) END;
        plan.min_peers := board.min_peers;
    END IF;
    IF binding.sample IS NOT NULL THEN
        columns := columns + 1;
        plan.sample := columns;
    END IF;
    plan.facts := columns + 1;
    more := columns + 6;
    plan.given := CASE WHEN board.frozen_at IS NOT NULL THEN more + 6 END;
    plan.query := _innovation_score.run_query(
        board, binding, ARRAY[rule], shown, NULL,
        CASE WHEN board.pooled AND board.frozen_at IS NULL THEN 'true' ELSE _innovation_score.period_condition(board, binding, 's', period) END,
        concat_ws(', ', format('%s::bigint', number), format('innovation_score.key_text(s.%I) COLLATE "C"', binding.entity), peers,
                  _innovation_score.texts('s', binding.attributes), COALESCE(vals, 'NULL::float8[]'),
                  CASE WHEN board.frozen_at IS NOT NULL THEN given END));
    plan.items := ARRAY['column ' || more + 1, 'column ' || more + 2, 'column ' || plan.stage, 'column ' || more + 3, 'column ' || more + 4,
                        CASE WHEN vals IS NULL THEN 'values' ELSE 'column ' || more + 5 END, 'number 1', 'coverage', 'categories',
                        'rank', 'stage_rank', 'barred 1', 'direct 1', 'column ' || more, 'eligible 1', 'admitted 1', 'decision 1', 'reasons 1'];
    plan.rules := ARRAY[_innovation_score.rule_value(board, rule)];
    plan.languages := ARRAY[COALESCE(rule.language, _innovation_score.default_language())];
    plan.view := _innovation_score.view_name(board.scoreboard, 'input')::regclass;
    plan.time_zone := board.time_zone;
    plan.only_period := period;
END
$$;

COMMENT ON FUNCTION _innovation_score.publication_plan(scoreboard, scoreboard_binding, whitelist_rule, text, bigint) IS
    'internal: the plan of a run that gives the firms of a publication; of a frozen scoreboard also the groups of the models that it holds';

-- Rows of a query, as they are.
CREATE FUNCTION _innovation_score.rows_plan(board scoreboard, query text, columns integer) RETURNS run_plan
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    plan run_plan;
BEGIN
    plan.query := query;
    plan.items := ARRAY(SELECT 'column ' || n FROM generate_series(1, columns) n ORDER BY n);
    plan.view := _innovation_score.view_name(board.scoreboard, 'input')::regclass;
    plan.time_zone := board.time_zone;
    RETURN plan;
END
$$;

COMMENT ON FUNCTION _innovation_score.rows_plan(scoreboard, text, integer) IS 'internal: the plan of a run that hands over the rows of a query';

-- The firms of a publication, as they are recomputed and as they are. What bars a firm and what lists it directly is taken
-- as it was published.
-- As far as one of its reasons tells.
CREATE FUNCTION _innovation_score.publication_language(publication bigint) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT _innovation_score.reasons_language((SELECT f.reasons FROM published_firm f WHERE f.publication = publication_language.publication LIMIT 1))
$$;

COMMENT ON FUNCTION _innovation_score.publication_language(bigint) IS 'internal: the language in which a publication gives its reasons';

CREATE FUNCTION _innovation_score.verification_plan(p publication) RETURNS run_plan
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    plan run_plan;
    rule list_rule := p.rule::text;
    groups text[];
    computed text[] := '{none,none,none,none,none,none,number 1,coverage,categories,rank,stage_rank,none,direct 1,none,eligible 1,admitted 1,'
                       'decision 1,reasons 1}';
BEGIN
    SELECT array_agg(m.peers::text), array_agg(m.model::text::score_model) INTO groups, plan.models
    FROM published_model m WHERE m.publication = p.publication;
    plan.model := plan.models[1];
    plan.query := format(
        'SELECT o.publication, o.entity, o.stage, o.peers, o.attributes, o.vals, o.score, o.coverage, o.category_scores, o.rank, o.stage_rank, '
        'o.barred, o.qualifies, o.quota, o.eligible, o.admitted, o.decision, o.reasons, CASE WHEN NOT %s THEN o.vals END, %s, '
        'CASE WHEN o.stage IS NULL THEN _innovation_score.reason(''missing'', ''stage'') END, '
        'CASE WHEN o.barred THEN _innovation_score.reason(''excluded'', ''barred'') END, true, o.qualifies, NULL::integer, o.quota '
        'FROM innovation_score.published_firm o%s WHERE o.publication = %s',
        _innovation_score.left_out(p.board_document::jsonb -> 'quality', p.indicators, 'o.vals'),
        CASE WHEN p.peers = '{}' THEN '1' ELSE 'g.number::integer' END,
        CASE WHEN p.peers <> '{}' THEN format(' LEFT JOIN unnest(%L::text[]) WITH ORDINALITY AS g(peers, number) ON g.peers = o.peers::text', groups) END,
        p.publication);
    plan.items := computed || ARRAY(SELECT CASE WHEN c.item = 'none' AND n <> 12 THEN 'none' ELSE 'column ' || n END
                                    FROM unnest(computed) WITH ORDINALITY AS c(item, n) ORDER BY n);
    plan.vals := 19;
    plan.stage := 3;
    plan.given := 20;
    plan.facts := 21;
    plan.rules := ARRAY[_innovation_score.published_rule(rule)];
    plan.languages := ARRAY[_innovation_score.publication_language(p.publication)];
    RETURN plan;
END
$$;

COMMENT ON FUNCTION _innovation_score.verification_plan(publication) IS
    'internal: the plan of a run that computes the firms of a publication again';
