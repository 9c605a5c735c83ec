-- entitlement: conditions over jsonb; policies against a twin that pays one firm after the other
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
RESET client_min_messages;
CREATE SCHEMA aid;
SET search_path = aid, innovation_score, public;
\pset format unaligned
\pset null '(null)'
\set SHOW_CONTEXT never
\set attempt `echo "${PG_ABS_SRCDIR:-test}/data/attempt.sql"`
\i :attempt

-- ---------------------------------------------------------------- conditions
SELECT c, condition_holds(c::condition, '{"revenue": 0.3, "a": 0.1, "b": 0.2, "tier": "A", "listed": true, "none": null, "nan": "NaN", "研发": 12}')
FROM unnest(ARRAY['a + b = revenue', 'tier = ''A'' AND listed', 'tier IN (''B'', ''C'')', 'none > 3', 'none IS NULL', 'nan > 1e300', 'nan = ''NaN''', 'none = tier', '"研发" * 2 = 24', 'score.revenue < 1', 'NOT listed OR none > 1']) c;
-- the types of a column are those of its values, whatever rows came before
SELECT i, j, condition_holds('a = b', j) FROM (VALUES (1, '{"a": null, "b": null}'::jsonb), (2, '{"a": 1, "b": 1.0}'), (3, '{"a": "x", "b": "x"}'), (4, '{"a": "NaN", "b": 1}'), (5, '{"a": true, "b": false}'), (6, '{"a": "NaN", "b": "NaN"}'),
    (7, '{"a": null, "b": 7}'), (8, '{"b": "y", "a": "x"}')) v(i, j) ORDER BY i;
SELECT condition_holds(c::condition, j) FROM (VALUES ('a > 1', '{"a": 2}'::jsonb), ('a > 3', '{"a": 2}'), ('b > 1', '{"b": 5}'), (NULL, '{}'), ('true', '{}')) v(c, j);
SELECT attempt(format('SELECT condition_holds(%L, %L)', c, j)) FROM (VALUES ('a > 1', '{"b": 1}'), ('a > 1', '{"a": "x"}'), ('a > 1', '{"a": [1]}'), ('a > 1', '[1]'), ('previous.a > 1', '{"a": 1}'), ('a = b', '{"a": 1, "b": "x"}')) v(c, j);
-- a million times what one is
CREATE TABLE firm AS SELECT i AS entity, i % 97 AS a, CASE WHEN i % 5 > 0 THEN chr(65 + i % 3) END AS tier, i % 7 = 0 AS listed, CASE WHEN i % 11 > 0 THEN i % 13 / 10.0 END AS b FROM generate_series(1, 5000) i;
SELECT count(*), count(*) FILTER (WHERE condition_holds('a > 50 AND (tier = ''A'' OR listed) AND b < 1', to_jsonb(f)) IS DISTINCT FROM (a > 50 AND (tier = 'A' OR listed) AND b < 1)) AS other FROM firm f;

-- ---------------------------------------------------------------- policies of every form
CREATE TABLE project (entity text, lead text, class text, score numeric, investment numeric, day date, staff int);
INSERT INTO project VALUES ('P1', 'L1', '一类', 95, 5000, '2024-03-01', 120), ('P2', 'L1', '二类', 90, 3000, '2024-01-15', 60), ('P3', 'L1', '一类', 85, 2500, '2024-02-01', 10),
    ('P4', 'L2', '三类', 85, 900.55, '2024-01-15', 30), ('P5', 'L3', NULL, 80, NULL, '2024-05-01', NULL), ('P6', 'L2', '四类', 60, -5, NULL, 0), ('P7', NULL, '二类', NULL, 4000, '2024-04-01', 75);
