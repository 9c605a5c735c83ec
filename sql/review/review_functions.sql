-- review, the functions that users call: binding a table of ratings, creating and
-- dropping the views.

CREATE FUNCTION _innovation_score.new_review_name(name text, path name[]) RETURNS text
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT _innovation_score.new_name(
        'review', name, (SELECT '_' || v.kind FROM review_view v ORDER BY octet_length(v.kind) DESC, v.kind COLLATE "C" LIMIT 1), path)
$$;

COMMENT ON FUNCTION _innovation_score.new_review_name(text, name[]) IS 'internal: the full name for a new review, checked';

-- The conflicts name proposal and expert as the ratings do, or in English.
CREATE FUNCTION _innovation_score.review_conflicts(conflicts regclass, proposal text, expert text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    source text;
    columns text[];
    proposal_column text;
    expert_column text;
BEGIN
    IF conflicts IS NULL THEN
        RETURN '(SELECT NULL::text AS _proposal, NULL::text AS _expert, NULL::text AS _reason WHERE false)';
    END IF;
    source := _innovation_score.source_name(conflicts);
    columns := _innovation_score.source_columns(conflicts);
    proposal_column := CASE WHEN proposal = ANY (columns) THEN proposal
                            WHEN 'proposal' = ANY (columns) THEN 'proposal' END;
    expert_column := CASE WHEN expert = ANY (columns) THEN expert
                          WHEN 'expert' = ANY (columns) THEN 'expert' END;
    IF proposal_column IS NULL OR expert_column IS NULL THEN
        RAISE EXCEPTION 'the conflicts of interest need columns "%" and "%"', proposal, expert
            USING ERRCODE = 'undefined_column',
                  DETAIL = format('%s has %s.', source,
                                  (SELECT string_agg(format('"%s"', c), ', ') FROM unnest(columns) c));
    END IF;
    RETURN format('(SELECT innovation_score.key_text(c.%1$I) AS _proposal, innovation_score.key_text(c.%2$I) AS _expert, %3$s AS _reason FROM %4$s c '
                  'WHERE c.%1$I IS NOT NULL AND c.%2$I IS NOT NULL GROUP BY 1, 2)',
                  proposal_column, expert_column,
                  CASE WHEN 'reason' = ANY (columns)
                       THEN 'string_agg(DISTINCT c.reason::text COLLATE "C", ''；'' '
                            'ORDER BY c.reason::text COLLATE "C")'
                       ELSE 'NULL::text' END,
                  source);
END
$$;

COMMENT ON FUNCTION _innovation_score.review_conflicts(regclass, text, text) IS 'internal: FROM item of the conflicts of interest';

CREATE FUNCTION _innovation_score.check_trim(trim_share float8, drop_n integer, min_experts integer) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    IF drop_n IS NULL AND (trim_share BETWEEN 0 AND 0.5) IS NOT TRUE THEN
        RAISE EXCEPTION 'trim_share must lie between 0 and 0.5'
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = format('It is %s.', COALESCE(trim_share::text, 'NULL'));
    END IF;
    IF drop_n < 0 THEN
        RAISE EXCEPTION 'drop_n must not be negative'
            USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It is %s.', drop_n);
    END IF;
    IF (min_experts > 0) IS NOT TRUE THEN
        RAISE EXCEPTION 'min_experts must be positive'
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = format('It is %s.', COALESCE(min_experts::text, 'NULL'));
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.check_trim(float8, integer, integer) IS 'internal: refuses settings that make no trimmed mean';

CREATE FUNCTION _innovation_score.check_review_names(review review_binding) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET quote_all_identifiers = off AS $$
DECLARE
    known text[] := ARRAY(SELECT DISTINCT k FROM review_view v, jsonb_object_keys(v.columns) k)
        || '{_label,_present,_excluded,_counted,_rating,_reason,_proposal,_expert}'::text[] || review.codes;
    clash text;
BEGIN
    SELECT n.name INTO clash
    FROM (VALUES (review.proposal), (review.expert)) n(name)
    WHERE n.name = ANY (SELECT quote_ident(k) FROM unnest(known) k) OR review.proposal = review.expert
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'column % would stand twice in the views of review %', clash, review.review
            USING ERRCODE = 'duplicate_column',
                  HINT = 'Bind a view over the ratings that gives the column another name.';
    END IF;
    SELECT c.code INTO clash
    FROM unnest(review.codes) c(code)
    JOIN review_view v ON v.kind = 'proposal' AND v.columns ? c.code OR c.code = 'total'
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'criterion "%" has the name of a column or row of ours', clash
            USING ERRCODE = 'duplicate_column', HINT = 'Give the indicator of the scheme another code.';
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.check_review_names(review_binding) IS 'internal: refuses names that are names of ours';

CREATE FUNCTION _innovation_score.comment_review(review review_binding, scheme scheme, ratings regclass, rule text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET quote_all_identifiers = off AS $$
DECLARE
    due record;
BEGIN
    FOR due IN
        SELECT v.kind, v.title, _innovation_score.view_name(review.review, v.kind) AS name FROM review_view v ORDER BY v.place
    LOOP
        EXECUTE format('COMMENT ON VIEW %s IS %L', due.name,
                       format('%s：%s（scheme %s；%s）', COALESCE(scheme.title, scheme.scheme), due.title,
                              scheme.scheme, rule));
    END LOOP;
    FOR due IN
        SELECT _innovation_score.view_name(review.review, v.kind) AS name, a.attname,
               COALESCE(v.columns ->> a.attname,
                        (SELECT t.title FROM unnest(review.codes, review.titles) t(code, title)
                         WHERE v.kind = 'proposal' AND t.code = a.attname),
                        (SELECT col_description(s.attrelid, s.attnum) FROM pg_attribute s
                         WHERE s.attrelid = ratings AND s.attname = a.attname AND NOT s.attisdropped),
                        CASE WHEN quote_ident(a.attname) = review.proposal THEN '方案 proposal'
                             WHEN quote_ident(a.attname) = review.expert THEN '专家 expert' END) AS comment
        FROM review_view v
        JOIN pg_attribute a ON a.attrelid = to_regclass(_innovation_score.view_name(review.review, v.kind)) AND a.attnum > 0
        ORDER BY v.place, a.attnum
    LOOP
        EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', due.name, due.attname, due.comment);
    END LOOP;
END
$$;

COMMENT ON FUNCTION _innovation_score.comment_review(review_binding, scheme, regclass, text) IS
    'internal: comments on the views and columns of a review';

CREATE FUNCTION _innovation_score.tell_left_out(rating_view text, review review_binding) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    told record;
BEGIN
    EXECUTE format(
        'SELECT pg_catalog.sum(u.ratings) AS unknown, pg_catalog.string_agg(pg_catalog.format(''"%%s" (%%s)'', u.label, u.ratings), '', '' ORDER BY u.label COLLATE "C") AS labels '
        'FROM (SELECT pg_catalog.regexp_replace(v.reason, ''^.* unknown criterion: '', '''') AS label, pg_catalog.count(*) AS ratings FROM %s v WHERE v.status = ''unknown'' GROUP BY 1) u',
        rating_view) INTO told;
    IF told.unknown > 0 THEN
        RAISE NOTICE 'ratings by unknown criteria do not count: %', told.labels
            USING HINT = format('The criteria are %s. See %s where status is unknown.',
                                (SELECT string_agg(CASE WHEN c.code = c.title THEN c.code ELSE format('%s (%s)', c.code, c.title) END, ', ' ORDER BY c.place)
                                 FROM unnest(review.codes, review.titles) WITH ORDINALITY c(code, title, place)), rating_view);
    END IF;
    EXECUTE format('SELECT pg_catalog.count(*) AS beyond FROM %s v WHERE v.status = ''out_of_range''', rating_view) INTO told;
    IF told.beyond > 0 THEN
        RAISE NOTICE 'ratings off the scale do not count: %', told.beyond USING HINT = format('See %s where status is out_of_range.', rating_view);
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.tell_left_out(text, review_binding) IS
    'internal: notices of misspelt criteria and of ratings off the scale';

CREATE FUNCTION _innovation_score.create_review(name text, ratings regclass, proposal text, expert text, criterion text, rating text,
                               conflicts regclass, excluded text, trim_share float8, drop_n integer,
                               min_experts integer, correct_severity boolean, scheme text, path name[])
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET quote_all_identifiers = off
SET standard_conforming_strings = on AS $$
DECLARE
    review review_binding;
    known scheme := _innovation_score.require_scheme(scheme);
    schemas text := _innovation_score.path_text(path);
    source text;
    columns text[];
    proposal_bound bound_expression;
    expert_bound bound_expression;
    view record;
    view_name text;
    query text;
BEGIN
    review.review := _innovation_score.new_review_name(name, path);
    IF ratings IS NULL THEN
        RAISE EXCEPTION 'the review needs a table of ratings' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    source := _innovation_score.source_name(ratings);
    columns := _innovation_score.source_columns(ratings);
    PERFORM _innovation_score.check_trim(trim_share, drop_n, min_experts);
    SELECT array_agg(i.indicator ORDER BY i.position, i.indicator COLLATE "C"),
           array_agg(COALESCE(i.title, i.indicator) ORDER BY i.position, i.indicator COLLATE "C"),
           array_agg(NULLIF(b.side[1], '')::float8 ORDER BY i.position, i.indicator COLLATE "C"),
           array_agg(NULLIF(b.side[2], '')::float8 ORDER BY i.position, i.indicator COLLATE "C")
    INTO review.codes, review.titles, review.lowest, review.highest
    FROM indicator i
    -- bounds that are fixed are the scale of the ratings
    CROSS JOIN LATERAL (SELECT regexp_match(COALESCE(i.extreme, known.extreme), '^fixed\(([^,]*),([^)]*)\)$') AS side) b
    WHERE i.scheme = known.scheme;
    IF review.codes IS NULL THEN
        RAISE EXCEPTION 'scheme "%" has no indicators to rate', known.scheme
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    proposal_bound := _innovation_score.bind_scalar(schemas, source, columns, COALESCE(proposal, 'proposal'), 'proposal');
    expert_bound := _innovation_score.bind_scalar(schemas, source, columns, COALESCE(expert, 'expert'), 'expert');
    review.proposal := quote_ident(COALESCE(proposal_bound.name, 'proposal'));
    review.expert := quote_ident(COALESCE(expert_bound.name, 'expert'));
    PERFORM _innovation_score.check_review_names(review);
    review.conflicts := _innovation_score.review_conflicts(conflicts, COALESCE(proposal_bound.name, 'proposal'),
                                          COALESCE(expert_bound.name, 'expert'));
    review.source := format(
        '(SELECT %s AS %s, %s AS %s, %s::text AS _label, %s::double precision AS rating, %s AS _excluded FROM %s)',
        proposal_bound.expression, review.proposal, expert_bound.expression, review.expert,
        (_innovation_score.bind_scalar(schemas, source, columns, COALESCE(criterion, 'criterion'), 'criterion')).expression,
        _innovation_score.bind_number(schemas, source, columns, COALESCE(rating, 'rating'), 'rating'),
        CASE WHEN excluded IS NULL THEN 'false'
             ELSE _innovation_score.bind_condition(schemas, source, columns, excluded, 'condition of exclusion') || ' IS TRUE' END,
        source);
    review.min_experts := min_experts;
    review.trim := COALESCE(drop_n::text, format('%L::float8', trim_share));
    review.dropped := format(
        'least(%s, greatest(n.experts - 1, 0) / 2)',
        COALESCE(drop_n || '::bigint', format('floor(n.experts * %L::float8)::bigint', trim_share)));
    review.counted := CASE WHEN correct_severity THEN 'v._counted - v.leniency' ELSE 'v._counted' END;
    FOR view IN SELECT v.kind FROM review_view v ORDER BY v.place LOOP
        view_name := _innovation_score.view_name(review.review, view.kind);
        EXECUTE format('SELECT _innovation_score.%I($1)', format('review_%s_query', view.kind))
            INTO query USING review;
        PERFORM _innovation_score.run(schemas, format('CREATE VIEW %s%s AS %s', view_name, _innovation_score.view_options(view_name), query));
    END LOOP;
    PERFORM _innovation_score.comment_review(review, known, ratings, concat(
        CASE WHEN drop_n IS NOT NULL THEN format('两端各去掉%s个 drop_n %1$s', drop_n)
             ELSE format('截尾比例 trim_share %s', trim_share) END,
        CASE WHEN correct_severity THEN '，已校正宽严 severity corrected' END));
    PERFORM _innovation_score.tell_left_out(_innovation_score.view_name(review.review, 'rating'), review);
END
$$;

COMMENT ON FUNCTION _innovation_score.create_review(text, regclass, text, text, text, text, regclass, text, float8, integer, integer,
                                   boolean, text, name[]) IS 'internal: create_review with the caller''s schemas';

CREATE FUNCTION create_review(name text, ratings regclass, proposal text DEFAULT 'proposal',
                              expert text DEFAULT 'expert', criterion text DEFAULT 'criterion',
                              rating text DEFAULT 'rating', conflicts regclass DEFAULT NULL,
                              excluded text DEFAULT NULL, trim_share float8 DEFAULT 0.2,
                              drop_n integer DEFAULT NULL, min_experts integer DEFAULT 1,
                              correct_severity boolean DEFAULT false, scheme text DEFAULT 'bid-review')
RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT _innovation_score.create_review(name, ratings, proposal, expert, criterion, rating, conflicts, excluded,
                                           trim_share, drop_n, min_experts, correct_severity, scheme,
                                           pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION create_review(text, regclass, text, text, text, text, regclass, text, float8, integer, integer,
                                  boolean, text) IS
    'makes the views <name>_rating, _criterion, _proposal, _expert and _agreement over a table of expert ratings';

CREATE FUNCTION _innovation_score.drop_review(name text, path name[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp
SET quote_all_identifiers = off AS $$
DECLARE
    parts text[] := _innovation_score.name_parts(name);
    views text[];
    dependent text;
BEGIN
    SELECT array_agg(_innovation_score.view_name(p.review, v.kind) ORDER BY v.place) INTO views
    FROM (SELECT format('%I.%I', s.schema_name, parts[cardinality(parts)]) AS review, s.place
          FROM unnest(CASE cardinality(parts) WHEN 1 THEN path WHEN 2 THEN parts[1:1]::name[] END)
               WITH ORDINALITY AS s(schema_name, place)) p, review_view v
    WHERE EXISTS (SELECT FROM pg_class c WHERE c.oid = to_regclass(_innovation_score.view_name(p.review, v.kind)) AND c.relkind = 'v')
    GROUP BY p.review, p.place
    HAVING count(*) = (SELECT count(*) FROM review_view)
    ORDER BY p.place
    LIMIT 1;
    IF views IS NULL THEN
        RAISE EXCEPTION 'review "%" does not exist', name
            USING ERRCODE = 'undefined_object',
                  HINT = format('A review has the views %s.',
                                (SELECT string_agg('<name>_' || v.kind, ', ' ORDER BY v.place) FROM review_view v));
    END IF;
    EXECUTE format('DROP VIEW %s', array_to_string(views, ', '));
EXCEPTION WHEN dependent_objects_still_exist THEN
    GET STACKED DIAGNOSTICS dependent = PG_EXCEPTION_DETAIL;
    RAISE EXCEPTION 'the views of review % cannot be dropped because other objects depend on them', name
        USING ERRCODE = 'dependent_objects_still_exist', DETAIL = dependent,
              HINT = 'Drop those objects first: a scoreboard with innovation_score.drop_scoreboard().';
END
$$;

COMMENT ON FUNCTION _innovation_score.drop_review(text, name[]) IS 'internal: drop_review with the caller''s schemas';

CREATE FUNCTION drop_review(name text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE AS $$
    SELECT _innovation_score.drop_review(name, pg_catalog.current_schemas(false))
$$;

COMMENT ON FUNCTION drop_review(text) IS 'drops the views of a review, not what depends on them';
