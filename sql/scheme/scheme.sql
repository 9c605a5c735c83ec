-- scheme: indicator systems as rows. Everything that defines a score stands in
-- these tables; scheme_model() in scheme_model.sql turns a scheme into the one
-- value that scores.
--
-- Codes are keys and go into column names; titles are what people read.

-- No foreign key on parent: pg_dump warns of circular constraints in every dump of a
-- table that refers to itself. Trigger scheme_parent does what one would.
CREATE TABLE scheme (
    scheme       text NOT NULL,
    title        text,
    parent       text,
    extreme      text NOT NULL DEFAULT 'percentile(0.01,0.99)',
    adjust       text NOT NULL DEFAULT 'clamp',
    missing      text NOT NULL DEFAULT 'zero',
    aggregation  text NOT NULL DEFAULT 'arithmetic',
    floor        float8 NOT NULL DEFAULT 1,
    min_coverage float8 NOT NULL DEFAULT 0,
    full_marks   float8 NOT NULL DEFAULT 100,
    provisional  boolean NOT NULL DEFAULT false,
    source       text,
    origin       text NOT NULL DEFAULT 'user',
    on_error     text NOT NULL DEFAULT 'score',
    decimals     smallint,
    weights      text NOT NULL DEFAULT 'relative',
    min_score    float8,
    max_score    float8,
    coverage_by  text NOT NULL DEFAULT 'weight',
    rescale_best boolean NOT NULL DEFAULT false,
    CONSTRAINT scheme_pkey PRIMARY KEY (scheme),
    CONSTRAINT scheme_code_check CHECK (scheme <> ''),
    CONSTRAINT scheme_parent_check CHECK (parent <> scheme),
    CONSTRAINT scheme_extreme_check CHECK (_innovation_score.valid_extreme_method(extreme)),
    CONSTRAINT scheme_adjust_check CHECK (_innovation_score.valid_adjust(adjust)),
    CONSTRAINT scheme_missing_check CHECK (missing IN ('zero', 'reweight', 'null', 'median', 'mean', 'lower')),
    CONSTRAINT scheme_aggregation_check CHECK (_innovation_score.valid_aggregation(aggregation)),
    CONSTRAINT scheme_floor_check CHECK (floor BETWEEN 0 AND 99),
    CONSTRAINT scheme_min_coverage_check CHECK (min_coverage BETWEEN 0 AND 1),
    CONSTRAINT scheme_full_marks_check CHECK (full_marks > 0 AND full_marks <= 10000),
    CONSTRAINT scheme_origin_check CHECK (origin IN ('user', 'shipped', 'changed')),
    CONSTRAINT scheme_on_error_check CHECK (on_error IN ('score', 'flag', 'exclude')),
    CONSTRAINT scheme_decimals_check CHECK (decimals BETWEEN 0 AND 22),
    CONSTRAINT scheme_weights_check CHECK (weights IN ('relative', 'points')),
    CONSTRAINT scheme_min_score_check CHECK (min_score BETWEEN -100000 AND 100000),
    CONSTRAINT scheme_max_score_check CHECK (max_score BETWEEN -100000 AND 100000 AND max_score >= min_score IS NOT FALSE),
    CONSTRAINT scheme_coverage_by_check CHECK (coverage_by IN ('weight', 'count'))
);

COMMENT ON TABLE scheme IS '积分体系 scoring schemes: one row for each indicator system';
COMMENT ON COLUMN scheme.scheme IS '代码 code of the scheme';
COMMENT ON COLUMN scheme.title IS '名称 title';
COMMENT ON COLUMN scheme.parent IS '上级体系 the scheme that this one was derived from';
COMMENT ON COLUMN scheme.extreme IS
    '极端值调整方法 extreme-value method of every indicator that names none of its own';
COMMENT ON COLUMN scheme.adjust IS
    '超限值处理 values beyond the bounds: clamp (pulled in) or compress(a) (drawn together in their order), '
    'of every indicator that names none of its own';
COMMENT ON COLUMN scheme.missing IS
    '缺失值处理 missing values: zero (no points), reweight (present weights are scaled up), null (no score), '
    'or imputed by the median or mean of the group or the lower bound; of every indicator that names none of its own';
