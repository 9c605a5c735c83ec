-- Publishing by one run: the same firms as the views show, for every kind of group and rule; and verifying by one run finds what
-- the checks find one by one.
\set forget `echo "${PG_ABS_SRCDIR:-test}/data/forget_publications.sql"`
SET client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS innovation_score;
\set SHOW_CONTEXT never
CREATE SCHEMA px;
SET search_path=px,innovation_score,public;
\pset format unaligned
\pset tuples_only on
INSERT INTO scheme (scheme, min_coverage) VALUES ('px', 0.3);
INSERT INTO category (scheme, category) VALUES ('px','x'),('px','y');
INSERT INTO indicator (scheme, indicator, category, extreme, position) VALUES ('px','a','x','percentile(0.05,0.95)',1),('px','b','x','none',2),('px','c','y','iqr(1.5)',3);
INSERT INTO stage (scheme, stage, position) VALUES ('px','s',1),('px','t',2);
INSERT INTO weight SELECT 'px', s, i, w FROM (VALUES ('s','a',40),('s','b',30),('s','c',30),('t','a',20),('t','b',30),('t','c',50)) v(s,i,w);
CREATE TABLE firm AS SELECT 'F'||i AS firm, 2023 + i%2 AS year, (ARRAY['甲','乙','丙',NULL])[1 + i % 4] AS city, (ARRAY['s','t',NULL])[1+ (i % 7)/3] AS stage,
  CASE WHEN i%11 <> 0 THEN (i*37 % 101)::float8 END AS a, CASE WHEN i%13=0 THEN 'NaN'::float8 WHEN i%5 <> 0 THEN (i*53 % 89)::float8 END AS b, (i*i % 97)::float8 AS c, i%3=0 AS good FROM generate_series(1,400) i;
SELECT create_scoreboard('px.p1','px','firm','firm', stage=>'stage', period=>'year');
SELECT create_scoreboard('px.p2','px','firm','firm', stage=>'stage', period=>'year', peers=>'{city}', attributes=>'{city,a}');
SELECT create_scoreboard('px.p3','px','firm','firm', stage=>'stage', period=>'year', peers=>'{city}', pooled=>true);
SELECT create_scoreboard('px.p4','px','firm','firm', stage=>'stage', period=>'year', peers=>'{city}', min_peers=>80);
SELECT create_scoreboard('px.p5','px','firm','firm', stage=>'stage', sample=>'good');
SELECT create_scoreboard('px.p6','px','firm','firm', stage=>'stage', period=>'year', peers=>'{city}');
SELECT create_scoreboard('px.p7','px','firm','firm', stage=>'stage');
SELECT create_scoreboard('px.p8','px','firm','firm', stage=>'stage', period=>'year');
SELECT set_whitelist_rule('px.p2', min_score=>30, quota_by=>'city', quota_n=>5, top_n=>12, reserve_n=>4, required=>'good', category_minimum=>'{"x":20}', language=>'zh');
SELECT set_whitelist_rule('px.p4', min_coverage=>0.5, top_n=>12, qualifies=>'good', language=>'en');
SELECT set_whitelist_rule('px.p6', top_n=>9, reserve_n=>2);
SELECT set_whitelist_rule('px.p7', top_n=>9, required => 'a > 5');
SELECT set_whitelist_rule('px.p8', top_n=>12, quota_by=>'city', quota_n=>9, reserve_n=>5, required=>'good and (a > 5 or a is null) and y_score < 95', qualifies=>'b > 80 and coverage > 0.5', category_minimum=>'{"x":20}', language=>'en');
INSERT INTO exclusion (scoreboard, entity, reason) VALUES ('px.p2', 'F13', '违规'),('px.p6','F13','x');
SELECT freeze_scoreboard('px.p6');
SELECT freeze_scoreboard('px.p8');
SELECT set_small_group('px.p3', 5);
SELECT b, publish(b, CASE WHEN b NOT IN ('px.p5','px.p7') THEN '2024' END, 't') FROM unnest('{px.p1,px.p2,px.p3,px.p4,px.p5,px.p6,px.p7,px.p8}'::text[]) b;
-- what one run finds, and what each check finds by itself
SELECT p.scoreboard, to_jsonb(_innovation_score.verify_at_once(p)) - 'content_digest' AS at_once,
       (SELECT bool_and(v.ok) FROM (SELECT * FROM _innovation_score.verify_digest(p, NULL) UNION ALL SELECT * FROM _innovation_score.verify_scores(p)
                                    UNION ALL SELECT * FROM _innovation_score.verify_ranks(p) UNION ALL SELECT * FROM _innovation_score.verify_decisions(p)) v) AS alone,
       (SELECT bool_and(v.ok) FROM verify_publication(p.publication) v) AS all
