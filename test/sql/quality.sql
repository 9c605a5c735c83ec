-- quality: rules, their violations and summary against plain SQL, and what becomes of firms that violate them
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
CREATE SCHEMA quality;
SET search_path = quality, innovation_score, public;
\pset format unaligned
\pset null '(null)'
\set SHOW_CONTEXT never

\set attempt `echo "${PG_ABS_SRCDIR:-test}/data/attempt.sql"`
\i :attempt

-- ---------------------------------------------------------------- the shipped rules

SELECT severity, count(*), count(*) FILTER (WHERE message ~ '[一-龥].*[a-z]') AS in_both_languages
FROM quality_rule WHERE scheme = 'national-2024' GROUP BY 1 ORDER BY 1;
-- every indicator has one; the scheme counts as shipped all the same
SELECT i.indicator FROM indicator i
WHERE scheme = 'national-2024' AND NOT EXISTS (SELECT FROM quality_rule q, _innovation_score.condition_names(q.condition::condition) n
                                               WHERE q.scheme = i.scheme AND n.name = i.indicator);
SELECT origin, on_error FROM scheme WHERE scheme = 'national-2024';
-- they pass the check that those of users must pass, and go along with copies and documents
SELECT derive_scheme('copy', 'national-2024');
SELECT count(*) FROM (SELECT rule, severity, condition, message FROM quality_rule WHERE scheme = 'copy'
                      INTERSECT SELECT rule, severity, condition, message FROM quality_rule WHERE scheme = 'national-2024') same;
SELECT scheme_import(scheme_export('copy'), 'loaded');
SELECT scheme_export('loaded') #- '{scheme,scheme}' = scheme_export('copy') #- '{scheme,scheme}' AS same_document;
SELECT attempt($$SELECT scheme_import(jsonb_set(scheme_export('copy'), '{quality_rule,0,condition}', '"no_such > 1"'), 'third')$$);
SELECT attempt($$SELECT scheme_import(jsonb_set(scheme_export('copy'), '{quality_rule,0,severity}', '"grave"'), 'third')$$);
-- rules go with their indicators; a renamed indicator leaves rules behind that are not checked
DELETE FROM indicator WHERE scheme = 'loaded' AND indicator NOT IN ('revenue', 'hitech_revenue', 'pct_patents');
SELECT rule FROM quality_rule WHERE scheme = 'loaded' ORDER BY rule COLLATE "C";
UPDATE indicator SET indicator = 'PCT' WHERE scheme = 'loaded' AND indicator = 'pct_patents';
SELECT * FROM scheme_problems('loaded') WHERE object LIKE 'quality%';
SELECT jsonb_path_query_array(_innovation_score.scheme_quality('loaded'), '$.rules[*].rule');
DELETE FROM scheme WHERE scheme = 'loaded';
SELECT attempt($$SELECT scheme_import(jsonb_set(scheme_export('copy'), '{quality_rule,0,condition}', '"pg_terminate_backend(pg_backend_pid())"'), 'third')$$);

-- each of them finds what it is for: a sound record, and one change at a time
CREATE TABLE record AS
SELECT 'sound'::text AS firm, 2024 AS year, 'growth'::text AS stage, 100::float8 AS rd_expense, 0.25::float8 AS rd_expense_growth,
       0.1::float8 AS rd_intensity, 0.3::float8 AS rd_staff_share, 4::float8 AS invention_patents, 1::float8 AS pct_patents,
       50::float8 AS tech_contract_value, 600::float8 AS hitech_revenue, 1000::float8 AS revenue, 0.25::float8 AS revenue_growth,
       0.2::float8 AS postgraduate_share, 20::float8 AS rd_tax_relief, 0.1::float8 AS net_asset_margin, 5::float8 AS graduates_hired,
       1::float8 AS rd_platforms, 0::float8 AS science_awards, 2::float8 AS science_projects, 300::float8 AS venture_capital;
