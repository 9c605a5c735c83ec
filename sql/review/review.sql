-- review: proposals that experts rate. Trimmed means and Kendall's W (src/review.c), and
-- the views between a table of ratings and a scoreboard: what is counted, what experts
-- are like, how far they agree, and a row a proposal.

CREATE FUNCTION _innovation_score.trim_share_accumulate(state internal, value float8, share float8) RETURNS internal
    AS 'MODULE_PATHNAME', 'trim_share_accumulate' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _innovation_score.trim_count_accumulate(state internal, value float8, drop_n integer) RETURNS internal
    AS 'MODULE_PATHNAME', 'trim_count_accumulate' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _innovation_score.trim_final(state internal) RETURNS float8
    AS 'MODULE_PATHNAME', 'trim_final' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;

COMMENT ON FUNCTION _innovation_score.trim_share_accumulate(internal, float8, float8) IS
    'internal: transition function of trimmed_mean with a share';
COMMENT ON FUNCTION _innovation_score.trim_count_accumulate(internal, float8, integer) IS
    'internal: transition function of trimmed_mean with a number';
COMMENT ON FUNCTION _innovation_score.trim_final(internal) IS 'internal: final function of trimmed_mean';

-- A state is all of its values, so workers would gain nothing by states of their own.
CREATE AGGREGATE trimmed_mean(value float8, share float8) (
    SFUNC = _innovation_score.trim_share_accumulate,
    STYPE = internal,
    SSPACE = 1024,
    FINALFUNC = _innovation_score.trim_final,
    PARALLEL = RESTRICTED
);

CREATE AGGREGATE trimmed_mean(value float8, drop_n integer) (
    SFUNC = _innovation_score.trim_count_accumulate,
    STYPE = internal,
    SSPACE = 1024,
    FINALFUNC = _innovation_score.trim_final,
    PARALLEL = RESTRICTED
);

COMMENT ON AGGREGATE trimmed_mean(float8, float8) IS
    'mean without a share (0 to 0.5) of the values at each end; at 0.5 the median; rounded once';
COMMENT ON AGGREGATE trimmed_mean(float8, integer) IS
    'mean without the n highest and the n lowest values, at most so many that the median is left; rounded once';

CREATE TYPE kendall_agreement AS (
    judges     bigint,
    items      bigint,
    w          float8,
    chi_square float8,
    df         bigint,
    p_value    float8
);

COMMENT ON TYPE kendall_agreement IS '评审一致性 agreement of judges who rank the same items';
COMMENT ON COLUMN kendall_agreement.judges IS '专家数 judges who rated anything';
COMMENT ON COLUMN kendall_agreement.items IS '对象数 items that all of them rated';
COMMENT ON COLUMN kendall_agreement.w IS '肯德尔和谐系数 Kendall''s W with ties corrected: 0 none, 1 full agreement';
COMMENT ON COLUMN kendall_agreement.chi_square IS '卡方 judges * (items - 1) * W';
COMMENT ON COLUMN kendall_agreement.df IS '自由度 items - 1';
COMMENT ON COLUMN kendall_agreement.p_value IS
    '显著性 probability of as much agreement by chance (chi-squared approximation)';

CREATE FUNCTION _innovation_score.kendall_w_accumulate(state internal, ratings float8[]) RETURNS internal
    AS 'MODULE_PATHNAME', 'kendall_w_accumulate' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION _innovation_score.kendall_w_final(state internal) RETURNS kendall_agreement
    AS 'MODULE_PATHNAME', 'kendall_w_final' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;

COMMENT ON FUNCTION _innovation_score.kendall_w_accumulate(internal, float8[]) IS 'internal: transition function of kendall_w';
COMMENT ON FUNCTION _innovation_score.kendall_w_final(internal) IS 'internal: final function of kendall_w';

CREATE AGGREGATE kendall_w(ratings float8[]) (
    SFUNC = _innovation_score.kendall_w_accumulate,
    STYPE = internal,
    SSPACE = 8192,
    FINALFUNC = _innovation_score.kendall_w_final,
    PARALLEL = RESTRICTED
);

COMMENT ON AGGREGATE kendall_w(float8[]) IS
    'Kendall''s W, how far judges agree: an array a judge with a rating of every item, NULL where there is none';

