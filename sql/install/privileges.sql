-- privileges: who may do what with the objects of the extension, in one list. This file comes last.
--
-- PostgreSQL runs the script of a trusted extension as a superuser, whom the objects then belong to,
-- the schemas included; the extension belongs to the user. The tables must not: whoever owns a table can
-- put triggers on it, which an upgrade script, run as a superuser, would set off. So the owner of the
-- extension has privileges on what schemes and banks' rules are, with the right to pass them on; and the
-- owner of the database loads and dumps what is kept of scoreboards, without the right to pass that on.

CREATE FUNCTION _innovation_score.set_privileges() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on AS $$
DECLARE
    ours pg_extension;
    due record;
BEGIN
    SELECT * INTO STRICT ours FROM pg_extension e WHERE e.extname = 'innovation_score';
    -- What the superuser's default privileges have given to others.
    FOR due IN
        WITH member AS (
            SELECT d.classid, d.objid FROM pg_depend d
            WHERE d.refclassid = 'pg_extension'::regclass AND d.refobjid = ours.oid AND d.deptype = 'e'
        ), object AS (
            SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind, c.oid::regclass::text AS name, c.relacl AS acl, c.relowner AS owner, false AS shared
            FROM member m JOIN pg_class c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid
            UNION ALL
            SELECT 'ROUTINE', p.oid::regprocedure::text, p.proacl, p.proowner, true
            FROM member m JOIN pg_proc p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid
            UNION ALL
            SELECT 'TYPE', t.oid::regtype::text, t.typacl, t.typowner, true
            FROM member m JOIN pg_type t ON m.classid = 'pg_type'::regclass AND t.oid = m.objid AND t.typelem = 0
            UNION ALL
            SELECT 'SCHEMA', n.oid::regnamespace::text, n.nspacl, n.nspowner, false
            FROM member m JOIN pg_namespace n ON m.classid = 'pg_namespace'::regclass AND n.oid = m.objid
        )
        SELECT o.kind, o.name, o.shared,
               ARRAY(SELECT DISTINCT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END
                     FROM aclexplode(o.acl) a WHERE a.grantee <> o.owner) AS grantees
        FROM object o WHERE o.acl IS NOT NULL
    LOOP
        IF due.grantees <> '{}' THEN
            EXECUTE format('REVOKE ALL ON %s %s FROM %s', due.kind, due.name, array_to_string(due.grantees, ', '));
        END IF;
        IF due.shared THEN      -- what anybody may use where no privileges are set
            EXECUTE format('GRANT ALL ON %s %s TO PUBLIC', due.kind, due.name);
        END IF;
    END LOOP;
    GRANT USAGE ON SCHEMA innovation_score, _innovation_score TO PUBLIC;
    FOR due IN
        SELECT l.privileges, l.grantee, t.name
        FROM (VALUES
            -- schemes are public policy
            ('PUBLIC', 'SELECT',
             '{innovation_score.scheme,innovation_score.category,innovation_score.category_weight,innovation_score.indicator,'
             'innovation_score.stage,innovation_score.weight,innovation_score.stage_rule,innovation_score.quality_rule,'
             'innovation_score.scheme_rule,innovation_score.scheme_tier,innovation_score.effective_weight,'
             'innovation_score.indicator_synonym,innovation_score.guide}'),
            -- the registry: rows of one's own scoreboards, and what readers are shown of others
            ('PUBLIC', 'SELECT, INSERT, UPDATE, DELETE',
             '{innovation_score.scoreboard,innovation_score.fitted_model,innovation_score.score_profile,innovation_score.peer_profile,'
             'innovation_score.whitelist_rule,innovation_score.exclusion,innovation_score.tier_rule,'
             'innovation_score.scoreboard_quality_rule,innovation_score.credit_binding,innovation_score.reconciliation,innovation_score.collection,'
             'innovation_score.stored_ranking}'),
            -- batches are recorded by a function, and deleted by the owner
            ('PUBLIC', 'SELECT, DELETE', '{innovation_score.whitelist_batch,innovation_score.whitelist_batch_firm}'),
            -- has no values, and whoever keeps its head need see nothing else
            ('PUBLIC', 'SELECT', '{innovation_score.publication_log}'),
            -- of scoreboards on which one has a right
            ('PUBLIC', 'SELECT', '{innovation_score.published_whitelist}'),
            ('PUBLIC', 'SELECT',
             '{_innovation_score.shown_scoreboard,_innovation_score.shown_fitted_model,_innovation_score.shown_score_profile,'
             '_innovation_score.shown_peer_profile,_innovation_score.shown_whitelist_rule,_innovation_score.shown_exclusion,'
             '_innovation_score.shown_whitelist_batch,_innovation_score.shown_whitelist_batch_firm,'
             '_innovation_score.shown_tier_rule,_innovation_score.shown_scoreboard_quality_rule,_innovation_score.shown_credit_binding,_innovation_score.frozen_scheme}'),
            -- what steers the functions
            ('PUBLIC', 'SELECT',
             '{_innovation_score.scoreboard_view,_innovation_score.scoreboard_column,_innovation_score.scoreboard_right,'
             '_innovation_score.input_part,_innovation_score.review_view}'),
            -- dumping and restoring
            ('pg_database_owner', 'SELECT, INSERT',
             '{_innovation_score.scoreboard,_innovation_score.fitted_model,_innovation_score.score_profile,_innovation_score.peer_profile,'
             '_innovation_score.whitelist_rule,_innovation_score.exclusion,_innovation_score.whitelist_batch,'
             '_innovation_score.whitelist_batch_firm,_innovation_score.tier_rule,_innovation_score.scoreboard_quality_rule,_innovation_score.credit_binding,'
             '_innovation_score.reconciliation,_innovation_score.collection,_innovation_score.stored_ranking,'
             'innovation_score.publication,innovation_score.published_model,innovation_score.published_firm,'
             'innovation_score.published_correction,innovation_score.publication_event,innovation_score.objection,'
             'innovation_score.publication_log,innovation_score.publication_key,innovation_score.publication_signature,'
             '_innovation_score.publication_secret,innovation_score.ledger_entry}'),
            ('pg_database_owner', 'SELECT, INSERT, DELETE', '{_innovation_score.restored}'),
            ('pg_database_owner', 'SELECT', '{_innovation_score.restore_step}'),
            -- the installer
            ('extension', 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE',
             '{innovation_score.scheme,innovation_score.category,innovation_score.category_weight,innovation_score.indicator,'
             'innovation_score.stage,innovation_score.weight,innovation_score.stage_rule,innovation_score.quality_rule,'
             'innovation_score.scheme_rule,innovation_score.indicator_synonym,innovation_score.credit_rule,innovation_score.credit_step,'
             'innovation_score.policy,innovation_score.policy_step,innovation_score.policy_tier,'
             'innovation_score.ledger,innovation_score.ledger_rate,innovation_score.risk_pool,innovation_score.risk_pool_partner,'
             'innovation_score.credit_product,innovation_score.credit_basis,innovation_score.credit_term,'
             'innovation_score.publication_key,innovation_score.publication_signature}'),
            -- written by functions alone
            ('extension', 'SELECT',
             '{innovation_score.publication,innovation_score.published_model,innovation_score.published_firm,'
             'innovation_score.published_correction,innovation_score.publication_event,innovation_score.objection,'
             'innovation_score.publication_log}'),
            ('extension', 'SELECT, INSERT, UPDATE, DELETE', '{innovation_score.scheme_tier}'),
            -- added to and never changed; who adds to it must be able to lock the turn
            ('extension', 'SELECT, INSERT', '{innovation_score.ledger_entry}'),
            ('extension', 'UPDATE', '{_innovation_score.ledger_turn}'),
            ('extension', 'SELECT',
             '{innovation_score.credit_curve,innovation_score.effective_weight,innovation_score.publication_list,innovation_score.published_score,'
             'innovation_score.published_category_score,innovation_score.published_value,innovation_score.published_attribute,'
             'innovation_score.ledger_lot,innovation_score.ledger_balance,innovation_score.ledger_statement,'
             'innovation_score.ledger_reconciliation,innovation_score.ledger_clearing}')) AS l(grantee, privileges, names)
        CROSS JOIN LATERAL unnest(l.names::text[]) AS t(name)
    LOOP
        IF due.grantee = 'PUBLIC' OR due.grantee = 'pg_database_owner' THEN
            EXECUTE format('GRANT %s ON %s TO %s', due.privileges, due.name, due.grantee);
        ELSIF ours.extowner <> (SELECT c.relowner FROM pg_class c WHERE c.oid = due.name::regclass) THEN
            EXECUTE format('GRANT %s ON %s TO %I WITH GRANT OPTION', due.privileges, due.name, pg_get_userbyid(ours.extowner));
        END IF;
    END LOOP;
    -- The keeper's, who is the owner of the tables.
    FOR due IN
        SELECT p.oid::regprocedure AS name FROM pg_proc p
        WHERE p.pronamespace = '_innovation_score'::regnamespace
          AND (p.proname LIKE 'do\_%' OR p.proname IN ('log_turn', 'log_append', 'keep_secret', 'set_objection', 'insert_publication', 'keep_publication', 'publish_run'))
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', due.name);
    END LOOP;
    -- whoever changes a scheme must be able to see that publications use it
    GRANT SELECT (publication, scheme) ON innovation_score.publication TO PUBLIC;
END
$$;

COMMENT ON FUNCTION _innovation_score.set_privileges() IS 'internal: for install and upgrade scripts: sets all privileges anew';

SELECT _innovation_score.set_privileges();