INSERT INTO policy (policy, title, condition, form, amount, base, share, at_least, at_most, unit, cap_by, cap, budget, source) VALUES
    ('class', '联盟分类奖补', 'score >= 80', 'tier', NULL, 'class', NULL, NULL, NULL, 1, NULL, NULL, 650, '辽宁'),
    ('project', '项目补助', 'investment > 0', 'share', NULL, 'investment', 0.3, NULL, 1000, 0.01, 'lead', 2000, NULL, '辽宁'),
    ('contract', '成果转化奖励', 'score >= 60', 'share', NULL, 'investment', 0.05, 100, 1000, 1, NULL, NULL, NULL, '辽宁'),
    ('staff', '稳岗补贴', 'staff >= 0', 'steps', NULL, 'staff', NULL, NULL, NULL, 0.01, NULL, NULL, NULL, NULL),
    ('fixed', '首次认定', 'class IN (''一类'', ''二类'')', 'fixed', 20, NULL, NULL, NULL, NULL, 0.01, NULL, NULL, 50, NULL);
INSERT INTO policy_tier VALUES ('class', '一类', 300), ('class', '二类', 200), ('class', '三类', 100);
INSERT INTO policy_step VALUES ('staff', 10, 5), ('staff', 50, 20), ('staff', 100, 50);
UPDATE policy SET priority = 'day', ascending = true WHERE policy = 'fixed';
SELECT entity, policy, status, amount, place, granted, reason FROM entitlements('project', '2024-06-30') ORDER BY policy, place, entity;
SELECT * FROM policy_costs('project', '2024-06-30');
SELECT * FROM entitlements_of('project', 'P5', '2024-06-30');
SELECT policy, amount FROM entitlements_of('project', 'P1', '2024-06-30');
SELECT policy, firms FROM policy_costs('project', '2024-06-30', '{staff,class}');
SELECT policy FROM entitlements_of('project', 'P1', policies => '{staff}');
-- of a series the policy that gives most, and nothing where none gives anything
UPDATE policy SET series = '奖补' WHERE policy IN ('class', 'fixed', 'contract');
SELECT entity, policy, status, amount, granted, reason FROM entitlements('project', '2024-06-30') WHERE policy IN ('class', 'fixed', 'contract') ORDER BY entity, policy;
-- only while they are valid
UPDATE policy SET valid_from = '2024-01-01', valid_to = '2024-12-31' WHERE policy = 'staff';
SELECT d, count(*) FROM unnest('{2023-12-31,2024-01-01,2024-12-31,2025-01-01}'::date[]) d, entitlements('project', d) e WHERE e.policy = 'staff' GROUP BY 1 ORDER BY 1;
-- firms that tie for the last money share it, whatever the order of rows
DELETE FROM policy WHERE policy <> 'fixed';
UPDATE policy SET priority = 'score', ascending = false, condition = 'score > 0', budget = 70, unit = 1, series = NULL;
SELECT entity, place, granted, status FROM entitlements('project') ORDER BY place, entity;

-- other priorities than numbers; what is not known, NaN too, comes last both ways
ALTER TABLE project ADD ratio float8;
UPDATE project SET ratio = (ARRAY['NaN', -3, 1e300, 0.5, NULL, -3, 7]::float8[])[substr(entity, 2)::int];
UPDATE policy SET priority = 'ratio', condition = 'true';
SELECT string_agg(concat(entity, ':', place), ' ' ORDER BY place, entity) FROM entitlements('project');
UPDATE policy SET ascending = true;
SELECT string_agg(concat(entity, ':', place), ' ' ORDER BY place, entity) FROM entitlements('project');
UPDATE policy SET priority = 'day';
SELECT string_agg(concat(entity, ':', place), ' ' ORDER BY place, entity) FROM entitlements('project');
UPDATE policy SET ascending = false;
SELECT string_agg(concat(entity, ':', place), ' ' ORDER BY place, entity) FROM entitlements('project');