-- Reviews.

CREATE TYPE _innovation_score.review_binding AS (
    review      text,
    proposal    text,
    expert      text,
    source      text,
    conflicts   text,
    codes       text[],
    titles      text[],
    lowest      float8[],
    highest     float8[],
    trim        text,
    dropped     text,
    min_experts integer,
    counted     text
);

COMMENT ON TYPE _innovation_score.review_binding IS 'internal: names and SQL text that the views of a review are composed of';
COMMENT ON COLUMN _innovation_score.review_binding.review IS 'full name';
COMMENT ON COLUMN _innovation_score.review_binding.proposal IS 'name of the column of the proposal, quoted';
COMMENT ON COLUMN _innovation_score.review_binding.expert IS 'name of the column of the expert, quoted';
COMMENT ON COLUMN _innovation_score.review_binding.source IS 'FROM item of the ratings';
COMMENT ON COLUMN _innovation_score.review_binding.conflicts IS 'FROM item of the conflicts of interest';
COMMENT ON COLUMN _innovation_score.review_binding.codes IS 'the criteria';
COMMENT ON COLUMN _innovation_score.review_binding.titles IS 'their titles';
COMMENT ON COLUMN _innovation_score.review_binding.lowest IS 'where their scales begin; NULL: nowhere';
COMMENT ON COLUMN _innovation_score.review_binding.highest IS 'where their scales end';
COMMENT ON COLUMN _innovation_score.review_binding.trim IS 'second argument of trimmed_mean';
COMMENT ON COLUMN _innovation_score.review_binding.dropped IS 'what that drops at each end of n values';
COMMENT ON COLUMN _innovation_score.review_binding.min_experts IS 'so many experts make a rating';
COMMENT ON COLUMN _innovation_score.review_binding.counted IS 'the rating that is counted, corrected or not';

-- Criteria may be written as codes or as titles.
CREATE FUNCTION _innovation_score.review_labels(review review_binding) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT string_agg(format('(%L::text, %L::text, %L::float8, %L::float8)', l.label, l.code, review.lowest[l.criterion],
                             review.highest[l.criterion]), ', ' ORDER BY l.place)
    FROM (SELECT DISTINCT ON (u.label) u.label, u.code, u.place, u.criterion
          FROM (SELECT c.code AS label, c.code, c.place, c.place AS criterion
                FROM unnest(review.codes) WITH ORDINALITY AS c(code, place)
                UNION ALL
                SELECT t.title, t.code, t.place + cardinality(review.codes), t.place
                FROM unnest(review.titles, review.codes) WITH ORDINALITY AS t(title, code, place)) u
          WHERE u.label IS NOT NULL
          ORDER BY u.label, u.place) l
$$;

CREATE FUNCTION _innovation_score.review_titles(review review_binding) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT string_agg(format('(%L::text, %L::text)', c.code, c.title), ', ' ORDER BY c.place)
    FROM unnest(review.codes, review.titles) WITH ORDINALITY AS c(code, title, place)
$$;

COMMENT ON FUNCTION _innovation_score.review_labels(review_binding) IS
    'internal: VALUES of what a criterion may be called, its code and its scale';
COMMENT ON FUNCTION _innovation_score.review_titles(review_binding) IS 'internal: VALUES of the criteria and their titles';

