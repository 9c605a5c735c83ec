# The Debian package: built from this tree, unpacked over a copy of the server, and used there.

use strict;
use warnings;

use IPC::Run;
use Test::More;
use lib 'test/perl';
use InnovationScoreTest;

my $bindir = `"\${PG_CONFIG:-pg_config}" --bindir`;
chomp $bindir;
my ($major) = $bindir =~ m{^/usr/lib/postgresql/(\d+)/bin$};

plan skip_all => 'not the PostgreSQL of a Debian package' unless $major && -e '/etc/debian_version';
plan skip_all => 'dpkg-buildpackage, dh or pg_buildext is missing'
	if grep { !-x "/usr/bin/$_" } qw(dpkg-buildpackage dh pg_buildext);

my $directory = PostgreSQL::Test::Utils::tempdir();
my $package = "postgresql-$major-innovation-score";

sub run
{
	my ($command) = @_;
	my ($output, $status) = ('');

	$status = IPC::Run::run([ 'sh', '-c', $command ], '>', \$output, '2>', \$output);
	diag($output) unless $status;
	return $status;
}

# ----- build

# pg_buildext would write the control file anew for each server there is; this test is about one.
ok(run("mkdir $directory/tree && tar -cf - --exclude=./tmp_check --exclude='*.o' --exclude='*.so' . | tar -xf - -C $directory/tree"),
	'a copy of the tree');
ok( run("cd $directory/tree && sed 's/PGVERSION/$major/g' debian/control.in >debian/control && echo $major >debian/pgversions && "
		  . "HOME=$directory DEB_BUILD_OPTIONS=noautodbgsym dpkg-buildpackage -b -us -uc -d"),
	'dpkg-buildpackage');

my ($version) = slurp('innovation_score.control') =~ /^default_version\s*=\s*'([^']+)'/m;
like(slurp('debian/changelog'), qr/^innovation-score \(\Q$version\E-\d+\)/, 'debian/changelog has the version of the control file');

my @packages = glob("$directory/$package\_$version-*.deb");
is(scalar @packages, 1, "one package $package");

# ----- what is in it

my @files = grep { !m{/$} } map { (split ' ', $_, 6)[5] } split /\n/, `dpkg-deb -c $packages[0]`;
my @strange = grep {
	!m{^\./usr/lib/postgresql/$major/lib/innovation_score\.so$}
	  && !m{^\./usr/share/postgresql/$major/extension/innovation_score(--[\d.]+)*\.(sql|control)$}
	  && !m{^\./usr/lib/postgresql/$major/bin/innovation-score-report$}
	  && !m{^\./usr/share/doc/}
} @files;
is("@strange", '', 'the package has the library, the control file, the scripts, the report and documents');
like(`dpkg-deb -f $packages[0] Depends`, qr/\bpostgresql-$major\b/, '... and depends on the server');

# ----- use

# A server finds its files from where its programs are, so that a copy of the two directories is a server of its own.
my $root = "$directory/root";
ok( run("mkdir -p $root/usr/lib/postgresql $root/usr/share/postgresql && cp -a /usr/lib/postgresql/$major $root/usr/lib/postgresql/ && "
		  . "cp -a /usr/share/postgresql/$major $root/usr/share/postgresql/ && find $root -name 'innovation_score*' -delete"),
	'a copy of the server');
ok(run("dpkg-deb -x $packages[0] $root"), 'the package unpacked over it');

{
	local $ENV{PATH} = "$root/usr/lib/postgresql/$major/bin:$ENV{PATH}";
	my $node = new_node('debian');

	is($node->safe_psql('postgres', 'SHOW config_file') ne '' && $node->safe_psql('postgres', q{SELECT setting FROM pg_config WHERE name = 'BINDIR'}),
		"$root/usr/lib/postgresql/$major/bin", 'the copy runs');
	$node->safe_psql('postgres', 'CREATE EXTENSION innovation_score');
	is($node->safe_psql('postgres', q{SELECT innovation_score.minmax(3, 1, 5)}), '0.5', 'the library of the package works');
	is($node->safe_psql('postgres', q{SELECT extversion FROM pg_extension WHERE extname = 'innovation_score'}), $version, 'its version');
	$node->stop;
}

done_testing();