-- ---------------------------------------------------------------- random policies against a twin that pays in a loop
CREATE FUNCTION dice(sides int, VARIADIC key int[]) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT (abs(hashtextextended(array_to_string(key, '',''), 7) % sides))::int';
DELETE FROM policy;
INSERT INTO policy (policy, title, condition, form, amount, base, share, at_least, at_most, unit, cap_by, cap, budget, ascending)
SELECT 'p' || k, 'p' || k, format('x >= %s AND y < 90', dice(60, k, 1))::condition, f, CASE f WHEN 'fixed' THEN dice(5000, k, 2) / 100.0 END, CASE f WHEN 'tier' THEN 'tier' WHEN 'fixed' THEN NULL ELSE 'y' END,
       CASE f WHEN 'share' THEN (1 + dice(99, k, 3)) / 100.0 END, CASE WHEN k % 3 = 0 THEN dice(10, k, 4) END, CASE WHEN k % 4 = 1 THEN 10 + dice(40, k, 5) END, (ARRAY[0.01, 1, 0.25])[1 + k % 3],
       CASE WHEN k % 2 = 0 THEN 'grp' END, CASE WHEN k % 2 = 0 THEN dice(9000, k, 6) / 100.0 END, CASE WHEN k % 5 <> 4 THEN dice(200000, k, 7) / 100.0 END, k % 7 = 3
FROM (SELECT k, (ARRAY['fixed', 'steps', 'tier', 'share'])[1 + k % 4] AS f FROM generate_series(1, 40) k) s;
INSERT INTO policy_step SELECT policy, t, dice(4000, substr(policy, 2)::int, t, 8) / 100.0 FROM policy, generate_series(5, 95, 15) t WHERE form = 'steps';
INSERT INTO policy_tier SELECT policy, t, dice(4000, substr(policy, 2)::int, ascii(t), 9) / 100.0 FROM policy, unnest('{A,B,C}'::text[]) t WHERE form = 'tier';
CREATE TABLE claimant AS
SELECT i AS entity, dice(100, i, 11) AS x, CASE WHEN i % 17 > 0 THEN dice(10000, i, 12) / 100.0 END AS y, chr(65 + dice(4, i, 13)) AS tier, 'g' || dice(40, i, 14) AS grp, i * 7919 % 1009 AS score FROM generate_series(1, 300) i;
CREATE FUNCTION twin() RETURNS TABLE (entity text, policy text, amount numeric, granted numeric) LANGUAGE plpgsql AS $$
DECLARE
    p policy;
    f claimant;
    a numeric;
    left_over numeric;
    used jsonb;
    g numeric;
BEGIN
    FOR p IN SELECT * FROM policy LOOP
        left_over := p.budget;
        used := '{}';
        FOR f IN SELECT * FROM claimant c ORDER BY CASE WHEN p.ascending THEN c.score ELSE -c.score END LOOP
            CONTINUE WHEN NOT (f.x >= substring(p.condition::text from 'x >= (\d+)')::int AND f.y < 90) OR f.y IS NULL;
            a := CASE p.form WHEN 'fixed' THEN p.amount WHEN 'share' THEN p.share * f.y
                 WHEN 'tier' THEN COALESCE((SELECT t.amount FROM policy_tier t WHERE t.policy = p.policy AND t.tier = f.tier), 0)
                 ELSE COALESCE((SELECT s.amount FROM policy_step s WHERE s.policy = p.policy AND s.threshold <= f.y ORDER BY s.threshold DESC LIMIT 1), 0) END;
            CONTINUE WHEN a = 0;
            a := floor(greatest(least(a, p.at_most), p.at_least) / p.unit) * p.unit;
            CONTINUE WHEN a = 0;
            g := a;
            IF p.cap_by IS NOT NULL THEN
                g := floor(least(g, p.cap - COALESCE((used ->> f.grp)::numeric, 0)) / p.unit) * p.unit;
                used := used || jsonb_build_object(f.grp, COALESCE((used ->> f.grp)::numeric, 0) + a);
                g := greatest(g, 0);
            END IF;
            entity := f.entity; policy := p.policy; amount := a;
            granted := greatest(floor(least(g, left_over) / p.unit) * p.unit, 0);
            left_over := left_over - g;
            RETURN NEXT;
        END LOOP;
    END LOOP;
