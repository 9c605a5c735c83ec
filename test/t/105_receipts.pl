# Receipts checked by the script of doc/publish.md, and signatures made by the openssl command.

use strict;
use warnings;

use IPC::Run;
use Test::More;
use lib 'test/perl';
use InnovationScoreTest;

my $node = new_node('receipts');

sub sql { return $node->safe_psql('postgres', "SET search_path = public, innovation_score; $_[0]"); }

sub write_file
{
	my ($name, $content) = @_;
	my $path = $node->basedir . "/$name";

	open my $file, '>:raw', $path or die "could not write $path: $!";
	print $file $content;
	close $file;
	return $path;
}

sql(q{
	CREATE EXTENSION innovation_score;
	INSERT INTO scheme (scheme, title) VALUES ('s', '体系');
	INSERT INTO category (scheme, category) VALUES ('s', 'x');
	INSERT INTO indicator (scheme, indicator, category) SELECT 's', '指标' || i, 'x' FROM generate_series(1, 18) i;
	INSERT INTO weight SELECT 's', 'all', '指标' || i, 1 FROM generate_series(1, 18) i;
	CREATE TABLE firm AS SELECT '杭州企业"' || i AS firm, CASE i % 7 WHEN 3 THEN E'a\t"b\\\\' ELSE '杭州' END AS city FROM generate_series(1, 1000) i;
	DO $$ BEGIN FOR i IN 1 .. 18 LOOP EXECUTE format('ALTER TABLE firm ADD %I float8', '指标' || i); EXECUTE format('UPDATE firm SET %I = exp(sin(length(firm) * %s + hashtext(firm) / 1e9))', '指标' || i, i); END LOOP; END $$;
	SELECT create_scoreboard('hz', 's', 'firm', 'firm', attributes => '{city}');
	SELECT set_whitelist_rule('hz', top_n => 30, reserve_n => 10);
	SELECT publish('hz', NULL, E'二〇二四年度\n"第一批"');
});

# ----- the script of the documentation

my ($script) = slurp('doc/publish.md') =~ /```python\n(import hashlib, json.*?)```/s;
cmp_ok(scalar(split /\n/, $script), '<=', 20, 'the script has twenty lines');

SKIP:
{
	skip 'python3 is missing', 4 unless IPC::Run::run([ 'python3', '--version' ], '>', '/dev/null', '2>', '/dev/null');
	my $program = write_file('receipt.py', $script);
	my $check = sub {
		my ($out, $err) = ('', '');
		IPC::Run::run([ 'env', 'PYTHONIOENCODING=utf-8', 'python3', $program ], '<', \$_[0], '>', \$out, '2>', \$err);
		return $out;
	};
	my $receipt = sql(q{SELECT publication_receipt(1, '杭州企业"17')});
	my $head = sql('SELECT publication_head()');
	my $found = 0;

	is($check->($receipt), "sound, if this was printed: $head\n", 'a receipt is sound, and leads to the head');
	cmp_ok(length $receipt, '<', 4096, 'a receipt is short');

	# One bit of the text at a time; what is not JSON any more is not sound, either.  The number of the entry is not
	# hashed: it is compared with what was printed.
	my @places = grep { substr($receipt, $_, 1) =~ /[0-9a-z]/ } map { int(length($receipt) * $_ / 80) } 0 .. 79;
	foreach my $place (@places)
	{
		my $changed = $receipt;
		substr($changed, $place, 1) = chr(ord(substr($changed, $place, 1)) ^ 1);
		my $said = $check->($changed);
		$found++ if $said !~ /^sound/ || $said ne "sound, if this was printed: $head\n";
	}
	cmp_ok(scalar(@places), '>', 40, 'bits flipped');
	is($found, scalar(@places), 'each of them is found');
}

# ----- signatures

my $openssl = IPC::Run::run([ 'openssl', 'version' ], '>', '/dev/null', '2>', '/dev/null');
my $checks = sql(q{SELECT CASE WHEN _innovation_score.signature_verifies('', '', E'-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n') IS NULL THEN 'no' ELSE 'yes' END});

