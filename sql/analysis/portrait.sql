-- portrait: a firm among its peers (src/portrait.c). The peers of a firm are the firms of
-- its period, peer group and stage. What must be known of them is fitted when a live
-- scoreboard is read, and kept when it is frozen.

CREATE TABLE _innovation_score.peer_profile (
    scoreboard text NOT NULL,
    period     text,
    peers      text[] NOT NULL DEFAULT '{}',
    stage      text,
    profile    float8[] NOT NULL,
    row_id     uuid NOT NULL DEFAULT gen_random_uuid(),
    CONSTRAINT peer_profile_pkey PRIMARY KEY (row_id),
    CONSTRAINT peer_profile_scoreboard_fkey FOREIGN KEY (scoreboard) REFERENCES _innovation_score.scoreboard
        ON UPDATE CASCADE ON DELETE CASCADE
);

-- uncompressed, since it is read whole and often
ALTER TABLE _innovation_score.peer_profile ALTER COLUMN profile SET STORAGE EXTERNAL;

CREATE UNIQUE INDEX peer_profile_group_key ON _innovation_score.peer_profile
    (scoreboard, COALESCE(period, ''), peers, COALESCE('s' || stage, ''));

COMMENT ON TABLE peer_profile IS
    '同组企业分布 distributions of indicators among the firms of frozen scoreboards';
COMMENT ON COLUMN peer_profile.scoreboard IS '积分榜 scoreboard';
COMMENT ON COLUMN peer_profile.period IS '期间 period as key text; NULL if the scoreboard has none';
COMMENT ON COLUMN peer_profile.peers IS '组别 values of the peer columns as key texts';
COMMENT ON COLUMN peer_profile.stage IS '阶段 stage; NULL: scores, kept by a version before 1.2';
COMMENT ON COLUMN peer_profile.profile IS
    '分布 for each indicator in the order of the model: number of values, quartiles, number of points, the points, '
    'numbers of values at or below them';
COMMENT ON COLUMN peer_profile.row_id IS '行标识 identity of the row, for replication';

SELECT _innovation_score.dump_table('peer_profile', 31, 'n.scoreboard IN (SELECT b.scoreboard FROM _innovation_score.scoreboard b)');
CREATE FUNCTION _innovation_score.hide_few(profile float8[], fewest integer) RETURNS float8[]
    AS 'MODULE_PATHNAME', 'hide_few' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION _innovation_score.hide_few(float8[], integer) IS
    'internal: distributions without those of fewer values than that';

SELECT _innovation_score.show_table('peer_profile', masked => '{"profile": "_innovation_score.hide_few(profile, _innovation_score.hidden_below(scoreboard))"}');

-- Distributions.

CREATE FUNCTION _innovation_score.peer_profile_accumulate(state internal, grid integer, VARIADIC vals float8[]) RETURNS internal
    AS 'MODULE_PATHNAME', 'peer_profile_accumulate' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _innovation_score.peer_profile_final(state internal) RETURNS float8[]
    AS 'MODULE_PATHNAME', 'peer_profile_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE AGGREGATE _innovation_score.peer_profile(grid integer, VARIADIC vals float8[]) (
    SFUNC = _innovation_score.peer_profile_accumulate,
    STYPE = internal,
    SSPACE = 65536,
    FINALFUNC = _innovation_score.peer_profile_final,
    PARALLEL = RESTRICTED
);

CREATE FUNCTION _innovation_score.profile_rows(profile float8[], indicators integer, OUT place integer, OUT n bigint,
                              OUT lower_quartile float8, OUT median float8, OUT upper_quartile float8)
RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'profile_rows' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 20;

COMMENT ON FUNCTION _innovation_score.peer_profile_accumulate(internal, integer, float8[]) IS
    'internal: transition function of peer_profile';
COMMENT ON FUNCTION _innovation_score.peer_profile_final(internal) IS 'internal: final function of peer_profile';
COMMENT ON AGGREGATE _innovation_score.peer_profile(integer, float8[]) IS
    'internal: the distributions of several columns, each by its quartiles and the distinct values among grid + 1 '
    'order statistics (all with 0) with the numbers of values at or below them';