COMMENT ON COLUMN scheme.aggregation IS
    '合成方法 how parts are combined: arithmetic, geometric, inverse_geometric, harmonic, generalized(p), max, min; '
    'of the top level, and of every category that names none of its own';
COMMENT ON COLUMN scheme.floor IS
    '下限 where the scale of means other than the arithmetic one starts, of 100: above 0, a value of 0 does not void the '
    'others; of the top level, and of every category that names none of its own';
COMMENT ON COLUMN scheme.min_coverage IS
    '最低覆盖率 share of the weight that must be present for a score, 0 to 1';
COMMENT ON COLUMN scheme.full_marks IS '满分 full marks of the base categories';
COMMENT ON COLUMN scheme.provisional IS '暂定 whether the weights are provisional, not official ones';
COMMENT ON COLUMN scheme.source IS '来源 the document that the scheme follows';
COMMENT ON COLUMN scheme.origin IS
    'user: yours; shipped: comes with the extension, not dumped; changed: shipped and then changed here, '
    'dumped, and put in the place of the shipped one when it is restored';
COMMENT ON COLUMN scheme.on_error IS
    '数据质量错误的处理 firms that violate quality rules of severity error: score (scored like others), flag (scored, and '
    'the views say so), exclude (left out: no score, not part of the sample)';
COMMENT ON COLUMN scheme.decimals IS
    '小数位数 decimals that totals are rounded to (四舍五入) before they are ranked, compared and shown; NULL: 12 - '
    'floor(log10(full_marks)), 10 of 100 marks';

COMMENT ON COLUMN scheme.weights IS
    '权重含义 relative: weights share the full marks; points (累计计分): weights are points as written, and nothing is rescaled';
COMMENT ON COLUMN scheme.min_score IS '最低分 the least total: a lower one becomes it; NULL: no limit';
COMMENT ON COLUMN scheme.max_score IS '最高分 the greatest total: a higher one becomes it; NULL: no limit';
COMMENT ON COLUMN scheme.coverage_by IS
    '覆盖率口径 what coverage is a share of: weight (the weights) or count (the number of indicators that have a weight)';
COMMENT ON COLUMN scheme.rescale_best IS
    '百分制折算 whether the best total of the group is full marks, and the others are scaled up with it';

-- No foreign key on parent, as in table scheme: trigger category_parent.
CREATE TABLE category (
    scheme       text NOT NULL,
    category     text NOT NULL,
    title        text,
    role         text NOT NULL DEFAULT 'base',
    max_points   float8,
    position     integer,
    parent       text,
    aggregation  text,
    min_coverage float8 NOT NULL DEFAULT 0,
    decimals     smallint,
    incomplete   text NOT NULL DEFAULT 'null',
    floor        float8,
    CONSTRAINT category_pkey PRIMARY KEY (scheme, category),
    CONSTRAINT category_scheme_fkey FOREIGN KEY (scheme) REFERENCES scheme
        ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT category_code_check CHECK (octet_length(category) BETWEEN 1 AND 57),
    CONSTRAINT category_role_check CHECK (role IN ('base', 'bonus', 'penalty', 'veto')),
    CONSTRAINT category_max_points_check CHECK (max_points > 0 AND max_points <= 10000),
    CONSTRAINT category_veto_check CHECK (role <> 'veto' OR max_points IS NULL AND aggregation IS NULL AND decimals IS NULL),
    CONSTRAINT category_parent_check CHECK (parent <> category),
    CONSTRAINT category_top_check CHECK (parent IS NULL OR max_points IS NULL OR role = 'base'),
    CONSTRAINT category_aggregation_check CHECK (_innovation_score.valid_aggregation(aggregation)),
    CONSTRAINT category_min_coverage_check CHECK (min_coverage BETWEEN 0 AND 1),
    CONSTRAINT category_points_check CHECK (role = 'base' OR ((aggregation ~ '^[[:space:]]*(max|min)[[:space:]]*$') IS NOT FALSE
                                                              AND min_coverage = 0 AND incomplete = 'null' AND floor IS NULL)),
    CONSTRAINT category_decimals_check CHECK (decimals BETWEEN 0 AND 22),
    CONSTRAINT category_floor_check CHECK (floor BETWEEN 0 AND 99),
    CONSTRAINT category_incomplete_check CHECK (incomplete IN ('null', 'drop'))
);

