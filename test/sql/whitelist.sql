-- whitelists: each condition, each cut, ties, exclusions, and every firm's reasons; a scheme whose score is the value
-- itself makes every decision known beforehand
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set common `echo "${PG_ABS_SRCDIR:-test}/data/scoreboards.sql"`
\set ECHO none
\i :common
\set ECHO all
\pset format unaligned
\pset null '(null)'
\set SHOW_CONTEXT never

-- 128 · v/128 is v, exactly; half of the weight must be present
INSERT INTO scheme (scheme, full_marks, extreme, missing, min_coverage) VALUES ('plain', 128, 'fixed(0,128)', 'zero', 0.4);
INSERT INTO category (scheme, category) VALUES ('plain', 'only');
INSERT INTO indicator (scheme, indicator, category) VALUES ('plain', 'value', 'only'), ('plain', 'other', 'only');
INSERT INTO stage VALUES ('plain', 's'), ('plain', 'l');
INSERT INTO weight VALUES ('plain', 's', 'value', 1), ('plain', 'l', 'value', 7), ('plain', 's', 'other', 1), ('plain', 'l', 'other', 7);
CREATE TABLE result (firm text, year int, city text, stage text, value float8, other float8, revenue numeric);
INSERT INTO result VALUES
    ('A', 2023, '杭州', 's', 90, 90, 1000), ('B', 2023, '杭州', 'l', 80, 80, 900), ('C', 2023, '宁波', 's', 80, 80, 800), ('D', 2023, '杭州', 'l', 80, 80, 50),
    ('E', 2023, '温州', 's', 70, 70, 700), ('F', 2023, NULL, 'l', 75, 75, 600), ('G', 2023, '宁波', 's', 60, 60, NULL), ('H', 2023, '杭州', 's', 59.99999, 59.99999, 500),
    ('I', 2023, '杭州', 's', 120, NULL, 400), ('J', 2023, '杭州', 's', NULL, NULL, 300), ('K', 2023, '杭州', NULL, 90, 90, 200), ('L', 2023, '宁波', 's', 60, 60, 101),
    ('A', 2024, '杭州', 's', 10, 10, 1000), ('B', 2024, '杭州', 'l', 20, 20, 900), ('Z', NULL, '杭州', 's', 99, 99, 900);
SELECT create_scoreboard('w', 'plain', 'result', 'firm', 'stage', 'year', attributes => '{city}');

-- no rule, nobody
SELECT decision, reasons, count(*) FROM w_whitelist GROUP BY 1, 2;
\set show 'SELECT firm, score, rank, decision, reasons FROM w_whitelist WHERE year = 2023 ORDER BY score DESC NULLS LAST, firm;'
-- an empty rule: everyone who has a score
SELECT set_whitelist_rule('w');
:show
SELECT firm, year, decision, reasons FROM w_whitelist WHERE year IS DISTINCT FROM 2023 ORDER BY year, firm;
-- a minimum, compared before rounding
SELECT set_whitelist_rule('w', min_score => 60);
:show
-- minimum coverage
SELECT set_whitelist_rule('w', min_coverage => 0.75);
:show
-- a required condition: not met, or not known
SELECT set_whitelist_rule('w', required => 'revenue > 100 AND city <> ''温州''');
:show
-- the best: 3 places, but the second is shared by three
SELECT set_whitelist_rule('w', top_n => 3);
:show
-- no tie at the cut where it falls between two scores
SELECT set_whitelist_rule('w', top_n => 4);
SELECT firm, decision, reasons FROM w_whitelist WHERE year = 2023 AND decision = 'listed' ORDER BY rank, firm;
-- a quota for each city; whoever has no city has none
SELECT set_whitelist_rule('w', quota_by => 'city', quota_n => 2);
:show
-- quota first, then the best of those that it let through, then the reserve of everyone else who qualifies
SELECT set_whitelist_rule('w', min_score => 60, quota_by => 'city', quota_n => 1, top_n => 2, reserve_n => 2, required => 'revenue IS NOT NULL');
:show
-- a tie at the end of the reserve
SELECT set_whitelist_rule('w', top_n => 1, reserve_n => 1);
:show
-- a quota by an expression, over columns that no view shows
SELECT set_whitelist_rule('w', quota_by => 'CASE WHEN revenue >= 500 THEN ''large'' ELSE ''small'' END', quota_n => 1);
SELECT firm, decision, reasons FROM w_whitelist WHERE year = 2023 AND score >= 60 ORDER BY rank, firm;
-- years are independent of each other
SELECT set_whitelist_rule('w', top_n => 1);
SELECT year, firm, rank, decision, reasons FROM w_whitelist WHERE year = 2024 OR firm = 'A' ORDER BY 1, 2;

