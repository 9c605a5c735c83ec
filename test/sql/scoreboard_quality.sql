-- Quality rules of a scoreboard: columns, texts, the firm, the period before; against plain SQL; wide and long sources; what is refused.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
CREATE SCHEMA own_rules;
SET search_path = own_rules, innovation_score, public;
\pset format unaligned
\pset null '(null)'
\set SHOW_CONTEXT never
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set draw `echo "${PG_ABS_SRCDIR:-test}/data/draw.sql"`
\i :draw
\set attempt `echo "${PG_ABS_SRCDIR:-test}/data/attempt.sql"`
\i :attempt
INSERT INTO scheme (scheme, title) VALUES ('own', '自有');
INSERT INTO category (scheme, category) VALUES ('own', 'c');
INSERT INTO indicator (scheme, indicator, category, title) VALUES ('own', 'revenue', 'c', '营业收入'), ('own', 'x', 'c', '指标');
INSERT INTO weight VALUES ('own', 'all', 'revenue', 1), ('own', 'all', 'x', 1);
INSERT INTO quality_rule VALUES ('own', 'positive', 'error', 'revenue > 0', '收入应为正');

CREATE TABLE firm (code text, year int, city text, "科技人员数" int, "职工数" numeric, rev float8, x numeric, ok boolean, founded date);
INSERT INTO firm VALUES ('A', 2023, '杭州', 10, 100, 100, 1, true, '2020-01-01'), ('A', 2024, '杭州', 120, 100, 300, 1, true, '2020-01-01'), ('B', 2023, '宁波', 5, 50, 100, 1, false, '2020-01-01'),
    ('B', 2024, '绍兴', 5, NULL, 90, 1, false, NULL), ('C', 2024, '温州', 7, 7, 0, 2, NULL, '2024-01-01');
SELECT create_scoreboard('q', 'own', 'firm', 'code', NULL, 'year', mapping => '{"revenue": "rev", "x": "x * 10"}');
SELECT set_quality_rule('q', 'staff', '科技人员数 <= 职工数', message => '科技人员数不应超过职工数');
SELECT set_quality_rule('q', 'moved', 'city = previous.city', 'warning', '城市变更');
SELECT set_quality_rule('q', 'jump', 'revenue <= 2 * previous.revenue', 'warning');
SELECT set_quality_rule('q', 'ent', 'code <> ''C'' OR year > 2024', 'warning', '实体');
SELECT set_quality_rule('q', 'flag', 'ok AND entity <> ''Z'' AND founded = ''2020-01-01'' AND period > 0', 'warning');
SELECT set_quality_rule('q', 'both', 'x * 10 = indicator.x AND previous.x >= x', 'warning', '指标与列');
SELECT set_quality_rule('q', 'always', 'false', 'warning', '总是');
SELECT * FROM q_quality ORDER BY code, year, rule COLLATE "C";
SELECT year, rule, severity, title, firms, checked, violations FROM q_quality_summary WHERE rule IS NOT NULL ORDER BY 1, rule COLLATE "C";
SELECT rule, severity, condition, message FROM scoreboard_quality_rule ORDER BY rule COLLATE "C";
-- the scores are none of their business; another condition takes the place of the first; gone is gone
SELECT set_quality_rule('q', 'always', 'year = 2024', 'error');
SELECT count(score), count(*) FILTER (WHERE rank = 1) FROM q_ranking;
SELECT code, year, severity, observed FROM q_quality WHERE rule = 'always' ORDER BY 1, 2;
SELECT drop_quality_rule('q', r) FROM unnest('{always,ent,flag,both}'::text[]) r;
SELECT rebuild_scoreboard('q');
SELECT count(*) FROM pg_attribute WHERE attrelid = 'q_input'::regclass AND attname LIKE '\_quality\_%' AND attnum > 0;
SET client_min_messages = error;
SELECT freeze_scoreboard('q');
SET client_min_messages = warning;
SELECT code, year, rule FROM q_quality ORDER BY 1, 2, rule COLLATE "C";
SELECT jsonb_path_query_array(scoreboard_export('q', '2024'), '$.quality_rules[*].rule');

-- ---------------------------------------------------------------- 400 firms of five years, missing ones among them, against plain SQL
CREATE TABLE many AS
SELECT f AS firm, y AS year, CASE WHEN draw() < 0.9 THEN (ARRAY['a', 'b'])[1 + floor(draw() * 2)::int] END AS city, CASE WHEN draw() < 0.9 THEN floor(draw() * 20)::int END AS staff,
       CASE WHEN draw() < 0.9 THEN round((draw() * 20)::numeric, 1) END AS researchers, round((draw() * 100)::numeric, 2) AS revenue, draw() AS x