-- The first reason counts; a rating that is there twice is not taken at all, since any
-- choice would leave it to the order of the rows.
CREATE FUNCTION _innovation_score.review_status_query(review review_binding) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format(
        'SELECT q.%1$s, q.%2$s, q.criterion, q.rating, q.status, CASE q.status '
        'WHEN ''unknown'' THEN concat(''评审准则不明 unknown criterion: '', COALESCE(q._label, ''NULL'')) '
        'WHEN ''conflict'' THEN concat_ws('': '', ''利益回避 conflict of interest'', q._reason) '
        'WHEN ''excluded'' THEN ''符合排除条件 the condition of exclusion holds'' '
        'WHEN ''missing'' THEN ''缺少方案、专家或评分 proposal, expert or rating is missing'' '
        'WHEN ''out_of_range'' THEN concat(''评分超出范围 rating is off the scale: '', COALESCE(q.lowest::text, ''-∞''), '' - '', COALESCE(q.highest::text, ''∞'')) '
        'WHEN ''duplicate'' THEN ''重复评分 rated more than once'' END AS reason '
        'FROM (SELECT r.%1$s, r.%2$s, l.code AS criterion, r.rating, r._label, l.lowest, l.highest, k._reason, CASE '
        'WHEN l.code IS NULL THEN ''unknown'' '
        'WHEN k._proposal IS NOT NULL THEN ''conflict'' '
        'WHEN r._excluded THEN ''excluded'' '
        'WHEN r.%1$s IS NULL OR r.%2$s IS NULL OR NOT COALESCE(r._present, false) THEN ''missing'' '
        'WHEN r.rating < l.lowest OR r.rating > l.highest THEN ''out_of_range'' '
        'WHEN count(*) FILTER (WHERE r._present) OVER (PARTITION BY r.%1$s, r.%2$s, l.code) > 1 THEN ''duplicate'' '
        'ELSE ''counted'' END AS status '
        'FROM (SELECT s.*, s.rating > ''-Infinity'' AND s.rating < ''Infinity'' AS _present FROM %3$s s) r '
        'LEFT JOIN (VALUES %4$s) l(label, code, lowest, highest) ON l.label = r._label '
        'LEFT JOIN %5$s k ON k._proposal = innovation_score.key_text(r.%1$s) AND k._expert = innovation_score.key_text(r.%2$s)) q',
        review.proposal, review.expert, review.source, _innovation_score.review_labels(review), review.conflicts)
$$;

COMMENT ON FUNCTION _innovation_score.review_status_query(review_binding) IS
    'internal: query of the ratings, each with what keeps it from being counted';

CREATE FUNCTION _innovation_score.review_rating_query(review review_binding) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format(
        'SELECT v.%1$s, v.%2$s, v.criterion, v.rating, v.status, v.reason, v.consensus, v.others, v.leniency, '
        '%4$s AS counted_rating '
        'FROM (SELECT u.*, innovation_score.trimmed_mean(u._counted - u.consensus, 0) '
        'OVER (PARTITION BY u.%2$s, u.criterion) AS leniency '
        'FROM (SELECT s.*, CASE WHEN s.status = ''counted'' THEN s.rating END AS _counted, '
        'innovation_score.trimmed_mean(s.rating, 0) FILTER (WHERE s.status = ''counted'') OVER w AS consensus, '
        'CASE WHEN s.status = ''counted'' '
        'THEN round((sum(s.rating::numeric) FILTER (WHERE s.status = ''counted'') OVER w - s.rating::numeric) '
        '/ NULLIF(count(*) FILTER (WHERE s.status = ''counted'') OVER w - 1, 0), 12)::float8 END '
        'AS others FROM (%3$s) s WINDOW w AS (PARTITION BY s.%1$s, s.criterion)) u) v',
        review.proposal, review.expert, _innovation_score.review_status_query(review), review.counted)
$$;

CREATE FUNCTION _innovation_score.review_criterion_query(review review_binding) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format(
        'SELECT n.%1$s, n.criterion, n.title, n.experts, n.left_out, %2$s AS dropped, n.lowest, n.highest, n.mean, '
        'n.spread, CASE WHEN n.experts >= %3$s THEN n._rating END AS rating '
        'FROM (SELECT r.%1$s, r.criterion, t.title, count(r.counted_rating) AS experts, '
        'count(*) - count(r.counted_rating) AS left_out, min(r.counted_rating) AS lowest, '
        'max(r.counted_rating) AS highest, innovation_score.trimmed_mean(r.counted_rating, 0) AS mean, '
        'stddev_samp(r.counted_rating::numeric)::float8 AS spread, '
        'innovation_score.trimmed_mean(r.counted_rating, %4$s) AS _rating '
        'FROM %5$s r JOIN (VALUES %6$s) t(criterion, title) ON t.criterion = r.criterion '
        'WHERE r.%1$s IS NOT NULL GROUP BY r.%1$s, r.criterion, t.title) n',
        review.proposal, review.dropped, review.min_experts, review.trim, _innovation_score.view_name(review.review, 'rating'),
        _innovation_score.review_titles(review))