-- who qualifies directly is listed whatever the score, and takes no place; minima of categories; Chinese
SELECT set_whitelist_rule('w', top_n => 1, qualifies => 'revenue < 400', required => 'revenue <> 200');
SELECT firm, score, rank, decision, reasons FROM w_whitelist WHERE year = 2023 AND (decision = 'listed' OR firm = 'K') ORDER BY rank, firm;
SELECT set_whitelist_rule('w', category_minimum => '{"only": 75}', reserve_n => 1, language => 'zh');
:show
SELECT set_whitelist_rule('w', min_score => 60, quota_by => 'city', quota_n => 1, top_n => 2, reserve_n => 2, required => 'revenue IS NOT NULL', language => 'zh');
:show

-- ---------------------------------------------------------------- exclusions

SELECT set_whitelist_rule('w', top_n => 2);
INSERT INTO exclusion VALUES
    ('w', 'A', 'tax arrears', NULL, NULL), ('board.w', 'B', 'fraud', current_date - 10, current_date + 10), ('w', 'C', 'over', current_date - 20, current_date - 1),
    ('w', 'D', 'not yet', current_date + 1, NULL), ('W', 'E', 'until today', NULL, current_date), ('w', 'F', 'from today', current_date, NULL),
    ('w', 'F', 'a second reason', NULL, NULL), ('w', 'nobody', 'unknown firm', NULL, NULL);
SELECT scoreboard, count(*) FROM exclusion GROUP BY 1;
SELECT firm, score, rank, decision, replace(replace(reasons, to_char(current_date + 10, 'YYYY-MM-DD'), '<in ten days>'), to_char(current_date, 'YYYY-MM-DD'), '<today>') AS reasons
FROM w_whitelist WHERE year = 2023 ORDER BY score DESC NULLS LAST, firm;
SET datestyle = 'SQL, DMY';
SELECT DISTINCT reasons LIKE '%(until ' || to_char(current_date + 10, 'YYYY-MM-DD') || ')%' FROM w_whitelist WHERE firm = 'B';
RESET datestyle;
DELETE FROM exclusion WHERE scoreboard = 'board.w' AND entity = 'A';
SELECT firm, decision FROM w_whitelist WHERE year = 2023 AND decision = 'listed' ORDER BY 1;
SELECT attempt($$INSERT INTO exclusion VALUES ('nobody', 'A', 'x')$$), attempt($$INSERT INTO exclusion VALUES ('w', 'A', 'x', '2024-01-02', '2024-01-01')$$) ~ '^23514: .*"exclusion_dates_check"',
       attempt($$INSERT INTO exclusion VALUES ('w', 'A', '')$$) ~ '^23514: .*"exclusion_reason_check"';
-- of two scoreboards with one name the schema decides
CREATE SCHEMA other;
SELECT create_scoreboard('other.w', 'plain', 'result', 'firm', 'stage', 'year');
SELECT attempt($$INSERT INTO exclusion VALUES ('w', 'A', 'x')$$);
INSERT INTO exclusion VALUES ('other.w', 'A', 'x');
SELECT drop_scoreboard('other.w');
SELECT scoreboard, count(*) FROM exclusion GROUP BY 1;

-- ---------------------------------------------------------------- what is refused