FROM generate_series(1, 400) f, generate_series(2020, 2024) y WHERE draw() < 0.8;
SELECT create_scoreboard('wide', 'own', 'many', 'firm', NULL, 'year', attributes => '{city}');
SELECT set_quality_rule('wide', r, c::condition) FROM (VALUES ('a', 'researchers <= staff'), ('b', 'city = previous.city'), ('c', 'revenue - previous.revenue <= 60 OR staff > 15'),
    ('d', 'coalesce(previous.staff, staff) >= staff / 2 AND city IN (''a'', ''c'')')) v(r, c);
CREATE VIEW expected AS
SELECT firm, year, r, holds
FROM (SELECT *, lag(city) OVER w AS old_city, lag(revenue) OVER w AS old_revenue, lag(staff) OVER w AS old_staff FROM many WINDOW w AS (PARTITION BY firm ORDER BY year)) m,
    LATERAL (VALUES ('a', researchers <= staff), ('b', city = old_city), ('c', revenue - old_revenue <= 60 OR staff > 15), ('d', coalesce(old_staff, staff) >= staff / 2.0 AND city IN ('a', 'c'))) v(r, holds);
SELECT r, count(*) > 50 AS many, count(*) FILTER (WHERE e.holds IS DISTINCT FROM false) AS missed, count(*) FILTER (WHERE q.rule IS NULL) AS not_found
FROM (SELECT * FROM expected WHERE NOT holds) e FULL JOIN (SELECT * FROM wide_quality WHERE rule <> 'positive') q ON q.firm = e.firm AND q.year = e.year AND q.rule = e.r GROUP BY 1 ORDER BY 1;
SELECT count(*), count(*) FILTER (WHERE (s.firms, s.checked, s.violations) IS DISTINCT FROM (e.n, e.known, e.violated)) AS different
FROM wide_quality_summary s JOIN (SELECT year, r, count(*) AS n, count(holds) AS known, count(*) FILTER (WHERE NOT holds) AS violated FROM expected GROUP BY 1, 2) e ON e.year = s.year AND e.r = s.rule;
-- a long source: what it shows, and indicators
CREATE TABLE lines AS SELECT firm, year, city, i, v FROM many, LATERAL (VALUES ('revenue', revenue), ('x', x::numeric)) l(i, v);
SELECT create_scoreboard('long', 'own', 'lines', 'firm', NULL, 'year', attributes => '{city}', long => '{"indicator": "i", "value": "v"}');
SELECT set_quality_rule('long', 'c', 'revenue - previous.revenue <= 60 OR city = ''a''');
SELECT count(*) > 20 AS many, count(*) FILTER (WHERE NOT found) AS missed
FROM (SELECT firm, year, revenue - lag(revenue) OVER (PARTITION BY firm ORDER BY year) <= 60 OR city = 'a' AS holds FROM many) m
CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM long_quality q WHERE q.firm = m.firm AND q.year = m.year AND q.rule = 'c') AS found) f WHERE NOT holds;
SELECT attempt($$SELECT set_quality_rule('long', 's', 'staff > 1')$$);

-- ---------------------------------------------------------------- what is refused
SELECT attempt(format('SELECT set_quality_rule(%L, %L, %L, %L)', b, r, c, s)) FROM (VALUES ('q', 'bad', 'city > 3', 'error'), ('q', 'bad', 'nothing > 3', 'error'), ('q', 'bad', 'indicator.city = 1', 'error'),
    ('q', 'bad', 'median.revenue > 3', 'error'), ('q', 'bad', 'score.rank > 3', 'error'), ('q', 'positive', 'year > 3', 'error'), ('q', 'bad', 'year > 3', 'fatal'), ('q', '', 'year > 3', 'error'),
    ('q', 'bad', 'year +', 'error'), ('q', 'bad', 'random() > 0', 'error'), ('q', NULL, 'year > 3', 'error'), ('q', 'bad', NULL, 'error'), ('none', 'bad', 'year > 3', 'error')) v(b, r, c, s);
SELECT attempt($$SELECT drop_quality_rule('q', 'nobody')$$);
SELECT count(*) FROM scoreboard_quality_rule WHERE rule = 'bad';
SELECT drop_scoreboard(b) FROM unnest('{q,wide,long}'::text[]) b;
SELECT count(*) FROM scoreboard_quality_rule WHERE scoreboard LIKE 'own\_rules.%';
DELETE FROM scheme WHERE scheme = 'own';
DROP SCHEMA own_rules CASCADE;
