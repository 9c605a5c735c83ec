-- conditions of lists over indicators and what is computed: names, parts that stay SQL, tiers and ranks, live and frozen, other values
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set common `echo "${PG_ABS_SRCDIR:-test}/data/scoreboards.sql"`
\set forget `echo "${PG_ABS_SRCDIR:-test}/data/forget_publications.sql"`
\set ECHO none
\i :common
\set ECHO all
\pset format unaligned
\pset null '(null)'
\set SHOW_CONTEXT never

-- how a condition falls apart at AND
SELECT item, _innovation_score.operands(item, 'and') FROM unnest(ARRAY['a > 1', 'a > 1 AND b < 2 and c', 'a BETWEEN 1 AND 2 AND b', 'a > 1 AND b OR c', 'x = ''p AND q'' AND y', '(a AND b) AND c', 'a AND (b OR c AND d)',
    'CASE WHEN a AND b THEN c END AND d', 'a /* AND b */ AND c', '"x AND y" = 1 AND c', 'NOT (a AND b)', 'band > 1 AND a', 'a BETWEEN 1 AND 2']) item;
SELECT count(*) AS parts FROM unnest(_innovation_score.operands((SELECT string_agg('a' || i || ' BETWEEN 1 AND 2', ' AND ') FROM generate_series(1, 100) i), 'and')) p;

-- the score is the value: growth is an expression, revenue a column, income another column, share a column of other numbers
INSERT INTO scheme (scheme, full_marks, extreme, missing) VALUES ('plain', 100, 'fixed(0,100)', 'zero');
INSERT INTO category (scheme, category) VALUES ('plain', 'one'), ('plain', 'two');
INSERT INTO indicator (scheme, indicator, category) VALUES ('plain', 'value', 'one'), ('plain', 'growth', 'two'), ('plain', 'revenue', 'two'), ('plain', 'share', 'two');
INSERT INTO stage VALUES ('plain', 's'), ('plain', 'l');
INSERT INTO weight VALUES ('plain', 's', 'value', 1), ('plain', 'l', 'value', 1), ('plain', 's', 'growth', 1e-9), ('plain', 'l', 'growth', 1e-9),
    ('plain', 's', 'revenue', 1e-9), ('plain', 'l', 'revenue', 1e-9), ('plain', 's', 'share', 1e-9), ('plain', 'l', 'share', 1e-9);
UPDATE scheme SET decimals = 4 WHERE scheme = 'plain';
CREATE TABLE result (firm text PRIMARY KEY, city text, stage text, value float8, income numeric, before numeric, share int, other int, founded date, approved boolean);
INSERT INTO result VALUES
    ('A', '杭州', 's', 90, 100, 50, 1, 9, '2010-01-01', true), ('B', '杭州', 'l', 80, 40, 50, 2, 8, '2015-01-01', false), ('C', '宁波', 's', 80, 60, 60, 3, 7, '2020-01-01', NULL),
    ('D', '宁波', 'l', 70, NULL, 50, 4, 6, '2021-01-01', true), ('E', '温州', 's', 60, 90, 0, 5, 5, '2022-01-01', true), ('F', NULL, 's', 50, 90, 10, 6, 4, NULL, true), ('G', '温州', NULL, 65, 90, 10, 7, 3, '2000-01-01', true);
SELECT create_scoreboard('k', 'plain', 'result', 'firm', 'stage', attributes => '{city}', mapping => '{"growth": "income / nullif(before, 0) - 1", "revenue": "income", "share": "other"}');
SELECT set_tiers('k', 'quota', '{甲,乙,丙}', '[1, 2]');
CREATE FUNCTION listed(required text, qualifies text DEFAULT NULL, board text DEFAULT 'k') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    PERFORM set_whitelist_rule(board, required => required, qualifies => qualifies);
    EXECUTE format('SELECT string_agg(firm, '''' ORDER BY firm) FROM %I WHERE decision = ''listed''', board || '_whitelist') INTO result;
    RETURN result;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ': ' || SQLERRM;