CREATE FUNCTION unsound(firm text, changes jsonb) RETURNS void LANGUAGE sql AS $$
    INSERT INTO record SELECT (jsonb_populate_record(r, changes || jsonb_build_object('firm', unsound.firm))).*
    FROM record r WHERE r.firm = 'sound' AND r.year = 2024
$$;
DO $$
DECLARE
    due record;
BEGIN
    FOR due IN SELECT c.indicator, v.value
               FROM indicator c, unnest(ARRAY['-1', '0.5', 'NaN', 'Infinity', '-Infinity', '35']) v(value)
               WHERE c.scheme = 'national-2024'
    LOOP
        PERFORM quality.unsound(due.indicator || ' ' || due.value, jsonb_build_object(due.indicator, due.value));
    END LOOP;
    FOR due IN SELECT c.indicator FROM indicator c WHERE c.scheme = 'national-2024' LOOP
        PERFORM quality.unsound(due.indicator || ' null', jsonb_build_object(due.indicator, NULL));
    END LOOP;
END
$$;
SELECT unsound('hitech', '{"hitech_revenue": 1000.5}'), unsound('typed in yuan', '{"revenue": 10000000, "rd_expense": 1000000}'),
       unsound('zero revenue', '{"revenue": 0, "hitech_revenue": 0}'), unsound('zero', '{"rd_expense": 0, "rd_intensity": 0, "rd_tax_relief": 0}'),
       unsound('shrunk', '{"revenue_growth": -1.01, "rd_expense_growth": -1.01}'), unsound('grown', '{"revenue_growth": 101, "rd_expense_growth": 101}');
SELECT create_scoreboard('r', 'national-2024', 'record', 'firm', 'stage', 'year');
SELECT firm, string_agg(rule, ', ' ORDER BY rule COLLATE "C") AS rules FROM r_quality GROUP BY 1 ORDER BY firm COLLATE "C";
SELECT string_agg(firm, ', ' ORDER BY firm COLLATE "C") AS without_violation FROM record WHERE firm NOT IN (SELECT firm FROM r_quality);
SELECT rule, severity, message, observed FROM r_quality WHERE firm = 'typed in yuan' ORDER BY 1;
-- the same from the conditions themselves, row by row
CREATE FUNCTION violated(condition text, firm text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    result boolean;
BEGIN
    EXECUTE format('SELECT (%s) IS FALSE FROM quality.record r WHERE r.firm = %L AND r.year = 2024', condition, firm) INTO result;
    RETURN result;
END
$$;
CREATE TABLE twin AS
SELECT r.firm, q.rule, violated(replace(q.condition, 'rd_expense / revenue', 'rd_expense / NULLIF(revenue, 0)'), r.firm)
FROM record r CROSS JOIN quality_rule q
WHERE q.scheme = 'national-2024' AND q.condition !~ 'median|previous';
SELECT count(*) AS checked, count(*) FILTER (WHERE t.violated) AS violations,
       count(*) FILTER (WHERE t.violated <> (v.firm IS NOT NULL)) AS different
FROM twin t LEFT JOIN r_quality v USING (firm, rule);

-- ---------------------------------------------------------------- unit mistakes

SELECT same_unit(10000, 1, NULL), same_unit(3000, 1, NULL), same_unit(30000, 1, NULL), same_unit(2999, 1, 1), same_unit(30001, 1, NULL),
       same_unit(10000, 9000, 1), same_unit(5, NULL, 0), same_unit(NULL, 1, 1), same_unit(5, 0, 5), same_unit('NaN', 1, 1), same_unit('Infinity', 1, 1),
       same_unit(1e308, 1e-308, 1e304), same_unit(5e-324, 5e-324, NULL), same_unit(-10000, -1, -1);
CREATE TABLE money (firm text, year int, city text, revenue numeric, contracts numeric);
INSERT INTO money SELECT 'M' || i, y, CASE WHEN i <= 5 THEN 'small' ELSE 'large' END,
                         CASE WHEN i <= 5 THEN 10 ELSE 10000 END * (i + y - 2021), CASE WHEN i % 4 = 1 THEN 7 * i ELSE 0 END
FROM generate_series(1, 10) i, generate_series(2022, 2024) y;
UPDATE money SET revenue = revenue * 10000 WHERE firm = 'M2' AND year = 2023;       -- for once
UPDATE money SET revenue = revenue * 10000 WHERE firm = 'M9';                       -- always
UPDATE money SET contracts = 70000 WHERE firm = 'M3' AND year = 2024;               -- most have none
UPDATE money SET revenue = NULL WHERE firm = 'M4' AND year = 2023;
UPDATE money SET revenue = 500000 WHERE firm = 'M4' AND year = 2024;
INSERT INTO scheme (scheme) VALUES ('money');
INSERT INTO category (scheme, category) VALUES ('money', 'all');
INSERT INTO indicator (scheme, indicator, category) VALUES ('money', 'revenue', 'all'), ('money', 'contracts', 'all');
INSERT INTO weight VALUES ('money', 'all', 'revenue', 50), ('money', 'all', 'contracts', 50);
INSERT INTO quality_rule SELECT 'money', indicator || '_unit', 'warning', format('same_unit(%1$I, median.%1$I, previous.%1$I)', indicator), '单位 unit'
FROM indicator WHERE scheme = 'money';
SELECT create_scoreboard('m', 'money', 'money', 'firm', period => 'year', peers => '{city}');
SELECT * FROM m_quality ORDER BY firm COLLATE "C", year, rule;
CREATE TABLE live AS TABLE m_quality;
-- medians by PostgreSQL's own percentile_cont, previous values by a self-join
SELECT count(*) AS found, count(*) FILTER (WHERE l.firm IS NULL) AS missed
FROM (SELECT m.firm, m.year, i AS rule, v, (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY w) FROM money n, LATERAL (VALUES ('revenue_unit', n.revenue::float8), ('contracts_unit', n.contracts::float8)) x(j, w)
                                         WHERE n.year = m.year AND n.city = m.city AND j = i AND w <> 0) AS median,
             lag(v) OVER (PARTITION BY m.firm, i ORDER BY m.year) AS previous
      FROM money m, LATERAL (VALUES ('revenue_unit', m.revenue::float8), ('contracts_unit', m.contracts::float8)) x(i, v)) s
