-- tier: firms by class (分类分层分级). A rule says where the tiers are cut: at scores, at
-- shares of the field, or after so many places. Like whitelists they cut by competition
-- rank, so that firms tied at a cut stand on the same side of it.

CREATE TABLE _innovation_score.tier_rule (
    scheme     text,
    scoreboard text,
    method     text NOT NULL,
    tiers      text[] NOT NULL,
    cuts       jsonb NOT NULL,
    within     text,
    tiering    text NOT NULL DEFAULT '',
    row_id     uuid NOT NULL DEFAULT gen_random_uuid(),
    CONSTRAINT tier_rule_pkey PRIMARY KEY (row_id),
    CONSTRAINT tier_rule_scheme_key UNIQUE (scheme),
    CONSTRAINT tier_rule_scoreboard_key UNIQUE (scoreboard, tiering),
    CONSTRAINT tier_rule_scheme_fkey FOREIGN KEY (scheme) REFERENCES scheme ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT tier_rule_scoreboard_fkey FOREIGN KEY (scoreboard) REFERENCES _innovation_score.scoreboard
        ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT tier_rule_owner_check CHECK (num_nonnulls(scheme, scoreboard) = 1),
    CONSTRAINT tier_rule_tiering_check CHECK (tiering = '' OR scheme IS NULL),
    CONSTRAINT tier_rule_method_check CHECK (method IN ('score', 'quantile', 'quota'))
);

COMMENT ON TABLE tier_rule IS '分级规则 where the tiers are cut, kept by set_tiers() and drop_tiers()';
COMMENT ON COLUMN tier_rule.scheme IS '积分体系 scheme, for those of its scoreboards that have no rule of their own';
COMMENT ON COLUMN tier_rule.scoreboard IS '积分榜 scoreboard';
COMMENT ON COLUMN tier_rule.method IS '方法 score（分数线）, quantile（比例）or quota（名额）';
COMMENT ON COLUMN tier_rule.tiers IS '等级 tiers, best first; the last one is for the rest';
COMMENT ON COLUMN tier_rule.cuts IS
    '分界 lowest scores, shares of the field from the top, or numbers of places; one list, or one for each group';
COMMENT ON COLUMN tier_rule.within IS
    '分组 stage or a column that the scoreboard shows: tiers are cut within its values';
COMMENT ON COLUMN tier_rule.tiering IS '分级名称 name of a further tiering of a scoreboard; empty: the tiers that lists, limits and rankings show';
COMMENT ON COLUMN tier_rule.row_id IS '行标识 identity of the row, for replication';

SELECT _innovation_score.dump_table('tier_rule', 12,
                   '(n.scheme IS NULL OR n.scheme IN (SELECT s.scheme FROM scheme s)) AND '
                   '(n.scoreboard IS NULL OR n.scoreboard IN (SELECT b.scoreboard FROM _innovation_score.scoreboard b))');
-- Tiers of a scheme are for whoever may change those.
SELECT _innovation_score.show_table(
    'tier_rule', 'CASE WHEN scheme IS NULL THEN _innovation_score.owns(scoreboard) '
                 'ELSE has_table_privilege(''innovation_score.scheme_tier'', ''UPDATE'') END',
    'scheme IS NOT NULL OR _innovation_score.reads(scoreboard)');

-- Schemes are public policy, the tiers of scoreboards are not.
CREATE VIEW scheme_tier WITH (security_barrier) AS
SELECT r.scheme, r.method, r.tiers, r.cuts, r.within FROM _innovation_score.tier_rule r WHERE r.scheme IS NOT NULL
WITH CASCADED CHECK OPTION;

COMMENT ON VIEW scheme_tier IS '积分体系的分级规则 the tiers that schemes bring along';
COMMENT ON COLUMN scheme_tier.scheme IS '积分体系 scheme';
COMMENT ON COLUMN scheme_tier.method IS '方法 score（分数线）, quantile（比例）or quota（名额）';
COMMENT ON COLUMN scheme_tier.tiers IS '等级 tiers, best first; the last one is for the rest';
COMMENT ON COLUMN scheme_tier.cuts IS
    '分界 lowest scores, shares of the field from the top, or numbers of places; one list, or one for each group';
COMMENT ON COLUMN scheme_tier.within IS '分组 stage or a column that the scoreboard shows: tiers are cut within its values';

SELECT _innovation_score.create_lock_triggers();

-- Checks a list of cuts.
CREATE FUNCTION _innovation_score.check_cuts(method text, tiers text[], cuts jsonb) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    cut numeric;
    before numeric;
    item jsonb;
    culprit text;
