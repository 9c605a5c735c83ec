--
-- What a report shows: read from the views of a scoreboard, or from a publication, into temporary tables (firm, used,
-- profile, ...), and given as one JSON document, or as CSV.  Run by innovation-score-report with psql -At; what the user
-- said stands in psql's variables, and comes into statements as :'literal' only.
--
\set QUIET on
\set ON_ERROR_STOP on
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET extra_float_digits = 1;
SET datestyle = 'ISO, YMD';
SELECT COALESCE(NULLIF(:'language', ''), _innovation_score.default_language()) AS language \gset
-- One moment for all that is read.
BEGIN ISOLATION LEVEL REPEATABLE READ;

-- What gap_to() refuses (no rule, a list with room) is no reason to have no report.
CREATE FUNCTION pg_temp.gap(scoreboard text, period text, entity text, target float8) RETURNS SETOF jsonb
LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY SELECT to_jsonb(g) FROM innovation_score.gap_to(scoreboard, period, entity, target) g;
EXCEPTION WHEN object_not_in_prerequisite_state OR no_data_found OR cardinality_violation THEN
    RETURN;
END
$$;

CREATE FUNCTION pg_temp.refuse(message text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', message;
END
$$;

-- A step of 1, 2 or 5 times a power of ten that divides a span into some thirty parts.
CREATE FUNCTION pg_temp.step(span float8) RETURNS float8
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN span > 0 THEN
               (SELECT p * CASE WHEN span / 40 <= p THEN 1 WHEN span / 40 <= 2 * p THEN 2
                                WHEN span / 40 <= 5 * p THEN 5 ELSE 10 END
                FROM (SELECT 10.0::float8 ^ floor(log(span / 40)) AS p) x)
           ELSE 1 END
$$;

\if :of_publication

-- ----- a publication

SELECT pg_temp.refuse(format('there is no publication %s', :'publication'))
WHERE NOT EXISTS (SELECT FROM innovation_score.publication_list l WHERE l.publication = :'publication'::bigint);
\if :progress
	\warn 'reading the publication ...'
\endif
CREATE TEMP TABLE subject AS
SELECT p.publication, l.state, l.notice_from, l.notice_to, p.title AS publication_title, p.published_at::date AS day,
       p.scoreboard, p.scheme, p.period, NULL::text AS previous, false AS frozen, p.rule IS NOT NULL AS ruled,
       p.scheme_document::jsonb AS document, p.indicators, p.categories, p.peers || p.attributes AS shown
FROM innovation_score.publication p JOIN innovation_score.publication_list l USING (publication)
WHERE p.publication = :'publication'::bigint;

CREATE TEMP TABLE firm AS
SELECT f.entity, f.peers || f.attributes AS shown, f.stage, f.score, f.coverage, f.rank, f.stage_rank,
       100 * cume_dist() OVER (PARTITION BY f.score IS NULL ORDER BY f.score) AS percentile,
       CASE WHEN s.ruled THEN f.decision END AS decision, CASE WHEN s.ruled THEN f.reasons END AS reasons
FROM innovation_score.published_firm f JOIN subject s USING (publication);

CREATE TEMP TABLE earlier AS SELECT NULL::text AS entity, NULL::bigint AS rank, NULL::float8 AS percentile WHERE false;

\if :whole
	\if :progress
		\warn 'reading the points of all firms ...'
	\endif
\endif
CREATE TEMP TABLE detail AS
SELECT f.entity, f.stage, f.peers, d.*
FROM innovation_score.published_firm f
JOIN subject s USING (publication)
JOIN innovation_score.published_model m USING (publication, peers)
CROSS JOIN LATERAL innovation_score.score_detail(m.model::text::innovation_score.score_model, f.stage, VARIADIC f.vals) d
WHERE f.stage IS NOT NULL AND f.vals IS NOT NULL AND d.status <> 'rounding';

\else

-- ----- a scoreboard

SELECT s.board, s.scheme, s.frozen,
       COALESCE(NULLIF(:'period', ''), _innovation_score.last_period(s.b, s.binding), '') AS period,
       _innovation_score.view_name(s.board, 'ranking') AS ranking, _innovation_score.view_name(s.board, 'whitelist') AS whitelist,
       _innovation_score.view_name(s.board, 'detail') AS detail, _innovation_score.view_name(s.board, 'portrait') AS portrait,
       _innovation_score.view_name(s.board, 'trend') AS trend, (s.binding).entity AS entity_column,
       COALESCE((s.binding).period, '') AS period_column,
       _innovation_score.check_period(s.b, s.binding, NULLIF(:'period', ''))::text AS checked
FROM (SELECT (b.b).scoreboard AS board, (b.b).scheme, (b.b).frozen_at IS NOT NULL AS frozen, b.b,
             _innovation_score.bind(b.b) AS binding
      FROM (SELECT _innovation_score.get_scoreboard(:'scoreboard', current_schemas(false)) AS b OFFSET 0) b OFFSET 0) s \gset
SELECT _innovation_score.chart_key(b, 'v', 'period', NULLIF(:'period', '')) AS of_period,
       COALESCE(_innovation_score.last_period(b, _innovation_score.bind(b), NULLIF(:'period', '')), '') AS previous
FROM _innovation_score.get_scoreboard(:'board', current_schemas(false)) b \gset
SELECT _innovation_score.chart_key(b, 'v', 'period', NULLIF(:'previous', '')) AS of_previous
FROM _innovation_score.get_scoreboard(:'board', current_schemas(false)) b \gset

CREATE TEMP TABLE subject AS
SELECT NULL::bigint AS publication, NULL::text AS state, NULL::date AS notice_from, NULL::date AS notice_to,
       NULL::text AS publication_title, (now() AT TIME ZONE b.time_zone)::date AS day, b.scoreboard, b.scheme,
       NULLIF(:'period', '') AS period, NULLIF(:'previous', '') AS previous, b.frozen_at IS NOT NULL AS frozen,
       EXISTS (SELECT FROM _innovation_score.shown_whitelist_rule r WHERE r.scoreboard = b.scoreboard AND r.rule = '') AS ruled,
       innovation_score.scheme_export(b.scheme) AS document,
       _innovation_score.model_codes(b.model, 'indicators') AS indicators,
       _innovation_score.model_codes(b.model, 'categories') AS categories,
       ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
             WHERE a.attrelid = :'ranking'::regclass AND a.attnum > 0 AND a.attname NOT IN (:'entity_column', :'period_column')
               AND a.attnum < (SELECT t.attnum FROM pg_catalog.pg_attribute t
                               WHERE t.attrelid = :'ranking'::regclass AND t.attname = 'stage')
             ORDER BY a.attnum) AS shown
