# Damaged input through SQL: text, JSON and documents are mutated in the server, by a generator that gives the same
# inputs every time.  Whatever comes in, the server lives, says something orderly about it, and keeps no memory.
#
# FUZZ=1000000 feeds as many inputs (the default takes some seconds), QUICK=1 a few hundred, for slow servers; SEED
# changes them.  "make fuzz" does the same to the C code outside a server.

use strict;
use warnings;

use Test::More;
use Time::HiRes 'time';
use lib 'test/perl';
use InnovationScoreTest;

my $count = $ENV{FUZZ} || ($ENV{QUICK} ? 400 : 30000);
my $seed = $ENV{SEED} || 1;
my $node = new_node('fuzz');

sub sql { return $node->safe_psql('postgres', "SET search_path = public, innovation_score; SET client_min_messages = error; $_[0]"); }

sql(q{
	CREATE EXTENSION innovation_score;
	CREATE TABLE seed (kind text, place serial, content text);
	INSERT INTO seed (kind, content)
	SELECT 'model', scheme_model(s.scheme)::text FROM scheme s;
	INSERT INTO seed (kind, content)
	SELECT 'model', format('{"scheme": "f", "aggregation": "%2$s", "missing": "reweight", "min_coverage": 0.5, "stages": ["s", "t"],
		"categories": [{"category": "x"}, {"category": "w", "parent": "x", "min_coverage": 0.5, "weights": {"s": 3}}, {"category": "y", "role": "bonus", "max_points": 5}],
		"indicators": [{"indicator": "a", "category": "w", "extreme": "%1$s", "transform": "log", "weights": {"s": 1, "t": 2},
						"bounds": {"lower": 0, "upper": 10, "n": 100, "missing": 2, "minimum": 0, "maximum": 12, "method": "%1$s"}},
					   {"indicator": "b", "category": "x", "direction": "target(5)", "extreme": "%1$s", "weights": {"s": 3}},
					   {"indicator": "c", "category": "y", "direction": "interval(1,2)", "weights": {"s": 3}}]}', extreme, aggregation)
	FROM unnest('{none,"percentile(0.1,0.9)",iqr(1.5),sigma(2),mad(3),"fixed(1,2)"}'::text[]) extreme, unnest('{arithmetic,generalized(-2)}'::text[]) aggregation;
	INSERT INTO seed (kind, content)
	SELECT 'state', substr((SELECT fit_partial(m.model, sin(i), i % 10, CASE WHEN i % 7 > 0 THEN exp(i) END) FROM generate_series(1, n) i)::text, 3)
	FROM (SELECT format('{"indicators": [{"indicator": "a", "extreme": "%1$s", "category": "x", "weights": {"all": 1}}, {"indicator": "b", "category": "x", "extreme": "%1$s", "weights": {"all": 1}},
						 {"indicator": "c", "category": "x", "transform": "sqrt", "extreme": "%1$s", "weights": {"all": 1}}], "categories": [{"category": "x"}]}', extreme)::score_model AS model
		  FROM unnest('{none,"percentile(0.1,0.9)",iqr(1.5),sigma(2),mad(3)}'::text[]) extreme) m, unnest('{0,1,30}'::int[]) n;
	INSERT INTO seed (kind, content)
	SELECT 'method', m FROM unnest('{none,"percentile(0.01,0.99)",iqr(1.5),sigma(3),"mad( 3 )","fixed(-1,2e3)",benefit,cost,target(5),"interval(1,2)",log,sqrt,'
		'arithmetic,geometric,harmonic,generalized(0.5)}'::text[]) m;
	INSERT INTO seed (kind, content) SELECT 'document', replace(scheme_export(s.scheme)::text, to_json(s.scheme)::text, '"fz"') FROM scheme s WHERE s.scheme <> 'national-2024';
	INSERT INTO seed (kind, content) VALUES
		('mapping', '{"a": "x", "b": "y + 1", "c": null}'), ('mapping', '{"a": "nullif(z, '''')::numeric", "b": "CASE WHEN x > 0 THEN y END", "c": "x"}'),
		('mapping', '{"a": "\"x\"", "b": "(x)", "c": "y"}'), ('mapping', '{"indicator": "k", "value": "v"}'),
		('mapping', '{"a": "甲", "b": "乙", "c": null}');
	CREATE TABLE wide (firm text, x float8, y int, z text);
	INSERT INTO wide SELECT 'F' || i, i, -i, i::text FROM generate_series(1, 5) i;
	CREATE TABLE long (firm text, k text, v float8);
	INSERT INTO long SELECT 'F' || i, k, i FROM generate_series(1, 5) i, unnest('{a,b,c,甲}'::text[]) k;
	INSERT INTO scheme (scheme) VALUES ('f');
	INSERT INTO category (scheme, category) VALUES ('f', 'x');
	INSERT INTO indicator (scheme, indicator, category) VALUES ('f', 'a', 'x'), ('f', 'b', 'x'), ('f', 'c', 'x');
	INSERT INTO weight SELECT 'f', 'all', i, 1 FROM unnest('{a,b,c}'::text[]) i;
	INSERT INTO seed (kind, content) VALUES
		('rule', '{"min_score": 20, "min_coverage": 0.5, "required": "d > 1", "qualifies": "unicorn", "quota_by": "city", "quota_n": 8, "top_n": 20, "reserve_n": 5, "category_minimum": {"x": 15}}'),
		('rule', '{"top_n": 20, "required": "d > 1", "required_condition": "d > 1", "values": [{"name": "d", "kind": "indicator", "place": 2}]}'),
		('rule', '{}'),
		('condition', 'a > 1 AND (b IS NULL OR c BETWEEN 1 AND 2.5e3) AND NOT a IN (1, -2, 3)'), ('condition', 'coalesce(abs(a), 0) / nullif(b, 0) >= greatest(c, least(a, 1), floor(b))'),
		('condition', 'a > previous.a * 1.5 OR a < median.a - 3'), ('condition', 'stage = ''企业'' AND same_unit(a, b)'), ('condition', 'indicator.a <> score.x'),
		('reasons', '[{"code": "score_below", "value": 59.5, "minimum": 60}, {"code": "quota_tied", "place": 2, "n": 2, "key": "杭州", "ties": 3}, {"code": "missing", "name": "stage"}]'),
		('reasons', '[{"code": "tier_group_share", "place": 1, "n": 10, "percent": 10, "scored": 100, "group": "a"}, {"code": "small_group"}]'), ('reasons', '[]');
	CREATE TABLE token (place serial, token text, value boolean);
	-- what keeps a JSON document one
	INSERT INTO token (token, value)
	SELECT t, true FROM unnest(ARRAY['0', '-0', '1', '-1', '1e308', '-1e308', '1e309', '5e-324', '0.1', '2147483648', '9223372036854775807', 'null', 'true', '"x"', '"a"', '"s"', '""',
		'{}', '[]', '[1]', '{"a": 1}', '[[[[]]]]', '"企"', '"\u0001"', '"percentile(0,1)"', '"iqr(0)"', '"mad(1e308)"', '"fixed(2,1)"', '"generalized(-1e300)"', '"interval(2,1)"', '"target(1e308)"',
		'"log"', '"cost"', '"bonus"', '"penalty"', '"reweight"', '"null"', '"harmonic"', '"x + 1"', '"y / 0"', '"x; y"', '"max(x)"', '"(SELECT 1)"', '"NaN"', '"Infinity"', '0.5, 1', '1, "parent": "x"',
		'"x", "role": "penalty"', '"x", "min_coverage": 2', '1, "weights": {"s": -1}', to_json(repeat('x', 64))::text, to_json(repeat('企', 30))::text, repeat('9', 400)]) t;
	INSERT INTO token (token, value)
	SELECT t, false FROM unnest(ARRAY['', '0', '-0', '1', '-1', '1e308', '-1e308', '1e309', '5e-324', 'NaN', 'Infinity', '0.1', '2147483648', '9223372036854775807', '-9223372036854775808',
		'null', 'true', '"x"', '""', '{}', '[]', '{"a": 1}', '[[[[[[]]]]]]', ',', ':', '(', ')', ')(', '"', '\"', '\\', '\u0000', '\ud800', '\u4e2d', '企', E'\t', ' ',
		E'\n', E'\x01', '%s', '''', ';', '--', '/*', '"weights": {"s": -1}', '"bounds": {}', '"parent": "x"', '"min_coverage": 2', '"role": "penalty"', '"max_points": 0',
		'"position": 1.5', '"stages": ["s", "s"]', 'percentile(0,1)', 'iqr(', 'fixed(2,1)', 'generalized(1e300)', 'mad(-1)', 'interval(2,1)', 'select 1', '$1', 'now()', 'random()',
		repeat('9', 400), repeat('(', 300), repeat('[', 8000), repeat('x', 70), repeat('企', 30)]) t;
	-- early releases of PostgreSQL 14 fall over these in a string that begins a line
	DELETE FROM token WHERE token IN ('\u0000', '\ud800') AND current_setting('server_version_num')::int < 150000;
});

# What a firm keeps of a publication.
sql(q{
	SELECT create_scoreboard('pub', 'f', 'wide', 'firm', mapping => '{"a": "x", "b": "y", "c": null}');
	SELECT set_tiers('pub', 'quantile', '{A,B}', '[0.5]');
	SELECT set_whitelist_rule('pub', top_n => 3, required => 'tier = ''A'' AND b < 0', qualifies => 'rank <= 1');
	SELECT publish('pub', NULL, '公布 "1"');
	INSERT INTO seed (kind, content) SELECT 'rule', p.rule::text FROM publication p;
	INSERT INTO seed (kind, content) SELECT 'receipt', r.receipt::text FROM publication_receipts(1) r;
	SELECT drop_scoreboard('pub');
});

# Bytes of fit_state are damaged as bytes, everything else as text.
sql(q{
	CREATE FUNCTION fuzz(what text, runs int, start bigint, OUT tried bigint, OUT accepted bigint, OUT states jsonb, OUT strange text) LANGUAGE plpgsql AS $$
	DECLARE
		seeds text[] := ARRAY(SELECT s.content FROM seed s WHERE s.kind = what ORDER BY place);
		tokens text[] := ARRAY(SELECT t.token FROM token t WHERE NOT value ORDER BY place);
		json_values text[] := ARRAY(SELECT t.token FROM token t WHERE value ORDER BY place);
		r bigint := start;
		input text;
		other text;
		bytes bytea;
		at int;
		n int;
		state text;
		message text;
		model score_model;
		fitting fit_state;
		rule list_rule;
		asked condition;
		told decision_reasons;
		direction text;
	BEGIN
		tried := 0; accepted := 0; states := '{}'; strange := '';
		FOR run IN 1 .. runs LOOP
			r := (r * 1103515245 + 12345) & 2147483647;
			input := seeds[1 + (r >> 8) % cardinality(seeds)];
			r := (r * 1103515245 + 12345) & 2147483647;
			FOR change IN 1 .. 1 + (r >> 8) % 3 LOOP
				r := (r * 1103515245 + 12345) & 2147483647;
				at := 1 + (r >> 8) % greatest(length(input), 1);
				r := (r * 1103515245 + 12345) & 2147483647;
				n := (r >> 8) % 24;
				r := (r * 1103515245 + 12345) & 2147483647;
				IF what = 'state' THEN
					bytes := decode(input, 'hex');
					at := at / 2;
					IF at < length(bytes) THEN
						bytes := CASE n % 6
							WHEN 0 THEN set_byte(bytes, at, ((r >> 8) % 256)::int)
							WHEN 1 THEN set_bit(bytes, at * 8 + n % 8, 1 - get_bit(bytes, at * 8 + n % 8))
							WHEN 2 THEN set_byte(bytes, at, (ARRAY[0, 1, 127, 128, 255])[1 + (r >> 8) % 5])
							WHEN 3 THEN substr(bytes, 1, at) || substr(bytes, at + 1 + n)
							WHEN 4 THEN substr(bytes, 1, at) || substr(bytes, 1 + ((r >> 8) % length(bytes))::int, n) || substr(bytes, at + 1)
							ELSE overlay(bytes PLACING (ARRAY['\x7fffffffffffffff', '\xffffffffffffffff', '\x7ff0000000000000', '\x7ff8000000000000', '\x0000000000000000', '\x8000000000000000']::bytea[])[1 + (r >> 8) % 6] FROM at + 1)
						END;
					END IF;
					input := encode(bytes, 'hex');
				ELSIF what <> 'method' AND n % 5 < 4 THEN
					-- one value in the place of another
					other := replace(json_values[1 + (r >> 8) % cardinality(json_values)], '\', '\\');
					input := substr(input, 1, at) || regexp_replace(substr(input, at + 1), '([:,\[] ?)(-?[0-9.]+|"[^"]*"(?!:)|null|true)', '\1' || other);
				ELSE
					other := tokens[1 + (r >> 8) % cardinality(tokens)];
					input := CASE n % 6
						WHEN 0 THEN overlay(input PLACING other FROM at FOR n)
						WHEN 1 THEN overlay(input PLACING '' FROM at FOR n)
						WHEN 2 THEN overlay(input PLACING other FROM at FOR 0)
						WHEN 3 THEN overlay(input PLACING substr(input, 1 + ((r >> 8) % greatest(length(input), 1))::int, n * 3) FROM at FOR 0)
						-- a number, word or string in the place of another
						WHEN 4 THEN substr(input, 1, at) || regexp_replace(substr(input, at + 1), '-?[0-9.]+|"[^"]*"|null|true', other)
						ELSE overlay(input PLACING chr((32 + (r >> 8) % 96)::int) FROM at FOR 1)
					END;
				END IF;
			END LOOP;

			BEGIN
				tried := tried + 1;
				IF what = 'model' THEN
					model := input::score_model;
					IF NOT (model::text::score_model = model AND model::jsonb::score_model = model) THEN
						RAISE EXCEPTION 'not the same: %', input USING ERRCODE = 'XXFZZ';
					END IF;
					PERFORM (SELECT count(*) FROM model_indicators(model)), (SELECT count(*) FROM model_weights(model)), (SELECT count(*) FROM model_categories(model));
					IF is_fitted(model) THEN
						PERFORM score(model, 's', VARIADIC ARRAY(SELECT i.position * 1.5 FROM model_indicators(model) i ORDER BY i.position)::float8[]);
					END IF;
				ELSIF what = 'state' THEN
					fitting := ('\x' || input)::fit_state;
					PERFORM fitting::text::fit_state;
					PERFORM fit_model(fitting), fit_model(s) FROM (SELECT fit_merge(f) AS s FROM unnest(ARRAY[fitting, fitting]) f) m;
				ELSIF what = 'rule' THEN
					rule := input::list_rule;
					IF NOT (rule::text::list_rule = rule AND rule::jsonb::list_rule = rule) THEN
						RAISE EXCEPTION 'not the same: %', input USING ERRCODE = 'XXFZZ';
					END IF;
					PERFORM _innovation_score.decision_reasons(d.decided, 1)::text, reason_text(_innovation_score.decision_reasons(d.decided, 1), 'zh')
					FROM (SELECT decide(ARRAY[rule], f.facts) OVER () AS decided
						  FROM (SELECT _innovation_score.facts(ARRAY[score, 1, 0, score]::float8[], 'F' || score, 'c', NULL, NULL, NULL, true, score > 60, NULL::integer, 'q'::text,
															   CASE WHEN rule::jsonb ? 'category_minimum' THEN ARRAY[score]::float8[] END,
															   CASE WHEN rule::jsonb ? 'values' THEN ARRAY[1, score]::float8[] END, NULL::text[]) AS facts FROM generate_series(50, 70, 5) score) f) d;
				ELSIF what = 'condition' THEN
					asked := input::condition;
					IF asked::text::condition::text <> asked::text OR asked::text::condition <> asked THEN
						RAISE EXCEPTION 'not the same: %', input USING ERRCODE = 'XXFZZ';
					END IF;
					PERFORM (SELECT count(*) FROM _innovation_score.condition_names(asked)),
							_innovation_score.quality_errors(jsonb_build_array(jsonb_build_object('rule', 'r', 'condition', input, 'severity', 'error')), '{a,b,c}', '{1,NULL,3}');
				ELSIF what = 'reasons' THEN
					told := input::decision_reasons;
					IF told::text::decision_reasons::text <> told::text THEN
						RAISE EXCEPTION 'not the same: %', input USING ERRCODE = 'XXFZZ';
					END IF;
					PERFORM reason_text(told, 'en'), reason_text(told, 'zh');
				ELSIF what = 'receipt' THEN
					IF verify_receipt(input::jsonb) AND NOT EXISTS (
						SELECT FROM unnest(seeds) s WHERE s::jsonb -> 'firm' = input::jsonb -> 'firm' AND s::jsonb -> 'publication' = input::jsonb -> 'publication') THEN
						RAISE EXCEPTION 'a forged receipt: %', input USING ERRCODE = 'XXFZZ';
					END IF;
				ELSIF what = 'method' THEN
					IF run % 4 = 0 THEN PERFORM extreme_bounds(v, input) FROM unnest('{1,2,3,NULL,NaN}'::float8[]) v;
					ELSIF run % 4 = 1 THEN PERFORM minmax(v, '(0,5,2,0,0,0,0,5,none)'::indicator_bounds, input) FROM unnest('{1,2,3,NULL,NaN}'::float8[]) v;
					ELSIF run % 4 = 2 THEN PERFORM _innovation_score.valid_transform(input);
					ELSE PERFORM _innovation_score.valid_aggregation(input);
					END IF;
				ELSIF what = 'document' THEN
					PERFORM scheme_import(input::jsonb);
					RAISE EXCEPTION USING ERRCODE = 'TT000';
				ELSE
					IF run % 4 = 0 THEN
						PERFORM create_scoreboard('fz', 'f', 'long', 'firm', mapping => CASE WHEN run % 8 = 0 THEN '{"a": "甲"}' ELSE '{}' END, long => input::jsonb);
					ELSE
						PERFORM create_scoreboard('fz', 'f', 'wide', 'firm', mapping => input::jsonb);
					END IF;
					EXECUTE 'SELECT count(score) FROM fz_score';
					RAISE EXCEPTION USING ERRCODE = 'TT000';
				END IF;
				accepted := accepted + 1;
			EXCEPTION WHEN OTHERS OR assert_failure THEN
				GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
				IF state = 'TT000' THEN
					accepted := accepted + 1;
				ELSE
					states := states || jsonb_build_object(state, COALESCE((states ->> state)::int, 0) + 1);
					IF state !~ '^(08P01|0A|21|22|23|3F|42|54|55)' AND length(strange) < 2000 THEN
						strange := strange || format(E'%s: %s <- %s\n', state, message, left(input, 400));
					END IF;
				END IF;
			END;
		END LOOP;
	END $$;
});

# Shares of the inputs; a scoreboard takes as long as hundreds of methods.
my %share = (model => 0.2, state => 0.2, method => 0.23, document => 0.02, mapping => 0.01, rule => 0.1, condition => 0.15, reasons => 0.05, receipt => 0.04);
my $total = 0;

# PostgreSQL itself remembers which names it has looked up in vain, and the plans of functions: hence some runs to warm up.
my $memory = q{SELECT 'memory ' || sum(total_bytes) FROM pg_backend_memory_contexts WHERE name <> 'CacheMemoryContext'};
my $begin = time;

foreach my $what (sort keys %share)
{
	my $runs = int($count * $share{$what}) + 5;
	my $warm = $runs < 100 ? $runs : int($runs / 5);
	my $output = sql(qq{
		SELECT 'warm ' || tried FROM fuzz('$what', $warm, $seed + 17);
		$memory;
		SELECT 'run ' || tried || ' ' || accepted || ' ' || states || E'\nfound ' || strange || 'end' FROM fuzz('$what', $runs, $seed);
		$memory});
	my @memory = $output =~ /^memory (\d+)/mg;
	my ($tried, $accepted, $states) = $output =~ /^run (\d+) (\d+) (.*)$/m;
	my ($found) = $output =~ /^found (.*?)end$/ms;

	is($tried, $runs, "$what: all inputs went through");
	$total += $tried + $warm;
	is($found, '', '... what is refused is refused orderly');
	cmp_ok($accepted, '>', 0, '... and some are accepted') if $runs >= 100;
	cmp_ok($memory[1] - $memory[0], '<', 1024 * 1024, '... and no memory is kept');
	note("$what: $tried inputs, $accepted accepted, refused: $states, memory " . ($memory[1] - $memory[0]));
}
is(sql(q{SELECT count(*) FROM scoreboard}), '0', 'nothing is left of it');
note(sprintf('%d inputs in %.0f s', $total, time - $begin));

$node->stop;
done_testing();