BEGIN
    IF jsonb_typeof(cuts) <> 'array' OR jsonb_array_length(cuts) <> cardinality(tiers) - 1 THEN
        culprit := format('%s tiers need an array of %s cuts', cardinality(tiers), cardinality(tiers) - 1);
    ELSE
        FOR item IN SELECT j.value FROM jsonb_array_elements(cuts) WITH ORDINALITY AS j(value, place) ORDER BY j.place
        LOOP
            cut := CASE WHEN jsonb_typeof(item) = 'number' THEN item::numeric END;
            culprit := CASE
                WHEN cut IS NULL THEN format('cuts are numbers, not %s', item)
                WHEN method = 'score' AND cut >= before THEN 'scores must fall from cut to cut'
                WHEN method = 'score' AND abs(cut) > 1e15 THEN 'scores must be below 1e15'
                WHEN method = 'quantile' AND (cut <= 0 OR cut >= 1)
                THEN 'shares must lie between 0 and 1 (0.1 for 10 %)'
                WHEN method = 'quantile' AND cut <= before
                THEN 'shares count from the top and must rise from cut to cut'
                WHEN method = 'quota' AND (cut < 0 OR cut <> trunc(cut) OR cut > 1e15)
                THEN 'numbers of places must be whole and not negative' END;
            EXIT WHEN culprit IS NOT NULL;
            before := cut;
        END LOOP;
    END IF;
    IF culprit IS NOT NULL THEN
        RAISE EXCEPTION 'tiers: %', culprit USING ERRCODE = 'invalid_parameter_value',
            DETAIL = format('The cuts are %s.', cuts),
            HINT = 'For example tiers ''{A,B,C}'' with cuts ''[80, 60]'' by score, ''[0.1, 0.4]'' by quantile, ''[10, 30]'' by quota.';
    END IF;
END
$$;

CREATE FUNCTION _innovation_score.check_tier_rule(rule tier_rule) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    culprit text;
BEGIN
    culprit := CASE
        WHEN rule.method IN ('score', 'quantile', 'quota') IS NOT TRUE
        THEN format('method must be score, quantile or quota, not %s', COALESCE(rule.method, 'NULL'))
        WHEN COALESCE(cardinality(rule.tiers), 0) < 2 OR array_ndims(rule.tiers) > 1
        THEN 'there must be two tiers at least'
        WHEN array_position(rule.tiers, NULL) IS NOT NULL OR '' = ANY (rule.tiers) THEN 'a tier needs a name'
        WHEN (SELECT count(DISTINCT t) FROM unnest(rule.tiers) t) < cardinality(rule.tiers)
        THEN 'every tier must have a name of its own'
        WHEN rule.cuts IS NULL THEN 'there must be cuts'
        WHEN jsonb_typeof(rule.cuts) = 'object' AND rule.within IS NULL
        THEN 'cuts for each group need the column of the groups' END;
    IF culprit IS NOT NULL THEN
        RAISE EXCEPTION 'tiers: %', culprit USING ERRCODE = 'invalid_parameter_value',
            HINT = 'For example innovation_score.set_tiers(''hz'', ''score'', ''{A,B,C}'', ''[80, 60]'').';
    END IF;
    IF jsonb_typeof(rule.cuts) = 'object' THEN
        PERFORM _innovation_score.check_cuts(rule.method, rule.tiers, g.value) FROM jsonb_each(rule.cuts) g;
    ELSE
        PERFORM _innovation_score.check_cuts(rule.method, rule.tiers, rule.cuts);
    END IF;
END
$$;