$$;

CREATE FUNCTION _innovation_score.review_proposal_query(review review_binding) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format(
        'SELECT c.%1$s, %2$s, CASE WHEN count(*) = %3$s THEN min(c.experts) ELSE 0 END AS experts, '
        'sum(c.left_out)::bigint AS left_out FROM %4$s c GROUP BY c.%1$s',
        review.proposal,
        (SELECT string_agg(format('_innovation_score.single_value(c.rating) FILTER (WHERE c.criterion = %L) AS %I',
                                  u.code, u.code), ', ' ORDER BY u.place)
         FROM unnest(review.codes) WITH ORDINALITY AS u(code, place)),
        cardinality(review.codes), _innovation_score.view_name(review.review, 'criterion'))
$$;

CREATE FUNCTION _innovation_score.review_expert_query(review review_binding) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format(
        'SELECT r.%2$s, count(*) AS ratings, count(*) FILTER (WHERE r._counted) AS counted, '
        'count(*) FILTER (WHERE r.status = ''conflict'') AS conflicts, '
        'count(DISTINCT r.%1$s) FILTER (WHERE r._counted) AS proposals, '
        'innovation_score.trimmed_mean(r.rating, 0) FILTER (WHERE r._counted) AS mean, '
        'stddev_samp(r.rating::numeric) FILTER (WHERE r._counted)::float8 AS spread, '
        'innovation_score.trimmed_mean(r.rating - r.consensus, 0) FILTER (WHERE r._counted) AS leniency, '
        'innovation_score.spearman(r.rating, r.others) FILTER (WHERE r._counted) AS correlation '
        'FROM (SELECT v.*, v.status = ''counted'' AS _counted FROM %3$s v) r '
        'WHERE r.%2$s IS NOT NULL GROUP BY r.%2$s',
        review.proposal, review.expert, _innovation_score.view_name(review.review, 'rating'))
$$;

-- Sums that are equal must be found so: numeric ones are exact.
CREATE FUNCTION _innovation_score.review_agreement_query(review review_binding) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format(
        'WITH rated AS (SELECT r.criterion, r.%1$s, r.%2$s, r.rating FROM %3$s r WHERE r.status = ''counted''), '
        'both_kinds AS (SELECT r.* FROM rated r UNION ALL '
        'SELECT ''total''::text, r.%1$s, r.%2$s, sum(r.rating::numeric)::float8 FROM rated r '
        'GROUP BY r.%1$s, r.%2$s HAVING count(*) = %4$s), '
        'judges AS (SELECT e.criterion, e.%2$s, array_agg(b.rating ORDER BY p.%1$s) AS ratings '
        'FROM (SELECT DISTINCT b.criterion, b.%2$s FROM both_kinds b) e '
        'JOIN (SELECT DISTINCT b.criterion, b.%1$s FROM both_kinds b) p ON p.criterion = e.criterion '
        'LEFT JOIN both_kinds b ON b.criterion = e.criterion AND b.%2$s = e.%2$s AND b.%1$s = p.%1$s '
        'GROUP BY e.criterion, e.%2$s) '
        'SELECT t.criterion, t.title, COALESCE((a.k).judges, 0) AS experts, COALESCE((a.k).items, 0) AS proposals, '
        'COALESCE(a.items - (a.k).items, 0) AS left_out, (a.k).w, (a.k).chi_square, COALESCE((a.k).df, 0) AS df, '
        '(a.k).p_value '
        'FROM (VALUES %5$s, (''total''::text, ''总分 total''::text)) t(criterion, title) '
        'LEFT JOIN (SELECT j.criterion, max(cardinality(j.ratings))::bigint AS items, '
        'innovation_score.kendall_w(j.ratings) AS k FROM judges j GROUP BY j.criterion) a '
        'ON a.criterion = t.criterion',
        review.proposal, review.expert, _innovation_score.view_name(review.review, 'rating'), cardinality(review.codes),
        _innovation_score.review_titles(review))
$$;