FULL JOIN live l USING (firm, year, rule)
WHERE v / NULLIF(median, 0) BETWEEN 3000 AND 30000 OR v / NULLIF(previous, 0) BETWEEN 3000 AND 30000 OR l.firm IS NOT NULL;
-- a frozen scoreboard keeps its medians
SELECT freeze_scoreboard('m');
SELECT period, peers, medians FROM fitted_model WHERE scoreboard = 'quality.m' ORDER BY period, peers[1] COLLATE "C";
SELECT count(*) AS different FROM (TABLE live EXCEPT TABLE m_quality UNION ALL (TABLE m_quality EXCEPT TABLE live)) d;
INSERT INTO money SELECT 'N' || i, 2024, 'small', 1e9, 0 FROM generate_series(1, 30) i;
SELECT count(*) AS of_old_firms FROM m_quality WHERE firm LIKE 'M%';
SELECT thaw_scoreboard('m');
SELECT count(*) AS of_old_firms FROM m_quality WHERE firm LIKE 'M%';
DELETE FROM money WHERE firm LIKE 'N%';
-- without periods there is nothing before, without groups all firms are peers
SELECT create_scoreboard('p', 'money', 'money', '(firm || year)');
SELECT entity, rule, observed FROM p_quality ORDER BY entity COLLATE "C", rule;

-- ---------------------------------------------------------------- the summary