FROM _innovation_score.get_scoreboard(:'board', current_schemas(false)) b;

\if :progress
	\warn 'reading the ranking ...'
\endif
SELECT format($$CREATE TEMP TABLE ranking AS
    SELECT innovation_score.key_text(v.%I) AS entity, ARRAY[%s]::text[] AS shown, v.stage, v.score::float8, v.coverage,
           v.rank, v.stage_rank, v.percentile FROM %s v WHERE %s$$,
    :'entity_column', (SELECT string_agg(format('v.%I::text', c), ', ') FROM unnest(shown) c), :'ranking', :'of_period')
FROM subject \gexec
\if :progress
	\warn 'reading the whitelist ...'
\endif
SELECT format($$CREATE TEMP TABLE listed AS
    SELECT DISTINCT ON (1) innovation_score.key_text(v.%I) AS entity, v.decision, v.reasons FROM %s v WHERE %s ORDER BY 1$$,
    :'entity_column', :'whitelist', CASE WHEN ruled THEN :'of_period' ELSE 'false' END)
FROM subject \gexec
ANALYZE ranking;
ANALYZE listed;
CREATE TEMP TABLE firm AS
SELECT r.*, l.decision, l.reasons FROM ranking r LEFT JOIN listed l USING (entity);

SELECT format($$CREATE TEMP TABLE earlier AS
    SELECT innovation_score.key_text(v.%I) AS entity, v.rank, v.percentile FROM %s v WHERE %s AND v.score IS NOT NULL$$,
    :'entity_column', :'ranking', CASE WHEN :whole AND previous IS NOT NULL THEN :'of_previous' ELSE 'false' END)
