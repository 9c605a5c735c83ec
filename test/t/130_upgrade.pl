# Every version that has been released, filled and updated: the catalogs are those of a fresh install, the data and the
# scores are what they were.

use strict;
use warnings;

use Test::More;
use lib 'test/perl';
use InnovationScoreTest;

my $node = new_node('upgrade');
my ($version) = slurp('innovation_score.control') =~ /^default_version\s*=\s*'([^']+)'/m;
# where scoreboards are, and what users made upon them
my $schemas = q{'dash', 'Quoted "dash"', 'own'};
# what a rebuild changes of a scoreboard's row; the scores that 1.1.0 kept beside the peers' indicators stand in score_profile then
my $rebuilt = qr/"comments": \{.*?\}|"search_path": "(?:[^"\\]|\\.)*"|^innovation_score\.peer_profile: .*"stage": null.*$/m;
my @released = map { m{innovation_score--([^-]+)\.sql$} } glob('sql/released/innovation_score--*.sql');

sub sql
{
	my ($database, $query) = @_;
	return $node->safe_psql($database, $query);
}

sub database
{
	my ($name, $extension) = @_;
	sql('postgres', "CREATE DATABASE $name");
	sql($name, "CREATE EXTENSION innovation_score $extension");
}

# Compares lists of lines, and shows only those that differ.
sub same_lines
{
	my ($got, $expected, $name) = @_;
	my %count;
	$count{$_}++ foreach grep { length } split /\n/, $got;
	$count{$_}-- foreach grep { length } split /\n/, $expected;
	my @wrong = map { ($count{$_} > 0 ? 'got:      ' : 'expected: ') . $_ } grep { $count{$_} } sort keys %count;
	is(scalar(@wrong), 0, $name) or diag(join "\n", map { substr($_, 0, 400) } @wrong[ 0 .. ($#wrong < 20 ? $#wrong : 20) ]);
	return;
}

# All that the catalogs say of the extension's objects, a line each: kind, object, properties.
sub catalog
{
	my ($database) = @_;
	return sql($database, q{
		SET search_path = pg_catalog;
		SET bytea_output = hex;
		CREATE TEMP VIEW member AS
			SELECT d.classid, d.objid FROM pg_depend d
			WHERE d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass
			  AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'innovation_score');
		CREATE TEMP VIEW relation AS
			SELECT c.* FROM pg_class c WHERE c.relnamespace = 'innovation_score'::regnamespace;
		CREATE TEMP VIEW line(kind, object, properties) AS
		SELECT 'extension', '', to_jsonb(e) - '{oid,extname,extnamespace,extconfig,extcondition}'::text[] FROM pg_extension e
		WHERE extname = 'innovation_score'
		UNION ALL
		SELECT 'dumped', c.r::regclass::text, to_jsonb(c.f)
		FROM pg_extension e, unnest(extconfig, extcondition) c(r, f) WHERE extname = 'innovation_score'
		UNION ALL
		SELECT 'member', pg_describe_object(classid, objid, 0), to_jsonb(obj_description(objid, classid::regclass::text))
		FROM member
		UNION ALL
		SELECT 'initial privileges', pg_describe_object(p.classoid, p.objoid, p.objsubid),
			   to_jsonb(ARRAY(SELECT a::text FROM unnest(p.initprivs) a ORDER BY 1)) || to_jsonb(p.privtype::text)
		FROM pg_init_privs p
		WHERE EXISTS (SELECT FROM member WHERE classid = p.classoid AND objid = p.objoid)
		   OR p.classoid = 'pg_namespace'::regclass AND p.objoid = 'innovation_score'::regnamespace
		UNION ALL
		SELECT 'depends', pg_describe_object(d.classid, d.objid, d.objsubid),
			   to_jsonb(pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid) || d.deptype::text)
		FROM pg_depend d JOIN member m ON d.classid = m.classid AND d.objid = m.objid
		WHERE d.deptype <> 'e' AND d.classid <> 'pg_type'::regclass
		UNION ALL
		SELECT 'schema', nspname, to_jsonb(n) - 'oid' FROM pg_namespace n WHERE nspname = 'innovation_score'
		UNION ALL
		SELECT 'function', p.oid::regprocedure::text,
			   to_jsonb(CASE WHEN prokind <> 'a' THEN pg_get_functiondef(p.oid) END)
			   || to_jsonb(pg_get_function_arguments(p.oid)) || to_jsonb(pg_get_function_result(p.oid))
			   || to_jsonb(concat_ws(' ', proowner::regrole, prokind, provolatile, proparallel, proisstrict, prosecdef, procost,
									 prorows, provariadic::regtype, prosupport, ARRAY(SELECT a::text FROM unnest(proacl) a ORDER BY 1)))
		FROM pg_proc p WHERE pronamespace = 'innovation_score'::regnamespace
		UNION ALL
		SELECT 'aggregate', a.aggfnoid::regprocedure::text,
			   to_jsonb(a) - '{aggfnoid,aggtranstype,aggmtranstype,aggsortop}'::text[]
			   || jsonb_build_object('s', aggtranstype::regtype, 'm', aggmtranstype::regtype, 'o', aggsortop::regoperator)
		FROM pg_aggregate a JOIN pg_proc p ON p.oid = aggfnoid WHERE pronamespace = 'innovation_score'::regnamespace
		UNION ALL
		SELECT 'relation', c.oid::regclass::text,
			   jsonb_build_array(relkind, relpersistence, relowner::regrole, reloptions, relrowsecurity, relforcerowsecurity,
								 relreplident, relispartition, reloftype::regtype, relhasrules,
								 ARRAY(SELECT a::text FROM unnest(relacl) a ORDER BY 1),
								 CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(oid) END,
								 CASE WHEN relkind = 'i' THEN pg_get_indexdef(oid) END,
								 (SELECT to_jsonb(s) - '{seqrelid,seqtypid}'::text[] FROM pg_sequence s WHERE seqrelid = oid))
		FROM relation c
		UNION ALL
		SELECT 'column', concat_ws('.', c.oid::regclass, attname),
			   jsonb_build_array(row_number() OVER (PARTITION BY attrelid ORDER BY attnum), format_type(atttypid, atttypmod),
								 attnotnull, attidentity, attgenerated, attstorage, attcollation::regcollation,
								 pg_get_expr(adbin, adrelid), attacl::text, col_description(attrelid, attnum))
		FROM relation c JOIN pg_attribute a ON attrelid = c.oid LEFT JOIN pg_attrdef ON (adrelid, adnum) = (attrelid, attnum)
		WHERE attnum > 0 AND NOT attisdropped
		UNION ALL
		SELECT 'constraint', concat_ws('.', c.oid::regclass, conname),
			   jsonb_build_array(pg_get_constraintdef(n.oid), convalidated, condeferrable, obj_description(n.oid, 'pg_constraint'))
		FROM relation c JOIN pg_constraint n ON conrelid = c.oid
		UNION ALL
		SELECT 'trigger', concat_ws('.', c.oid::regclass, CASE WHEN tgisinternal THEN tgfoid::regproc::text ELSE tgname END),
			   CASE WHEN tgisinternal THEN to_jsonb(tgtype) ELSE to_jsonb(pg_get_triggerdef(t.oid)) END || to_jsonb(tgenabled::text)
		FROM relation c JOIN pg_trigger t ON tgrelid = c.oid
		UNION ALL
		SELECT 'rule', concat_ws('.', c.oid::regclass, rulename), to_jsonb(pg_get_ruledef(r.oid)) || to_jsonb(ev_enabled::text)
		FROM relation c JOIN pg_rewrite r ON ev_class = c.oid
		UNION ALL
		SELECT 'policy', concat_ws('.', c.oid::regclass, polname),
			   jsonb_build_array(polcmd, polpermissive, polroles::regrole[], pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
		FROM relation c JOIN pg_policy ON polrelid = c.oid
		UNION ALL
		SELECT 'type', t.oid::regtype::text,
			   to_jsonb(t) - '{oid,typname,typnamespace,typowner,typrelid,typelem,typarray,typbasetype,typcollation,typdefaultbin}'::text[]
			   || jsonb_build_array(typowner::regrole, typelem::regtype, typarray::regtype, typbasetype::regtype,
									ARRAY(SELECT enumlabel FROM pg_enum WHERE enumtypid = t.oid ORDER BY enumsortorder))
		FROM pg_type t WHERE typnamespace = 'innovation_score'::regnamespace
		UNION ALL
		SELECT 'operator', o.oid::regoperator::text,
			   jsonb_build_array(oprresult::regtype, oprcode, oprcom::regoperator, oprnegate::regoperator, oprrest, oprjoin, oprcanmerge, oprcanhash)
		FROM pg_operator o WHERE oprnamespace = 'innovation_score'::regnamespace
		UNION ALL
		SELECT 'cast', pg_describe_object(m.classid, m.objid, 0), jsonb_build_array(castfunc::regprocedure, castcontext, castmethod)
		FROM member m JOIN pg_cast c ON m.classid = 'pg_cast'::regclass AND c.oid = m.objid;
		SELECT concat_ws(' | ', kind, object, properties) FROM line});
}

# What a user of a version leaves: what the versions before it had is in use there, too.
sub fill
{
	my ($database, $version) = @_;
	sql($database, slurp("test/data/released/$_.sql")) foreach grep { $_ le $version } @released;
	return;
}

# The rows of tables and views, a line each.  Without column names: those of every column.
sub rows
{
	my ($database, $relation, $columns) = @_;
	return join "\n", map { "$relation: $_" }
	  split /\n/, sql($database, 'SELECT ' . ($columns || "to_jsonb(r)") . " FROM $relation r ORDER BY 1");
}

sub columns_of
{
	my ($database, $relation) = @_;
	my $list = sql($database, qq{SELECT string_agg(format('%L, %I', attname, attname), ', ' ORDER BY attnum)
								 FROM pg_attribute WHERE attrelid = '$relation'::regclass AND attnum > 0 AND NOT attisdropped});
	return "jsonb_build_object($list)";
}

sub relations
{
	my ($database, $schemas, $kind) = @_;
	return split /\n/, sql($database, qq{SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
										 WHERE nspname IN ($schemas) AND relkind = '$kind' ORDER BY 1});
}

# ----- the paths

cmp_ok(scalar(@released), '>', 0, 'released versions: ' . join(', ', @released));
is( sql('postgres', qq{SELECT string_agg(source, ', ') FROM pg_extension_update_paths('innovation_score')
					   WHERE target = '$version' AND path IS NULL}),
	'', 'a path leads from every version to this one');
is( sql('postgres', q{SELECT string_agg(version, ',' ORDER BY version COLLATE "C") FROM pg_available_extension_versions
					  WHERE name = 'innovation_score'}),
	join(',', sort @released, grep { my $v = $_; !grep { $_ eq $v } @released } $version),
	'the server has these versions');

# ----- what a fresh install has

database('fresh', '');
my $catalog = catalog('fresh');
my $rows = join "\n", map { rows('fresh', $_) } relations('fresh', "'innovation_score'", 'r');

cmp_ok(scalar(split /\n/, $catalog), '>', 1000, 'objects and properties of a fresh install');

foreach my $from (grep { $_ ne $version } @released)
{
	(my $suffix = $from) =~ s/\W/_/g;

	# ----- updated as it was installed, shipped schemes in use

	database("plain_$suffix", "VERSION '$from'");
	sql("plain_$suffix", q{
		CREATE SCHEMA dash;
		CREATE TABLE firm AS SELECT i AS firm, 'growth' AS stage, i * 7919 % 101 AS revenue FROM generate_series(1, 50) i;
		SELECT innovation_score.create_scoreboard('dash.' || name, 'national-2024', 'firm', 'firm', 'stage', mapping =>
			(SELECT jsonb_object_agg(indicator, NULL) - 'revenue' FROM innovation_score.indicator WHERE scheme = 'national-2024'))
		FROM unnest('{live,cold}'::text[]) name;
		SELECT innovation_score.freeze_scoreboard('dash.cold');
		UPDATE firm SET revenue = revenue * 2 WHERE firm > 40});
	my @scores = map { rows("plain_$suffix", $_) } 'dash.live_ranking', 'dash.cold_ranking';
	sql("plain_$suffix", 'ALTER EXTENSION innovation_score UPDATE');
	same_lines(catalog("plain_$suffix"), $catalog, "$from updated: the catalogs of a fresh install");
	same_lines(
		join("\n", map { rows("plain_$suffix", $_) }
			grep { !/\.(?:scoreboard|fitted_model|peer_profile)$/ } relations("plain_$suffix", "'innovation_score'", 'r')),
		$rows, "$from updated: the rows of a fresh install");
	same_lines(join("\n", map { rows("plain_$suffix", $_) } 'dash.live_ranking', 'dash.cold_ranking'),
		join("\n", @scores), "$from updated: the scores are what they were");
	my %ranking = map { $_ => columns_of("plain_$suffix", $_) } 'dash.live_ranking', 'dash.cold_ranking';
	my $before = join "\n", map { rows("plain_$suffix", $_, $ranking{$_}) } sort keys %ranking;
	sql("plain_$suffix", 'SELECT innovation_score.rebuild_scoreboard(scoreboard) FROM innovation_score.scoreboard');
	same_lines(join("\n", map { rows("plain_$suffix", $_, $ranking{$_}) } sort keys %ranking), $before, "$from rebuilt: nothing is fitted anew");

	# ----- by a plain user who owns the database

	if ($from eq $released[0])
	{
		sql('postgres', 'CREATE ROLE keeper LOGIN; CREATE DATABASE keepers_fresh OWNER keeper');
		sql('keepers_fresh', 'SET SESSION AUTHORIZATION keeper; CREATE EXTENSION innovation_score');
	}
	sql('postgres', "CREATE DATABASE keepers_$suffix OWNER keeper");
	sql("keepers_$suffix", "SET SESSION AUTHORIZATION keeper; CREATE EXTENSION innovation_score VERSION '$from'");

	# what somebody put into the schema, and then even into the extension, must not run with a superuser's rights
	foreach my $trick ('SELECT', 'ALTER EXTENSION innovation_score ADD FUNCTION innovation_score.format(text, name)')
	{
		my ($code, $out, $error) = $node->psql("keepers_$suffix", qq{
			SET SESSION AUTHORIZATION keeper;
			BEGIN;
			CREATE FUNCTION innovation_score.format(text, name) RETURNS text LANGUAGE plpgsql AS
				'BEGIN RAISE EXCEPTION ''run by %'', current_user; END';
			$trick;
			ALTER EXTENSION innovation_score UPDATE});
		like($error, qr/schema "innovation_score" is not empty.*function innovation_score\.format\(text,name\)/s, "$from: not updated among planted objects");
	}
	sql("keepers_$suffix", 'SET SESSION AUTHORIZATION keeper; ALTER EXTENSION innovation_score UPDATE');
	same_lines(catalog("keepers_$suffix"), catalog('keepers_fresh'), "$from updated by a plain user: the catalogs of a fresh install");

	# ----- updated after it was used

	my $old = "used_$suffix";
	database($old, "VERSION '$from'");
	fill($old, $from);

	# The registers of views and the like are the extension's own.
	my @tables = grep { !/\.(?:restore_step|scoreboard_view|scoreboard_column)$/ } relations($old, "'innovation_score'", 'r');
	my @views = relations($old, $schemas, 'v');
	my %columns = map { $_ => columns_of($old, $_) } @tables, @views;
	my $contents = sub {
		return join "\n", map { rows($old, $_, $columns{$_}) } @_;
	};
	my ($data, $scores) = ($contents->(@tables), $contents->(@views));

	cmp_ok(scalar(@views), '>', 40, "$from: views of scoreboards and of users");

	my $dump = $node->basedir . "/$old.sql";
	$node->command_ok([ 'pg_dump', '-f', "$dump.before", '-d', $node->connstr($old) ], "$from: dumped");

	my ($code, $out, $error) = $node->psql($old, 'ALTER EXTENSION innovation_score UPDATE');
	is($code, 0, "$from: updated with data in it") or diag($error);
	like($error, qr/WARNING:  scoreboards keep the views of .*version .*rebuild_scoreboard\(/s, "$from: says what to do");
	same_lines(catalog($old), $catalog, "$from, used: the catalogs of a fresh install");
	same_lines($contents->(@tables), $data, "$from, used: the data as they were");
	same_lines($contents->(@views), $scores, "$from, used: the old views give what they gave");

	# every publication of before is sound
	is(sql($old, q{SELECT string_agg(concat_ws(' ', p.publication, v."check", v.detail), E'\n')
				   FROM innovation_score.publication p, innovation_score.verify_publication(p.publication) v
				   WHERE v.ok IS NOT TRUE AND v."check" <> 'source'}), '', "$from: its publications are verified")
	  if $from ne '1.0.0';

	# what can be done before a rebuild, undone again
	sql($old, q{
		BEGIN;
		SELECT innovation_score.thaw_scoreboard('dash.cold'), innovation_score.freeze_scoreboard('dash.live'),
			   innovation_score.set_whitelist_rule('dash.tree', top_n => 3), innovation_score.drop_scoreboard('dash.base'),
			   innovation_score.create_scoreboard('dash.new', 'zhejiang', 'firm', 'firm', 'stage', 'year');
		ROLLBACK});
	sql($old, q{
		BEGIN;
		SELECT innovation_score.publish('dash.flag', '2024', 'more'), innovation_score.publish('dash.flag_cold', '2023', 'more'),
			   innovation_score.record_whitelist_batch('dash.flag', '2022', 'bank'), innovation_score.set_tiers('dash.strict', 'score', '{A,B}', '[1]'),
			   innovation_score.accept_objection(5, 'so it is'), innovation_score.retract(3, 'why not');
		ROLLBACK}) if $from ne '1.0.0';

	sql($old, 'SELECT innovation_score.rebuild_scoreboard(scoreboard) FROM innovation_score.scoreboard');
	same_lines((map { s/$rebuilt//gr } $contents->(@tables), $data), "$from, rebuilt: the data as they were, but for comments on the views");
	same_lines($contents->(@views), $scores, "$from, rebuilt: the same, to the last bit");
	same_lines(
		join("\n", map { s/^innovation_score\.//r } sql($old, q{SELECT innovation_score._view_name(scoreboard, suffix)
			FROM innovation_score.scoreboard, innovation_score._views_of(scoreboard)})),
		join("\n", grep { !/\.(?:best|bounds|problems)$/ } relations($old, q{'dash', 'Quoted "dash"'}, 'v')),
		"$from, rebuilt: every view of a scoreboard is there");

	# ----- as if it had been made with this version

	database("made_$suffix", '');
	# schemes that were changed or derived before there were rules have none
	sql("made_$suffix", 'DELETE FROM innovation_score.quality_rule') if $from eq '1.0.0';
	fill("made_$suffix", $from);
	my @present = relations($old, $schemas, 'v');
	my ($is, $should) = map {
		my $database = $_;
		join("\n", map { rows($database, $_) } @present) =~ s/"recorded_at": "[^"]*"//gr
	} $old, "made_$suffix";
	same_lines($is, $should, "$from, rebuilt: what the scoreboards of a fresh install show");
	($is, $should) = map {
		sql($_, qq{SELECT to_jsonb(concat_ws(' ', c.oid::regclass, obj_description(c.oid), pg_get_viewdef(c.oid)))
				  FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname IN ($schemas) AND relkind = 'v'
				  UNION ALL
				  SELECT to_jsonb(concat_ws(' ', attrelid::regclass, attnum, attname, format_type(atttypid, atttypmod), col_description(attrelid, attnum)))
				  FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace JOIN pg_attribute ON attrelid = c.oid
				  WHERE nspname IN ($schemas) AND relkind = 'v'})
	} $old, "made_$suffix";
	same_lines($is, $should, "$from, rebuilt: their definitions");

	# ----- what it stored, byte for byte

  SKIP:
	{
		skip 'the stored values are those of a little-endian machine', 1 unless unpack('C', pack('S', 1));
		is( sql($old, q{SELECT model::jsonb = model_text, fitted::jsonb = fitted_text,
							   innovation_score.fit_model(state)::jsonb = fitted_text FROM stored}),
			't|t|t', "$from: stored values are read");
	}

	# ----- moved to a server with this version, before and after the update

	$node->command_ok([ 'pg_dump', '-f', "$dump.after", '-d', $node->connstr($old) ], "$from: dumped after the update");
	foreach my $when ('before', 'after')
	{
		sql('postgres', "CREATE DATABASE ${when}_$suffix TEMPLATE template0");
		$node->command_ok(
			[ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', "$dump.$when", '-d', $node->connstr("${when}_$suffix") ],
			"$from, dumped $when the update: restored");
		$old = "${when}_$suffix";
		# a shipped scheme that was deleted comes with the extension
		same_lines(
			(map { join "\n", grep { !/"scheme": "progress"/ } split /\n/, s/$rebuilt//gr } $contents->(@tables), $data),
			"$from, dumped $when the update: the data");
		same_lines($contents->(@views), $scores, "$from, dumped $when the update: the scores");
	}
}

$node->stop;
done_testing();