UPDATE money SET contracts = 'NaN' WHERE firm = 'M5' AND year = 2022;
UPDATE money SET contracts = 'Infinity' WHERE firm = 'M6' AND year = 2022;
INSERT INTO quality_rule VALUES ('money', 'contracts', 'error', 'contracts <= revenue', '合同 contracts'), ('money', 'nothing', 'warning', 'NULL', NULL);
SELECT rebuild_scoreboard('m');
SELECT year, rule, severity, indicator, title, firms, checked, violations, missing_share, zero_share, non_finite, below, above
FROM m_quality_summary WHERE year IN (2022, 2023) ORDER BY year, rule COLLATE "C" NULLS FIRST, indicator COLLATE "C";
WITH expected AS (
    SELECT year, i AS indicator, count(*) AS firms, count(v) FILTER (WHERE finite) AS checked, avg((v IS NULL)::int)::float8 AS missing_share,
           avg((v IS NOT DISTINCT FROM 0)::int)::float8 AS zero_share, count(v) FILTER (WHERE NOT finite) AS non_finite,
           min(v) FILTER (WHERE finite) AS minimum, percentile_cont(0.25) WITHIN GROUP (ORDER BY v) FILTER (WHERE finite) AS quartile1,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY v) FILTER (WHERE finite) AS median, percentile_cont(0.75) WITHIN GROUP (ORDER BY v) FILTER (WHERE finite) AS quartile3,
           max(v) FILTER (WHERE finite) AS maximum,
           count(*) FILTER (WHERE finite AND v < b.lower) AS below, count(*) FILTER (WHERE finite AND v > b.upper) AS above,
           CASE WHEN count(v) FILTER (WHERE finite) > 2 THEN
               count(v) FILTER (WHERE finite) / ((count(v) FILTER (WHERE finite) - 1.0::float8) * (count(v) FILTER (WHERE finite) - 2))
               * sum(power((v - mean) / NULLIF(sd, 0), 3)) FILTER (WHERE finite) END AS skewness
    FROM (SELECT year, city, i, v, v < 'Infinity' AND v > '-Infinity' AS finite,
                 avg(v) FILTER (WHERE v < 'Infinity' AND v > '-Infinity') OVER w AS mean, stddev_samp(v) FILTER (WHERE v < 'Infinity' AND v > '-Infinity') OVER w AS sd
          FROM money m, LATERAL (VALUES ('revenue', m.revenue::float8), ('contracts', m.contracts::float8)) x(i, v) WINDOW w AS (PARTITION BY year, i)) s
    LEFT JOIN (SELECT year, city, d.* FROM m_model m, model_indicators(m.model) d) b USING (year, city)
    WHERE b.indicator = i
    GROUP BY year, i)
SELECT count(*) AS compared, count(*) FILTER (WHERE (e.firms, e.checked, e.non_finite, e.minimum, e.quartile1, e.median, e.quartile3, e.maximum, e.below, e.above)
           IS DISTINCT FROM (s.firms, s.checked, s.non_finite, s.minimum, s.quartile1, s.median, s.quartile3, s.maximum, s.below, s.above)
       OR abs(e.missing_share - s.missing_share) > 1e-12 OR abs(e.zero_share - s.zero_share) > 1e-12
       OR abs(e.skewness - s.skewness) > 1e-9 OR (e.skewness IS NULL) <> (s.skewness IS NULL)) AS different
FROM expected e FULL JOIN (SELECT * FROM m_quality_summary WHERE rule IS NULL) s USING (year, indicator);
SELECT count(*) AS rules, count(*) FILTER (WHERE s.violations <> (SELECT count(*) FROM m_quality q WHERE q.year = s.year AND q.rule = s.rule)) AS different
FROM m_quality_summary s WHERE rule IS NOT NULL;
-- empty and very small sources, no rules, no period
CREATE TABLE none (firm text, revenue float8, contracts float8);
SELECT create_scoreboard('n', 'money', 'none', 'firm');
SELECT rule, indicator, firms, checked, violations, missing_share, non_finite, below, minimum, skewness FROM n_quality_summary ORDER BY rule COLLATE "C" NULLS FIRST, indicator COLLATE "C";
INSERT INTO none VALUES ('one', NULL, -0.0::float8);
SELECT rule, indicator, firms, checked, violations, missing_share, zero_share, non_finite, below, minimum, skewness FROM n_quality_summary ORDER BY rule COLLATE "C" NULLS FIRST, indicator COLLATE "C";
DELETE FROM quality_rule WHERE scheme = 'money' AND rule NOT LIKE '%_unit';
DELETE FROM quality_rule WHERE scheme = 'money';
SELECT rebuild_scoreboard('n');
SELECT count(*) FROM n_quality;
SELECT rule, indicator, firms, checked, violations FROM n_quality_summary ORDER BY indicator COLLATE "C";
SELECT drop_scoreboard('n');