CREATE INDEX category_parent_idx ON category (scheme, parent);

COMMENT ON TABLE category IS '一级指标 categories of the schemes, which may have categories below them';
COMMENT ON COLUMN category.scheme IS '积分体系 scheme';
COMMENT ON COLUMN category.category IS
    '代码 code, at most 57 bytes: "<category>_score" is a column of the scoreboards';
COMMENT ON COLUMN category.title IS '名称 title';
COMMENT ON COLUMN category.role IS
    '性质 base: shares the full marks; bonus (加分): adds points; penalty (扣分): subtracts points; veto (一票否决): a value '
    'above 0 leaves a firm without a score; below another category, the role of that one';
COMMENT ON COLUMN category.max_points IS
    '封顶分 the most points that a category can give: a base category, or a bonus or penalty category of the top level';
COMMENT ON COLUMN category.position IS '序号 order of the categories';
COMMENT ON COLUMN category.parent IS '上级指标 the category that this one is part of; NULL: top level';
COMMENT ON COLUMN category.aggregation IS
    '合成方法 how the indicators and categories in it are combined: a mean, or max (取最高项) or min, of which only the part '
    'with the most or the least points counts; NULL: as the scheme says, points of bonus and penalty categories are added up';
COMMENT ON COLUMN category.min_coverage IS
    '最低覆盖率 share of its weight that must be present for its score, and for that of all above it, 0 to 1';
COMMENT ON COLUMN category.decimals IS
    '小数位数 decimals that its score, 0 to full marks, is rounded to before it goes into the total; NULL: it goes in unrounded';

COMMENT ON COLUMN category.incomplete IS
    '不完整时 where it lacks coverage or a value without which there is no score: null (no score), '
    'drop (the category is left out, and the others scale up)';
COMMENT ON COLUMN category.floor IS '下限 where the scale of its mean starts, of 100; NULL: as the scheme says';

CREATE TABLE category_weight (
    scheme   text NOT NULL,
    stage    text NOT NULL,
    category text NOT NULL,
    weight   float8 NOT NULL,
    CONSTRAINT category_weight_pkey PRIMARY KEY (scheme, stage, category),
    CONSTRAINT category_weight_category_fkey FOREIGN KEY (scheme, category) REFERENCES category
        ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT category_weight_stage_check CHECK (stage <> ''),
    CONSTRAINT category_weight_weight_check CHECK (weight >= 0 AND weight < 'Infinity')
);

CREATE INDEX category_weight_category_idx ON category_weight (scheme, category);

COMMENT ON TABLE category_weight IS
    '一级指标权重 weights of base categories; no row: the sum of the weights of what is in the category';
COMMENT ON COLUMN category_weight.scheme IS '积分体系 scheme';
COMMENT ON COLUMN category_weight.stage IS '企业发展阶段 stage';
COMMENT ON COLUMN category_weight.category IS '一级指标 category';
COMMENT ON COLUMN category_weight.weight IS
    '权重 weight, relative to the weights of the categories and indicators beside it';

CREATE TABLE indicator (
    scheme     text NOT NULL,
    indicator  text NOT NULL,
    category   text,
    title      text,
    unit       text,
    definition text,
    direction  text NOT NULL DEFAULT 'benefit',
    extreme    text,
    adjust     text,
    transform  text NOT NULL DEFAULT 'none',
    missing    text,
    position   integer,
    decimals   smallint,
    scoring    text NOT NULL DEFAULT 'minmax',
    absent     text NOT NULL DEFAULT 'missing',
    formula    text,
    CONSTRAINT indicator_pkey PRIMARY KEY (scheme, indicator),
    CONSTRAINT indicator_scheme_fkey FOREIGN KEY (scheme) REFERENCES scheme
        ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT indicator_category_fkey FOREIGN KEY (scheme, category) REFERENCES category
        ON UPDATE CASCADE,
    CONSTRAINT indicator_code_check CHECK (indicator <> ''),
    CONSTRAINT indicator_direction_check CHECK (_innovation_score.valid_direction(direction)),
    CONSTRAINT indicator_extreme_check CHECK (_innovation_score.valid_extreme_method(extreme)),
    CONSTRAINT indicator_adjust_check CHECK (_innovation_score.valid_adjust(adjust)),
    CONSTRAINT indicator_transform_check CHECK (_innovation_score.valid_transform(transform)),
    CONSTRAINT indicator_missing_check CHECK (missing IN ('zero', 'reweight', 'null', 'median', 'mean', 'lower')),
    CONSTRAINT indicator_decimals_check CHECK (decimals BETWEEN 0 AND 22),
    CONSTRAINT indicator_scoring_check CHECK (_innovation_score.valid_scoring(scoring)),
    CONSTRAINT indicator_absent_check CHECK (absent IN ('missing', 'zero')),
    CONSTRAINT indicator_formula_check CHECK (_innovation_score.check_expression(formula, 'formula') <> '')
);