END
$$;
CREATE TABLE given AS SELECT * FROM entitlements('claimant');
SELECT count(*) AS claims, count(*) FILTER (WHERE e.granted < e.amount) AS cut, count(*) FILTER (WHERE e.status = 'part') AS parts, count(*) FILTER (WHERE t.granted IS DISTINCT FROM e.granted OR t.amount IS DISTINCT FROM e.amount) AS other
FROM (SELECT * FROM given WHERE status <> 'unknown') e FULL JOIN twin() t USING (entity, policy);
-- never more than caps and budgets allow, whole units, costs as they add up
SELECT count(*) FILTER (WHERE c.granted > c.budget) AS over_budget, count(*) FILTER (WHERE c.remaining <> c.budget - c.granted) AS wrong_rest, bool_and(c.shortfall = c.amount - c.granted) AS shortfall, sum(c.unknown) AS unknown FROM policy_costs('claimant') c;
SELECT count(*) FILTER (WHERE s.granted > p.cap) AS over_cap, count(*) AS groups FROM (SELECT e.policy, c.grp, sum(e.granted) AS granted FROM given e JOIN claimant c ON c.entity::text = e.entity GROUP BY 1, 2) s JOIN policy p USING (policy) WHERE p.cap IS NOT NULL;
SELECT count(*) FILTER (WHERE mod(e.granted, p.unit) <> 0) AS broken, count(*) FILTER (WHERE e.granted > e.amount) AS more FROM given e JOIN policy p USING (policy);

-- ---------------------------------------------------------------- what is refused
SELECT attempt(format('INSERT INTO policy (policy, title, condition, form, %s) VALUES (''q'', ''q'', ''true'', %s)', c, v)) FROM (VALUES
    ('amount', '''fixed'', NULL'), ('amount', '''fixed'', -1'), ('amount', '''fixed'', ''NaN'''), ('amount, base', '''fixed'', 1, ''x'''), ('base', '''share'', ''x'''), ('base, share', '''share'', ''x'', 0'), ('amount', '''gift'', 1'),
    ('base', '''steps'', NULL'), ('amount, at_least, at_most', '''fixed'', 1, 5, 4'), ('amount, unit', '''fixed'', 1, 0'), ('amount, cap_by', '''fixed'', 1, ''lead'''), ('amount, cap_by, cap', '''fixed'', 1, ''lead'', -1'), ('amount, budget', '''fixed'', 1, ''Infinity'''),
    ('amount, valid_from, valid_to', '''fixed'', 1, ''2024-02-01'', ''2024-01-31''')) v(c, v);
SELECT attempt('INSERT INTO policy (policy, title, condition, form, amount) VALUES (''q'', ''q'', ''ln(x) > 1'', ''fixed'', 1)');
SELECT attempt('INSERT INTO policy_step VALUES (''p1'', 5, 1)');
SELECT attempt('INSERT INTO policy_step VALUES (''p1'', ''NaN'', 1)');
SELECT attempt('INSERT INTO policy_tier VALUES (''nobody'', ''A'', 1)');
SELECT attempt('SELECT * FROM entitlements(NULL)');
SELECT attempt('SELECT * FROM entitlements(''claimant'', policies => ''{p1,nobody}'')');
SELECT attempt('SELECT * FROM entitlements(''claimant'', NULL)');
SELECT attempt('SELECT * FROM entitlements(''project'')');
CREATE VIEW nameless AS SELECT score FROM claimant;
SELECT attempt('SELECT * FROM entitlements(''nameless'')');
DELETE FROM policy;
INSERT INTO policy (policy, title, condition, form, base, share) VALUES ('q', 'q', 'x > 5', 'share', 'tier', 0.1);
SELECT attempt('SELECT * FROM entitlements(''claimant'')');
UPDATE policy SET base = 'nothing';
SELECT attempt('SELECT * FROM entitlements(''claimant'')');
UPDATE policy SET base = 'y', condition = 'nothing > 5';
SELECT attempt('SELECT * FROM entitlements(''claimant'')');
UPDATE policy SET condition = 'tier > 5';
SELECT attempt('SELECT * FROM entitlements(''claimant'')');
UPDATE policy SET condition = 'x > 5';
INSERT INTO claimant SELECT * FROM claimant WHERE entity = 7;
SELECT attempt('SELECT * FROM entitlements(''claimant'')');
DELETE FROM policy;
SET client_min_messages = warning;
DROP SCHEMA aid CASCADE;