-- a long source, a mapping, odd codes and a condition with all that quoting has
INSERT INTO scheme (scheme) VALUES ('odd');
INSERT INTO category (scheme, category) VALUES ('odd', 'c');
INSERT INTO indicator (scheme, indicator, category) VALUES ('odd', '营业 "收入"', 'c'), ('odd', 'firm', 'c'), ('odd', 'a.b', 'c'), ('odd', 'S', 'c');
INSERT INTO weight SELECT 'odd', 'all', indicator, 25 FROM indicator WHERE scheme = 'odd';
INSERT INTO quality_rule VALUES ('odd', '规则 "一"', 'error', $$"营业 ""收入""" > 5 AND 'it''s 100% "x"; --' IS NOT NULL$$, 'it''s %s'),
    ('odd', 'two', 'error', 'firm + "S" < 10 /* sum */', NULL), ('odd', 'three', 'warning', '"a.b" >= previous."a.b"', NULL);
CREATE TABLE "Long" (firm text, y int, item text, amount numeric);
INSERT INTO "Long" VALUES ('A', 1, '营业 "收入"', 4), ('A', 1, 'firm', 6), ('A', 1, 'S', 4), ('A', 1, 'a.b', 9), ('A', 2, 'a.b', 8), ('A', 2, 'firm', 1),
    ('B', 1, 'rev', 3), ('B', 1, 'S', 'NaN'), ('B', 1, 'firm', 20);
SELECT create_scoreboard('l', 'odd', '"Long"', 'firm', period => 'y', mapping => '{"S": null}', long => '{"indicator": "item", "value": "amount"}');
SELECT * FROM l_quality ORDER BY firm, y, rule COLLATE "C";
SELECT rule, indicator, firms, checked, violations FROM l_quality_summary WHERE y = 1 ORDER BY rule COLLATE "C" NULLS FIRST, indicator COLLATE "C";

-- ---------------------------------------------------------------- firms with errors: scored, flagged, left out

CREATE TABLE scored (firm text, year int, stage text, city text, revenue float8, contracts float8);
INSERT INTO scored SELECT 'S' || i, 2024, 'all', 'c', i, 1 FROM generate_series(1, 10) i;
INSERT INTO scored VALUES ('bad', 2024, 'all', 'c', 1000, -5), ('zero', 2024, 'all', 'c', 0, 0), ('worse', 2024, 'all', 'c', -1000, -5);
INSERT INTO quality_rule VALUES ('money', 'contracts', 'error', 'contracts >= 0', NULL), ('money', 'share', 'error', 'contracts / revenue < 100 AND revenue > -1', NULL),
    ('money', 'large', 'warning', 'revenue < 9', NULL);
