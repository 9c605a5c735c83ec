-- guide: what people come for, in the order in which they come for it, with the statement for each.

CREATE VIEW guide AS
SELECT g.place, g.title, g.task, g.statement, g.page
FROM (VALUES
    (1, '查看积分体系', 'see the schemes that there are',
     'SELECT scheme, title FROM innovation_score.scheme;', 'scheme'),
    (2, '复制并修改积分体系', 'derive a scheme of one''s own, then change its rows',
     'SELECT innovation_score.derive_scheme(''mine'', ''national-2024'', ''My scheme'');', 'scheme'),
    (3, '零填报：归集各部门登记簿', 'collect registers of departments into a row per firm and year',
     'SELECT innovation_score.create_collection(''collected'', ''firm'', ''code'', ''{2024}'', ''{"tax": {"table": "tax_return", "key": "code", "period": "year"}}'', '
     '''{"revenue": {"from": "tax", "value": "sum(income) / 10000"}}'');', 'collect'),
    (4, '查看哪些数据未匹配或无法识别', 'see what matched no firm and could not be read',
     'SELECT * FROM collected_problems;', 'collect'),
    (5, '推荐指标与字段的对应关系', 'find out which column is which indicator',
     'SELECT * FROM innovation_score.propose_mapping(''national-2024'', ''firm'');', 'mapping'),
    (6, '生成建立积分榜的语句', 'have the call written that binds a scheme to a table',
     'SELECT innovation_score.mapping_call(''national-2024'', ''firm'');', 'mapping'),
    (7, '建立积分榜', 'bind a scheme to a table or view',
     'SELECT innovation_score.create_scoreboard(''board'', ''national-2024'', ''firm'', entity => ''code'', stage => ''stage'', period => ''year'');', 'scoreboard'),
    (8, '检查问题', 'ask what is wrong',
     'SELECT * FROM innovation_score.scoreboard_problems(''board'');', 'problems'),
    (9, '查看排名', 'read the ranking', 'SELECT * FROM board_ranking ORDER BY rank;', 'scoreboard'),
    (10, '解释一家企业的得分', 'explain the score of a firm', 'SELECT * FROM board_detail WHERE code = ''A'';', 'scoreboard'),
    (11, '设定名单规则', 'say who is listed', 'SELECT innovation_score.set_whitelist_rule(''board'', min_score => 60, top_n => 500);', 'whitelist'),
    (12, '查看名单及理由', 'read the list, with reasons', 'SELECT * FROM board_whitelist;', 'whitelist'),
    (13, '冻结模型', 'keep the bounds as they are', 'SELECT innovation_score.freeze_scoreboard(''board'');', 'scoreboard'),
    (14, '公示与发布', 'publish a list for the record', 'SELECT innovation_score.publish(''board'', ''2024'', ''List of 2024'');', 'publish'),
    (15, '测算修改数据的影响', 'see what another value would change',
     'SELECT * FROM innovation_score.what_if(''board'', ''2024'', ''A'', ''{"rd_expense": 500}'');', 'objection')
) AS g(place, title, task, statement, page);

COMMENT ON VIEW guide IS '指引 tasks, with the statement for each: begin here';
COMMENT ON COLUMN guide.place IS '序号 order';
COMMENT ON COLUMN guide.title IS '任务 task in Chinese';
COMMENT ON COLUMN guide.task IS '任务 task';
COMMENT ON COLUMN guide.statement IS '语句 statement, with names to be put in place';
COMMENT ON COLUMN guide.page IS '文档 page of the documentation: doc/<page>.md';

