-- Every kind of view that the extension makes, over data/scoreboards.sql: what test/t/006_view_abi.pl looks at.

-- A long source, a source with quality findings, one whose firms are their own keys.
CREATE TABLE value (firm text, year int, stage text, city text, item text, amount float8);
INSERT INTO value SELECT firm, year, stage, city, i, v FROM firm CROSS JOIN LATERAL (VALUES ('a', a), ('b', b), ('c', c)) AS l(i, v);
CREATE TABLE filed AS SELECT firm, year, stage, city, a, b, c, d, e, a AS revenue, b AS loans FROM firm;
CREATE TABLE rating (proposal text, expert text, criterion text, rating float8);
CREATE TABLE conflict (proposal text, expert text);

-- Every aggregation, missing policy, adjustment, role and quality rule.
SELECT derive_scheme('other', 'board');
UPDATE scheme SET missing = 'median', adjust = 'compress(0.5)', min_coverage = 0.1, on_error = 'flag', decimals = 2 WHERE scheme = 'other';
UPDATE category SET aggregation = 'geometric' WHERE scheme = 'other' AND category = 'x';
INSERT INTO quality_rule (scheme, rule, severity, condition, message)
VALUES ('other', 'low', 'warning', 'a > previous.a OR same_unit(a, median.a, previous.a)', 'a is low'), ('other', 'wrong', 'error', 'b < 1e6', 'b is wrong');
SELECT derive_scheme('years', 'other');
UPDATE scheme SET on_error = 'exclude', missing = 'mean' WHERE scheme = 'years';

SELECT create_scoreboard('plain', 'board', 'firm', 'firm || year', 'stage');
SELECT create_scoreboard('periods', 'board', 'filed', 'firm', 'stage', 'year', attributes => '{city}');
SELECT create_scoreboard('peers', 'board', 'filed', 'firm', 'stage', 'year', peers => '{city}', attributes => '{c}');
SELECT set_small_group('peers', 2);
SELECT create_scoreboard('min_peers', 'board', 'filed', 'firm', 'stage', 'year', peers => '{city}', min_peers => 3);
SELECT set_small_group('min_peers', 5);
SELECT create_scoreboard('pooled', 'other', 'filed', 'firm', 'stage', 'year', pooled => true);
SELECT create_scoreboard('sample', 'other', 'filed', 'firm', 'stage', 'year', peers => '{city}', sample => 'year = 2022', pooled => true, min_peers => 3);
SELECT create_scoreboard('expressions', 'years', 'filed', 'lower(firm)', 'CASE WHEN c > 0 THEN ''s'' ELSE ''l'' END', 'year', mapping => '{"a": "revenue + 1", "e": null}');
SELECT create_scoreboard('long', 'board', 'value', 'firm', 'stage', 'year', peers => '{city}',
    mapping => '{"d": null, "e": null}', long => '{"indicator": "item", "value": "amount"}');
SELECT create_scoreboard('national', 'national-2024', 'filed', 'firm', '''growth''', 'year',
    mapping => (SELECT jsonb_object_agg(indicator, CASE WHEN indicator IN ('revenue', 'rd_expense') THEN 'revenue' END) FROM indicator WHERE scheme = 'national-2024'));
-- with the pass rules of its scheme
SELECT create_scoreboard('passes', 'tech-sme', 'filed', 'firm', period => 'year',
    mapping => (SELECT jsonb_object_agg(indicator, 'revenue') || '{"hitech_certificate": "revenue > 5"}' FROM indicator WHERE scheme = 'tech-sme'));

-- texts that the mapping casts
CREATE TABLE texts AS SELECT firm, year, stage, a::text, b, c FROM firm;
SELECT create_scoreboard('texts', 'board', 'texts', 'firm', 'stage', 'year', mapping => '{"a": "a::float8", "d": null, "e": null}');

