-- standing, view: where every firm stands, with ranks, tier and the decision of every whitelist
-- rule; of a frozen scoreboard without asking about the others. And what is kept for that
-- when it is frozen.

CREATE FUNCTION _innovation_score.profile_run(plan _innovation_score.run_plan)
RETURNS TABLE (kind integer, period text, field text, profile float8[])
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE STRICT PARALLEL UNSAFE ROWS 20;

COMMENT ON FUNCTION _innovation_score.profile_run(_innovation_score.run_plan) IS
    'internal: the distributions of the scores of a run, its first item, by period, its second, and by the text of each further one';

-- The columns within whose values places are looked up.
CREATE FUNCTION _innovation_score.placed_columns(board scoreboard, binding scoreboard_binding) RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT array_agg(DISTINCT c)
    FROM unnest(_innovation_score.tierings(board.scoreboard)) n
    CROSS JOIN LATERAL _innovation_score.tiers_of(board, binding, n) t
    CROSS JOIN unnest(ARRAY['stage', CASE WHEN t.method IN ('quantile', 'quota') THEN t.within END]) c
    WHERE c IS NOT NULL
$$;

-- The plan of a run that scores with the kept models; items and rules are still to come.
CREATE FUNCTION _innovation_score.kept_plan(board scoreboard, binding scoreboard_binding, rules whitelist_rule[], fields text[])
RETURNS run_plan
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    plan run_plan;
    shown text[] := ARRAY(SELECT DISTINCT u.name FROM unnest(ARRAY['stage', binding.period]) AS u(name) WHERE u.name IS NOT NULL);
    key record := _innovation_score.group_texts(board, binding);
    groups text[];
    number text := '1';
    facts integer := cardinality(shown) + 2;
    -- period and number of the model, the fields behind them
    more integer := facts + CASE WHEN rules = '{}' THEN 0 ELSE 2 + 4 * cardinality(rules) END;
BEGIN
    SELECT array_agg(array_prepend(f.period, f.peers)::text), array_agg(f.model) INTO groups, plan.models
    FROM fitted_model f
    WHERE f.scoreboard = board.scoreboard AND f.period IS NOT DISTINCT FROM COALESCE(binding.only_period, f.period);
    IF groups IS DISTINCT FROM ARRAY['{NULL}'] THEN
        number := '_given.number::integer';
        binding.rows := binding.rows || format(
            ' LEFT JOIN unnest(%L::text[]) WITH ORDINALITY AS _given(peers, number) ON _given.peers = ARRAY[%s]::text[]::text',
            groups, array_to_string(key.period || key.peers, ', '));
    END IF;
    binding.sample := NULL;
    plan.view := _innovation_score.view_name(board.scoreboard, 'input')::regclass;
    plan.time_zone := board.time_zone;
    plan.query := _innovation_score.run_query(
        board, binding, rules, shown, NULL, 'true',
        concat_ws(', ', COALESCE(_innovation_score.kept_field(board, 's.' || quote_ident(binding.period), binding.period), 'NULL::text'),
                  number, NULLIF(array_to_string(fields, ', '), '')));
    plan.model := board.model;
    plan.vals := cardinality(shown) + 1;
    plan.stage := array_position(shown, 'stage');
    plan.period := array_position(shown, binding.period);
    plan.facts := facts;
    plan.given := more + 1;
    plan.items := ARRAY['number 1', 'column ' || more];
    plan.rules := ARRAY(SELECT _innovation_score.rule_value(board, rules[n]) FROM generate_series(1, cardinality(rules)) n ORDER BY n);
    plan.languages := ARRAY(SELECT _innovation_score.default_language() FROM generate_series(1, cardinality(rules)));
    RETURN plan;
END
$$;