SELECT attempt(format('SELECT set_whitelist_rule(''w'', %s)', r)) FROM unnest(ARRAY['min_score => ''NaN''', 'min_score => ''Infinity''', 'top_n => 0', 'top_n => -1',
    'quota_n => 3', 'quota_by => ''city''', 'quota_by => ''city'', quota_n => 0', 'min_coverage => 1.5', 'min_coverage => ''NaN''', 'reserve_n => -1',
    'required => ''revenue''', 'required => ''nix > 1''', 'required => ''true; DROP TABLE result''', 'required => ''count(*) > 1''', 'required => ''true) OR (true''', 'required => ''''',
    'qualifies => ''revenue''', 'qualifies => ''nix > 1''', 'language => ''de''', 'category_minimum => ''[]''', 'category_minimum => ''{"nix": 1}''', 'category_minimum => ''{"only": "1"}''',
    'category_minimum => ''{"only": 1.00000000001}''', 'quota_by => ''nix'', quota_n => 1', 'quota_by => ''ARRAY[city]'', quota_n => 1', 'quota_by => ''max(city)'', quota_n => 1']) r;
-- a firm that has two rows takes no two places
INSERT INTO result SELECT * FROM result WHERE firm = 'B' AND year = 2024;
SELECT attempt('SELECT * FROM w_whitelist'), attempt('SELECT * FROM w_standing'), (SELECT count(*) FROM w_whitelist WHERE year = 2023) AS other_year;
-- nor two of tiers, nor one that another firm has; not on a scoreboard that was frozen before, either, whose rules of other years may change
CREATE FUNCTION tiers_of(scoreboard text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    rule text;
BEGIN
    FOREACH rule IN ARRAY '{"''quota'', ''{A,B}'', ''[1]''","''quantile'', ''{A,B}'', ''[0.4]''","''quota'', ''{A,B}'', ''[1]'', ''city''","''quantile'', ''{A,B}'', ''[0.5]'', ''city''","''score'', ''{A,B}'', ''[1]''"}'::text[] LOOP
        EXECUTE format('SELECT set_tiers(%L, %s)', scoreboard, rule);
        RETURN QUERY EXECUTE format('SELECT (SELECT string_agg(concat_ws('' '', firm, rank, tier), '', '' ORDER BY firm) FROM %I WHERE year = 2024) || '' | '' || '
                                    '(SELECT string_agg(concat_ws('' '', firm, place, tier), '', '' ORDER BY firm) FROM %I WHERE year = 2024)', scoreboard || '_ranking', scoreboard || '_tier');
    END LOOP;
END
$$;
SELECT * FROM tiers_of('w');
SELECT set_tiers('w', 'quota', '{A,B}', '[1]'), create_scoreboard('kept', 'plain', 'result', 'firm', 'stage', 'year', attributes => '{city}');
SELECT DISTINCT reason FROM w_tier WHERE year = 2024 AND firm = 'B';
SELECT drop_tiers('w');
DELETE FROM result WHERE ctid = (SELECT max(ctid) FROM result WHERE firm = 'B' AND year = 2024);
SELECT set_tiers('kept', 'quota', '{A,B}', '[1]'), freeze_scoreboard('kept');
INSERT INTO result SELECT * FROM result WHERE firm = 'B' AND year = 2024;
SELECT firm, score, rank, stage_rank, percentile, tier, (SELECT DISTINCT place FROM kept_tier t WHERE (t.firm, t.year) = (r.firm, r.year)) AS place FROM kept_ranking r WHERE year = 2024 ORDER BY firm;
SELECT attempt('SELECT decision FROM kept_whitelist'), attempt($$SELECT decision FROM kept_standing WHERE firm = 'B'$$), (SELECT count(decision) FROM kept_standing WHERE firm <> 'B') AS other_firms;
SELECT thaw_scoreboard('kept'), freeze_scoreboard('kept', '2023'), set_whitelist_rule('kept', top_n => 1);
SELECT record_whitelist_batch('kept', '2023');
SELECT string_agg(firm || ' ' || decision, ', ' ORDER BY rank, firm) AS list FROM kept_whitelist WHERE year = 2023 AND decision <> 'rejected';
DELETE FROM whitelist_batch;
SELECT drop_scoreboard('kept');
DELETE FROM result WHERE ctid = (SELECT max(ctid) FROM result WHERE firm = 'B' AND year = 2024);
SELECT attempt($$SELECT set_whitelist_rule('nobody')$$), attempt($$SELECT set_whitelist_rule(NULL)$$);
-- the rule is the one before
SELECT min_score, top_n, quota_by, quota_n, required, min_coverage, reserve_n FROM whitelist_rule;
SELECT firm FROM w_whitelist WHERE year = 2023 AND decision = 'listed' ORDER BY 1;
SELECT set_whitelist_rule('w', top_n => 2, reserve_n => NULL);
-- it stays when the scoreboard is rebuilt, frozen, thawed
SELECT freeze_scoreboard('w'), thaw_scoreboard('w'), rebuild_scoreboard('w');
SELECT firm FROM w_whitelist WHERE year = 2023 AND decision = 'listed' ORDER BY 1;
-- views stay short enough to be read
SELECT create_scoreboard('short', 'plain', 'result', 'firm', 'stage', attributes => '{city,revenue}'),
       set_whitelist_rule('short', min_score => 30, top_n => 4, quota_by => 'city', quota_n => 2, required => 'value > 0', reserve_n => 1);
SELECT v, cardinality(string_to_array(pg_get_viewdef(('short_' || v)::regclass, true), E'\n')) <= lines AS short FROM (VALUES ('ranking', 30), ('whitelist', 45)) v(v, lines);
SELECT drop_scoreboard('short');
-- rules and exclusions go with their scoreboard
SELECT drop_scoreboard('w');
SELECT (SELECT count(*) FROM whitelist_rule), (SELECT count(*) FROM exclusion);

-- ---------------------------------------------------------------- 900 firm-years against plain SQL

CREATE FUNCTION compare_whitelist(scoreboard text, min_score float8, top_n int, quota text, quota_n int, required text, min_coverage float8, reserve_n int)
RETURNS TABLE (compared bigint, different bigint, other_rank bigint, listed bigint, reserve bigint, tied bigint) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_whitelist_rule(scoreboard, min_score, top_n, quota, quota_n, required, min_coverage, reserve_n);
    RETURN QUERY EXECUTE format($query$
        WITH field AS (
            SELECT s.firm, s.year, s.score, s.coverage, %2$s AS quota,
                   s.score IS NOT NULL AND COALESCE(s.score >= %3$s, true) AND COALESCE(s.coverage >= %4$s, true) AND COALESCE(%5$s, false)
                   AND (%2$s IS NOT NULL OR %6$s IS NULL)
                   AND NOT EXISTS (SELECT FROM exclusion e WHERE e.scoreboard = 'board.%1$s' AND e.entity = s.firm
                                   AND current_date BETWEEN COALESCE(valid_from, '-infinity') AND COALESCE(valid_to, 'infinity')) AS eligible
            FROM (SELECT firm, year, score, coverage FROM %1$s_score) s JOIN firm f USING (firm, year)),
        quotas AS (SELECT *, rank() OVER (PARTITION BY year, quota, eligible ORDER BY score DESC) AS quota_place FROM field),
        finalists AS (SELECT *, eligible AND COALESCE(quota_place <= %6$s, true) AS finalist FROM quotas),
        places AS (SELECT *, rank() OVER (PARTITION BY year, finalist ORDER BY score DESC) AS place FROM finalists),
        listing AS (SELECT *, finalist AND COALESCE(place <= %7$s, true) AS listed FROM places),
        reserves AS (SELECT *, rank() OVER (PARTITION BY year, eligible AND NOT listed ORDER BY score DESC) AS reserve_place FROM listing),
        decisions AS (SELECT *, CASE WHEN listed THEN 'listed' WHEN eligible AND reserve_place <= %8$s THEN 'reserve' ELSE 'rejected' END AS decision FROM reserves)
        SELECT count(*), count(*) FILTER (WHERE d.decision IS DISTINCT FROM w.decision OR w.reasons IS NULL OR w.reasons = ''),
               count(*) FILTER (WHERE w.rank IS DISTINCT FROM r.rank OR w.score IS DISTINCT FROM r.score OR w.city IS DISTINCT FROM r.city),
               count(*) FILTER (WHERE w.decision = 'listed'), count(*) FILTER (WHERE w.decision = 'reserve'), count(*) FILTER (WHERE w.reasons LIKE '%%tied at the cut%%')
        FROM decisions d FULL JOIN %1$s_whitelist w USING (firm, year) FULL JOIN %1$s_ranking r USING (firm, year)
        $query$, scoreboard, COALESCE(quota, 'NULL'), COALESCE(min_score::text, 'NULL'), COALESCE(min_coverage::text, 'NULL'), COALESCE(required, 'true'),
        COALESCE(quota_n::text, 'NULL::int'), COALESCE(top_n::text, 'NULL::int'), COALESCE(reserve_n, 0));
END
$$;
UPDATE firm SET city = NULL WHERE firm LIKE '%9';
SELECT create_scoreboard('many', 'board', 'firm', 'firm', 'stage', 'year', attributes => '{city}');
INSERT INTO exclusion SELECT 'many', 'F' || lpad(i::text, 3, '0'), 'x', current_date - i, current_date + i - 100 FROM generate_series(90, 110) i;
SELECT r.* FROM (VALUES
    (NULL::float8, NULL::int, NULL, NULL::int, NULL, NULL::float8, 0), (50, NULL, NULL, NULL, NULL, NULL, 0), (NULL, 20, NULL, NULL, NULL, NULL, 10),
    (NULL, NULL, 'city', 15, NULL, NULL, 7), (30, 25, 'city', 10, 'c > 5', 0.7, 9), (NULL, 40, 'c', 1, 'd < 10', NULL, 3),
    (20, 1000, 'left(firm, 2)', 3, 'a > 100 OR b > 100', 1, 1000), (200, 5, NULL, NULL, NULL, NULL, 5)) v(s, t, q, qn, r, m, n),
    LATERAL compare_whitelist('many', s, t, q, qn, r, m, n) r;
-- many ties: few different scores
UPDATE firm SET a = floor(a / 400), b = 0, c = c / 12 * 12, d = 0;
SELECT r.* FROM (VALUES
    (NULL::float8, 20, NULL, NULL::int, NULL, NULL::float8, 10), (NULL, NULL, 'city', 15, NULL, NULL, 7), (30, 25, 'city', 10, 'c > 5', 0.7, 9)) v(s, t, q, qn, r, m, n),
    LATERAL compare_whitelist('many', s, t, q, qn, r, m, n) r;
SELECT freeze_scoreboard('many');
SELECT * FROM compare_whitelist('many', 30, 25, 'city', 10, 'c > 5', 0.7, 9);
-- over a long source conditions see the columns of the scoreboard
CREATE VIEW tall AS SELECT firm, year, stage, city, v.* FROM firm, LATERAL (VALUES ('a', a), ('b', b), ('c', c), ('d', d), ('e', e)) v(item, value);
SELECT create_scoreboard('tall', 'board', 'tall', 'firm', 'stage', 'year', attributes => '{city}', long => '{"indicator": "item", "value": "value"}');
SELECT set_whitelist_rule('many', min_score => 30, top_n => 20, quota_by => 'city', quota_n => 10, required => 'city <> ''杭州'' AND stage = ''s''', reserve_n => 5);
SELECT set_whitelist_rule('tall', min_score => 30, top_n => 20, quota_by => 'city', quota_n => 10, required => 'city <> ''杭州'' AND stage = ''s''', reserve_n => 5);
INSERT INTO exclusion SELECT 'tall', entity, reason, valid_from, valid_to FROM exclusion;
SELECT thaw_scoreboard('many');
SELECT count(*), count(*) FILTER (WHERE decision = 'listed') AS listed FROM tall_whitelist;
SELECT count(*) FROM (TABLE tall_whitelist EXCEPT ALL TABLE many_whitelist) d;
SELECT attempt($$SELECT set_whitelist_rule('tall', required => 'value > 0')$$);

SELECT drop_scoreboard('many'), drop_scoreboard('tall');
DELETE FROM scheme WHERE scheme IN ('board', 'plain');
DROP SCHEMA board, other CASCADE;
