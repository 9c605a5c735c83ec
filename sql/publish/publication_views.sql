-- Publications as views for BI: scalars only.

CREATE VIEW publication_list AS
SELECT p.publication, p.scoreboard, p.scheme, p.period, p.title, COALESCE(e.state, 'draft') AS state, e.notice_from,
       e.notice_to, p.published_at, p.published_by, p.firms, p.scored, p.listed, e.reason AS retraction_reason,
       encode(p.digest, 'hex') AS digest, encode(p.previous_digest, 'hex') AS previous_digest
FROM publication p
LEFT JOIN LATERAL (SELECT * FROM publication_event e WHERE e.publication = p.publication
                   ORDER BY e.event DESC LIMIT 1) e ON true;

-- Publications of many schemes have scores of different decimals in one column, which therefore is the double nearest to
-- each; a double prints all decimals that decide.
CREATE VIEW published_score AS
SELECT p.publication, p.scoreboard, p.period, p.title, p.state, f.entity, f.stage,
       f.score, f.coverage, f.rank, f.stage_rank, f.decision,
       innovation_score.decision_title(f.decision, _innovation_score.reasons_language(f.reasons)) AS decision_title,
       f.reasons
FROM publication_list p
JOIN published_firm f USING (publication)
WHERE p.state <> 'retracted';

CREATE VIEW published_category_score AS
SELECT p.publication, f.entity, c.category, c.score
FROM publication p
CROSS JOIN LATERAL (SELECT array_agg(s.decimals ORDER BY s.place) AS shown
                    FROM (SELECT m.model FROM published_model m WHERE m.publication = p.publication LIMIT 1) m
                    CROSS JOIN LATERAL _innovation_score.score_places(m.model::text::score_model) s) d
JOIN published_firm f USING (publication)
CROSS JOIN LATERAL (SELECT u.category, score_numeric(u.score, u.decimals)::float8 AS score
                    FROM unnest(p.categories, f.category_scores, d.shown[2:]) AS u(category, score, decimals)) c
WHERE NOT EXISTS (SELECT FROM publication_event e WHERE e.publication = p.publication AND e.state = 'retracted');

CREATE VIEW published_value AS
SELECT p.publication, f.entity, u.indicator, u.value, c.source_value, c.objection
FROM publication p JOIN published_firm f USING (publication)
CROSS JOIN LATERAL unnest(p.indicators, f.vals) AS u(indicator, value)
LEFT JOIN published_correction c
       ON c.publication = f.publication AND c.entity = f.entity AND c.indicator = u.indicator
WHERE NOT EXISTS (SELECT FROM publication_event e WHERE e.publication = p.publication AND e.state = 'retracted');

CREATE VIEW published_attribute AS
SELECT p.publication, f.entity, u.attribute, u.value
FROM publication p JOIN published_firm f USING (publication)
CROSS JOIN LATERAL unnest(p.attributes || p.peers, f.attributes || f.peers) WITH ORDINALITY
    AS u(attribute, value, place)
WHERE u.attribute <> ALL ((p.attributes || p.peers)[:u.place - 1])
  AND NOT EXISTS (SELECT FROM publication_event e WHERE e.publication = p.publication AND e.state = 'retracted');

-- For readers who may see nothing else (a bank), so it runs with its owner's rights. Who has a right
-- on the scoreboard sees what is public, and no drafts.
CREATE VIEW published_whitelist WITH (security_barrier = true) AS
SELECT p.publication, p.scoreboard, p.period, p.title, COALESCE(e.state, 'draft') AS state, e.notice_from, e.notice_to,
       f.entity, f.stage, f.score, f.rank, f.decision,
       innovation_score.decision_title(f.decision, _innovation_score.reasons_language(f.reasons)) AS decision_title,
       f.reasons
FROM publication p
LEFT JOIN LATERAL (SELECT * FROM publication_event e WHERE e.publication = p.publication
                   ORDER BY e.event DESC LIMIT 1) e ON true