UPDATE scheme SET extreme = 'none' WHERE scheme = 'money';
SELECT create_scoreboard('s', 'money', 'scored', 'firm', period => 'year', attributes => '{city}');
SELECT set_whitelist_rule('s', top_n => 2);
CREATE TABLE texts AS SELECT v, pg_get_viewdef(('s_' || v)::regclass) AS text FROM unnest(ARRAY['model', 'score', 'ranking', 'detail', 'whitelist']) v;
SELECT * FROM s_score WHERE firm IN ('S5', 'bad') ORDER BY 1;
UPDATE scheme SET on_error = 'flag' WHERE scheme = 'money';
SELECT object, problem FROM scheme_problems('money') WHERE object LIKE '%.s';
SELECT rebuild_scoreboard('s');
SELECT firm, stage, quality_errors, score FROM s_score WHERE quality_errors IS NOT NULL OR firm = 'S5' ORDER BY 1;
SELECT firm, quality_errors, score, rank FROM s_ranking WHERE quality_errors IS NOT NULL OR firm = 'S5' ORDER BY 1;
SELECT firm, quality_errors, score, rank, decision, reasons FROM s_whitelist WHERE quality_errors IS NOT NULL OR firm = 'S5' ORDER BY 1;
SELECT col_description('s_score'::regclass, attnum) FROM pg_attribute WHERE attrelid = 's_score'::regclass AND attname = 'quality_errors';
-- left out: no score, and no part in the bounds of the others
UPDATE scheme SET on_error = 'exclude' WHERE scheme = 'money';
SELECT rebuild_scoreboard('s');
SELECT firm, quality_errors, score, coverage FROM s_score WHERE quality_errors IS NOT NULL OR firm IN ('S10', 'S5') ORDER BY 1;
SELECT firm, score, rank, percentile FROM s_ranking WHERE quality_errors IS NOT NULL OR firm IN ('S10', 'S5') ORDER BY 1;
SELECT firm, quality_errors, score, rank, decision, reasons FROM s_whitelist WHERE quality_errors IS NOT NULL OR firm = 'S5' ORDER BY 1;
SELECT indicator, n, missing, lower, upper FROM s_model, model_indicators(model) ORDER BY 1;
SELECT count(*) FROM s_detail WHERE firm = 'bad';
SELECT rule, observed FROM s_quality WHERE firm = 'bad' ORDER BY 1;
-- the same as if they were not there
CREATE VIEW sound AS SELECT * FROM scored WHERE contracts >= 0;
SELECT create_scoreboard('sound', 'money', 'sound', 'firm', period => 'year', attributes => '{city}');
SELECT count(*) AS different FROM (TABLE sound_ranking EXCEPT SELECT * FROM s_ranking WHERE quality_errors IS NULL) d;
-- a publication keeps their values, and computes the same again: NaN violates a rule, NULL does not
BEGIN;
INSERT INTO scored VALUES ('nan', 2024, 'all', 'c', 5, 'NaN'), ('null', 2024, 'all', 'c', 5, NULL);
INSERT INTO quality_rule VALUES ('money', 'sane', 'error', 'contracts < 1e9', NULL);
SELECT rebuild_scoreboard('s');
SELECT publish('s', '2024', 'list') AS number \gset
SELECT entity, vals, score, coverage, reasons FROM published_firm WHERE publication = :number AND (score IS NULL OR entity IN ('S5', 'null')) ORDER BY entity COLLATE "C";
SELECT * FROM verify_publication(:number) WHERE ok IS NOT true;
-- a value may bring a firm in or out
SELECT w.entity, w.changes, score_before, score_after, rank_before, rank_after, decision_before, decision_after
FROM (VALUES ('bad', '{"contracts": 1}'::jsonb), ('bad', '{"revenue": 1}'), ('S5', '{"contracts": -1}'), ('S5', '{"revenue": 11}'), ('nan', '{"contracts": null}')) w(entity, changes),
     what_if('s', '2024', w.entity, w.changes);
-- what accepted objections say is judged, too
SELECT file_objection(:number, 'bad', 'contracts', 1, 'contract') AS bad, file_objection(:number, 'S10', 'contracts', -1, 'none') AS s10,
       file_objection(:number, 'worse', 'revenue', 7, 'audit') AS worse, file_objection(:number, 'nan', 'contracts', NULL, 'none') AS nan \gset