CREATE INDEX indicator_category_idx ON indicator (scheme, category);

COMMENT ON TABLE indicator IS '二级指标 indicators of the schemes';
COMMENT ON COLUMN indicator.scheme IS '积分体系 scheme';
COMMENT ON COLUMN indicator.indicator IS
    '代码 code; a scoreboard takes the column of this name unless its mapping says otherwise';
COMMENT ON COLUMN indicator.category IS '一级指标 category';
COMMENT ON COLUMN indicator.title IS '名称 title';
COMMENT ON COLUMN indicator.unit IS '计量单位 unit';
COMMENT ON COLUMN indicator.definition IS '指标说明 definition';
COMMENT ON COLUMN indicator.direction IS
    '方向 benefit (越大越好), cost (越小越好), target(t) (越近越好), interval(a,b) (区间内最好)';
COMMENT ON COLUMN indicator.extreme IS '极端值调整方法 extreme-value method; NULL: that of the scheme';
COMMENT ON COLUMN indicator.adjust IS
    '超限值处理 values beyond the bounds: clamp or compress(a); NULL: as the scheme has it';
COMMENT ON COLUMN indicator.transform IS '变换 none, log, sqrt, ln or ln(a), before normalization';
COMMENT ON COLUMN indicator.missing IS
    '缺失值处理 zero, reweight, null, median, mean or lower; NULL: as the scheme has it';
COMMENT ON COLUMN indicator.position IS '序号 order of the indicators';
COMMENT ON COLUMN indicator.decimals IS
    '小数位数 decimals that its points are rounded to before they are added up; NULL: they are added unrounded';
COMMENT ON COLUMN indicator.scoring IS
    '计分规则 minmax (极值法), steps(t:p,…) (分档计分), steps_above(t:p,…), linear(x:p,…) (线性插值), '
    'per(unit,points,most) (每满一个单位计分，封顶)';

COMMENT ON COLUMN indicator.formula IS
    '公式 how it follows from other indicators and components, whose values of the year before are previous.name, such as '
    'growth_rate(revenue, previous.revenue): proposed by propose_mapping(), and not evaluated by a scoreboard';
COMMENT ON COLUMN indicator.absent IS
    '无记录的含义 what a value that is not there (NULL) means: missing, or zero: a register that does not name the firm says 0';

CREATE TABLE stage (
    scheme   text NOT NULL,
    stage    text NOT NULL,
    title    text,
    position integer,
    condition condition,
    CONSTRAINT stage_pkey PRIMARY KEY (scheme, stage),
    CONSTRAINT stage_scheme_fkey FOREIGN KEY (scheme) REFERENCES scheme
        ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT stage_code_check CHECK (stage <> ''),
    CONSTRAINT stage_condition_check CHECK (_innovation_score.valid_firm_condition(condition))
);

COMMENT ON TABLE stage IS '企业发展阶段 stages, each with weights of its own; a scheme without any has the one stage "all"';
COMMENT ON COLUMN stage.scheme IS '积分体系 scheme';
COMMENT ON COLUMN stage.stage IS '代码 code, the value that a firm''s row carries';
COMMENT ON COLUMN stage.title IS '名称 title, which counts as the code in the rows of firms';
COMMENT ON COLUMN stage.condition IS
    '划分条件 condition over indicators and columns of the source: where a scoreboard is not told the stages, a firm is in the '
    'first stage whose condition holds';
COMMENT ON COLUMN stage.position IS '序号 order of the stages';