COMMENT ON FUNCTION _innovation_score.review_rating_query(review_binding) IS 'internal: text of the view _rating';
COMMENT ON FUNCTION _innovation_score.review_criterion_query(review_binding) IS 'internal: text of the view _criterion';
COMMENT ON FUNCTION _innovation_score.review_proposal_query(review_binding) IS 'internal: text of the view _proposal';
COMMENT ON FUNCTION _innovation_score.review_expert_query(review_binding) IS 'internal: text of the view _expert';
COMMENT ON FUNCTION _innovation_score.review_agreement_query(review_binding) IS 'internal: text of the view _agreement';

CREATE TABLE _innovation_score.review_view (
    kind    text NOT NULL,
    place   integer NOT NULL,
    title   text NOT NULL,
    columns jsonb NOT NULL,
    CONSTRAINT review_view_pkey PRIMARY KEY (kind),
    CONSTRAINT review_view_place_key UNIQUE (place)
);

COMMENT ON TABLE _innovation_score.review_view IS 'internal: the views that every review has';
COMMENT ON COLUMN _innovation_score.review_view.kind IS 'what follows the name of the review and "_"';
COMMENT ON COLUMN _innovation_score.review_view.place IS 'order: a view comes after those that it reads';
COMMENT ON COLUMN _innovation_score.review_view.title IS 'what the comment on the view says that it shows';
COMMENT ON COLUMN _innovation_score.review_view.columns IS 'columns of ours with their comments';

INSERT INTO review_view (kind, place, title, columns) VALUES
    ('rating', 1, '专家评分明细 every rating, and whether it is counted',
     '{"criterion": "评审准则代码 criterion", "rating": "评分 rating as given",
       "status": "状态 counted（计入）, conflict（利益回避）, excluded（排除）, duplicate（重复）, missing（缺失）, out_of_range（超出评分范围）, unknown（准则不明）",
       "reason": "不计入的理由 why it is not counted",
       "consensus": "共识 mean of the counted ratings of the proposal in the criterion",
       "others": "其他专家均分 mean of the other experts'' counted ratings",
       "leniency": "宽严度 mean deviation of the expert from the consensus in the criterion: above 0 lenient",
       "counted_rating": "计入的评分 the rating that is counted, corrected where the review says so"}'),
    ('criterion', 2, '方案各准则评分 aggregated ratings of every proposal and criterion',
     '{"criterion": "评审准则代码 criterion", "title": "评审准则 title of the criterion",
       "experts": "专家数 ratings that are counted", "left_out": "未计入数 ratings that are not counted",
       "dropped": "两端各去掉数 ratings that the trimmed mean drops at each end",
       "lowest": "最低分 lowest counted rating", "highest": "最高分 highest counted rating",
       "mean": "均分 mean of all counted ratings", "spread": "标准差 standard deviation of the counted ratings",
       "rating": "评分（截尾均值） trimmed mean of the counted ratings"}'),
    ('proposal', 3, '方案评分表 a row a proposal, for create_scoreboard()',
     '{"experts": "专家数 counted ratings of the criterion that has the fewest",
       "left_out": "未计入数 ratings that are not counted"}'),
    ('expert', 4, '专家评分特征 what the experts'' ratings are like',
     '{"ratings": "评分数 ratings", "counted": "计入数 ratings that are counted",
       "conflicts": "回避数 ratings left out for a conflict of interest", "proposals": "方案数 proposals",
       "mean": "均分 mean of the counted ratings", "spread": "标准差 standard deviation of the counted ratings",
       "leniency": "宽严度 mean deviation from the consensus: above 0 lenient, below 0 severe",
       "correlation": "与其他专家的等级相关 Spearman correlation with the mean of the others"}'),
    ('agreement', 5, '评审一致性 agreement between the experts (Kendall''s W)',
     '{"criterion": "评审准则代码 criterion; total: the sum over all criteria", "title": "评审准则 title of the criterion",
       "experts": "专家数 experts", "proposals": "方案数 proposals that all of them rated",
       "left_out": "未计入方案数 proposals that only some of them rated",
       "w": "肯德尔和谐系数 Kendall''s W with ties corrected: 0 none, 1 full agreement",
       "chi_square": "卡方 experts * (proposals - 1) * W", "df": "自由度 proposals - 1",
       "p_value": "显著性 probability of as much agreement by chance (chi-squared approximation)"}');