CREATE FUNCTION _innovation_score.check_cut_decimals(rule tier_rule, model score_model) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    culprit text := (SELECT c.cut #>> '{}'
                     FROM jsonb_path_query(rule.cuts, 'strict $.** ? (@.type() == "number")') WITH ORDINALITY AS c(cut, place)
                     WHERE NOT _innovation_score.has_score_decimals(model, (c.cut #>> '{}')::float8)
                     ORDER BY c.place LIMIT 1);
BEGIN
    IF rule.method = 'score' AND culprit IS NOT NULL THEN
        RAISE EXCEPTION 'tiers: cut % has more decimals than scores have', culprit
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Round it as scores are rounded.';
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.check_cut_decimals(tier_rule, score_model) IS
    'internal: refuses cuts that no score can have';
COMMENT ON FUNCTION _innovation_score.check_cuts(text, text[], jsonb) IS 'internal: refuses a list of cuts that makes no sense';
COMMENT ON FUNCTION _innovation_score.check_tier_rule(tier_rule) IS 'internal: refuses a rule that makes no sense';

-- The rule that counts for a scoreboard, its group as a column of the scores.
CREATE FUNCTION _innovation_score.tiers_of(board scoreboard, binding scoreboard_binding, tiering text DEFAULT '') RETURNS tier_rule
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    rule tier_rule;
    names text[] := binding.shown || 'stage'::text;
    name text;
BEGIN
    SELECT * INTO rule FROM shown_tier_rule r
    WHERE (r.scoreboard = board.scoreboard OR r.scheme = board.scheme) AND r.tiering = COALESCE(tiers_of.tiering, '')
    ORDER BY r.scoreboard IS NULL LIMIT 1;
    IF rule.within <> ALL (names) THEN
        name := _innovation_score.identifier_of(rule.within);
        IF name = ANY (names) THEN
            rule.within := name;
        ELSE
            RAISE EXCEPTION 'tiers within "%" need a column that scoreboard % does not show', rule.within,
                    board.scoreboard
                USING ERRCODE = 'undefined_column',
                      DETAIL = format('It shows %s.', (SELECT string_agg(format('"%s"', n), ', ')
                                                       FROM unnest(names) n)),
                      HINT = 'Name the column among the attributes of the scoreboard.';
        END IF;
    END IF;
    RETURN rule;
END
$$;

COMMENT ON FUNCTION _innovation_score.tiers_of(scoreboard, scoreboard_binding, text) IS
    'internal: the tier rule of a scoreboard, or of its scheme; or a further one by name';

-- The tierings of a scoreboard: the one without a name, which need not be set, and the others.
CREATE FUNCTION _innovation_score.tierings(scoreboard text) RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT NULL::text || ARRAY(SELECT r.tiering FROM shown_tier_rule r
                               WHERE r.scoreboard = tierings.scoreboard AND r.tiering <> '' ORDER BY r.tiering COLLATE "C")
$$;

COMMENT ON FUNCTION _innovation_score.tierings(text) IS 'internal: the names of the tierings of a scoreboard';

-- The rule as the value that decides (src/decide/tier.c), NULL for none; and as SQL text.
CREATE FUNCTION _innovation_score.tier_document(rule tier_rule) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object('method', rule.method, 'tiers', rule.tiers, 'cuts', rule.cuts, 'within', rule.within))
    WHERE rule.method IS NOT NULL
$$;

CREATE FUNCTION _innovation_score.tier_value(rule tier_rule) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('%L::jsonb', _innovation_score.tier_document(rule))
$$;

-- The tier of a row, or the reasons for it, by SQL texts of its score, group, place and how many have one.
CREATE FUNCTION _innovation_score.tier_call(rule tier_rule, what text, score text, field text, place text, scored text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN rule.method IS NULL AND what = 'tier' THEN 'NULL::text'
                ELSE format('_innovation_score.%s(%s, %s, %s, %s, %s)', what, _innovation_score.tier_value(rule), score,
                            COALESCE(field, 'NULL::text'), place, scored) END
$$;

COMMENT ON FUNCTION _innovation_score.tier_document(tier_rule) IS 'internal: a tier rule as JSON';
COMMENT ON FUNCTION _innovation_score.tier_value(tier_rule) IS 'internal: SQL text of a tier rule as decide() takes it';
COMMENT ON FUNCTION _innovation_score.tier_call(tier_rule, text, text, text, text, text) IS
    'internal: SQL text of the tier of a row (tier), or of the reasons for it (tier_reasons)';

-- The place that a cut counts, and how many it counts among, over rows u of ranked_rows(); NULL where the tiers are cut at
-- scores. A firm that stands twice has no rank there, and takes no place here.
CREATE FUNCTION _innovation_score.tier_place(rule tier_rule, board scoreboard, binding scoreboard_binding, OUT score text, OUT place text,
                                             OUT scored text)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT single.score,
           CASE WHEN rule.method IN ('quantile', 'quota') IS NOT TRUE THEN 'NULL::bigint'
                WHEN rule.within IS NULL THEN format('_innovation_score.element(u._row, %s)::bigint', ranks.place)
                WHEN rule.within = 'stage' THEN format('_innovation_score.element(u._row, %s)::bigint', ranks.place + 1)
                ELSE format('innovation_score.score_rank(%s, %s) OVER (%s)', single.score,
                            _innovation_score.column_text(binding, 'u.' || quote_ident(rule.within), rule.within),
                            'PARTITION BY ' || _innovation_score.columns_of('u', ARRAY[binding.period])) END,
           CASE WHEN rule.method = 'quantile' IS NOT TRUE THEN 'NULL::bigint'
                WHEN rule.within IS NULL THEN format('_innovation_score.element(u._row, %s)::bigint', ranks.place + 2)
                ELSE format('pg_catalog.count(%s) OVER (%s)', single.score,
                            'PARTITION BY ' || _innovation_score.columns_of('u', ARRAY[binding.period, rule.within])) END
    FROM _innovation_score.rank_place(board.model) AS ranks(place)
    CROSS JOIN LATERAL (SELECT CASE WHEN rule.method IN ('quantile', 'quota')
                                    THEN format('CASE WHEN _innovation_score.element(u._row, %s) IS NOT NULL THEN _innovation_score.element(u._row, 1) END', ranks.place)
                                    ELSE '_innovation_score.element(u._row, 1)' END) AS single(score)
$$;

COMMENT ON FUNCTION _innovation_score.tier_place(tier_rule, scoreboard, scoreboard_binding) IS
    'internal: the score that a place of tiers is taken by, the place, and among how many';

-- Which of the kept scores these places are looked up in.
CREATE FUNCTION _innovation_score.join_tier_scores(rule tier_rule, board scoreboard, binding scoreboard_binding, alias text, field text,
                                  kept text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN rule.method IN ('quantile', 'quota')
                THEN _innovation_score.join_kept(board, binding, CASE WHEN rule.within IS NULL THEN 'all' ELSE 'column' END,
                                COALESCE(rule.within, ''), _innovation_score.kept_field(board, field, rule.within), alias, kept)
                ELSE format(' CROSS JOIN (SELECT NULL::double precision[] AS profile) %s', kept) END
$$;

COMMENT ON FUNCTION _innovation_score.join_tier_scores(tier_rule, scoreboard, scoreboard_binding, text, text, text) IS
    'internal: SQL text of a join of rows with the kept scores that tiers are cut in, NULL where they are cut at scores';

-- Rows with what the scoreboard shows, stage and these items, with their score, the place that tiers are cut by and among how
-- many, and whether their firm stands twice, so that it takes no place.
CREATE FUNCTION _innovation_score.placed_rows(board scoreboard, binding scoreboard_binding, rule tier_rule, items text DEFAULT '',
                                              item_names text[] DEFAULT '{}')
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE
        WHEN rule.method IN ('quantile', 'quota') IS NOT TRUE
        THEN format('SELECT %s, _innovation_score.element(u._row, 1) AS score, NULL::bigint AS place, NULL::bigint AS _scored, false AS _doubled FROM (%s) u',
                    shown.columns, shown.rows)
        WHEN _innovation_score.keeps_scores(board)
        THEN format('SELECT u.*, u._place[1]::bigint AS place, u._place[4]::bigint AS _scored FROM (SELECT u.*, %s '
                    'FROM (SELECT %s, _innovation_score.element(u._row, 1) AS score, %s AS _doubled FROM (%s) u) u%s) u',
                    _innovation_score.place_item('kept', 'u.score', '_place'), shown.columns,
                    CASE WHEN _innovation_score.count_rows(board, binding) IS NULL THEN 'false' ELSE 'u._rows > 1' END, shown.rows,
                    _innovation_score.join_tier_scores(rule, board, binding, 'u', 'u.' || quote_ident(rule.within), 'kept'))
        ELSE format('SELECT %s, _innovation_score.element(u._row, 1) AS score, %s AS place, %s AS _scored, _innovation_score.element(u._row, 1) IS NOT NULL AND _innovation_score.element(u._row, %s) IS NULL AS _doubled '
                    'FROM (%s) u', shown.columns, counted.place, counted.scored, _innovation_score.rank_place(board.model),
                    _innovation_score.ranked_rows(board, binding, names.list, items, item_names)) END
    FROM (SELECT ARRAY[binding.entity, binding.period] || binding.shown || 'stage'::text AS list) names
    CROSS JOIN LATERAL _innovation_score.tier_place(rule, board, binding) AS counted
    CROSS JOIN LATERAL (
        SELECT _innovation_score.columns_of('u', names.list || item_names) AS columns,
               format('SELECT %s%s, %s%s FROM %s', _innovation_score.columns_of('s', names.list), items,
                      _innovation_score.score_row(board, binding),
                      CASE WHEN _innovation_score.keeps_scores(board) THEN _innovation_score.count_rows(board, binding) END,
                      _innovation_score.rows_with_model(board, binding)) AS rows) AS shown
$$;

-- Such rows with their tiers.
CREATE FUNCTION _innovation_score.tiered_rows(board scoreboard, binding scoreboard_binding, items text DEFAULT '',
                                              item_names text[] DEFAULT '{}', tiering text DEFAULT '')
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT p.*, CASE WHEN NOT p._doubled THEN %s END AS tier, '
                  'innovation_score.reason_text(CASE WHEN p._doubled THEN ''[{"code": "doubled"}]''::innovation_score.decision_reasons ELSE %s END, %L) AS reason '
                  'FROM (%s) p',
                  _innovation_score.tier_call(rule, 'tier', 'p.score', field.name, 'p.place', 'p._scored'),
                  _innovation_score.tier_call(rule, 'tier_reasons', 'p.score', field.name, 'p.place', 'p._scored'),
                  _innovation_score.default_language(), _innovation_score.placed_rows(board, binding, rule, items, item_names))
    FROM _innovation_score.tiers_of(board, binding, tiering) AS rule
    CROSS JOIN LATERAL (SELECT _innovation_score.column_text(binding, 'p.' || quote_ident(rule.within), rule.within)) AS field(name)
$$;

COMMENT ON FUNCTION _innovation_score.placed_rows(scoreboard, scoreboard_binding, tier_rule, text, text[]) IS
    'internal: query of the rows with score and the place that tiers are cut by';
COMMENT ON FUNCTION _innovation_score.tiered_rows(scoreboard, scoreboard_binding, text, text[], text) IS
    'internal: query of the rows with place, tier and reason';

CREATE FUNCTION _innovation_score.tier_query(board scoreboard, binding scoreboard_binding, tiering text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %s, %s AS score, CASE WHEN NOT r._doubled THEN r.place END AS place, r.tier, r.reason FROM (%s) r',
                  _innovation_score.columns_of('r', ARRAY[binding.entity, binding.period] || binding.shown || 'stage'::text),
                  _innovation_score.shown_score(board.model, 'r.score'), _innovation_score.tiered_rows(board, binding, tiering => tiering))
$$;

-- The ranking of a frozen scoreboard: places among all that were scored then, whichever rows the reader sees.
CREATE FUNCTION _innovation_score.kept_ranking_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %s, %s, _innovation_score.element(u._row, 2) AS coverage, u._ranked[1]::bigint AS rank, u._staged[1]::bigint AS stage_rank, '
                  'u._ranked[2] AS percentile, %s AS tier FROM (SELECT t.*, %s, %s, %s '
                  'FROM (SELECT t.*, %s AS _score FROM (SELECT %s, %s%s FROM %s) t) t%s%s%s) u',
                  _innovation_score.columns_of('u', names.list),
                  _innovation_score.score_columns(board.model, 'innovation_score.score_numeric(_innovation_score.element(u._row, %1$s), %3$s)::numeric(%2$s,%3$s)'),
                  _innovation_score.tier_call(rule, 'tier', 'u._score',
                                              _innovation_score.column_text(binding, 'u.' || quote_ident(rule.within), rule.within), 'u._tiered[1]::bigint',
                                              'u._tiered[4]::bigint'),
                  _innovation_score.place_item('ranked', 't._score', '_ranked'),
                  _innovation_score.place_item('staged', 't._score', '_staged'),
                  _innovation_score.place_item('tiered', 't._score', '_tiered'),
                  CASE WHEN counted.rows IS NULL THEN '_innovation_score.element(t._row, 1)' ELSE 'CASE WHEN t._rows < 2 THEN _innovation_score.element(t._row, 1) END' END,
                  _innovation_score.columns_of('s', names.list), _innovation_score.score_row(board, binding), counted.rows,
                  _innovation_score.rows_with_model(board, binding),
                  _innovation_score.join_kept(board, binding, 'all', '', NULL, 't', 'ranked'),
                  _innovation_score.join_kept(board, binding, 'column', 'stage', 't.stage', 't', 'staged'),
                  _innovation_score.join_tier_scores(rule, board, binding, 't', 't.' || quote_ident(rule.within), 'tiered'))
    FROM _innovation_score.tiers_of(board, binding) AS rule
    CROSS JOIN (SELECT ARRAY[binding.entity, binding.period] || binding.shown || 'stage'::text
                       || _innovation_score.flag_columns(board) AS list) names
    CROSS JOIN _innovation_score.count_rows(board, binding) AS counted(rows)
$$;

-- The ranking with a column more; what it counts itself is not counted again.
CREATE FUNCTION _innovation_score.tiered_ranking_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN _innovation_score.keeps_scores(board) THEN _innovation_score.kept_ranking_query(board, binding)
                ELSE _innovation_score.ranking_query(board, binding, ', ' || _innovation_score.tier_call(
                         rule, 'tier', counted.score, _innovation_score.column_text(binding, 'u.' || quote_ident(rule.within), rule.within),
                         counted.place, counted.scored) || ' AS tier') END
    FROM _innovation_score.tiers_of(board, binding) AS rule
    CROSS JOIN LATERAL _innovation_score.tier_place(rule, board, binding) AS counted
$$;

-- How many firms moved from tier to tier, for every two periods.
CREATE FUNCTION _innovation_score.migration_query(board scoreboard, binding scoreboard_binding, tiering text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    rule tier_rule := _innovation_score.tiers_of(board, binding, tiering);
    view text := _innovation_score.view_name(board.scoreboard, concat_ws('_', 'tier', tiering));
    pairs text;
BEGIN
    IF binding.period IS NULL THEN
        RETURN 'SELECT NULL::text AS from_period, NULL::text AS to_period, NULL::text AS from_tier, '
               'NULL::text AS to_tier, NULL::text AS movement, NULL::bigint AS firms WHERE false';
    END IF;
    pairs := format('(SELECT DISTINCT s.%1$I AS period FROM %2$s) a '
                    'JOIN (SELECT DISTINCT s.%1$I AS period FROM %2$s) b ON a.period %3$s b.period',
                    binding.period, _innovation_score.rows(binding),
                    _innovation_score.key_operator(_innovation_score.key_type(binding, 'period'), true));
    RETURN format(
        'SELECT m.from_period, m.to_period, m.from_tier, m.to_tier, '
        'CASE WHEN m.from_tier IS NULL THEN ''entered'' WHEN m.to_tier IS NULL THEN ''left'' '
        'WHEN m.from_tier = m.to_tier THEN ''same'' '
        'WHEN pg_catalog.array_position(%1$L::text[], m.to_tier) < pg_catalog.array_position(%1$L::text[], m.from_tier) THEN ''up'' '
        'ELSE ''down'' END AS movement, pg_catalog.count(*) AS firms FROM ('
        'SELECT a.period AS from_period, b.period AS to_period, f.tier AS from_tier, t.tier AS to_tier '
        'FROM %2$s JOIN %3$s t ON t.%4$I %6$s b.period AND t.tier IS NOT NULL '
        'LEFT JOIN %3$s f ON f.%4$I %6$s a.period AND f.%5$I %7$s t.%5$I AND f.tier IS NOT NULL '
        'UNION ALL '
        'SELECT a.period AS from_period, b.period AS to_period, f.tier AS from_tier, NULL::text AS to_tier '
        'FROM %2$s JOIN %3$s f ON f.%4$I %6$s a.period AND f.tier IS NOT NULL '
        'LEFT JOIN %3$s t ON t.%4$I %6$s b.period AND t.%5$I %7$s f.%5$I AND t.tier IS NOT NULL '
        'WHERE t.tier IS NULL) m '
        'GROUP BY m.from_period, m.to_period, m.from_tier, m.to_tier',
        COALESCE(rule.tiers, '{}'), pairs, view, binding.period, binding.entity,
        _innovation_score.key_operator(_innovation_score.key_type(binding, 'period')),
        _innovation_score.key_operator(_innovation_score.key_type(binding, 'entity')));
END
$$;

COMMENT ON FUNCTION _innovation_score.tier_query(scoreboard, scoreboard_binding, text) IS
    'internal: text of the view _tier, or of that of a named tiering';
COMMENT ON FUNCTION _innovation_score.kept_ranking_query(scoreboard, scoreboard_binding) IS
    'internal: text of the view _ranking of a frozen scoreboard';
COMMENT ON FUNCTION _innovation_score.tiered_ranking_query(scoreboard, scoreboard_binding) IS
    'internal: text of the view _ranking with the tier';
COMMENT ON FUNCTION _innovation_score.migration_query(scoreboard, scoreboard_binding, text) IS
    'internal: text of the view _migration';

UPDATE scoreboard_view SET query = 'tiered_ranking_query', names = names || '{tier,_ranked,_staged,_tiered,_rows,_score}' WHERE kind = 'ranking';

INSERT INTO scoreboard_view (kind, place, query, instances, source_names, score_names, names, title) VALUES
    ('tier', 60, 'tier_query', 'tierings', 'all', false, '{stage,score,place,tier,reason,_scored,_place,_values,_row,_rows,_doubled}', '分级 tiers'),
    ('migration', 61, 'migration_query', 'tierings', 'group', false,
     '{from_period,to_period,from_tier,to_tier,movement,firms}', '等级变动 migration between tiers');

INSERT INTO scoreboard_column (name, comment) VALUES
    ('tier', '等级 tier; NULL: no tiers are set, or no score'),
    ('from_period', '原期间 earlier period'),
    ('to_period', '现期间 later period'),
    ('from_tier', '原等级 tier in the earlier period; NULL: none'),
    ('to_tier', '现等级 tier in the later period; NULL: none'),
    ('movement', '变动 up（升）, down（降）, same（不变）, entered（新进）, left（退出）'),
    ('firms', '企业数 number of firms');
INSERT INTO scoreboard_column (name, kind, comment) VALUES
    ('place', 'tier', '名次 place that the tier was cut by; NULL where tiers are cut at scores'),
    ('reason', 'tier', '理由 why the firm is in its tier');

CREATE FUNCTION _innovation_score.remake_tiers(board scoreboard) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    binding scoreboard_binding := _innovation_score.bind(board);
    kept jsonb := _innovation_score.user_comments(board);
BEGIN
    PERFORM _innovation_score.keep_tier_scores(board, binding);
    PERFORM _innovation_score.keep_rule_scores(board, binding, r.rule) FROM whitelist_rule r
    WHERE r.scoreboard = board.scoreboard AND _innovation_score.names_tier(_innovation_score.rule_parts(board, r));
    PERFORM _innovation_score.replace_views(board, ARRAY(
        SELECT v.suffix FROM _innovation_score.views_of(board.scoreboard) v
        WHERE v.kind IN ('ranking', 'whitelist', 'tier', 'migration', 'credit')
              OR v.kind = 'standing' AND to_regclass(_innovation_score.view_name(board.scoreboard, 'standing')) IS NOT NULL
        ORDER BY v.place));
    PERFORM _innovation_score.put_comments(board, binding, kept);
END
$$;

-- Cuts of a group that no firm is in are a typing error: the group that was meant would have no tiers.
CREATE FUNCTION _innovation_score.check_tier_groups(board scoreboard, binding scoreboard_binding, tiering text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    rule tier_rule := _innovation_score.tiers_of(board, binding, tiering);
    groups text[];
    unknown text;
BEGIN
    IF jsonb_typeof(rule.cuts) IS DISTINCT FROM 'object' THEN
        RETURN;
    END IF;
    IF rule.within = 'stage' THEN
        groups := _innovation_score.model_codes(board.model, 'stages');
    ELSE
        EXECUTE format('SELECT ARRAY(SELECT DISTINCT %s FROM %s WHERE s.%I IS NOT NULL)',
                       _innovation_score.column_text(binding, format('s.%I', rule.within), rule.within),
                       _innovation_score.rows(binding), rule.within) INTO groups;
    END IF;
    SELECT string_agg(format('"%s"', k.key), ', ' ORDER BY k.key COLLATE "C") INTO unknown
    FROM jsonb_object_keys(rule.cuts) AS k(key) WHERE k.key <> ALL (groups);
    IF unknown IS NOT NULL THEN
        RAISE EXCEPTION 'scoreboard % has no firm with % %', board.scoreboard, rule.within, unknown
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = format('The values of "%s" are %s.', rule.within,
                                (SELECT COALESCE(string_agg(format('"%s"', g.g), ', ' ORDER BY g.g COLLATE "C"), 'all NULL')
                                 FROM (SELECT u.g FROM unnest(groups) AS u(g) ORDER BY u.g COLLATE "C" LIMIT 40) g));
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.check_tier_groups(scoreboard, scoreboard_binding, text) IS
    'internal: refuses tiers of groups that a scoreboard does not have';

-- A further tiering makes views of its own, whose names must fit and be free.
CREATE FUNCTION _innovation_score.check_tier_views(scoreboard text, tiering text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    room integer := current_setting('max_identifier_length')::integer - octet_length((parse_ident(scoreboard))[2] || '_migration_');
    taken text := (SELECT v FROM unnest(ARRAY[_innovation_score.view_name(scoreboard, 'tier_' || tiering),
                                              _innovation_score.view_name(scoreboard, 'migration_' || tiering)]) v
                   WHERE to_regclass(v) IS NOT NULL LIMIT 1);
BEGIN
    IF octet_length(tiering) > room THEN
        RAISE EXCEPTION 'name of tiering "%" is too long', tiering
            USING ERRCODE = 'name_too_long', HINT = format('Use at most %s bytes.', room);
    ELSIF taken IS NOT NULL AND tiering <> ALL (COALESCE(array_remove(_innovation_score.tierings(scoreboard), NULL), '{}')) THEN
        RAISE EXCEPTION 'relation % already exists', taken
            USING ERRCODE = 'duplicate_table', HINT = 'Give the tiering another name.';
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.check_tier_views(text, text) IS 'internal: refuses a tiering whose views cannot have their names';

CREATE FUNCTION _innovation_score.set_tiers(rule tier_rule, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard;
    boards text;
BEGIN
    IF num_nonnulls(rule.scoreboard, rule.scheme) <> 1 THEN
        RAISE EXCEPTION 'tiers belong either to a scoreboard or to a scheme' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Name one of the two.';
    END IF;
    IF rule.scoreboard IS NOT NULL THEN
        board := _innovation_score.lock_scoreboard(rule.scoreboard, path);
        rule.scoreboard := board.scoreboard;
        IF _innovation_score.is_of_other(board.scoreboard) THEN
            PERFORM _innovation_score.run_as_owner(board.scoreboard, format(
                'SELECT true FROM _innovation_score.set_tiers(%L::innovation_score.tier_rule, %L)', rule, path));
            RETURN;
        END IF;
    ELSE
        rule.scheme := (_innovation_score.require_scheme(rule.scheme)).scheme;
    END IF;
    rule.tiering := COALESCE(rule.tiering, '');
    IF rule.scheme IS NOT NULL AND rule.tiering <> '' THEN
        RAISE EXCEPTION 'tiers of a scheme have no name, such as "%"', rule.tiering
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Name the scoreboard.';
    END IF;
    PERFORM _innovation_score.check_tier_rule(rule);
    IF rule.tiering <> '' THEN
        PERFORM _innovation_score.check_tier_views(board.scoreboard, rule.tiering);
    END IF;
    PERFORM _innovation_score.check_cut_decimals(rule, CASE WHEN rule.scoreboard IS NOT NULL THEN board.model ELSE (
        -- the scheme may have no indicators yet
        SELECT jsonb_strip_nulls(jsonb_build_object(
            'full_marks', s.full_marks, 'decimals', s.decimals,
            'indicators', '[{"indicator": "x", "weights": 1}]'::jsonb))::score_model
        FROM scheme s WHERE s.scheme = rule.scheme) END);
    DELETE FROM tier_rule r WHERE r.scoreboard = rule.scoreboard AND r.tiering = rule.tiering OR r.scheme = rule.scheme;
    INSERT INTO tier_rule SELECT rule.*;
    IF rule.scoreboard IS NOT NULL THEN
        PERFORM _innovation_score.check_tier_groups(board, _innovation_score.bind(board), rule.tiering);
        PERFORM _innovation_score.remake_tiers(board);
        RETURN;
    END IF;
    SELECT string_agg(b.scoreboard, ', ' ORDER BY b.scoreboard COLLATE "C") INTO boards
    FROM scoreboard b
    WHERE b.scheme = rule.scheme AND b.scoreboard NOT IN (SELECT r.scoreboard FROM tier_rule r
                                                          WHERE r.scoreboard IS NOT NULL AND r.tiering = '');
    IF boards IS NOT NULL THEN
        RAISE NOTICE 'tiers of scheme "%" have changed; its scoreboards keep the old ones until they are rebuilt: %',
            rule.scheme, boards USING HINT = 'Run innovation_score.rebuild_scoreboard().';
    END IF;
END
$$;

CREATE FUNCTION set_tiers(scoreboard text DEFAULT NULL, method text DEFAULT NULL, tiers text[] DEFAULT NULL,
                          cuts jsonb DEFAULT NULL, within text DEFAULT NULL, scheme text DEFAULT NULL,
                          tiering text DEFAULT NULL)
RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT _innovation_score.set_tiers(ROW(scheme, scoreboard, method, tiers, cuts, within, tiering)::innovation_score.tier_rule,
                                       pg_catalog.current_schemas(false))
$$;

CREATE FUNCTION _innovation_score.drop_tiers(scoreboard text, tiering text, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard := _innovation_score.lock_scoreboard(scoreboard, path);
BEGIN
    IF tiering <> '' THEN
        IF tiering <> ALL (COALESCE(array_remove(_innovation_score.tierings(board.scoreboard), NULL), '{}')) THEN
            RAISE EXCEPTION 'scoreboard % has no tiering "%"', board.scoreboard, tiering
                USING ERRCODE = 'undefined_object', HINT = 'See the table innovation_score.tier_rule.';
        END IF;
        EXECUTE format('DROP VIEW IF EXISTS %s, %s', _innovation_score.view_name(board.scoreboard, 'migration_' || tiering),
                       _innovation_score.view_name(board.scoreboard, 'tier_' || tiering));
    END IF;
    DELETE FROM tier_rule r WHERE r.scoreboard = board.scoreboard AND r.tiering = COALESCE(drop_tiers.tiering, '');
    PERFORM _innovation_score.remake_tiers(board);
END
$$;

CREATE FUNCTION drop_tiers(scoreboard text, tiering text DEFAULT NULL) RETURNS void
    AS 'MODULE_PATHNAME', 'owner_call' LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION _innovation_score.remake_tiers(scoreboard) IS 'internal: remakes the views that show tiers';
COMMENT ON FUNCTION _innovation_score.set_tiers(tier_rule, name[]) IS 'internal: set_tiers with the caller''s schemas';
COMMENT ON FUNCTION _innovation_score.drop_tiers(text, text, name[]) IS 'internal: drop_tiers with the caller''s schemas';
COMMENT ON FUNCTION set_tiers(text, text, text[], jsonb, text, text, text) IS
    'says which tiers the firms of a scoreboard, or of all scoreboards of a scheme without tiers of their own, are in: '
    'cut at scores, at shares of the field, or after places';
COMMENT ON FUNCTION drop_tiers(text, text) IS 'forgets the tiers of a scoreboard, and those of its scheme count again; or a further tiering';