SKIP:
{
	skip 'the openssl command is missing', 1 unless $openssl;
	my $dir = $node->basedir;
	my $head = sql('SELECT publication_head()');
	my %kinds = (
		ed25519 => [ [ 'genpkey', '-algorithm', 'ED25519' ], [ 'pkeyutl', '-sign', '-rawin', '-in', "$dir/head", '-inkey' ] ],
		ecdsa => [ [ 'genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256' ], [ 'dgst', '-sha256', '-sign' ] ],
		rsa => [ [ 'genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048' ], [ 'dgst', '-sha256', '-sign' ] ],
		sm2 => [ [ 'genpkey', '-algorithm', 'SM2' ],
			[ 'pkeyutl', '-sign', '-rawin', '-digest', 'sm3', '-pkeyopt', 'distid:1234567812345678', '-in', "$dir/head", '-inkey' ] ]);
	my @kept;

	write_file('head', $head);
	foreach my $kind (sort keys %kinds)
	{
		my ($make, $sign) = @{ $kinds{$kind} };
		my @file = $sign->[0] eq 'dgst' ? ("$dir/head") : ();
		my $run = sub { IPC::Run::run([ 'openssl', @_ ], '>', '/dev/null', '2>', '/dev/null') };

	  SKIP:
		{
			skip "openssl makes no $kind keys", 1
			  unless $run->(@$make, '-out', "$dir/$kind.pem") && $run->('pkey', '-in', "$dir/$kind.pem", '-pubout', '-out', "$dir/$kind.pub")
			  && $run->(@$sign, "$dir/$kind.pem", '-out', "$dir/$kind.sig", @file);
			my $public = slurp("$dir/$kind.pub");
			my $signature = do { local (@ARGV, $/) = ("$dir/$kind.sig"); binmode ARGV; unpack 'H*', <> };

			sql("SELECT keep_public_key('$kind', '$public'); SELECT keep_signature('$head', '\\x$signature', '$kind')");
			push @kept, $kind;
			next if $checks eq 'no';
			(my $other = $signature) =~ s/^(.{20})(.)/$1 . ($2 eq '0' ? '1' : '0')/e;
			my $err;
			isnt($node->psql('postgres', "SELECT innovation_score.keep_signature('$head', '\\x$other', '$kind')", stderr => \$err), 0, "$kind: another signature is refused");
			like($err, qr/this is not a signature of that head by key "$kind"/, "$kind: and why");
		}
	}
	is(sql('SELECT string_agg(key, chr(32) ORDER BY key) FROM verify_signatures() WHERE ok IS ' . ($checks eq 'no' ? 'NULL' : 'true')), "@kept", 'what is signed by whom');
	cmp_ok(scalar(@kept), '>=', 3, "signatures by @kept");

	# Signatures stay those of their head when the log goes on, and are worth nothing under another log.
	sql(q{SELECT publish('hz', NULL, '第二批')});
	skip 'the server was built without OpenSSL', 7 if $checks eq 'no';
	is(sql('SELECT count(*), bool_and(ok), min(detail) FROM verify_signatures()'), scalar(@kept) . '|t|signed, 1 came later', 'the log goes on');
	is(sql(q{BEGIN; SET LOCAL session_replication_role = replica; UPDATE publication_log SET head = sha256(head) WHERE entry = 1;
		SELECT bool_or(ok), min(detail) FROM verify_signatures(); ROLLBACK}), 'f|the log does not have this head any more', 'the log is another');
	is(sql(q{BEGIN; UPDATE publication_signature s SET signature = o.signature FROM publication_signature o WHERE (s.key, o.key) IN (('ecdsa', 'rsa'), ('rsa', 'ecdsa'));
		SELECT count(*) FROM verify_signatures() WHERE ok AND key IN ('ecdsa', 'rsa'); ROLLBACK}), '0', 'the key is another');
	# Rows written past keep_signature() hide none of the others, and are not taken for signatures.
	is(sql(q{BEGIN; INSERT INTO publication_key (key, public_key) VALUES ('junk', 'no key');
		INSERT INTO publication_signature (head, key, signature) SELECT head, 'junk', '' FROM publication_signature LIMIT 1;
		INSERT INTO publication_signature (head, key, signature) VALUES ('no head', 'rsa', ''), ('innovation_score log 0', 'rsa', '');
		SELECT count(*), count(*) FILTER (WHERE ok), string_agg(detail, '; ' ORDER BY head) FILTER (WHERE NOT ok) FROM verify_signatures(); ROLLBACK}),
		(@kept + 3) . '|' . @kept . '|' . join('; ', 'the log does not have this head any more', 'the signature is not one of this head by this key',
			'the log does not have this head any more'), 'what is no signature hides none');
	my $err;
	isnt($node->psql('postgres', qq{BEGIN; UPDATE innovation_score.publication_signature SET signature = '' WHERE key = 'rsa';
		SELECT innovation_score.keep_signature('$head', '\\x} . do { local (@ARGV, $/) = ("$dir/rsa.sig"); binmode ARGV; unpack 'H*', <> } . q{', 'rsa')}, stderr => \$err),
		0, 'what stands in the place of a signature is told');
	like($err, qr/something else is kept as the signature of that head by key "rsa"/, 'and which');
	$node->psql('postgres', q{SELECT innovation_score.keep_public_key('x', 'y')}, stderr => \$err);
	like($err, qr/this is not a public key in PEM form/, 'what is no key is refused');
}

$node->stop;
done_testing();