-- No foreign key to stage: a scheme without stages has weights of stage "all".
-- Trigger stage_weights renames and deletes in its place; likewise for stage_rule.
CREATE TABLE weight (
    scheme    text NOT NULL,
    stage     text NOT NULL,
    indicator text NOT NULL,
    weight    float8 NOT NULL,
    CONSTRAINT weight_pkey PRIMARY KEY (scheme, stage, indicator),
    CONSTRAINT weight_indicator_fkey FOREIGN KEY (scheme, indicator) REFERENCES indicator
        ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT weight_stage_check CHECK (stage <> ''),
    CONSTRAINT weight_weight_check CHECK (weight >= 0 AND weight < 'Infinity')
);

CREATE INDEX weight_indicator_idx ON weight (scheme, indicator);

COMMENT ON TABLE weight IS '指标权重 weights of the indicators in each stage; no row means weight 0';
COMMENT ON COLUMN weight.scheme IS '积分体系 scheme';
COMMENT ON COLUMN weight.stage IS '企业发展阶段 stage';
COMMENT ON COLUMN weight.indicator IS '二级指标 indicator';
COMMENT ON COLUMN weight.weight IS
    '权重 weight: relative in base categories, points in bonus and penalty categories';

CREATE TABLE stage_rule (
    scheme    text NOT NULL,
    stage     text NOT NULL,
    indicator text NOT NULL,
    extreme   text,
    scoring   text,
    CONSTRAINT stage_rule_pkey PRIMARY KEY (scheme, stage, indicator),
    CONSTRAINT stage_rule_indicator_fkey FOREIGN KEY (scheme, indicator) REFERENCES indicator
        ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT stage_rule_stage_check CHECK (stage <> ''),
    CONSTRAINT stage_rule_extreme_check CHECK (_innovation_score.valid_extreme_method(extreme)),
    CONSTRAINT stage_rule_scoring_check CHECK (_innovation_score.valid_scoring(scoring))
);

CREATE INDEX stage_rule_indicator_idx ON stage_rule (scheme, indicator);

COMMENT ON TABLE stage_rule IS
    '分阶段规则 what holds for an indicator in one stage only, such as full-mark values (满分值) that differ by stage';
COMMENT ON COLUMN stage_rule.scheme IS '积分体系 scheme';
COMMENT ON COLUMN stage_rule.stage IS '企业发展阶段 stage';
COMMENT ON COLUMN stage_rule.indicator IS '二级指标 indicator';
COMMENT ON COLUMN stage_rule.extreme IS
    '极端值调整方法 extreme-value method in this stage; NULL: as in the other stages';
COMMENT ON COLUMN stage_rule.scoring IS '计分规则 scoring rule in this stage; NULL: as in the other stages';

-- Dump and restore.
-- A scheme is dumped whole or not at all: shipped ones come with the extension;
-- once a user has touched one of its rows, its origin is 'changed' and all of its
-- rows are dumped. When such a scheme is loaded into a database where CREATE
-- EXTENSION has just put the shipped one, it takes that one's place (rows that the
-- user had deleted do not come back), and so does a scheme of the user's that got the
-- code of a deleted one. An ordinary INSERT of an existing code still fails as a
-- duplicate key. restore.sql makes the order of tables and rows
-- indifferent.

-- Set where restore.sql puts rows in their places, which they had before: a frozen
-- scoreboard may come earlier than the rows of its scheme.
CREATE FUNCTION _innovation_score.is_restored() RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT COALESCE(current_setting('innovation_score.restoring', true), '') = 'on' AND pg_has_role('pg_database_owner', 'USAGE')
$$;

COMMENT ON FUNCTION _innovation_score.is_restored() IS 'internal: whether the rows that are being inserted come from a dump';