FROM subject \gexec

\endif

ANALYZE firm;

-- ----- which attribute is the name, and which make groups

SELECT COALESCE((SELECT c.place FROM unnest(s.shown) WITH ORDINALITY AS c(name, place)
                 WHERE c.name = NULLIF(:'name_column', '')
                    OR :'name_column' = '' AND lower(c.name) IN ('name', 'firm_name', 'company', 'company_name', 'entname',
                           '名称', '企业名称', '单位名称', '公司名称', '企业', '纳税人名称')
                 ORDER BY c.place LIMIT 1), 0) AS name_place
FROM subject s \gset
CREATE TEMP TABLE grouping_column AS
SELECT c.place, c.name
FROM subject s CROSS JOIN unnest(s.shown) WITH ORDINALITY AS c(name, place)
CROSS JOIN LATERAL (SELECT count(DISTINCT f.shown[c.place]) AS n, count(*) AS firms FROM firm f WHERE f.score IS NOT NULL) d
WHERE c.place <> :name_place AND d.n BETWEEN 2 AND 40 AND d.n <= d.firms / 2;

-- ----- the firms that are looked at one by one

SELECT pg_temp.refuse(format('there is no firm "%s" in %s%s', :'firm',
                             COALESCE('publication ' || publication, 'scoreboard ' || scoreboard), COALESCE(', period ' || period, '')))
FROM subject WHERE NOT :whole AND NOT EXISTS (SELECT FROM firm WHERE entity = :'firm');
CREATE TEMP TABLE chosen AS
WITH scored AS (
    SELECT f.*, row_number() OVER (PARTITION BY f.stage ORDER BY f.rank, f.entity) AS of_stage,
           row_number() OVER (PARTITION BY f.decision ORDER BY f.rank, f.entity) AS first,
           row_number() OVER (PARTITION BY f.decision ORDER BY f.rank DESC, f.entity) AS last
    FROM firm f WHERE f.score IS NOT NULL
)
SELECT entity FROM scored
WHERE NOT :whole AND entity = :'firm'
   OR :whole AND (of_stage <= 3 OR decision = 'listed' AND last <= 3 OR decision = 'reserve' AND first <= 3);

\if :of_publication
CREATE TEMP TABLE profile AS
SELECT d.entity, d.indicator, d.value, d.max_points, d.points, d.status, p.median * d.max_points AS peer_points,
       d.max_points - d.points AS points_lost, NULL::float8 AS percentile, NULL::float8 AS peer_median
FROM detail d
JOIN (SELECT stage, peers, indicator, percentile_cont(0.5) WITHIN GROUP (ORDER BY normalized) AS median
      FROM detail GROUP BY stage, peers, indicator) p USING (stage, peers, indicator)
WHERE d.entity IN (SELECT entity FROM chosen);
CREATE TEMP TABLE used AS
SELECT indicator, avg(points) AS points, avg(max_points) AS max_points, avg((status IN ('missing', 'imputed'))::int) AS missing
FROM detail WHERE :whole GROUP BY indicator;
CREATE TEMP TABLE history AS
SELECT f.entity, p.period, p.publication, f.score::float8 AS score, f.rank, NULL::float8 AS percentile, p.publication AS place
FROM innovation_score.publication p JOIN innovation_score.published_firm f USING (publication)
JOIN subject s ON s.scoreboard = p.scoreboard
JOIN innovation_score.publication_list l ON l.publication = p.publication AND l.state <> 'retracted'
WHERE NOT :whole AND f.entity = :'firm';
CREATE TEMP TABLE correlated AS SELECT NULL::text AS indicator, NULL::text AS other, NULL::float8 AS r WHERE false;
CREATE TEMP TABLE interval_of_rank AS SELECT NULL::text AS entity, NULL::float8 AS rank_05, NULL::float8 AS rank_95 WHERE false;
CREATE TEMP TABLE gap AS SELECT NULL::jsonb AS gap WHERE false;
\set histogram ''
\else
\if :progress
	\warn 'reading the portraits of some firms ...'
