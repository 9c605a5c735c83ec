--
-- Mistakes that users make: each message names the thing and says what to do next.
--
\set SHOW_CONTEXT never
\set forget `echo "${PG_ABS_SRCDIR:-test}/data/forget_publications.sql"`
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
CREATE SCHEMA board;
SET search_path = board, innovation_score;
-- other tests write to the log, too
SET session_replication_role = replica;
TRUNCATE publication_log;
RESET session_replication_role;
\pset format unaligned
\pset tuples_only on

CREATE TABLE 企业 (code text, year int, city text, stage text, rd numeric, income text, patents int);
INSERT INTO 企业
SELECT 'H' || i, y, (ARRAY['杭州', '宁波'])[1 + i % 2], (ARRAY['startup', 'growth', 'stable'])[1 + i % 3], 20 * i + i * y % 101, (1000 + i * y * 97 % 5003)::text, i % 7
FROM generate_series(1, 30) i, generate_series(2023, 2024) y;
CREATE TABLE 台账 AS SELECT code, year, stage, '研发' AS item, rd AS amount FROM 企业;
SELECT derive_scheme('town', 'national-2024', '三项指标');
DELETE FROM indicator WHERE scheme = 'town' AND indicator NOT IN ('rd_expense', 'revenue', 'invention_patents');

-- A statement that should fail, and what the user must be told: the thing.
CREATE TABLE mistake (place int GENERATED ALWAYS AS IDENTITY, thing text, statement text);
-- create_scoreboard as it should be, with something changed
CREATE FUNCTION changed(argument text, value text) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT create_scoreboard(%s)', string_agg(format('%I => %s', a.key, a.value), ', '))
    FROM jsonb_each_text('{"name": "''x''", "scheme": "''town''", "source": "''企业''", "entity": "''code''", "stage": "''stage''", "period": "''year''",
                           "mapping": "''{\"rd_expense\": \"rd\", \"revenue\": \"parse_number(income)\", \"invention_patents\": \"patents\"}''"}'::jsonb
                         || jsonb_build_object(argument, value)) a
$$;
CREATE FUNCTION told(statement text, OUT message text, OUT hint text) LANGUAGE plpgsql AS $$
DECLARE
    detail text;
BEGIN
    EXECUTE statement;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    message := concat_ws(E'\n    ', message, NULLIF(detail, ''));
    hint := NULLIF(hint, '');
END
$$;

SELECT changed('name', '''hz''') \gexec
SELECT set_whitelist_rule('hz', top_n => 5);
SELECT freeze_scoreboard('hz', '2023');
SELECT publish('hz', '2023', '2023年度');

-- what is told by NOTICEs: a cell that cannot be read, a firm twice, a stage that the scheme does not have, an exclusion of nobody
RESET client_min_messages;
CREATE TABLE 新企业 AS SELECT * FROM 企业 WHERE year = 2024;
UPDATE 新企业 SET income = '约500' WHERE code = 'H3';
SELECT create_scoreboard('cells', 'town', '新企业', 'code', 'stage', mapping => '{"rd_expense": "rd", "revenue": "income::numeric", "invention_patents": "patents"}');
CREATE TABLE 重复 AS SELECT * FROM 企业 WHERE year = 2024 UNION ALL SELECT * FROM 企业 WHERE code = 'H7';
SELECT create_scoreboard('twice', 'town', '重复', 'code', 'stage', 'year', mapping => '{"rd_expense": "rd", "revenue": null, "invention_patents": "patents"}');
CREATE TABLE 阶段 AS SELECT code, CASE stage WHEN 'growth' THEN 'grwoth' ELSE stage END AS stage, rd FROM 企业 WHERE year = 2024;
SELECT create_scoreboard('stages', 'town', '阶段', 'code', 'stage', mapping => '{"rd_expense": "rd", "revenue": null, "invention_patents": null}');
INSERT INTO exclusion (scoreboard, entity, reason) VALUES ('hz', 'h7 ', '环保处罚');
SET client_min_messages = warning;