FROM publication p ORDER BY p.publication;
-- against the views
SELECT 'p1', count(*) FROM (SELECT firm::text, score::float8, rank::bigint FROM p1_ranking WHERE year=2024 EXCEPT SELECT entity, score, rank FROM published_firm f JOIN publication USING (publication) WHERE scoreboard='px.p1') x;
SELECT 'p2', count(*) FROM (SELECT firm::text, score::float8, decision, reasons FROM p2_whitelist WHERE year=2024 EXCEPT SELECT entity, score, decision, reasons FROM published_firm f JOIN publication USING (publication) WHERE scoreboard='px.p2') x;
SELECT 'p3', count(*) FROM (SELECT firm::text, score::float8, decision, reasons FROM p3_whitelist WHERE year=2024 EXCEPT SELECT entity, score, decision, reasons FROM published_firm f JOIN publication USING (publication) WHERE scoreboard='px.p3') x;
SELECT 'p4', count(*) FROM (SELECT firm::text, score::float8, decision, reasons FROM p4_whitelist WHERE year=2024 EXCEPT SELECT entity, score, decision, reasons FROM published_firm f JOIN publication USING (publication) WHERE scoreboard='px.p4') x;
SELECT 'p5', count(*) FROM (SELECT firm::text, score::float8, decision, reasons FROM p5_whitelist EXCEPT SELECT entity, score, decision, reasons FROM published_firm f JOIN publication USING (publication) WHERE scoreboard='px.p5') x;
SELECT 'p6', count(*) FROM (SELECT firm::text, score::float8, decision, reasons FROM p6_whitelist WHERE year=2024 EXCEPT SELECT entity, score, decision, reasons FROM published_firm f JOIN publication USING (publication) WHERE scoreboard='px.p6') x;
SELECT 'p7', count(*) FROM (SELECT firm::text, score::float8, decision, reasons FROM p7_whitelist EXCEPT SELECT entity, score, decision, reasons FROM published_firm f JOIN publication USING (publication) WHERE scoreboard='px.p7') x;
SELECT 'p8', count(*) FROM (SELECT firm::text, score::float8, decision, reasons FROM p8_whitelist WHERE year=2024 EXCEPT SELECT entity, score, decision, reasons FROM published_firm f JOIN publication USING (publication) WHERE scoreboard='px.p8') x;
SELECT scoreboard, firms, scored, listed FROM publication ORDER BY publication;
-- a superuser who changes one thing is found by the run, and the check says what
SET session_replication_role = replica;
UPDATE published_firm SET rank = rank + 1 WHERE publication = 1 AND rank = 3;
UPDATE published_firm SET decision = 'listed' WHERE publication = 2 AND barred AND entity = 'F13';
UPDATE published_firm SET score = score + 1 WHERE publication = 4 AND rank = 2;
RESET session_replication_role;
SELECT p.publication, v.scores, v.ranks, v.decisions, v.content_digest = p.content_digest AS content
FROM publication p, LATERAL _innovation_score.verify_at_once(p) v WHERE publication IN (1, 2, 4) ORDER BY 1;
SELECT p.publication, v."check", count(*) FROM publication p, LATERAL verify_publication(p.publication) v
WHERE publication IN (1, 2, 4) AND NOT v.ok GROUP BY 1, 2 ORDER BY 1, v."check" COLLATE "C";
SELECT count(drop_scoreboard(scoreboard)) FROM scoreboard WHERE scoreboard LIKE 'px.%';
DROP SCHEMA px CASCADE;
\set ECHO none
CREATE SCHEMA board;
\i :forget
\set ECHO all