\endif
SELECT format($$CREATE TEMP TABLE profile AS
    SELECT innovation_score.key_text(v.%I) AS entity, v.indicator, v.value, v.max_points, v.points, v.status,
           v.max_points * v.peer_normalized AS peer_points, v.points_lost, v.percentile, v.peer_median
    FROM %s v WHERE %s AND (%s)$$, :'entity_column', :'portrait', :'of_period',
    COALESCE((SELECT string_agg(_innovation_score.chart_key(b, 'v', 'entity', c.entity), ' OR ') FROM chosen c), 'false'))
FROM _innovation_score.get_scoreboard(:'board', current_schemas(false)) b \gexec
\if :whole
	\if :progress
		\warn 'reading the points of all firms ...'
	\endif
\endif
SELECT format($$CREATE TEMP TABLE used AS
    SELECT v.indicator, avg(v.points) AS points, avg(v.max_points) AS max_points, avg((v.status IN ('missing', 'imputed'))::int) AS missing
    FROM %s v WHERE %s AND v.status <> 'rounding' GROUP BY v.indicator$$, :'detail',
    CASE WHEN :whole THEN :'of_period' ELSE 'false' END) \gexec
SELECT format($$CREATE TEMP TABLE history AS
    SELECT innovation_score.key_text(v.%1$I) AS entity, %2$s AS period, NULL::bigint AS publication, v.score::float8 AS score, v.rank,
           v.percentile, row_number() OVER (ORDER BY %3$s) AS place
    FROM %4$s v WHERE %5$s$$, :'entity_column',
    CASE WHEN :'period_column' = '' THEN 'NULL::text' ELSE format('innovation_score.key_text(v.%I)', :'period_column') END,
    CASE WHEN :'period_column' = '' THEN '1' ELSE format('v.%I', :'period_column') END, :'trend',
    CASE WHEN :whole THEN 'false' ELSE _innovation_score.chart_key(b, 'v', 'entity', :'firm') END)
FROM _innovation_score.get_scoreboard(:'board', current_schemas(false)) b \gexec
\if :whole
	\if :progress
		\warn 'correlating the indicators ...'
	\endif
\endif
CREATE TEMP TABLE correlated AS
SELECT c.indicator, c.other, c.correlation AS r FROM subject s
CROSS JOIN LATERAL innovation_score.indicator_correlations(s.scoreboard, s.period) c WHERE :whole AND cardinality(s.indicators) <= 60;
SELECT :whole AND count(score) BETWEEN 2 AND 50000 AS try_weights FROM firm \gset
\if :try_weights
	\if :progress
		\warn 'ranking under 200 other sets of weights ...'
	\endif
	CREATE TEMP TABLE interval_of_rank AS
	SELECT r.entity, r.rank_05, r.rank_95 FROM subject s
	CROSS JOIN LATERAL innovation_score.rank_stability(s.scoreboard, s.period) r WHERE r.nominal <= 20 ORDER BY r.nominal;
\else
	CREATE TEMP TABLE interval_of_rank AS SELECT NULL::text AS entity, NULL::float8 AS rank_05, NULL::float8 AS rank_95 WHERE false;
\endif
-- Listed firms, and all where there is no list, aim at the best quarter of their stage, those of it at its best.
CREATE TEMP TABLE gap AS
SELECT g.gap
FROM subject s JOIN firm f ON f.entity = :'firm' AND NOT :whole
CROSS JOIN LATERAL (SELECT percentile_disc(0.75) WITHIN GROUP (ORDER BY o.score) AS upper, max(o.score) AS best
                    FROM firm o WHERE o.stage = f.stage) q
CROSS JOIN LATERAL pg_temp.gap(s.scoreboard, s.period, f.entity,
    CASE WHEN f.decision = 'listed' OR NOT s.ruled THEN CASE WHEN f.score < q.upper THEN q.upper ELSE q.best END END) g(gap);

-- The indicator whose greatest value lies furthest beyond its bounds; amounts rather than rates.
SELECT format('CREATE TEMP TABLE model AS SELECT v.model FROM %s v WHERE %s', _innovation_score.view_name(:'board', 'model'),
              CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_attribute a
                                WHERE a.attrelid = _innovation_score.view_name(:'board', 'model')::regclass
                                  AND a.attname = :'period_column')
                   THEN :'of_period' ELSE 'true' END) \gexec
