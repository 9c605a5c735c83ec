--
-- The Index for Risk Management (INFORM) as its methodology has it (T. De Groeve, K. Poljanšek, L. Vernaccini, JRC 2015): components on a
-- scale from 0 to 10, arithmetic means and, where one risk adds to another, geometric means from the other end on a scale that
-- starts at 1, each level rounded to one decimal; the risk is the geometric mean of three dimensions, on a scale that starts at 0.
-- From the published components, which have one decimal, so that a category made of them may be one unit of the last place off.
--
-- The data are not part of the project: the test looks for the directory that INNOVATION_SCORE_INFORM names, by default
-- ../shared/data/inform, with published tables (INFORM*.csv, a country a row), and is skipped where there are none
-- (expected/inform_1.out).
--
\set present `ls "${INNOVATION_SCORE_INFORM:-../shared/data/inform}"/INFORM*.csv >/dev/null 2>&1 && echo true || echo false`
\if :present
\else
\echo 'skipped: the data of INFORM are not there'
\quit
\endif
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
CREATE SCHEMA inform;
SET search_path = inform, innovation_score, public;
\pset format unaligned
\pset null '(null)'

-- Values and what was published of each level; "x" and blanks are missing. What the human hazard is made of is not in the tables.
CREATE TABLE country (edition text, iso3 text, earthquake text, flood text, tsunami text, cyclone text, drought text, natural_published text, conflict_risk text, conflict text, human text,
                      hazard_published text, development text, inequality text, aid text, socio_published text, uprooted text, health text, children text, shocks text, food text, other_published text,
                      groups_published text, vulnerability_published text, reduction text, governance text, institutional_published text, communication text, physical text, care text,
                      infrastructure_published text, coping_published text, risk_published text, PRIMARY KEY (edition, iso3));
\copy country FROM PROGRAM 'cd "${INNOVATION_SCORE_INFORM:-../shared/data/inform}" && for f in INFORM*.csv; do LC_ALL=C sed -n "s/\r//; s/^\(\"[^\"]*\"\|[^,]*\),\([A-Z][A-Z][A-Z]\),/$f,\2,/p" "$f" | cut -d, -f1-33; done' (FORMAT csv)

INSERT INTO scheme (scheme, full_marks, missing, aggregation, floor, decimals) VALUES ('inform', 10, 'reweight', 'geometric', 0, 1);
INSERT INTO category (scheme, category, parent, aggregation, floor, decimals, position)
SELECT 'inform', c.category, c.parent, c.aggregation, CASE WHEN c.aggregation = 'inverse_geometric' THEN 10 END, 1, c.position
FROM (VALUES (1, 'hazard', NULL, 'inverse_geometric'), (2, 'natural', 'hazard', 'inverse_geometric'), (3, 'vulnerability', NULL, 'inverse_geometric'), (4, 'socio', 'vulnerability', 'arithmetic'),
             (5, 'groups', 'vulnerability', 'inverse_geometric'), (6, 'other', 'groups', 'inverse_geometric'), (7, 'coping', NULL, 'inverse_geometric'), (8, 'institutional', 'coping', 'arithmetic'),
             (9, 'infrastructure', 'coping', 'arithmetic')) c(position, category, parent, aggregation);
INSERT INTO category_weight SELECT 'inform', 'all', category, 1 FROM category WHERE scheme = 'inform';
INSERT INTO indicator (scheme, indicator, category, extreme, position)
SELECT 'inform', i, c, 'fixed(0,10)', row_number() OVER () FROM unnest('{earthquake,flood,tsunami,cyclone,drought,human,development,inequality,aid,uprooted,health,children,shocks,food,reduction,governance,communication,physical,care}'::text[],
    '{natural,natural,natural,natural,natural,hazard,socio,socio,socio,groups,other,other,other,other,institutional,institutional,infrastructure,infrastructure,infrastructure}'::text[]) u(i, c);
INSERT INTO weight SELECT 'inform', 'all', indicator, CASE indicator WHEN 'development' THEN 2 ELSE 1 END FROM indicator WHERE scheme = 'inform';
SELECT object, problem FROM scheme_problems('inform') WHERE problem !~ 'title';
SELECT create_scoreboard('risk', 'inform', 'country', 'iso3', period => 'edition', mapping => (SELECT jsonb_object_agg(indicator, format('parse_number(%I)', indicator)) FROM indicator WHERE scheme = 'inform'));
CREATE TABLE level AS
SELECT c.edition, c.iso3, l.level, l.given::numeric, l.published::numeric
FROM country c JOIN risk_score s USING (edition, iso3)
CROSS JOIN LATERAL (VALUES ('natural', s.natural_score, c.natural_published), ('socio', s.socio_score, c.socio_published), ('other', s.other_score, c.other_published), ('groups', s.groups_score, c.groups_published),
                           ('institutional', s.institutional_score, c.institutional_published), ('infrastructure', s.infrastructure_score, c.infrastructure_published), ('hazard', s.hazard_score, c.hazard_published),
                           ('vulnerability', s.vulnerability_score, c.vulnerability_published), ('coping', s.coping_score, c.coping_published), ('risk', s.score, c.risk_published)) l(level, given, published);
SELECT edition, level, count(*) AS published, count(*) FILTER (WHERE given = published) AS same, count(*) FILTER (WHERE abs(given - published) = 0.1) AS "0.1 off", count(*) FILTER (WHERE (abs(given - published) > 0.1) IS NOT false) AS differ
FROM level GROUP BY edition, level ORDER BY edition COLLATE "C", level COLLATE "C";
-- four countries have a natural risk of 0.1 there, of hazards (0.1, 0.1, 0, 0, 0) that make 0.04; nothing else differs but what is above it
SELECT count(*) FILTER (WHERE r.given IS DISTINCT FROM r.published) AS risk_differs, count(*) FILTER (WHERE r.given IS DISTINCT FROM r.published AND n.given = n.published) AS unexplained
FROM level r JOIN level n USING (edition, iso3) WHERE r.level = 'risk' AND n.level = 'natural';
SELECT drop_scoreboard('risk');
DELETE FROM scheme WHERE scheme = 'inform';
DROP SCHEMA inform CASCADE;