CREATE FUNCTION _innovation_score.scheme_before_insert() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.origin = 'shipped' OR NEW.origin = 'user' AND NOT _innovation_score.is_restored() THEN
        NEW.origin := 'user';
        RETURN NEW;
    END IF;
    -- updated in place, not replaced: other rows may refer to it already
    UPDATE scheme s
    SET title = NEW.title, parent = NEW.parent, extreme = NEW.extreme, adjust = NEW.adjust, missing = NEW.missing,
        aggregation = NEW.aggregation, floor = NEW.floor, min_coverage = NEW.min_coverage,
        full_marks = NEW.full_marks, provisional = NEW.provisional, source = NEW.source, origin = NEW.origin,
        on_error = NEW.on_error, decimals = NEW.decimals, weights = NEW.weights, min_score = NEW.min_score,
        max_score = NEW.max_score, coverage_by = NEW.coverage_by, rescale_best = NEW.rescale_best
    WHERE s.scheme = NEW.scheme AND s.origin = 'shipped';
    IF NOT FOUND THEN
        RETURN NEW;
    END IF;
    DELETE FROM quality_rule q WHERE q.scheme = NEW.scheme;
    DELETE FROM scheme_rule r WHERE r.scheme = NEW.scheme;
    DELETE FROM indicator i WHERE i.scheme = NEW.scheme;
    DELETE FROM category c WHERE c.scheme = NEW.scheme;
    DELETE FROM stage t WHERE t.scheme = NEW.scheme;
    RETURN NULL;
END
$$;

CREATE FUNCTION _innovation_score.scheme_before_update() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    -- only the install script sets 'shipped', in a statement that changes nothing else
    IF OLD.origin = 'shipped' AND NEW.origin = 'shipped' THEN
        NEW.origin := 'changed';
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION _innovation_score.scheme_parent() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND (TG_OP = 'DELETE' OR NEW.scheme <> OLD.scheme) THEN
        UPDATE scheme s SET parent = CASE WHEN TG_OP = 'UPDATE' THEN NEW.scheme END WHERE s.parent = OLD.scheme;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.parent IS NOT NULL THEN
        PERFORM FROM scheme s WHERE s.scheme = NEW.parent FOR KEY SHARE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'scheme "%" cannot have parent "%", which does not exist', NEW.scheme, NEW.parent
                USING ERRCODE = 'foreign_key_violation', TABLE = 'scheme', SCHEMA = 'innovation_score',
                      HINT = 'Insert the parent first, or leave it NULL.';
        END IF;
    END IF;
    RETURN NULL;
END
$$;

-- What a foreign key on (scheme, parent) would do, and roles that follow the top level.
-- The rows above are locked, so that no two changes at a time can close a circle.
CREATE FUNCTION _innovation_score.category_parent() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    orphan text;
    top category;
BEGIN
    IF TG_OP <> 'INSERT' AND (TG_OP = 'DELETE' OR NEW.scheme <> OLD.scheme) THEN
        SELECT c.category INTO orphan FROM category c WHERE c.scheme = OLD.scheme AND c.parent = OLD.category;
        IF FOUND THEN
            RAISE EXCEPTION 'category "%" of scheme "%" has category "%" below it', OLD.category, OLD.scheme, orphan
                USING ERRCODE = 'foreign_key_violation', TABLE = 'category', SCHEMA = 'innovation_score',
                      HINT = 'Delete the categories below it first, or give them another parent.';
        END IF;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE' AND (NEW.category <> OLD.category OR NEW.role <> OLD.role) THEN
        UPDATE category c SET parent = NEW.category, role = NEW.role
        WHERE c.scheme = NEW.scheme AND c.parent = OLD.category;
    END IF;
    IF NEW.parent IS NULL THEN
        RETURN NULL;
    END IF;
    top.parent := NEW.parent;
    WHILE top.parent IS NOT NULL LOOP
        IF top.parent = NEW.category THEN
            RAISE EXCEPTION 'category "%" of scheme "%" would be below itself', NEW.category, NEW.scheme
                USING ERRCODE = 'check_violation', TABLE = 'category', SCHEMA = 'innovation_score',
                      HINT = 'Give it a parent that is not below it, or NULL for the top level.';
        END IF;
        orphan := COALESCE(top.category, NEW.category);
        SELECT * INTO top FROM category c WHERE c.scheme = NEW.scheme AND c.category = top.parent FOR SHARE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'category "%" of scheme "%" cannot have a parent that does not exist', orphan, NEW.scheme
                USING ERRCODE = 'foreign_key_violation', TABLE = 'category', SCHEMA = 'innovation_score',
                      HINT = 'A parent is a category of the same scheme, inserted before or in the same statement.';
        END IF;
    END LOOP;
    IF NEW.role = top.role THEN
        RETURN NULL;
    END IF;
    IF NEW.role <> 'base' AND (TG_OP = 'INSERT' OR NEW.role <> OLD.role) THEN
        RAISE EXCEPTION 'category "%" of scheme "%" cannot have role "%" below category "%" of role "%"',
            NEW.category, NEW.scheme, NEW.role, top.category, top.role
            USING ERRCODE = 'check_violation', TABLE = 'category', SCHEMA = 'innovation_score',
                  HINT = 'Roles belong to the top level; the categories below share them.';
    END IF;
    UPDATE category c SET role = top.role WHERE c.scheme = NEW.scheme AND c.category = NEW.category;
    RETURN NULL;