JOIN published_firm f ON f.publication = p.publication
WHERE e.state IS DISTINCT FROM 'retracted'
  AND (has_table_privilege('innovation_score.publication', 'SELECT')
       OR e.state IS NOT NULL AND _innovation_score.has_any_right(p.scoreboard));

COMMENT ON VIEW publication_list IS '公布批次一览 publications with their state';
COMMENT ON VIEW published_score IS '公布的得分 scores of publications that have not been retracted';
COMMENT ON VIEW published_category_score IS '公布的一级指标得分 scores inside the categories';
COMMENT ON VIEW published_value IS '公布的指标值 values that were scored; with an objection, what the source had, too';
COMMENT ON VIEW published_attribute IS '公布的属性 attributes and peer groups of the firms';
COMMENT ON VIEW published_whitelist IS
    '公布的白名单 decisions of publications on public notice or final; drafts for those who may read publication';

-- BI tools show these; a name means the same in every one of the views.
DO $$
DECLARE
    due record;
BEGIN
    FOR due IN
        SELECT a.attrelid::regclass AS view, a.attname AS name, n.comment
        FROM (VALUES
            ('publication', '批次号 number, 1, 2, 3 … in the order of publishing'),
            ('scoreboard', '积分榜 scoreboard'),
            ('scheme', '积分体系 scheme'),
            ('period', '期间 period as text; NULL if the scoreboard has none'),
            ('title', '标题 title'),
            ('state', '状态 draft（草稿）, public_notice（公示中）, final（正式公布）, retracted（已撤回）'),
            ('notice_from', '公示起始日 first day of the public notice'),
            ('notice_to', '公示截止日 last day of the public notice'),
            ('published_at', '公布时间 when'),
            ('published_by', '公布人 role that published'),
            ('firms', '企业数 number of firms'),
            ('scored', '有得分企业数 number of firms that have a score'),
            ('listed', '入选企业数 number of firms that are listed'),
            ('retraction_reason', '撤回理由 why it was taken back'),
            ('digest', '摘要 SHA-256 in hexadecimal'),
            ('previous_digest', '上一批次摘要 digest of the publication before this one; NULL for the first'),
            ('entity', '企业 entity as text'),
            ('stage', '企业发展阶段 stage'),
            ('score', '得分 score, rounded to four places'),
            ('coverage', '覆盖率 share of the weight whose values are present, 0 to 1'),
            ('rank', '名次 rank, 1 = highest, ties share'),
            ('stage_rank', '阶段内名次 rank within the stage'),
            ('decision', '入选结论 listed（入选）, reserve（候补）, rejected（未入选）'),
            ('decision_title', '入选结论 decision as it is printed'),
            ('reasons', '理由 reasons for the decision'),
            ('category', '一级指标代码 category'),
            ('indicator', '二级指标代码 indicator'),
            ('attribute', '属性 attribute or peer column'),
            ('value', '值 value'),
            ('source_value', '来源值 what the source had'),
            ('objection', '异议编号 the objection that was accepted')) AS n(name, comment)
        JOIN pg_catalog.pg_attribute a ON a.attname = n.name
        WHERE a.attrelid IN ('publication_list'::regclass, 'published_score'::regclass,
                             'published_category_score'::regclass, 'published_value'::regclass,
                             'published_attribute'::regclass, 'published_whitelist'::regclass)
    LOOP
        EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', due.view, due.name, due.comment);
    END LOOP;
END
$$;

-- The others are read with their reader's rights where the server can: row-level security
-- on published_firm then holds for them.
DO $$
DECLARE
    view regclass;
BEGIN
    IF current_setting('server_version_num')::integer >= 150000 THEN
        FOREACH view IN ARRAY '{publication_list,published_score,published_category_score,published_value,'
                              'published_attribute}'::regclass[] LOOP
            EXECUTE format('ALTER VIEW %s SET (security_invoker = true)', view);
        END LOOP;
    END IF;
END
$$;