END
$$;
-- an indicator whose mapping is an expression; one whose mapping is a column agrees with the column; a column goes before the indicator of its name
SELECT required, listed(required) FROM unnest(ARRAY['growth > 0', 'indicator.growth > 0', 'growth IS NULL', 'revenue > 50', 'income > 50', 'share > 2', 'indicator.share > 5', 'other > 5', 'growth > 0 AND income > 95', 'NOT growth > 0 OR growth IS NULL']) required;
-- what is computed: among all scored firms, before any condition
SELECT required, listed(required) FROM unnest(ARRAY['rank <= 2', 'score.rank <= 2', 'stage_rank = 1', 'percentile > 50', 'tier = ''甲''', 'tier IN (''甲'', ''乙'')', 'score >= 80', 'coverage < 1', 'one_score >= 80 AND one_score < 90',
    'stage = ''l''', 'score.stage = ''l''', 'rank IS NULL', 'tier IS NULL']) required;
-- columns beside them; what only names columns is SQL, functions and all
SELECT required, listed(required) FROM unnest(ARRAY['city = ''杭州'' AND rank <= 1 OR city = ''宁波'' AND tier = ''乙''', 'extract(year FROM founded) < 2018 AND rank <= 3', 'founded < ''2018-01-01'' AND tier <> ''丙''', 'approved OR rank = 2', 'before > 10 * share OR tier = ''甲''',
    'least(income, before) > score - 50', 'rank <= 3 AND city IN (''宁波'', ''温州'')', 'stage = ''s'' AND rank < 4 OR score.stage = ''l'' AND rank = 2']) required;
-- SQL over the source and what is computed under one OR or NOT, against plain SQL
CREATE FUNCTION plain(required text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE format('SELECT string_agg(firm, '''' ORDER BY firm) FROM (SELECT r.*, k.score, k.rank, k.tier FROM result r JOIN k_ranking k USING (firm)) c WHERE score IS NOT NULL AND (%s)', required) INTO result;
    RETURN result;
END
$$;
SELECT required, listed(required), listed(required) IS NOT DISTINCT FROM plain(required) AS same FROM unnest(ARRAY['extract(year FROM founded) < 2018 OR rank <= 2', 'NOT (extract(year FROM founded) < 2018 AND score > 85)',
    '(score > 75 OR (approved AND upper(city) = ''温州'')) AND income > 50', 'length(city) = 2 AND rank = 1 OR substr(firm, 1, 1) IN (''E'', ''F'')', 'founded > date ''2019-06-01'' OR score = 90',
    'NOT extract(year FROM founded) < 2018 OR approved IS NULL OR tier = ''丙''', 'city || ''x OR y'' = ''杭州x OR y'' OR rank = 4', '(CASE WHEN approved THEN true END) OR (rank <= 3 AND NOT (lower(firm) = ''a''))']) required;
SELECT required, listed(required) FROM unnest(ARRAY['upper(tier) = ''X'' OR rank = 1', 'nix(city) OR rank = 1', 'length(nix) = 1 OR rank = 1']) required;
SELECT qualifies, listed('rank <= 5', qualifies) FROM unnest(ARRAY['upper(city) = ''宁波'' OR rank = 1', 'extract(year FROM founded) > 2020 OR growth > 1']) qualifies;
SELECT set_whitelist_rule('k', required => 'extract(year FROM founded) < 2018 AND rank <= 3 AND upper(city) = city');
SELECT rule.value::jsonb - '{required,tiers}'::text[] AS rule FROM whitelist_rule r, LATERAL _innovation_score.rule_value((SELECT b FROM scoreboard b WHERE b.scoreboard = 'board.k'), r) AS rule(value);
SELECT firm, decision, reasons FROM k_whitelist ORDER BY firm;
-- direct, without a score: both parts must hold, and what is required, too
SELECT qualifies, listed(NULL, qualifies), listed('firm > ''C'' AND growth > 0', qualifies) FROM unnest(ARRAY['growth > 0', 'growth > 0 AND approved', 'growth > 0 AND NOT approved', 'rank = 3', 'income = 90 AND city IS NOT NULL']) qualifies;
-- what is wrong
SELECT required, listed(required) FROM unnest(ARRAY['nix > 1', 'score > ''a''', 'rank', 'previous.growth > 0', 'median.growth > 0', 'CASE WHEN score > 50 THEN true END', 'indicator.nix > 1', 'decision = ''listed''', 'growth > 0 AND nix > 1', 'a.b.c > 1']) required;

