-- Scoreboards of all kinds for the test of reports: no periods, no stages, 2 and 60 indicators, names that attack.

CREATE EXTENSION innovation_score;

SELECT innovation_score.derive_scheme('two', 'national-2024', '两项指标');
DELETE FROM innovation_score.indicator WHERE scheme = 'two' AND indicator NOT IN ('revenue', 'rd_intensity');
DELETE FROM innovation_score.category WHERE scheme = 'two' AND category = 'auxiliary';
DELETE FROM innovation_score.stage WHERE scheme = 'two';
INSERT INTO innovation_score.weight (scheme, stage, indicator, weight)
VALUES ('two', 'all', 'revenue', 60), ('two', 'all', 'rd_intensity', 40);
UPDATE innovation_score.scheme SET provisional = false WHERE scheme = 'two';

INSERT INTO innovation_score.scheme (scheme, title) VALUES ('sixty', '六十项指标');
INSERT INTO innovation_score.category (scheme, category, title, position)
SELECT 'sixty', 'c' || i, '第 ' || i || ' 类', i FROM generate_series(1, 6) i;
INSERT INTO innovation_score.indicator (scheme, indicator, category, title, unit, position)
SELECT 'sixty', 'x' || i, 'c' || (i + 9) / 10, '第 ' || i || ' 项创新活动指标', '件', i FROM generate_series(1, 60) i;
INSERT INTO innovation_score.weight (scheme, stage, indicator, weight)
SELECT 'sixty', 'all', 'x' || i, 1 + i % 5 FROM generate_series(1, 60) i;

-- 200 firms; numbers that only look random
CREATE TABLE firm AS
SELECT '9111010800000' || lpad(i::text, 5, '0') AS code,
       CASE i WHEN 1 THEN '</script><script>window.attacked = 1</script>'
              WHEN 2 THEN '<img src=x onerror="window.attacked = 1">'
              WHEN 3 THEN '=1+1' ELSE '企业' || i END AS name,
       (ARRAY['甲市', '乙市', '</td><script>window.attacked = 1</script>'])[1 + i % 3] AS city,
       (100 + i * 7919 % 5000) * CASE i WHEN 40 THEN 10000 ELSE 1 END AS revenue,
       CASE WHEN i % 9 <> 0 THEN (i * 37 % 100) / 200.0 END AS rd_intensity,
       (ARRAY['startup', 'growth', 'stable'])[1 + i / 70] AS stage
FROM generate_series(1, 200) i;
DO $$
BEGIN
    EXECUTE (SELECT format('CREATE TABLE wide AS SELECT code, name, %s FROM (SELECT f.*, row_number() OVER (ORDER BY code) AS i FROM firm f) f',
                           string_agg(format('(i * %s %% %s)::int AS %I', 7 + k, 11 + k, 'x' || k), ', ' ORDER BY k))
             FROM generate_series(1, 60) k);
END
$$;

SELECT innovation_score.create_scoreboard('small', 'two', 'firm', entity => 'code', attributes => '{name,city}');
SELECT innovation_score.create_scoreboard('wide_board', 'sixty', 'wide', entity => 'code', attributes => '{name}');
CREATE SCHEMA "O'Hara";
SELECT innovation_score.create_scoreboard('"O''Hara"."It''s"', 'two', 'firm', entity => 'code', attributes => '{name}');

-- two years of eight indicators of the national scheme, and a publication of each
CREATE TABLE firm_year AS SELECT f.*, y AS year, revenue % 1000 * y % 4000 AS rd_expense FROM firm f, generate_series(2023, 2024) y;
SELECT innovation_score.create_scoreboard('years', 'national-2024', 'firm_year', entity => 'code', period => 'year', stage => 'stage',
    attributes => '{name,city}', mapping => (SELECT jsonb_object_agg(indicator, NULL) FROM innovation_score.indicator
        WHERE scheme = 'national-2024' AND indicator NOT IN ('revenue', 'rd_intensity', 'rd_expense')));
SELECT innovation_score.set_whitelist_rule('years', top_n => 20, reserve_n => 5, language => 'zh');
SELECT innovation_score.publish('years', '2023', '2023 年名单');
SELECT innovation_score.publish('years', '2024', '2024 年名单');