COMMENT ON FUNCTION _innovation_score.profile_rows(float8[], integer) IS 'internal: counts and quartiles of kept distributions';

CREATE FUNCTION _innovation_score.portrait_rows(
    model score_model,
    stage text,
    vals float8[],
    profile float8[],
    previous_model score_model,
    previous_stage text,
    previous_vals float8[],
    OUT indicator text,
    OUT category text,
    OUT value float8,
    OUT normalized float8,
    OUT percentile float8,
    OUT peers bigint,
    OUT peer_median float8,
    OUT peer_upper_quartile float8,
    OUT peer_normalized float8,
    OUT max_points float8,
    OUT points float8,
    OUT points_lost float8,
    OUT advantage float8,
    OUT strength_rank integer,
    OUT weakness_rank integer,
    OUT previous_value float8,
    OUT value_change float8,
    OUT points_change float8,
    OUT status text,
    OUT step float8,
    OUT next_step float8
) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'portrait_rows' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200 ROWS 20;

COMMENT ON FUNCTION _innovation_score.portrait_rows(score_model, text, float8[], float8[], score_model, text, float8[]) IS
    'internal: the indicators of a firm beside those of its peers and its own of the period before';

-- The groups of peers: columns of the source's rows.
CREATE FUNCTION _innovation_score.profile_groups(binding scoreboard_binding) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    -- pooled scoreboards may have the period among the peers
    SELECT array_remove(binding.period || array_remove(binding.peers, binding.period), NULL)
$$;

-- Percentiles are kept to a thousandth of the peers.
CREATE FUNCTION _innovation_score.live_profile_query(binding scoreboard_binding, columns text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %s, _innovation_score.peer_profile(1000, VARIADIC s._values) AS profile FROM %s '
                  'WHERE s.stage IS NOT NULL%s GROUP BY %s',
                  columns, _innovation_score.rows(binding),
                  (SELECT string_agg(format(' AND s.%I IS NOT NULL', g), '') FROM unnest(_innovation_score.profile_groups(binding)) g),
                  concat_ws(', ', _innovation_score.columns_of('s', array_remove(_innovation_score.profile_groups(binding), 'stage')), 's.stage'))
$$;