-- frozen, lists and _standing say the same as live
SELECT create_scoreboard('f', 'plain', 'result', 'firm', 'stage', attributes => '{city}', mapping => '{"growth": "income / nullif(before, 0) - 1", "revenue": "income", "share": "other"}');
SELECT set_tiers('f', 'quantile', '{甲,乙,丙}', '[0.2, 0.5]', within => 'city');
SELECT freeze_scoreboard('f');
SELECT set_tiers('k', 'quantile', '{甲,乙,丙}', '[0.2, 0.5]', within => 'city');
CREATE TABLE answers (rule text, board text, kind text, firm text, rank bigint, decision text, reasons text);
CREATE FUNCTION ask(rule text, required text, qualifies text DEFAULT NULL, top_n int DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    board text;
BEGIN
    FOREACH board IN ARRAY '{k,f}'::text[] LOOP
        PERFORM set_whitelist_rule(board, required => required, qualifies => qualifies, top_n => top_n, reserve_n => 1);
        EXECUTE format('INSERT INTO answers SELECT %L, %L, ''list'', firm, rank, decision, reasons FROM %I', rule, board, board || '_whitelist');
        EXECUTE format('INSERT INTO answers SELECT %L, %L, ''standing'', firm, rank, decision, reasons FROM %I', rule, board, board || '_standing');
    END LOOP;
END
$$;
SELECT count(ask(COALESCE(required, qualifies), required, qualifies, top_n)) FROM (VALUES ('growth > 0 OR tier = ''甲''', NULL, 2), ('rank <= 4', 'growth > 1', 1), ('city = ''宁波'' OR percentile >= 60', 'tier = ''乙''', 1), (NULL, 'stage_rank = 2 AND approved', 1),
    ('tier <> ''丙'' AND extract(year FROM founded) > 2012', NULL, NULL)) r(required, qualifies, top_n);
SELECT rule, count(*) AS answers, count(DISTINCT (firm, rank, decision, reasons)) AS different, string_agg(DISTINCT firm, '') FILTER (WHERE decision = 'listed') AS listed, string_agg(DISTINCT firm, '') FILTER (WHERE decision = 'reserve') AS reserve
FROM answers GROUP BY 1 ORDER BY 1;
-- other tiers
SELECT set_whitelist_rule('k', required => 'tier = ''甲'''), set_whitelist_rule('f', required => 'tier = ''甲''');
SELECT (SELECT string_agg(firm, '' ORDER BY firm) FROM k_whitelist WHERE decision = 'listed') AS live, (SELECT string_agg(firm, '' ORDER BY firm) FROM f_whitelist WHERE decision = 'listed') AS frozen;
SELECT set_tiers('k', 'score', '{甲,乙}', '[70]'), set_tiers('f', 'score', '{甲,乙}', '[70]');
SELECT (SELECT string_agg(firm, '' ORDER BY firm) FROM k_whitelist WHERE decision = 'listed') AS live, (SELECT string_agg(firm, '' ORDER BY firm) FROM f_whitelist WHERE decision = 'listed') AS frozen;
SELECT drop_tiers('k');
SELECT decision, reasons, count(*) FROM k_whitelist GROUP BY 1, 2 ORDER BY 1, 2;

-- other values, of the scoreboard and of a publication: conditions are evaluated again; and verified
SELECT set_tiers('k', 'quota', '{甲,乙,丙}', '[1, 2]');
CREATE FUNCTION tried(required text, qualifies text, firm text, changes jsonb) RETURNS TABLE (live text, published text, verified text) LANGUAGE plpgsql AS $$
DECLARE
    number bigint;
BEGIN
    PERFORM set_whitelist_rule('k', required => required, qualifies => qualifies, top_n => 3);
    SELECT decision_before || ' ' || decision_after INTO live FROM what_if('k', entity => firm, changes => changes);
    number := publish('k', NULL, required);
    SELECT decision_before || ' ' || decision_after INTO published FROM what_if('k', entity => firm, changes => changes);
    SELECT string_agg(v.detail, '; ') INTO verified FROM verify_publication(number) v WHERE NOT v.ok;
    PERFORM retract(number, 'test');
    RETURN NEXT;
END
$$;
SELECT r.*, t.* FROM (VALUES ('growth > 0', NULL, 'B', '{"growth": 1}'::jsonb), ('growth > 0', NULL, 'A', '{"growth": -1}'), ('income > 50', NULL, 'B', '{"revenue": 60}'), ('share > 2', NULL, 'A', '{"share": 3}'),
    ('rank <= 2', NULL, 'F', '{"value": 85}'), ('rank <= 2', NULL, 'A', '{"value": 75}'), ('tier = ''甲''', NULL, 'B', '{"value": 95}'), ('stage_rank <= 1', NULL, 'C', '{"value": 95}'), ('one_score < 85', NULL, 'B', '{"value": 86}'),
    (NULL, 'growth > 1', 'E', '{"growth": 2}'), ('false', 'growth > 1', 'E', '{"growth": 2}'), ('approved AND growth > 0', NULL, 'B', '{"growth": 1}'), ('city IS NULL OR growth > 0', NULL, 'F', '{"growth": -1}'), (NULL, 'growth > 1 AND approved', 'F', '{"growth": 0}'))
    r(required, qualifies, firm, changes), LATERAL tried(r.required, r.qualifies, r.firm, r.changes) t;

-- a long source is asked by its indicators
CREATE TABLE long AS SELECT firm, stage, i.code, i.value FROM result, LATERAL (VALUES ('value', value), ('growth', (income / nullif(before, 0) - 1)::float8), ('revenue', income::float8)) i(code, value);
SELECT create_scoreboard('g', 'plain', 'long', 'firm', 'stage', mapping => '{"share": null}', long => '{"indicator": "code", "value": "value"}');
SELECT required, listed(required, board => 'g') FROM unnest(ARRAY['growth > 0', 'growth > 0 AND stage = ''s''', 'growth > 0 OR stage = ''l'' AND rank <= 2', 'share > 1']) required;
-- a stored ranking says the same
SELECT set_whitelist_rule('k', required => 'rank <= 3 AND city IS NOT NULL', qualifies => 'growth > 1');
SELECT store_ranking('k', 'stored');
SELECT count(*) AS firms, count(*) FILTER (WHERE (s.rank, s.decision, s.reasons) IS DISTINCT FROM (w.rank, w.decision, w.reasons)) AS other, string_agg(firm, '' ORDER BY firm) FILTER (WHERE s.decision = 'listed') AS listed
FROM stored s FULL JOIN k_whitelist w USING (firm);
-- a veto is told by the indicators that say so
INSERT INTO scheme (scheme, full_marks, extreme, missing) VALUES ('bars', 100, 'fixed(0,100)', 'zero');
INSERT INTO category (scheme, category, role) VALUES ('bars', 'base', 'base'), ('bars', 'bar', 'veto');
INSERT INTO indicator (scheme, indicator, category) VALUES ('bars', 'value', 'base'), ('bars', 'share', 'bar'), ('bars', 'before', 'bar');
INSERT INTO stage VALUES ('bars', 's');
INSERT INTO weight VALUES ('bars', 's', 'value', 1);
CREATE TABLE barred AS SELECT firm, value, nullif(share - 1, 1) AS share, before - 50 AS before FROM result WHERE firm < 'F';
SELECT create_scoreboard('v', 'bars', 'barred', 'firm');
SELECT set_whitelist_rule('v', top_n => 1);
SELECT firm, score, decision, reasons FROM v_whitelist ORDER BY firm;
SELECT store_ranking('v', 'stored_bars');
SELECT count(*) AS firms, count(*) FILTER (WHERE (s.score, s.decision, s.reasons) IS DISTINCT FROM (w.score, w.decision, w.reasons)) AS other FROM stored_bars s FULL JOIN v_whitelist w USING (firm);
\set ECHO none
\i :forget