SELECT published_value FROM objection WHERE objection >= :bad ORDER BY objection;
SELECT accept_objection(:bad, 'so it is'), accept_objection(:s10, 'so it is'), accept_objection(:worse, 'so it is'), accept_objection(:nan, 'so it is');
SELECT publish('s', '2024', 'corrected') AS corrected \gset
SELECT entity, vals, score, rank, decision, reasons FROM published_firm WHERE publication = :corrected ORDER BY rank NULLS LAST, entity COLLATE "C";
SELECT entity, indicator, source_value, used_value FROM published_correction WHERE publication = :corrected ORDER BY entity COLLATE "C";
SELECT * FROM verify_publication(:corrected) WHERE ok IS NOT true;
SELECT * FROM publication_changes(:corrected) WHERE item <> 'decision';
SELECT entity, score_before, score_after, by_values + by_bounds + by_scheme = score_after - score_before AS adds_up, rank_before, rank_after FROM score_changes(:number, :corrected)
WHERE entity IN ('bad', 'S10', 'S9', 'worse');
-- the same as if the source had been corrected, which verification then says
UPDATE scored SET contracts = 1 WHERE firm = 'bad';
UPDATE scored SET contracts = -1 WHERE firm = 'S10';
UPDATE scored SET revenue = 7 WHERE firm = 'worse';
UPDATE scored SET contracts = NULL WHERE firm = 'nan';
SELECT count(*), count(*) FILTER (WHERE (f.score, f.rank, f.decision, f.reasons) IS DISTINCT FROM (s.score, r.rank, w.decision, w.reasons)) AS different
FROM published_firm f JOIN s_score s ON s.firm = f.entity JOIN s_ranking r ON r.firm = f.entity JOIN s_whitelist w ON w.firm = f.entity WHERE f.publication = :corrected;
SELECT "check", detail FROM verify_publication(:corrected) WHERE ok IS NOT true;
-- tampering: one who was left out gets a score, one who was not loses it
SET session_replication_role = replica;
UPDATE published_firm SET score = 50 WHERE publication = :corrected AND entity = 'S10';
UPDATE published_firm SET vals[1] = vals[1] + 1 WHERE publication = :corrected AND entity = 'worse';
SELECT "check", detail FROM verify_publication(:corrected) WHERE NOT ok AND "check" = 'scores';
UPDATE published_firm SET vals = NULL WHERE publication = :corrected AND entity = 'worse';
SELECT string_agg(DISTINCT "check", ', ') FROM verify_publication(:corrected) WHERE NOT ok;
ROLLBACK;
-- the same of a long source
BEGIN;
CREATE TABLE tall AS SELECT firm, year, i, v FROM scored, LATERAL (VALUES ('revenue', revenue), ('contracts', contracts)) x(i, v);
SELECT create_scoreboard('tall', 'money', 'tall', 'firm', period => 'year', long => '{"indicator": "i", "value": "v"}');
SELECT set_whitelist_rule('tall', top_n => 2);
SELECT publish('tall', '2024', 'list') AS number \gset
SELECT file_objection(:number, 'bad', 'contracts', 1, 'contract') AS bad, file_objection(:number, 'S10', 'contracts', -1, 'none') AS s10 \gset
SELECT accept_objection(:bad, 'so it is'), accept_objection(:s10, 'so it is');
SELECT publish('tall', '2024', 'corrected') AS corrected \gset
SELECT entity, vals, score, decision FROM published_firm WHERE publication = :corrected AND entity IN ('bad', 'S10', 'S9', 'worse') ORDER BY entity COLLATE "C";
SELECT entity, indicator, source_value, used_value FROM published_correction WHERE publication = :corrected ORDER BY entity COLLATE "C";
SELECT * FROM verify_publication(:corrected) WHERE ok IS NOT true;
ROLLBACK;
SELECT freeze_scoreboard('s');
SELECT count(*) AS different FROM (TABLE sound_ranking EXCEPT SELECT * FROM s_ranking WHERE quality_errors IS NULL) d;
-- a rule that decides who is scored changes what a frozen scoreboard was fitted on; a warning does not
BEGIN;
SELECT unlock_scheme('money');
UPDATE quality_rule SET condition = 'revenue < 8' WHERE scheme = 'money' AND rule = 'large';
SET client_min_messages = notice;
SELECT rebuild_scoreboard('s');
UPDATE quality_rule SET severity = 'error' WHERE scheme = 'money' AND rule = 'large';
SELECT rebuild_scoreboard('s');
SET client_min_messages = warning;
SELECT count(score) FROM s_score;
ROLLBACK;
SELECT thaw_scoreboard('s');
-- what conditions do with division they do not do with the scoreboard's own expressions
SELECT create_scoreboard('divided', 'money', 'scored', 'firm', period => 'year', mapping => '{"contracts": "contracts / revenue"}');
SELECT attempt('SELECT count(score) FROM divided_score');
SELECT drop_scoreboard('divided');
-- no text of a rule is SQL: rules stand in the views as values, and these are short
SELECT v, cardinality(string_to_array(pg_get_viewdef(v::regclass), E'\n')) <= 60 AS short FROM unnest('{r_quality,r_quality_summary}'::text[]) v;
-- and back: the same texts as at first
UPDATE scheme SET on_error = 'score' WHERE scheme = 'money';
SELECT rebuild_scoreboard('s');
SELECT v, text = pg_get_viewdef(('s_' || v)::regclass) AS same FROM texts ORDER BY v COLLATE "C";
SELECT attempt($$UPDATE scheme SET on_error = 'ignore' WHERE scheme = 'money'$$);
-- a long source
UPDATE scheme SET on_error = 'exclude' WHERE scheme = 'odd';
SELECT rebuild_scoreboard('l');
SELECT firm, y, quality_errors, score IS NOT NULL AS scored FROM l_score ORDER BY 1, 2;