-- What places are looked up in: all scores, if they are wanted, those by the values of columns, and those of who takes
-- part in the cuts of rules. Of those in line nobody is asked about who stands behind the reserve.
CREATE FUNCTION _innovation_score.keep_run(board scoreboard, binding scoreboard_binding, whole boolean, columns text[],
                                           rules whitelist_rule[])
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    fields text[] := ARRAY(SELECT '''''::text' WHERE whole
                           UNION ALL
                           (SELECT _innovation_score.kept_field(board, 's.' || quote_ident(c.name), c.name)
                            FROM unnest(columns) WITH ORDINALITY AS c(name, place) ORDER BY c.place));
    plan run_plan := _innovation_score.kept_plan(board, binding, rules, fields);
    kinds text[] := ARRAY(SELECT 'all' WHERE whole UNION ALL SELECT 'column' FROM unnest(columns));
    names text[] := ARRAY(SELECT '' WHERE whole) || columns;
    rule whitelist_rule;
    cut text;
BEGIN
    plan.items := plan.items || ARRAY(SELECT 'column ' || plan.given + n FROM generate_series(1, cardinality(fields)) n ORDER BY n);
    FOR n IN 1 .. cardinality(rules) LOOP
        rule := rules[n];
        FOREACH cut IN ARRAY array_remove(ARRAY[CASE WHEN rule.quota_n IS NOT NULL THEN 'quota' END,
                                                CASE WHEN rule.top_n IS NOT NULL THEN 'top' END,
                                                CASE WHEN rule.reserve_n > 0 THEN 'reserve' END], NULL) LOOP
            plan.items := plan.items || format('%s %s', cut, n);
            kinds := kinds || cut;
            names := names || rule.rule;
        END LOOP;
    END LOOP;
    IF kinds <> '{}' THEN
        INSERT INTO score_profile (scoreboard, kind, name, field, period, profile)
        SELECT board.scoreboard, kinds[r.kind], names[r.kind], r.field, r.period, r.profile FROM _innovation_score.profile_run(plan) r;
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.kept_plan(scoreboard, scoreboard_binding, whitelist_rule[], text[]) IS
    'internal: the plan of a run that scores with the kept models, its first items the score and the period; fields are texts of columns behind plan.given';
COMMENT ON FUNCTION _innovation_score.keep_run(scoreboard, scoreboard_binding, boolean, text[], whitelist_rule[]) IS
    'internal: keeps distributions of scores: of all, by the values of columns, and of who takes part in the cuts of rules';

CREATE FUNCTION _innovation_score.keep_tier_scores(board scoreboard, binding scoreboard_binding) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    columns text[] := _innovation_score.placed_columns(board, binding);
    missing text[];
BEGIN
    IF NOT _innovation_score.keeps_scores(board) THEN
        RETURN;
    END IF;
    DELETE FROM score_profile p
    WHERE p.scoreboard = board.scoreboard AND p.kind = 'column' AND p.name <> ALL (columns);
    missing := ARRAY(SELECT c FROM unnest(columns) c
                     WHERE NOT EXISTS (SELECT FROM score_profile p WHERE p.scoreboard = board.scoreboard
                                       AND p.kind = 'column' AND p.name = c));
    PERFORM _innovation_score.keep_run(board, binding, false, missing, '{}');
END
$$;

-- One kind of distributions, over rows "kept", for a rule that a run cannot decide: those that have a score in a column, by
-- the values of an expression.
CREATE FUNCTION _innovation_score.kept_kind(board scoreboard, binding scoreboard_binding, kind text, name text, field text, score text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %L, %L, %L, %s, %s, _innovation_score.peer_profile(0, k.%I) FROM kept k '
                  'WHERE k.%6$I IS NOT NULL%s%s HAVING pg_catalog.count(*) > 0',
                  board.scoreboard, kind, name, COALESCE(field, ''''''),
                  COALESCE(_innovation_score.kept_field(board, p.period, binding.period), 'NULL'), score,
                  ' AND ' || field || ' IS NOT NULL', ' GROUP BY ' || NULLIF(concat_ws(', ', p.period, field), ''))
    FROM (SELECT 'k.' || quote_ident(binding.period)) AS p(period)
$$;

COMMENT ON FUNCTION _innovation_score.kept_kind(scoreboard, scoreboard_binding, text, text, text, text) IS
    'internal: query of one kind of distributions for score_profile';

-- One group after the other, so that the scores of one only are held in memory.
CREATE FUNCTION _innovation_score.keep_rule_scores(board scoreboard, binding scoreboard_binding, name text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET enable_hashagg = off AS $$
DECLARE
    rule whitelist_rule := _innovation_score.find_rule(board.scoreboard, name);
    kinds text[];
BEGIN
    DELETE FROM score_profile p
    WHERE p.scoreboard = board.scoreboard AND p.kind IN ('quota', 'top', 'reserve')
      AND p.name = keep_rule_scores.name AND p.period IS NOT DISTINCT FROM COALESCE(binding.only_period, p.period);
    IF NOT _innovation_score.keeps_scores(board) THEN
        RETURN;
    END IF;
    IF _innovation_score.run_decides(_innovation_score.rule_value(board, rule), board.quality) THEN
        PERFORM _innovation_score.keep_run(board, binding, false, '{}', ARRAY[rule]);
        RETURN;
    END IF;
    kinds := array_remove(ARRAY[
        CASE WHEN rule.quota_n IS NOT NULL
             THEN _innovation_score.kept_kind(board, binding, 'quota', name, 'k._quota', '_candidate') END,
        CASE WHEN rule.top_n IS NOT NULL THEN _innovation_score.kept_kind(board, binding, 'top', name, NULL, '_finalist') END,
        CASE WHEN rule.reserve_n > 0 THEN _innovation_score.kept_kind(board, binding, 'reserve', name, NULL, '_kept_reserve') END],
        NULL);
    IF kinds <> '{}' THEN
        -- Groups that are not kept have no scores.
        PERFORM _innovation_score.run_as_owner(board.scoreboard, format(
            'WITH kept AS MATERIALIZED ('
            'SELECT %s CASE WHEN t._places[1] > 0 THEN t.score END AS _candidate, '
            'CASE WHEN t._places[3] > 0 THEN t.score END AS _finalist, '
            'CASE WHEN t._places[5] BETWEEN 1 AND %s THEN t.score END AS _kept_reserve, t._quota1 AS _quota '
            'FROM (SELECT t.*, _innovation_score.decision_places(t._decision, 1) AS _places FROM (%s) t) t) '
            'INSERT INTO innovation_score.score_profile (scoreboard, kind, name, field, period, profile) %s',
            't.' || quote_ident(binding.period) || ',', rule.reserve_n,
            _innovation_score.decided_rows(board, binding, ARRAY[rule], _innovation_score.fact_rows(
                board, binding, ARRAY[rule], false, _innovation_score.tier_field(board, ARRAY[rule]),
                condition => CASE WHEN _innovation_score.groups(binding) <> '{}' THEN 'm.model IS NOT NULL' END)),
            array_to_string(kinds, ' UNION ALL ')));
    END IF;
END
$$;

-- What all views of a frozen scoreboard look places up in.
CREATE FUNCTION _innovation_score.keep_scores(board scoreboard, binding scoreboard_binding) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    rules whitelist_rule[];
    others text[];
BEGIN
    DELETE FROM score_profile p WHERE p.scoreboard = board.scoreboard AND p.period IS NOT DISTINCT FROM COALESCE(binding.only_period, p.period);
    IF board.frozen_at IS NOT NULL THEN
        SELECT COALESCE(array_agg(r) FILTER (WHERE d.by_run), '{}'), array_agg(r.rule) FILTER (WHERE NOT d.by_run) INTO rules, others
        FROM whitelist_rule r CROSS JOIN LATERAL _innovation_score.run_decides(_innovation_score.rule_value(board, r), board.quality) AS d(by_run)
        WHERE r.scoreboard = board.scoreboard;
        PERFORM _innovation_score.keep_run(board, binding, true, _innovation_score.placed_columns(board, binding), rules);
        PERFORM _innovation_score.keep_rule_scores(board, binding, u.rule) FROM unnest(others) AS u(rule);
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.placed_columns(scoreboard, scoreboard_binding) IS
    'internal: the columns within whose values a frozen scoreboard knows places';
COMMENT ON FUNCTION _innovation_score.keep_tier_scores(scoreboard, scoreboard_binding) IS
    'internal: keeps what the tiers of a frozen scoreboard are looked up in, and drops what they no longer need';
COMMENT ON FUNCTION _innovation_score.keep_rule_scores(scoreboard, scoreboard_binding, text) IS
    'internal: keeps what the cuts of a whitelist rule of a frozen scoreboard are looked up in, or drops it';
COMMENT ON FUNCTION _innovation_score.keep_scores(scoreboard, scoreboard_binding) IS
    'internal: keeps the scores of a scoreboard that has been frozen, and drops those of one that is not';

-- The view. Columns of firm and period, then those of the rule with this number, over rows t
-- with decisions.
CREATE FUNCTION _innovation_score.standing_columns(board scoreboard, binding scoreboard_binding, rule text, number text, language text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('%1$s, %2$s AS score, _innovation_score.decision_rank(t._decision) AS rank, '
                  '_innovation_score.decision_stage_rank(t._decision) AS stage_rank, '
                  '_innovation_score.decision_percentile(t._decision) AS percentile, '
                  '_innovation_score.decision_tier(t._decision) AS tier, %3$s AS rule, '
                  '_innovation_score.decision_code(t._decision, %4$s) AS decision, '
                  'innovation_score.decision_title(_innovation_score.decision_code(t._decision, %4$s), %5$s) AS decision_title, '
                  'innovation_score.reason_text(_innovation_score.decision_reasons(t._decision, %4$s), %5$s) AS reasons, '
                  '_innovation_score.decision_batch(t._decision, %4$s) AS batch',
                  _innovation_score.columns_of('t', ARRAY[binding.entity, binding.period] || binding.attributes || 'stage'::text
                                               || _innovation_score.flag_columns(board)),
                  _innovation_score.shown_score(board.model, 't.score'), rule, number, language)
$$;

-- Of a live scoreboard: all rules from one reading of the period.
CREATE FUNCTION _innovation_score.live_standing_query(board scoreboard, binding scoreboard_binding, rules whitelist_rule[]) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    tiers tier_rule := _innovation_score.tiers_of(board, binding);
BEGIN
    RETURN format(
        'SELECT %s FROM (%s) t CROSS JOIN (VALUES %s) AS r(number, name, language)',
        _innovation_score.standing_columns(board, binding, 'r.name', 'r.number', 'r.language'),
        _innovation_score.decided_rows(board, binding, rules, _innovation_score.fact_rows(board, binding, rules, false, tiers.within),
                                       _innovation_score.tier_value(tiers)),
        (SELECT string_agg(format('(%s, %L::text, %L::text)', n, (rules[n]).rule,
                                  COALESCE((rules[n]).language, _innovation_score.default_language())), ', ' ORDER BY n)
         FROM generate_series(1, cardinality(rules)) n));
END
$$;

-- Of a frozen one: rows of one rule with decisions, since each looks places up in cuts of its own.
CREATE FUNCTION _innovation_score.kept_rows(board scoreboard, binding scoreboard_binding, rule whitelist_rule, carried text[] DEFAULT '{}')
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    tiers tier_rule := _innovation_score.tiers_of(board, binding);
    items text[] := ARRAY[_innovation_score.place_item('ranked', 't.score', '_ranked'),
                          _innovation_score.place_item('staged', 't.score', '_staged'),
                          _innovation_score.place_item('tiered', 't.score', '_tiered')];
    joins text := _innovation_score.join_kept(board, binding, 'all', '', NULL, 't', 'ranked')
        || _innovation_score.join_kept(board, binding, 'column', 'stage', 't.stage', 't', 'staged')
        || _innovation_score.join_tier_scores(tiers, board, binding, 't', 't._within', 'tiered');
    cuts text[] := array_remove(ARRAY[CASE WHEN rule.quota_n IS NOT NULL THEN 'quota' END,
                                      CASE WHEN rule.top_n IS NOT NULL THEN 'top' END,
                                      CASE WHEN rule.reserve_n > 0 THEN 'reserve' END], NULL);
    single text := format('CASE WHEN _innovation_score.one_row(t._rows, innovation_score.key_text(t.%I), %s) THEN ', binding.entity,
                          COALESCE('innovation_score.key_text(t.' || quote_ident(binding.period) || ')', 'NULL'));
    cut text;
BEGIN
    IF _innovation_score.count_rows(board, binding) IS NULL THEN
        single := NULL;
    END IF;
    FOREACH cut IN ARRAY cuts LOOP
        items := items || _innovation_score.place_item('kept_' || cut, 't.score', '_' || cut);
        joins := joins || _innovation_score.join_kept(board, binding, cut, rule.rule,
                                                      CASE cut WHEN 'quota' THEN 't._quota1' END, 't', 'kept_' || cut);
    END LOOP;
    RETURN format(
        'SELECT t.*, %s_innovation_score.decide_kept(%s, t._facts, t._ranked, t._staged, %s, t._tiered, %s)%s AS _decision '
        'FROM (SELECT t.*, %s FROM (%s) t%s) t',
        single, _innovation_score.rule_values(board, ARRAY[rule]),
        (SELECT string_agg(CASE WHEN c.cut = ANY (cuts) THEN 't._' || c.cut ELSE 'NULL' END, ', ' ORDER BY c.place)
         FROM unnest('{quota,top,reserve}'::text[]) WITH ORDINALITY AS c(cut, place)),
        _innovation_score.tier_value(tiers), CASE WHEN single IS NOT NULL THEN ' END' END, array_to_string(items, ', '),
        _innovation_score.fact_rows(board, binding, ARRAY[rule], true, tiers.within, carried), joins);
END
$$;

CREATE FUNCTION _innovation_score.kept_standing_query(board scoreboard, binding scoreboard_binding, rule whitelist_rule) RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %s FROM (%s) t',
                  _innovation_score.standing_columns(
                      board, binding, format('%L::text', rule.rule), '1',
                      quote_literal(COALESCE(rule.language, _innovation_score.default_language()))),
                  _innovation_score.kept_rows(board, binding, rule))
$$;

-- The list of a frozen scoreboard: what _standing shows of its rule.
CREATE FUNCTION _innovation_score.list_query(board scoreboard, binding scoreboard_binding, name text) RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN _innovation_score.keeps_scores(board)
                THEN _innovation_score.list_columns(board, binding, r, _innovation_score.kept_rows(board, binding, r))
                ELSE _innovation_score.whitelist_query(board, binding, name) END
    FROM _innovation_score.find_rule(board.scoreboard, name) AS r
$$;

CREATE FUNCTION _innovation_score.standing_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN _innovation_score.keeps_scores(board)
                THEN (SELECT string_agg(_innovation_score.kept_standing_query(board, binding, r.rules[n]), ' UNION ALL ' ORDER BY n)
                      FROM generate_series(1, cardinality(r.rules)) n)
                ELSE _innovation_score.live_standing_query(board, binding, r.rules) END
    FROM (SELECT COALESCE(array_agg(w ORDER BY w.rule COLLATE "C"), ARRAY[NULL::whitelist_rule]) AS rules
          FROM whitelist_rule w WHERE w.scoreboard = board.scoreboard) AS r
$$;

COMMENT ON FUNCTION _innovation_score.standing_columns(scoreboard, scoreboard_binding, text, text, text) IS
    'internal: select list of the view _standing';
COMMENT ON FUNCTION _innovation_score.live_standing_query(scoreboard, scoreboard_binding, whitelist_rule[]) IS
    'internal: query of where the firms stand by the rules';
COMMENT ON FUNCTION _innovation_score.kept_rows(scoreboard, scoreboard_binding, whitelist_rule, text[]) IS
    'internal: query of rows with decisions of one rule, or of none, looked up in the scores of a frozen scoreboard';
COMMENT ON FUNCTION _innovation_score.list_query(scoreboard, scoreboard_binding, text) IS
    'internal: text of the view _whitelist, or of that of a named rule, frozen or not';
COMMENT ON FUNCTION _innovation_score.kept_standing_query(scoreboard, scoreboard_binding, whitelist_rule) IS
    'internal: query of where the firms stand by one rule, or by none, looked up in the scores of a frozen scoreboard';
COMMENT ON FUNCTION _innovation_score.standing_query(scoreboard, scoreboard_binding) IS 'internal: text of the view _standing';

UPDATE scoreboard_view SET keep = 'keep_scores' WHERE kind IN ('ranking', 'tier', 'credit', 'whitelist');
UPDATE scoreboard_view SET query = 'list_query', names = names || '{_rows,_ranked,_staged,_tiered,_quota,_top,_reserve}'
WHERE kind = 'whitelist';

INSERT INTO scoreboard_view (kind, place, query, source_names, score_names, names, title, keep) VALUES
    ('standing', 66, 'standing_query', 'attributes', true,
     '{rank,stage_rank,percentile,tier,rule,decision,decision_title,reasons,batch,_within,_gap,'
     '_entity,_required1,_qualifies1,_quota1,_columns1,_vals1,_facts,_decision,_rows,_ranked,_staged,_tiered,_quota,_top,_reserve,quality_errors}',
     '企业情况一览 where every firm stands', 'keep_scores');

INSERT INTO scoreboard_column (name, kind, comment) VALUES
    ('rule', 'standing', '规则名 whitelist rule; empty: the one without a name; NULL: the scoreboard has none');