INSERT INTO mistake (thing, statement) VALUES
    -- binding
    ('kode', changed('entity', '''kode''')),
    ('yaer', changed('period', '''yaer''')),
    ('national-2042', changed('scheme', '''national-2042''')),
    ('ctiy', changed('attributes', '''{ctiy}''')),
    ('income', changed('mapping', $$'{"rd_expense": "rd", "revenue": "income", "invention_patents": "patents"}'$$)),
    ('revenu', changed('mapping', $$'{"rd_expense": "rd", "revenu": "rd", "invention_patents": "patents"}'$$)),
    ('invention_patents', changed('mapping', $$'{"rd_expense": "rd", "revenue": "rd"}'$$)),
    ('研发', changed('mapping', $$'{"rd_expense": "研发", "revenue": "rd", "invention_patents": "patents"}'$$)),
    ('rd_expense', changed('mapping', $$'["rd_expense"]'$$)),
    ('"rd_expense"', changed('mapping', $$'{"rd_expense": 1, "revenue": null, "invention_patents": null}'$$)),
    ('rd_expense', changed('mapping', $$'{"rd_expense": "rd", "研发费用金额": "rd", "revenue": null, "invention_patents": null}'$$)),
    ('town', changed('stage', 'NULL')),
    ('rd', changed('sample', '''rd''')),
    ('It is 0', changed('min_peers', '0')),
    ('hz', changed('name', '''hz''')),
    ('nowhere', changed('name', '''nowhere.x''')),
    ('{"indicator": "item"}', changed('source', $$'台账', long => '{"indicator": "item"}'$$)),
    -- data
    ('H3', $$SELECT freeze_scoreboard('cells')$$),
    ('H7', $$SELECT freeze_scoreboard('twice')$$),
    ('H7', $$SELECT publish('twice', '2024', '2024年度')$$),
    ('grwoth', $$SELECT freeze_scoreboard('stages')$$),
    -- looking
    ('hzz', $$SELECT freeze_scoreboard('hzz')$$),
    ('2042', $$SELECT freeze_scoreboard('hz', '2042')$$),
    ('二〇二四', $$SELECT * FROM scoreboard_problems('hz', '二〇二四')$$),
    ('H99', $$SELECT * FROM gap_to('hz', '2023', 'H99', 50)$$),
    ('H99', $$SELECT * FROM what_if('hz', '2023', 'H99', '{"revenue": 6}')$$),
    ('revenu', $$SELECT * FROM what_if('hz', '2023', 'H1', '{"revenu": 6}')$$),
    -- rules
    ('quota_n', $$SELECT set_whitelist_rule('hz', quota_n => 2)$$),
    ('top_n', $$SELECT set_whitelist_rule('hz', top_n => 0)$$),
    ('cty', $$SELECT set_whitelist_rule('hz', quota_by => 'cty', quota_n => 2)$$),
    ('revenu', $$SELECT set_whitelist_rule('hz', top_n => 2, required => 'revenu > 1')$$),
    ('revenue', $$SELECT set_whitelist_rule('hz', top_n => 2, required => 'revenue')$$),
    ('cn', $$SELECT set_whitelist_rule('hz', top_n => 2, language => 'cn')$$),
    ('[30, 15]', $$SELECT set_tiers('hz', 'score', '{A,B}', '[30, 15]')$$),
    ('scores', $$SELECT set_tiers('hz', 'scores', '{A,B,C}', '[30, 15]')$$),
    ('hzz', $$INSERT INTO exclusion (scoreboard, entity, reason) VALUES ('hzz', 'H1', '环保处罚')$$),
    ('batch 7', $$SELECT whitelist_copy('hz', 7)$$),
    ('bank', $$SELECT record_whitelist_batch('hz', '2023', rule => 'bank')$$),
    -- publishing
    ('2024', $$SELECT publish('hz', '2024', '2024年度')$$),
    ('2042', $$SELECT publish('hz', '2042', '2042年度')$$),
    ('hz', $$SELECT publish('hz', NULL, '2024年度')$$),
    ('publication 9', $$SELECT start_public_notice(9, current_date, current_date)$$),
    ('publication 1', $$SELECT finalize_publication(1)$$),
    ('1999-01-01', $$SELECT start_public_notice(1, '1999-01-07', '1999-01-01')$$),
    ('publication 1', $$SELECT start_public_notice(1, '1999-01-01', '1999-01-07')$$),
    ('publication 1', $$SELECT retract(1, NULL)$$),
    ('H99', $$SELECT publication_receipt(1, 'H99')$$),
    ('H99', $$SELECT file_objection(1, 'H99', 'revenue', 6, '税务证明')$$),
    ('revenu', $$SELECT file_objection(1, 'H1', 'revenu', 6, '税务证明')$$),
    ('evidence', $$SELECT file_objection(1, 'H1', 'revenue', 6, NULL)$$),
    ('objection 7', $$SELECT accept_objection(7, '经核实')$$),
    -- schemes
    ('town', $$SELECT derive_scheme('town', 'national-2024')$$),
    ('revenu', $$SELECT set_weights('town', 'growth', '{"revenu": 6}')$$),
    ('revenue', $$SELECT set_weights('town', 'growth', '{"revenue": -6}')$$),
    ('grown', $$SELECT set_weights('town', 'grown', '{"revenue": 6}')$$),
    ('board.hz', $$UPDATE weight SET weight = 1 WHERE scheme = 'town'$$),
    -- collections
    ('税', $$SELECT create_collection('c', '企业', 'code', '{2024}', '{"税": {"table": "税务", "key": "code", "period": "year"}}', '{"rd": {"from": "税", "value": "sum(rd)"}}')$$),
    ('税', $$SELECT create_collection('c', '企业', 'code', '{2024}', '{"税": {"table": "台账", "key": "code"}}', '{"rd": {"from": "税", "value": "sum(amount)"}}')$$),
    ('税务', $$SELECT create_collection('c', '企业', 'code', '{2024}', '{"税": {"table": "台账", "key": "code", "period": "year"}}', '{"rd": {"from": "税务", "value": "sum(amount)"}}')$$),
    ('amount', $$SELECT create_collection('c', '企业', 'code', '{2024}', '{"税": {"table": "台账", "key": "code", "period": "year"}}', '{"rd": {"from": "税", "value": "amount"}}')$$),
    ('max(item)', $$SELECT create_collection('c', '企业', 'code', '{2024}', '{"税": {"table": "台账", "key": "code", "period": "year"}}', '{"rd": {"from": "税", "value": "max(item)"}}')$$),
    ('nobody', $$SELECT refresh_collection('nobody')$$);

-- the mistake, what is said about it, and what to do next; without today's date and the schemes that there are
SELECT format(E'%s\n    %s\n    -> %s', m.statement, regexp_replace(t.message, 'It is [0-9-]{10} in', 'It is today in'),
              regexp_replace(t.hint, '^(The schemes are) .*', '\1 …'))
FROM mistake m LEFT JOIN LATERAL told(m.statement) t ON true ORDER BY m.place;
SELECT count(*) >= 25 AS enough, count(*) FILTER (WHERE t.hint IS NULL) AS without_next_step,
       count(*) FILTER (WHERE t IS NULL OR position(m.thing IN concat(t.message, ' ', t.hint)) = 0) AS without_thing
FROM mistake m LEFT JOIN LATERAL told(m.statement) t ON true;

\set ECHO none
\i :forget