-- ---------------------------------------------------------------- what is refused

CREATE FUNCTION refused(condition text, severity text DEFAULT 'warning') RETURNS text LANGUAGE sql AS $$
    SELECT quality.attempt(format('INSERT INTO innovation_score.quality_rule VALUES (''copy'', ''r'', %L, %L)', severity, condition))
$$;
SELECT refused(c) FROM unnest(ARRAY['', ' ', 'revenue >', 'revenu > 1', 'revenue', 'revenue > 1, true', 'revenue > 1) OR (true', 'revenue > 1 --', 'revenue > 1; DROP TABLE x',
    'sum(revenue) > 1', 'rank() OVER () > 1', 'generate_series(1, 2) > 1', 'revenue > (SELECT 1)', 'EXISTS (SELECT FROM pg_class)', 'firm.revenue > 1', 'x.y.z', 'median.*', 'peers.revenue > 1',
    'median.revenu > 1', 'ln(revenue) > 1', 'sqrt(revenue) > 1', 'CASE WHEN revenue > 0 THEN true END', 'revenue ^ 2 > 1', 'random() > 0.5', 'now() > ''2024-01-01''', 'pg_sleep(1000) IS NULL', 'no_function(revenue)', 'revenue > ''x''', '$1']) c;
SELECT refused('revenue > median.revenue', 'error');
SELECT refused('revenue > 1', 'notice');
SELECT attempt($$UPDATE quality_rule SET condition = 'revenu > 1' WHERE scheme = 'copy' AND rule = 'revenue_amount'$$);
SELECT attempt($$INSERT INTO quality_rule VALUES ('no scheme', 'r', 'error', 'true')$$), attempt($$INSERT INTO quality_rule VALUES ('copy', '', 'error', 'true')$$);
-- what divides by zero, or names nothing, is no mistake
SELECT refused('revenue / hitech_revenue > 1 OR 1 / revenue < 5 OR 1 / 0 > 1', 'error');
SELECT attempt($$INSERT INTO quality_rule VALUES ('copy', 'always', 'error', 'true')$$);
-- a scheme in use, by a frozen scoreboard
SELECT freeze_scoreboard('m');
SELECT attempt($$DELETE FROM quality_rule WHERE scheme = 'money'$$);

SELECT drop_scoreboard(scoreboard) FROM scoreboard WHERE scoreboard LIKE 'quality.%' ORDER BY scoreboard;
DELETE FROM scheme WHERE scheme IN ('copy', 'money', 'odd');
SELECT origin FROM scheme WHERE scheme = 'national-2024';
RESET search_path;
DROP SCHEMA quality CASCADE;