SELECT COALESCE((
    SELECT x.indicator FROM (
        SELECT i.indicator, min(i.lower) < 0 AS rate, max((i.maximum - i.upper) / NULLIF(i.upper - i.lower, 0)) AS beyond
        FROM model m CROSS JOIN LATERAL innovation_score.model_indicators(m.model) i
        WHERE i.extreme <> 'none' AND i.scoring = 'minmax' AND :whole
        GROUP BY i.indicator) x
    WHERE x.beyond > 0.5 ORDER BY x.rate, x.beyond DESC, x.indicator LIMIT 1), '') AS histogram \gset
\endif

-- ----- whether the scores told beforehand what happened

\if :judged
	\if :progress
		\warn 'comparing with what happened ...'
	\endif
SELECT format('CREATE TEMP TABLE outcome_%1$s AS SELECT v.* FROM subject s CROSS JOIN LATERAL innovation_score.%2$s_%1$s(%3$s, outcome => %4$L, favourable => %5$L, '
              'horizon => %6$L) v', f, CASE WHEN :of_publication THEN 'publication' ELSE 'score' END,
              CASE WHEN :of_publication THEN 's.publication' ELSE 's.scoreboard, period => s.period' END, :'outcome', :'favourable', NULLIF(:'horizon', ''))
FROM unnest('{validation,bands,curve,calibration}'::text[]) f \gexec
SELECT pg_temp.refuse(format('no firm with a score has an outcome in %s%s', :'outcome', ' after ' || period))
FROM subject WHERE (SELECT v.firms FROM outcome_validation v) = 0;
CREATE TEMP TABLE judged AS
SELECT jsonb_build_object('outcome', :'outcome', 'favourable', :favourable, 'figures', to_jsonb(v),
    'bands', (SELECT jsonb_agg(to_jsonb(b) ORDER BY b.band) FROM outcome_bands b),
    'curve', (SELECT jsonb_agg(jsonb_build_array(c.other_share, c.event_share) ORDER BY c.firms_share) FROM outcome_curve c),
    'calibration', (SELECT jsonb_agg(to_jsonb(c) ORDER BY c.lowest) FROM outcome_calibration c)) AS validation
FROM outcome_validation v;
\else
CREATE TEMP TABLE judged AS SELECT NULL::jsonb AS validation;
\endif

\if :csv
CREATE TEMP TABLE listing AS
SELECT f.rank, f.entity, f.shown, f.score, f.stage_rank, f.percentile, f.coverage, f.reasons,
       CASE WHEN :'language' = 'zh' THEN COALESCE(t.title, f.stage) ELSE f.stage END AS stage_title,
       CASE WHEN :'language' = 'zh'
            THEN CASE f.decision WHEN 'listed' THEN '入选' WHEN 'reserve' THEN '候补' WHEN 'earlier' THEN '此前批次'
                                 WHEN 'rejected' THEN '未入选' END
            ELSE f.decision END AS decision
FROM firm f
LEFT JOIN (SELECT x.* FROM subject s
           CROSS JOIN LATERAL jsonb_to_recordset(s.document -> 'stage') AS x(stage text, title text)) t USING (stage)
WHERE :whole OR f.entity = :'firm';

-- Titles of columns in the language; a code stays text by being one.
SELECT format('COPY (SELECT rank AS %I, %s entity AS %I, %s stage_title AS %I, score AS %I, stage_rank AS %I, '
              'round(percentile::numeric, 4) AS %I, round(coverage::numeric, 6) AS %I, decision AS %I, reasons AS %I '
              'FROM listing ORDER BY rank NULLS LAST, entity COLLATE "C") TO STDOUT (FORMAT csv, HEADER)',
              t.t[1], CASE WHEN :name_place > 0 THEN format('shown[%s] AS %I,', :name_place, t.t[2]) END, t.t[3],
              (SELECT string_agg(format('shown[%s] AS %I,', c.place, c.name), ' ' ORDER BY c.place)
               FROM subject s CROSS JOIN unnest(s.shown) WITH ORDINALITY AS c(name, place) WHERE c.place <> :name_place),
              t.t[4], t.t[5], t.t[6], t.t[7], t.t[8], t.t[9], t.t[10])
