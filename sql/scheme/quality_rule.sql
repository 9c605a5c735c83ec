-- quality, rules: what the values of one firm must satisfy. quality.sql checks
-- conditions when they are written.

CREATE TABLE quality_rule (
    scheme    text NOT NULL,
    rule      text NOT NULL,
    severity  text NOT NULL DEFAULT 'error',
    condition text NOT NULL,
    message   text,
    CONSTRAINT quality_rule_pkey PRIMARY KEY (scheme, rule),
    CONSTRAINT quality_rule_scheme_fkey FOREIGN KEY (scheme) REFERENCES scheme
        ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT quality_rule_code_check CHECK (rule <> ''),
    CONSTRAINT quality_rule_severity_check CHECK (severity IN ('error', 'warning'))
);

COMMENT ON TABLE quality_rule IS '数据质量规则 quality rules: what the values of one firm must satisfy, scheme by scheme';
COMMENT ON COLUMN quality_rule.scheme IS '积分体系 scheme';
COMMENT ON COLUMN quality_rule.rule IS '规则代码 code of the rule';
COMMENT ON COLUMN quality_rule.severity IS
    '严重程度 error (错误: cannot be true; scheme.on_error says what becomes of the firm), warning (警告: to be looked at)';
COMMENT ON COLUMN quality_rule.condition IS
    '条件 condition over the codes of the indicators; violated if it is false, not if it is NULL';
COMMENT ON COLUMN quality_rule.message IS '提示 what is wrong where the condition is false';

SELECT _innovation_score.dump_table('quality_rule', 10,
    $$n.scheme IN (SELECT s.scheme FROM scheme s WHERE s.origin <> 'shipped')$$,
    $$WHERE scheme IN (SELECT s.scheme FROM innovation_score.scheme s WHERE s.origin <> 'shipped')$$);

