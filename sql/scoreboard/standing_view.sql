-- standing, view: where every firm stands, with ranks, tier and the decision of every whitelist
-- rule; of a frozen scoreboard without asking about the others. And what is kept for that
-- when it is frozen.

-- One group after the other, so that the scores of one only are held in memory.
CREATE FUNCTION _innovation_score.keep_rows(board scoreboard, query text, kinds text[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET enable_hashagg = off AS $$
BEGIN
    PERFORM _innovation_score.run('pg_catalog, pg_temp', format(
        'WITH kept AS MATERIALIZED (%s) '
        'INSERT INTO innovation_score.score_profile (scoreboard, kind, name, field, period, profile) %s',
        query, array_to_string(kinds, ' UNION ALL ')));
END
$$;

-- One kind of distributions, over rows "kept": those that have a score in a column, by the values of an expression.
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

COMMENT ON FUNCTION _innovation_score.keep_rows(scoreboard, text, text[]) IS
    'internal: keeps kinds of distributions of the rows of a query';
COMMENT ON FUNCTION _innovation_score.kept_kind(scoreboard, scoreboard_binding, text, text, text, text) IS
    'internal: query of one kind of distributions for score_profile';

CREATE FUNCTION _innovation_score.kept_columns(board scoreboard, binding scoreboard_binding, columns text[]) RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT array_agg(_innovation_score.kept_kind(board, binding, 'column', c, _innovation_score.kept_field(board, 'k.' || quote_ident(c), c), 'score'))
    FROM unnest(columns) c
$$;

COMMENT ON FUNCTION _innovation_score.kept_columns(scoreboard, scoreboard_binding, text[]) IS
    'internal: queries of the distributions of scores by the values of columns';

-- The columns within whose values places are looked up.
CREATE FUNCTION _innovation_score.placed_columns(board scoreboard, binding scoreboard_binding) RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT array_agg(DISTINCT c)
    FROM _innovation_score.tiers_of(board, binding) t
    CROSS JOIN unnest(ARRAY['stage', CASE WHEN t.method IN ('quantile', 'quota') THEN t.within END]) c
    WHERE c IS NOT NULL
$$;

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
    IF missing <> '{}' THEN
        PERFORM _innovation_score.keep_rows(board, _innovation_score.score_query(board, binding),
                           _innovation_score.kept_columns(board, binding, missing));
    END IF;
END
$$;

CREATE FUNCTION _innovation_score.keep_rule_scores(board scoreboard, binding scoreboard_binding, name text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    rule whitelist_rule := _innovation_score.find_rule(board.scoreboard, name);
    kinds text[];
BEGIN
    DELETE FROM score_profile p
    WHERE p.scoreboard = board.scoreboard AND p.kind IN ('quota', 'top', 'reserve')
      AND p.name = keep_rule_scores.name;
    kinds := array_remove(ARRAY[
        CASE WHEN rule.quota_n IS NOT NULL
             THEN _innovation_score.kept_kind(board, binding, 'quota', name, 'k._quota', '_candidate') END,
        CASE WHEN rule.top_n IS NOT NULL THEN _innovation_score.kept_kind(board, binding, 'top', name, NULL, '_finalist') END,
        CASE WHEN rule.reserve_n > 0 THEN _innovation_score.kept_kind(board, binding, 'reserve', name, NULL, '_kept_reserve') END],
        NULL);
    IF kinds <> '{}' AND _innovation_score.keeps_scores(board) THEN
        -- of those in line nobody is asked about who stands behind the reserve
        PERFORM _innovation_score.keep_rows(board, format(
            'SELECT %s, %s FROM (%s) t',
            concat_ws(', ', 't._candidate, t._finalist', 't.' || quote_ident(binding.period)),
            concat_ws(', ', 't._quota', CASE WHEN rule.reserve_n > 0 THEN format(
                'CASE WHEN t._reserve_place <= %s THEN t._reserve END AS _kept_reserve', rule.reserve_n) END),
            _innovation_score.whitelist_steps(board, binding, rule, 'kept', NULL, 'NULL::bigint AS rank')), kinds);
    END IF;
END
$$;

-- What all views of a frozen scoreboard look places up in.
CREATE FUNCTION _innovation_score.keep_scores(board scoreboard, binding scoreboard_binding) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM score_profile p WHERE p.scoreboard = board.scoreboard;
    IF board.frozen_at IS NOT NULL THEN
        PERFORM _innovation_score.keep_rows(board, _innovation_score.score_query(board, binding),
                           _innovation_score.kept_kind(board, binding, 'all', '', NULL, 'score')
                           || _innovation_score.kept_columns(board, binding, _innovation_score.placed_columns(board, binding)));
        PERFORM _innovation_score.keep_rule_scores(board, binding, r.rule) FROM whitelist_rule r WHERE r.scoreboard = board.scoreboard;
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

-- The view: one query a rule, since each has conditions and cuts of its own.
CREATE FUNCTION _innovation_score.standing_rule_query(board scoreboard, binding scoreboard_binding, rule whitelist_rule, name text)
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    looked_up boolean := _innovation_score.keeps_scores(board);
    tiers tier_rule := _innovation_score.tiers_of(board, binding);
    within text := 't._within';
    window_tiers tier_rule := tiers;
    steps text;
BEGIN
    IF looked_up THEN
        steps := _innovation_score.whitelist_steps(
            board, binding, rule, 'looked up', tiers.within,
            't._ranked[1]::bigint AS rank, t._staged[1]::bigint AS stage_rank, t._ranked[2] AS percentile, '
            't._tiered[1]::bigint AS _tier_place, t._tiered[4]::bigint AS _tier_scored',
            concat_ws(', ', _innovation_score.place_item('ranked', 't.score', '_ranked'), _innovation_score.place_item('staged', 't.score', '_staged'),
                      _innovation_score.place_item('tiered', 't.score', '_tiered')),
            _innovation_score.join_kept(board, binding, 'all', '', NULL, 't', 'ranked')
            || _innovation_score.join_kept(board, binding, 'column', 'stage', 't.stage', 't', 'staged')
            || _innovation_score.join_tier_scores(tiers, board, binding, 't', within, 'tiered'),
            't._ranked IS NOT NULL');
    ELSE
        window_tiers.within := CASE WHEN tiers.within IS NOT NULL THEN '_within' END;
        steps := _innovation_score.whitelist_steps(
            board, binding, rule, 'counted', tiers.within,
            (SELECT format('innovation_score.score_rank(t.score) OVER w AS rank, '
                           'innovation_score.score_rank(t.score, t.stage) OVER w AS stage_rank, '
                           'pg_catalog.count(t.score) OVER w AS _scored, %s AS _tier_place, %s AS _tier_scored',
                           p.place, p.scored)
             FROM _innovation_score.tier_place(window_tiers, binding, 't', 't.score') p));
    END IF;
    RETURN format(
        'SELECT %s, %s AS score, t.rank, t.stage_rank, '
        '%s AS percentile, %s AS tier, %L::text AS rule, %s FROM (%s) t',
        _innovation_score.columns_of('t', ARRAY[binding.entity, binding.period] || binding.attributes || 'stage'::text
                         || _innovation_score.flag_columns(board)),
        _innovation_score.shown_score(board.model, 't.score'),
        CASE WHEN looked_up THEN 't.percentile'
             ELSE '100.0::double precision * (t._scored - t.rank + 1) / t._scored' END,
        _innovation_score.tier_case(tiers, 'tier', 't.score', CASE WHEN tiers.within IS NOT NULL THEN within END, 't._tier_place',
                   't._tier_scored', looked_up),
        name,
        _innovation_score.whitelist_decision(board, rule, CASE WHEN looked_up THEN
            'CASE WHEN t.score IS NOT NULL AND t.rank IS NULL '
            'THEN ''no places: nobody of its period was scored when the scoreboard was frozen'' END' END),
        steps);
END
$$;

CREATE FUNCTION _innovation_score.standing_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT COALESCE((SELECT string_agg(_innovation_score.standing_rule_query(board, binding, r, r.rule), ' UNION ALL '
                                       ORDER BY r.rule COLLATE "C")
                     FROM whitelist_rule r WHERE r.scoreboard = board.scoreboard),
                    _innovation_score.standing_rule_query(board, binding, NULL, NULL))
$$;

COMMENT ON FUNCTION _innovation_score.standing_rule_query(scoreboard, scoreboard_binding, whitelist_rule, text) IS
    'internal: query of where the firms stand by one whitelist rule, or by none';
COMMENT ON FUNCTION _innovation_score.standing_query(scoreboard, scoreboard_binding) IS 'internal: text of the view _standing';

UPDATE scoreboard_view SET keep = 'keep_scores' WHERE kind IN ('ranking', 'tier', 'credit');

INSERT INTO scoreboard_view (kind, place, query, source_names, score_names, names, title, keep) VALUES
    ('standing', 66, 'standing_query', 'attributes', true,
     '{rank,stage_rank,percentile,tier,rule,decision,reasons,batch,_within,_scored,_tier_place,_tier_scored,_gap,'
     '_required,_quota,_kept_quota,_excluded,_candidate,_quota_place,_quota_ties,_finalist,_place,_ties,_listed,'
     '_reserve,_reserve_place,_reserve_ties,_ranked,_staged,_tiered,_quota_found,_found,_reserve_found,'
     'quality_errors}',
     '企业情况一览 where every firm stands', 'keep_scores');

INSERT INTO scoreboard_column (name, kind, comment) VALUES
    ('rule', 'standing', '规则名 whitelist rule; empty: the one without a name; NULL: the scoreboard has none');