FROM (SELECT CASE :'language' WHEN 'zh'
             THEN '{名次,企业,代码,阶段,积分,阶段内名次,百分位,指标覆盖率,结果,理由}'::text[]
             ELSE '{rank,firm,code,stage,score,stage rank,percentile,coverage,decision,reasons}' END AS t) t \gexec
\else

SELECT pg_temp.step(max(score) - LEAST(min(score), 0)) AS width FROM firm \gset
SELECT replace(jsonb_build_object(
    'version', (SELECT extversion FROM pg_catalog.pg_extension WHERE extname = 'innovation_score'),
    'language', :'language', 'title', NULLIF(:'title', ''), 'note', NULLIF(:'note', ''),
    'subject', (SELECT to_jsonb(s) - '{document,indicators,categories,shown}'::text[] FROM subject s),
    'scheme', (SELECT jsonb_build_object('title', d ->> 'title', 'provisional', d -> 'provisional', 'extreme', d ->> 'extreme',
                                         'full_marks', d -> 'full_marks', 'decimals', d -> 'decimals')
               FROM (SELECT s.document -> 'scheme' AS d FROM subject s) x),
    'figures', (SELECT jsonb_build_object(
                    'firms', count(*), 'scored', count(f.score),
                    'median', percentile_cont(0.5) WITHIN GROUP (ORDER BY f.score),
                    'coverage', percentile_cont(0.5) WITHIN GROUP (ORDER BY f.coverage) FILTER (WHERE f.score IS NOT NULL),
                    'listed', count(*) FILTER (WHERE f.decision = 'listed'), 'reserve', count(*) FILTER (WHERE f.decision = 'reserve'))
                FROM firm f),
    'shown', (SELECT to_jsonb(s.shown) FROM subject s), 'name_place', :name_place, 'width', :width,
    'stages', (SELECT jsonb_agg(x.j ORDER BY x.position, x.stage)
               FROM (SELECT f.stage, max(t.position) AS position, jsonb_build_object(
                         'stage', f.stage, 'title', max(t.title), 'firms', count(*),
                         'median', percentile_cont(0.5) WITHIN GROUP (ORDER BY f.score),
                         'lower', percentile_cont(0.25) WITHIN GROUP (ORDER BY f.score),
                         'upper', percentile_cont(0.75) WITHIN GROUP (ORDER BY f.score),
                         'bins', (SELECT jsonb_object_agg(b.bin, b.n)
                                  FROM (SELECT floor(o.score / :width)::int AS bin, count(*) AS n FROM firm o
                                        WHERE o.score IS NOT NULL AND o.stage = f.stage GROUP BY 1) b)) AS j
                     FROM firm f
                     LEFT JOIN (SELECT t.* FROM subject s CROSS JOIN LATERAL jsonb_to_recordset(s.document -> 'stage')
                                    AS t(stage text, title text, position integer)) t USING (stage)
                     WHERE f.score IS NOT NULL GROUP BY f.stage) x),
    'groups', (SELECT jsonb_agg(jsonb_build_object('name', c.name, 'values', v.j) ORDER BY c.place)
               FROM grouping_column c
               CROSS JOIN LATERAL (
                   SELECT jsonb_agg(to_jsonb(x) ORDER BY x.median DESC, x.value) AS j
                   FROM (SELECT COALESCE(f.shown[c.place], '—') AS value, count(*) AS firms,
                                percentile_cont(0.5) WITHIN GROUP (ORDER BY f.score) AS median,
                                percentile_cont(0.25) WITHIN GROUP (ORDER BY f.score) AS lower,
                                percentile_cont(0.75) WITHIN GROUP (ORDER BY f.score) AS upper,
                                count(*) FILTER (WHERE f.decision = 'listed') AS listed
                         FROM firm f WHERE f.score IS NOT NULL GROUP BY 1) x) v),
    'categories', (SELECT jsonb_agg(jsonb_build_object('category', c.code, 'title', t.title) ORDER BY c.place)
                   FROM subject s CROSS JOIN unnest(s.categories) WITH ORDINALITY AS c(code, place)
                   LEFT JOIN LATERAL (SELECT x.title FROM jsonb_to_recordset(s.document -> 'category') AS x(category text, title text)
                                      WHERE x.category = c.code) t ON true),
    'indicators', (SELECT jsonb_agg(jsonb_build_object('indicator', i.code, 'title', t.title, 'unit', t.unit, 'category', t.category,
                                                       'points', u.points, 'max_points', u.max_points, 'missing', u.missing)
                                    ORDER BY i.place)
                   FROM subject s CROSS JOIN unnest(s.indicators) WITH ORDINALITY AS i(code, place)
                   LEFT JOIN used u ON u.indicator = i.code
                   LEFT JOIN LATERAL (SELECT x.* FROM jsonb_to_recordset(s.document -> 'indicator')
                                          AS x(indicator text, title text, unit text, category text)
                                      WHERE x.indicator = i.code) t ON true),
    'chosen', (SELECT jsonb_agg(jsonb_build_object(
                   'entity', f.entity, 'shown', to_jsonb(f.shown), 'stage', f.stage, 'score', f.score, 'coverage', f.coverage,
                   'rank', f.rank, 'stage_rank', f.stage_rank, 'percentile', f.percentile, 'decision', f.decision,
                   'reasons', f.reasons,
                   'points', (SELECT jsonb_object_agg(p.indicator, to_jsonb(p) - '{entity,indicator}'::text[])
                              FROM profile p WHERE p.entity = f.entity)) ORDER BY f.rank, f.entity)
               FROM firm f WHERE f.entity IN (SELECT c.entity FROM chosen c)),
    'gap', (SELECT jsonb_agg(g.gap) FROM gap g),
    'history', (SELECT jsonb_agg(to_jsonb(h) - 'place' ORDER BY h.place) FROM history h),
    'correlated', (SELECT jsonb_agg(jsonb_build_array(c.indicator, c.other, round(c.r::numeric, 3))) FROM correlated c),
    'intervals', (SELECT jsonb_agg(jsonb_build_array(i.entity, f.rank, i.rank_05, i.rank_95, f.shown) ORDER BY f.rank, i.entity)
                  FROM interval_of_rank i JOIN firm f USING (entity)),
    'histogram', CASE WHEN :'histogram' <> '' THEN jsonb_build_object('indicator', :'histogram', 'values',
        (SELECT innovation_score.histogram_chart(s.scoreboard, s.period, :'histogram') #> '{data,values}' FROM subject s)) END,
    'movement', (SELECT jsonb_agg(jsonb_build_array(m.old, m.new, m.firms))
                 FROM (SELECT GREATEST(ceil(o.percentile / 20), 1)::int AS old, GREATEST(ceil(f.percentile / 20), 1)::int AS new,
                              count(*) AS firms
                       FROM firm f JOIN earlier o USING (entity) WHERE f.score IS NOT NULL GROUP BY 1, 2) m),
    'movers', (SELECT jsonb_agg(jsonb_build_array(m.entity, m.shown, m.old, m.new) ORDER BY m.old - m.new DESC, m.entity)
               FROM (SELECT f.entity, f.shown, o.rank AS old, f.rank AS new,
                            row_number() OVER (ORDER BY o.rank - f.rank DESC, f.entity) AS up,
                            row_number() OVER (ORDER BY f.rank - o.rank DESC, f.entity) AS down
                     FROM firm f JOIN earlier o USING (entity) WHERE f.score IS NOT NULL) m
               WHERE m.up <= 3 AND m.new < m.old OR m.down <= 3 AND m.new > m.old),
    'validation', (SELECT j.validation FROM judged j),
    'list', CASE WHEN :whole THEN
        (SELECT jsonb_agg(jsonb_build_array(l.rank, l.entity, l.shown, l.stage, l.score, l.decision, l.reasons)
                          ORDER BY l.rank NULLS LAST, l.entity)
         FROM (SELECT f.*, row_number() OVER (ORDER BY f.decision IN ('listed', 'reserve', 'earlier') DESC NULLS LAST,
                                                       f.rank NULLS LAST, f.entity) AS n FROM firm f) l
         WHERE l.decision IN ('listed', 'reserve', 'earlier') OR l.n <= :rows) END
    )::text, '<', '\u003c');
\endif
COMMIT;