END
$$;

CREATE FUNCTION _innovation_score.scheme_part_changed() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        UPDATE scheme s SET origin = 'changed' WHERE s.scheme = OLD.scheme AND s.origin = 'shipped';
    END IF;
    IF TG_OP <> 'DELETE' THEN
        UPDATE scheme s SET origin = 'changed' WHERE s.scheme = NEW.scheme AND s.origin = 'shipped';
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION _innovation_score.stage_weights() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM weight w WHERE w.scheme = OLD.scheme AND w.stage = OLD.stage;
        DELETE FROM category_weight w WHERE w.scheme = OLD.scheme AND w.stage = OLD.stage;
        DELETE FROM stage_rule r WHERE r.scheme = OLD.scheme AND r.stage = OLD.stage;
    ELSIF NEW.scheme = OLD.scheme THEN
        UPDATE weight w SET stage = NEW.stage WHERE w.scheme = OLD.scheme AND w.stage = OLD.stage;
        UPDATE category_weight w SET stage = NEW.stage WHERE w.scheme = OLD.scheme AND w.stage = OLD.stage;
        UPDATE stage_rule r SET stage = NEW.stage WHERE r.scheme = OLD.scheme AND r.stage = OLD.stage;
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION _innovation_score.scheme_before_insert() IS 'internal: a restored scheme takes the place of the shipped one';
COMMENT ON FUNCTION _innovation_score.scheme_before_update() IS 'internal: marks a shipped scheme as changed';
COMMENT ON FUNCTION _innovation_score.scheme_parent() IS 'internal: the parent of a scheme exists and follows its name';
COMMENT ON FUNCTION _innovation_score.category_parent() IS
    'internal: the parent of a category exists, is not below it, follows its name and gives its role';
COMMENT ON FUNCTION _innovation_score.scheme_part_changed() IS 'internal: marks a shipped scheme as changed';
COMMENT ON FUNCTION _innovation_score.stage_weights() IS 'internal: weights and rules follow their stage';

CREATE TRIGGER scheme_before_insert BEFORE INSERT ON scheme
    FOR EACH ROW EXECUTE FUNCTION _innovation_score.scheme_before_insert();
CREATE TRIGGER scheme_before_update BEFORE UPDATE ON scheme
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION _innovation_score.scheme_before_update();
CREATE TRIGGER scheme_parent AFTER INSERT OR UPDATE OF scheme, parent OR DELETE ON scheme
    FOR EACH ROW EXECUTE FUNCTION _innovation_score.scheme_parent();
CREATE TRIGGER category_parent AFTER INSERT OR UPDATE OF scheme, category, parent, role OR DELETE ON category
    FOR EACH ROW EXECUTE FUNCTION _innovation_score.category_parent();
CREATE TRIGGER category_changed AFTER INSERT OR UPDATE OR DELETE ON category
    FOR EACH ROW EXECUTE FUNCTION _innovation_score.scheme_part_changed();
CREATE TRIGGER indicator_changed AFTER INSERT OR UPDATE OR DELETE ON indicator
    FOR EACH ROW EXECUTE FUNCTION _innovation_score.scheme_part_changed();
CREATE TRIGGER stage_changed AFTER INSERT OR UPDATE OR DELETE ON stage
    FOR EACH ROW EXECUTE FUNCTION _innovation_score.scheme_part_changed();
CREATE TRIGGER weight_changed AFTER INSERT OR UPDATE OR DELETE ON weight
    FOR EACH ROW EXECUTE FUNCTION _innovation_score.scheme_part_changed();
