-- scheme, pass rules: who passes an evaluation, as a list rule that every scoreboard of the
-- scheme begins with (whitelist_functions.sql). What is asked about a firm beside its indicators is a
-- condition, no SQL, so that a document of a scheme holds values only.

CREATE TABLE scheme_rule (
    scheme           text NOT NULL,
    rule             text NOT NULL DEFAULT '',
    title            text,
    min_score        float8,
    min_coverage     float8,
    category_minimum jsonb,
    required         condition,
    qualifies        condition,
    definition       text,
    CONSTRAINT scheme_rule_pkey PRIMARY KEY (scheme, rule),
    CONSTRAINT scheme_rule_scheme_fkey FOREIGN KEY (scheme) REFERENCES scheme
        ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT scheme_rule_code_check CHECK (octet_length(rule) <= 40),
    CONSTRAINT scheme_rule_min_score_check CHECK (min_score > '-Infinity' AND min_score < 'Infinity'),
    CONSTRAINT scheme_rule_min_coverage_check CHECK (min_coverage BETWEEN 0 AND 1),
    CONSTRAINT scheme_rule_category_minimum_check CHECK (jsonb_typeof(category_minimum) = 'object'),
    CONSTRAINT scheme_rule_required_check CHECK (_innovation_score.valid_firm_condition(required)),
    CONSTRAINT scheme_rule_qualifies_check CHECK (_innovation_score.valid_firm_condition(qualifies))
);

COMMENT ON TABLE scheme_rule IS
    '通过规则 who passes an evaluation: the list rules that the scoreboards of a scheme begin with';
COMMENT ON COLUMN scheme_rule.scheme IS '积分体系 scheme';
COMMENT ON COLUMN scheme_rule.rule IS '规则名 name of the rule; empty: that of the view <name>_whitelist';
COMMENT ON COLUMN scheme_rule.title IS '名称 title';
COMMENT ON COLUMN scheme_rule.min_score IS '最低得分 lowest score';
COMMENT ON COLUMN scheme_rule.min_coverage IS '最低覆盖率 lowest share of the weight whose values are present';
COMMENT ON COLUMN scheme_rule.category_minimum IS '各类最低得分 lowest scores of categories, 0 to 100, by their codes';
COMMENT ON COLUMN scheme_rule.required IS '必要条件 condition over indicators and columns of the source';
COMMENT ON COLUMN scheme_rule.qualifies IS
    '直接入选条件 condition over indicators and columns of the source: who passes whatever the score';
COMMENT ON COLUMN scheme_rule.definition IS '说明 what the rule says, and what the names in its conditions mean';

CREATE TRIGGER scheme_rule_changed AFTER INSERT OR UPDATE OR DELETE ON scheme_rule
    FOR EACH ROW EXECUTE FUNCTION _innovation_score.scheme_part_changed();

SELECT _innovation_score.dump_table('scheme_rule', 10.5,
    $$n.scheme IN (SELECT s.scheme FROM scheme s WHERE s.origin <> 'shipped')$$,
    $$WHERE scheme IN (SELECT s.scheme FROM innovation_score.scheme s WHERE s.origin <> 'shipped')$$);