-- Every rule of lists, limits and tiers, live and frozen.
CREATE TABLE kind (board, groups, number) AS VALUES
    ('plain', 'stage', 'a'), ('periods', 'city', 'a'), ('peers', 'city', 'a'), ('min_peers', 'city', 'a'), ('pooled', 'stage', 'a'),
    ('sample', 'city', 'a'), ('expressions', 'stage', 'a'), ('long', 'city', 'length(stage)'), ('national', 'stage', 'a');
INSERT INTO credit_rule (bank, revenue_share, unit) VALUES ('bank', 0.3, 10);
INSERT INTO credit_step (bank, tier, min_score, amount) VALUES ('bank', '', 0, 100), ('bank', 'A', 10, 300);
CREATE PROCEDURE every_rule(board text, groups text, number text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_whitelist_rule(board, min_score => 10, top_n => 50, required => number || ' > 0', min_coverage => 0.1, reserve_n => 5);
    PERFORM set_whitelist_rule(board, min_score => 10, quota_by => groups, quota_n => 2, reserve_n => 1, rule => 'quota', language => 'zh',
                               qualifies => number || ' > 100', category_minimum => (SELECT jsonb_object_agg(c.category, 1) FROM category c JOIN scoreboard b USING (scheme)
                                                                                  WHERE b.scoreboard = format('%I.%I', current_schema, board) AND c.role = 'base' LIMIT 1));
    PERFORM set_credit(board, revenue => number, existing => number, banks => '{bank}');
    PERFORM set_tiers(board, 'score', '{A,B}', '[40]');
    PERFORM set_tiers(board, 'quantile', '{A,B,C}', '[0.1, 0.123456789012]', within => groups);
    PERFORM set_tiers(board, 'quota', '{A,B}', jsonb_build_object(CASE WHEN groups = 'city' THEN '杭州' WHEN board = 'national' THEN 'startup' ELSE 's' END, '[3]'::jsonb), within => groups);
    PERFORM set_tiers(board, 'quota', '{A,B}', '[3]');
END
$$;
SELECT format('CALL every_rule(%L, %L, %L)', board, groups, number) FROM kind \gexec
SELECT record_whitelist_batch('periods', '2022'), record_whitelist_batch('plain');
SELECT format('SELECT freeze_scoreboard(%L)', s.scoreboard) FROM scoreboard s ORDER BY 1 \gexec
SELECT format('SELECT rebuild_scoreboard(%L)', s.scoreboard) FROM scoreboard s ORDER BY 1 \gexec
SELECT format('CALL every_rule(%L, %L, %L)', board, groups, number) FROM kind \gexec

SELECT create_review('review', 'rating');
SELECT create_review('conflicts', 'rating', conflicts => 'conflict', excluded => 'expert = proposal', drop_n => 1, min_experts => 2, correct_severity => true);
SELECT create_reconciliation('sources', 'filed', 'firm', '{firm,year}', '{"a": {"tolerance": 0.1}, "city": {}, "b": {"authority": "right"}, "revenue": {"right": null}}');
SELECT create_reconciliation('several', '{"x": {"table": "filed", "key": {"firm": "firm", "year": "year"}, "latest": "year"}, "y": {"table": "firm", "key": {"firm": "firm", "year": "year"}, "latest": "year"}}',
    '{"a": {"tolerance": 0.1, "decision": "majority"}, "b": {"decision": "latest"}, "city": {}}');

-- A collection with every kind of register.
CREATE TABLE register (firm text, id int, year int, opened date, closed text, amount text, filed date);
SELECT create_collection('collected', 'register', 'firm', '{2022,2023}',
    '{"yearly": {"table": "register", "key": "firm", "period": "year", "latest": "filed", "numbers": {"amount": "元"}},
      "lasting": {"table": "register", "key": "ARRAY[firm]", "from": "opened", "to": "closed", "dates": ["closed"], "distinct": "id"},
      "numbered": {"table": "register", "key": "id", "date": "filed", "years": 2}}',
    '{"amount": {"from": "yearly", "value": "sum(amount)", "absent": 0}, "open": {"from": "lasting", "value": "count(*)"},
      "rows": {"from": "numbered", "value": "count(*)"}, "growth": "growth_rate(amount, previous.amount)"}', stored => true);