CREATE TRIGGER category_weight_changed AFTER INSERT OR UPDATE OR DELETE ON category_weight
    FOR EACH ROW EXECUTE FUNCTION _innovation_score.scheme_part_changed();
CREATE TRIGGER stage_rule_changed AFTER INSERT OR UPDATE OR DELETE ON stage_rule
    FOR EACH ROW EXECUTE FUNCTION _innovation_score.scheme_part_changed();
CREATE TRIGGER stage_weights AFTER UPDATE OF stage OR DELETE ON stage
    FOR EACH ROW EXECUTE FUNCTION _innovation_score.stage_weights();

-- A row is due when its parent is there, or is due as well.
SELECT _innovation_score.dump_table('scheme', 1,
    $$n.parent IS NULL OR n.parent IN (
        WITH RECURSIVE known(scheme) AS (
            SELECT s.scheme FROM scheme s UNION SELECT w.scheme FROM waiting w WHERE w.parent IS NULL
            UNION SELECT w.scheme FROM known k JOIN waiting w ON w.parent = k.scheme),
        waiting AS (SELECT (r.content::scheme).* FROM restored r WHERE r.relation = 'scheme')
        SELECT k.scheme FROM known k)$$,
    $$WHERE origin <> 'shipped'$$);
SELECT _innovation_score.dump_table('category', 2,
    $$n.scheme IN (SELECT s.scheme FROM scheme s WHERE s.origin <> 'shipped')
      AND (n.parent IS NULL OR (n.scheme, n.parent) IN (
        WITH RECURSIVE known(scheme, category) AS (
            SELECT c.scheme, c.category FROM category c
            UNION SELECT w.scheme, w.category FROM waiting w WHERE w.parent IS NULL
            UNION SELECT w.scheme, w.category FROM known k JOIN waiting w
                ON w.scheme = k.scheme AND w.parent = k.category),
        waiting AS (SELECT (r.content::category).* FROM restored r WHERE r.relation = 'category')
        SELECT k.scheme, k.category FROM known k))$$,
    $$WHERE scheme IN (SELECT s.scheme FROM innovation_score.scheme s WHERE s.origin <> 'shipped')$$);
SELECT _innovation_score.dump_table('stage', 3,
    $$n.scheme IN (SELECT s.scheme FROM scheme s WHERE s.origin <> 'shipped')$$,
    $$WHERE scheme IN (SELECT s.scheme FROM innovation_score.scheme s WHERE s.origin <> 'shipped')$$);
SELECT _innovation_score.dump_table('indicator', 4,
    $$n.scheme IN (SELECT s.scheme FROM scheme s WHERE s.origin <> 'shipped')
      AND (n.category IS NULL OR (n.scheme, n.category) IN (SELECT c.scheme, c.category FROM category c))$$,
    $$WHERE scheme IN (SELECT s.scheme FROM innovation_score.scheme s WHERE s.origin <> 'shipped')$$);
SELECT _innovation_score.dump_table('weight', 5,
    $$n.scheme IN (SELECT s.scheme FROM scheme s WHERE s.origin <> 'shipped')
      AND (n.scheme, n.indicator) IN (SELECT i.scheme, i.indicator FROM indicator i)$$,
    $$WHERE scheme IN (SELECT s.scheme FROM innovation_score.scheme s WHERE s.origin <> 'shipped')$$);
SELECT _innovation_score.dump_table('category_weight', 5.5,
    $$n.scheme IN (SELECT s.scheme FROM scheme s WHERE s.origin <> 'shipped')
      AND (n.scheme, n.category) IN (SELECT c.scheme, c.category FROM category c)$$,
    $$WHERE scheme IN (SELECT s.scheme FROM innovation_score.scheme s WHERE s.origin <> 'shipped')$$);
SELECT _innovation_score.dump_table('stage_rule', 5.6,
    $$n.scheme IN (SELECT s.scheme FROM scheme s WHERE s.origin <> 'shipped')
      AND (n.scheme, n.indicator) IN (SELECT i.scheme, i.indicator FROM indicator i)$$,
    $$WHERE scheme IN (SELECT s.scheme FROM innovation_score.scheme s WHERE s.origin <> 'shipped')$$);