-- What is kept as text, cast to the types that the columns have in the view _score.
CREATE FUNCTION _innovation_score.frozen_profile_query(board scoreboard, binding scoreboard_binding, groups text[])
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %s FROM _innovation_score.shown_peer_profile f WHERE f.scoreboard = %L OFFSET ''0''',
                  concat_ws(', ',
                      (SELECT string_agg(
                           format('%s::%s%s AS %I',
                                  CASE WHEN g.name = binding.period THEN 'f.period'
                                       ELSE format('f.peers[%s]', array_position(binding.peers, g.name)) END,
                                  format_type(a.atttypid, a.atttypmod),
                                  CASE WHEN a.attcollation NOT IN (0, t.typcollation)
                                       THEN ' COLLATE ' || a.attcollation::regcollation END,
                                  g.name), ', ' ORDER BY g.place)
                       FROM unnest(groups) WITH ORDINALITY AS g(name, place)
                       JOIN pg_attribute a ON a.attrelid = _innovation_score.view_name(board.scoreboard, 'score')::regclass
                            AND a.attname = g.name
                       JOIN pg_type t ON t.oid = a.atttypid),
                      CASE WHEN 'stage' <> ALL (groups) THEN 'f.stage' END, 'f.profile'),
                  board.scoreboard)
$$;

CREATE FUNCTION _innovation_score.profile_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN board.frozen_at IS NOT NULL
                THEN _innovation_score.frozen_profile_query(board, binding, _innovation_score.profile_groups(binding))
                WHEN board.small_group IS NOT NULL
                THEN format('SELECT %s, _innovation_score.hide_few(f.profile, _innovation_score.hidden_below(%L)) AS profile FROM (%s) f',
                            _innovation_score.columns_of('f', array_remove(_innovation_score.profile_groups(binding), 'stage') || 'stage'::text),
                            board.scoreboard, live.query)
                ELSE live.query END
    FROM (SELECT _innovation_score.live_profile_query(binding,
              _innovation_score.columns_of('s', array_remove(_innovation_score.profile_groups(binding), 'stage') || 'stage'::text)) AS query) live
$$;

COMMENT ON FUNCTION _innovation_score.profile_groups(scoreboard_binding) IS
    'internal: the columns that, with the stage, make the groups of peers';
COMMENT ON FUNCTION _innovation_score.live_profile_query(scoreboard_binding, text) IS
    'internal: query of the distributions among peers, with these columns';
COMMENT ON FUNCTION _innovation_score.frozen_profile_query(scoreboard, scoreboard_binding, text[]) IS
    'internal: query of the kept distributions of the indicators';
COMMENT ON FUNCTION _innovation_score.profile_query(scoreboard, scoreboard_binding) IS
    'internal: query of the distributions among peers';

-- One group after the other, so that the values of one only are held in memory.
CREATE FUNCTION _innovation_score.keep_profiles(board scoreboard, binding scoreboard_binding) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET enable_hashagg = off AS $$
DECLARE
    period text := COALESCE('innovation_score.key_text(s.' || quote_ident(binding.period) || ')', 'NULL::text');
    peers text := _innovation_score.key_texts('s', binding.peers);
BEGIN
    DELETE FROM peer_profile p WHERE p.scoreboard = board.scoreboard AND p.period IS NOT DISTINCT FROM COALESCE(binding.only_period, p.period);
    IF board.frozen_at IS NULL THEN
        RETURN;
    END IF;
    PERFORM _innovation_score.run_as_owner(board.scoreboard, format(
        'INSERT INTO innovation_score.peer_profile (scoreboard, period, peers, stage, profile) %s',
        _innovation_score.live_profile_query(binding, format('%L, %s, %s, s.stage', board.scoreboard, period, peers))));
END
$$;

COMMENT ON FUNCTION _innovation_score.keep_profiles(scoreboard, scoreboard_binding) IS
    'internal: keeps the distributions of a scoreboard that has been frozen, and drops those of one that is not';

-- The portrait.

-- The source's rows with the row of the same firm one period earlier: of the largest period
-- below its own that it has, if that has one row of the firm only.
CREATE FUNCTION _innovation_score.rows_with_previous(binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT CASE WHEN binding.period IS NULL THEN _innovation_score.rows(binding)
                ELSE format('(SELECT s.*, %s FROM %s WINDOW w AS (PARTITION BY s.%I ORDER BY s.%I '
                            'GROUPS BETWEEN 1 PRECEDING AND 1 PRECEDING)) s',
                            (SELECT string_agg(
                                 format('CASE WHEN s.%I IS NOT NULL AND pg_catalog.count(*) OVER w = 1 '
                                        'THEN pg_catalog.first_value(s.%I) OVER w END AS %I',
                                        binding.period, n.name, n.alias), ', ' ORDER BY n.place)
                             FROM (SELECT 0 AS place, binding.period AS name, 'previous_period' AS alias
                                   UNION ALL SELECT 1, 'stage', '_previous_stage'
                                   UNION ALL SELECT 2, '_values', '_previous_values'
                                   UNION ALL SELECT 2 + u.place, u.name, '_previous_' || u.place
                                   FROM unnest(binding.peers) WITH ORDINALITY AS u(name, place)) n),
                            _innovation_score.rows(binding), binding.entity, binding.period) END
$$;

COMMENT ON FUNCTION _innovation_score.rows_with_previous(scoreboard_binding) IS
    'internal: FROM item of the source''s rows, each with what the firm had one period earlier';

-- The model of the row, of the row before it, and the distributions of its peers. Where
-- there are periods the models are read once for both, lest a live scoreboard fits them
-- twice; where there are none, the plan can be a parallel one.
CREATE FUNCTION _innovation_score.portrait_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('%1$sSELECT %2$s, d.indicator, i.title, d.category, d.value, d.normalized, d.percentile, d.peers, '
                  'd.peer_median, d.peer_upper_quartile, d.peer_normalized, d.max_points, d.points, d.points_lost, '
                  'd.advantage, d.strength_rank, d.weakness_rank, %3$sd.previous_value, d.value_change, '
                  'd.points_change, d.status, d.step, d.next_step FROM %4$s LEFT JOIN (%5$s) p ON %6$s%7$s '
                  'CROSS JOIN LATERAL _innovation_score.portrait_rows(%8$s) d '
                  'LEFT JOIN (VALUES %9$s) i(indicator, title) ON i.indicator = d.indicator',
                  CASE WHEN has.periods
                       THEN format('WITH model AS MATERIALIZED (SELECT * FROM %s) ',
                                   _innovation_score.view_name(board.scoreboard, 'model')) END,
                  _innovation_score.columns_of('s', ARRAY[binding.entity, binding.period, 'stage']),
                  CASE WHEN has.periods THEN 's.previous_period, ' END,
                  CASE WHEN has.periods
                       THEN format('%s LEFT JOIN model m ON %s', _innovation_score.rows_with_previous(binding),
                                   _innovation_score.same_group(binding, _innovation_score.groups(binding), 'm', 's'))
                       ELSE _innovation_score.rows_with_model(board, binding) END,
                  _innovation_score.profile_query(board, binding),
                  concat_ws(' AND ', 'p.stage = s.stage',
                            _innovation_score.key_columns(binding, array_remove(_innovation_score.profile_groups(binding), 'stage'),
                                                          'p.%1$I %2$s s.%1$I')),
                  CASE WHEN has.periods
                       THEN ' LEFT JOIN model b ON s.previous_period IS NOT NULL'
                            || COALESCE((SELECT string_agg(
                                             format(' AND b.%I %s s.%I', g,
                                                    _innovation_score.key_operator(
                                                        binding.types[array_position(binding.names, g)]),
                                                    CASE WHEN g = binding.period THEN 'previous_period'
                                                         ELSE '_previous_' || array_position(binding.peers, g) END),
                                             '')
                                         FROM unnest(_innovation_score.groups(binding)) g), '') END,
                  CASE WHEN has.periods
                       THEN 'm.model, s.stage, s._values, p.profile, b.model, s._previous_stage, s._previous_values'
                       ELSE _innovation_score.row_model(board, binding) || ', s.stage, s._values, p.profile, NULL, NULL, NULL' END,
                  (SELECT string_agg(format('(%L::text, %L::text)', c.code, i.title), ', ' ORDER BY c.place)
                   FROM unnest(_innovation_score.model_codes(board.model, 'indicators')) WITH ORDINALITY AS c(code, place)
                   LEFT JOIN indicator i ON i.scheme = board.scheme AND i.indicator = c.code))
    FROM (SELECT binding.period IS NOT NULL AS periods) has
$$;

COMMENT ON FUNCTION _innovation_score.portrait_query(scoreboard, scoreboard_binding) IS 'internal: text of the view _portrait';

-- The trend. Frozen, a place is looked up in the scores that were kept; live, it is that of
-- the view _ranking.
CREATE FUNCTION _innovation_score.trend_query(board scoreboard, binding scoreboard_binding) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format('SELECT %1$s, r.score, r.rank, r.percentile, %2$s FROM %3$s r%4$s',
                  _innovation_score.columns_of('r', names.list),
                  CASE WHEN binding.period IS NULL
                       THEN format('NULL::%s AS score_change, NULL::bigint AS rank_change, ', _innovation_score.score_type(board.model))
                            || 'NULL::double precision AS percentile_change'
                       ELSE (SELECT string_agg(
                                 format('CASE WHEN r.%I IS NOT NULL AND pg_catalog.count(*) OVER w = 1 THEN %s END%s '
                                        'AS %I', binding.period,
                                        format(c.form, format('pg_catalog.first_value(r.%I) OVER w', c.name)),
                                        c.type, c.alias), ', ' ORDER BY c.place)
                             FROM (VALUES (1, binding.period, '%s', '', 'previous_period'),
                                          (2, 'score', '(r.score - %s)', '::' || _innovation_score.score_type(board.model), 'score_change'),
                                          (3, 'rank', '(%s - r.rank)', '', 'rank_change'),
                                          (4, 'percentile', '(r.percentile - %s)', '', 'percentile_change'))
                                  AS c(place, name, form, type, alias)) END,
                  CASE WHEN NOT _innovation_score.keeps_scores(board) THEN _innovation_score.view_name(board.scoreboard, 'ranking')
                       ELSE format('(SELECT %1$s, %5$s AS score, '
                                   's._place[1]::bigint AS rank, s._place[2] AS percentile '
                                   'FROM (SELECT %1$s, s.score, %2$s FROM %3$s s%4$s) s)',
                                   _innovation_score.columns_of('s', names.list), _innovation_score.place_item('kept', 's.score', '_place'),
                                   _innovation_score.view_name(board.scoreboard, 'score'),
                                   _innovation_score.join_kept(board, binding, 'all', '', NULL, 's', 'kept'),
                                   _innovation_score.shown_score(board.model, 's.score')) END,
                  CASE WHEN binding.period IS NOT NULL
                       THEN format(' WINDOW w AS (PARTITION BY r.%I ORDER BY r.%I '
                                   'GROUPS BETWEEN 1 PRECEDING AND 1 PRECEDING)', binding.entity, binding.period) END)
    FROM (SELECT array_remove(ARRAY[binding.entity, binding.period, 'stage'], NULL) AS list) names
$$;

COMMENT ON FUNCTION _innovation_score.trend_query(scoreboard, scoreboard_binding) IS 'internal: text of the view _trend';

INSERT INTO scoreboard_view (kind, place, query, source_names, score_names, names, title, keep) VALUES
    ('portrait', 80, 'portrait_query', 'key', false,
     '{stage,indicator,title,category,value,normalized,percentile,peers,peer_median,peer_upper_quartile,'
     'peer_normalized,max_points,points,points_lost,advantage,strength_rank,weakness_rank,previous_period,previous_value,'
     'value_change,points_change,status,step,next_step,_values,_previous_stage,_previous_values}',
     '精准画像 portrait of every firm', 'keep_profiles'),
    ('trend', 81, 'trend_query', 'key', true,
     '{rank,percentile,previous_period,score_change,rank_change,percentile_change}',
     '历年变化 change over the periods', 'keep_scores');

INSERT INTO scoreboard_column (name, kind, comment) VALUES
    ('percentile', 'portrait', '同组百分位 share of the peers with a value at or below, 0 to 100'),
    ('peers', '', '同组企业数 firms of the same period, group and stage that have a value'),
    ('peer_median', '', '同组中位数 median of the peers'' values'),
    ('peer_upper_quartile', '', '同组上四分位数 upper quartile of the peers'' values'),
    ('peer_normalized', '', '同组中位数标准化值 normalized value of the peers'' median'),
    ('points_lost', '', '失分 points short of the most that the indicator can give'),
    ('advantage', '', '优势 points more than the peers'' median would give'),
    ('strength_rank', '', '优势排序 rank by advantage, 1 = the greatest strength'),
    ('weakness_rank', '', '短板排序 rank by points lost, 1 = the greatest weakness'),
    ('previous_period', '', '上一期间 the period before of the firm'),
    ('previous_value', '', '上期指标值 value in the period before'),
    ('value_change', '', '指标值变化 change of the value'),
    ('points_change', '', '得分变化 change of the points'),
    ('step', '', '已达分档 threshold that the value has reached, where points come by a rule'),
    ('next_step', '', '下一分档 the next threshold'),
    ('score_change', '', '总得分变化 change of the score'),
    ('rank_change', '', '名次变化 places gained, negative: lost'),
    ('percentile_change', '', '百分位变化 change of the percentile');
