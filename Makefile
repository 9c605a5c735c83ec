# innovation_score: a PostgreSQL extension
#
#   make, make install, make installcheck, make clean, make uninstall
#                      as in every PGXS extension; PG_CONFIG chooses the server
#   make check         install what is missing, build, install, run every test on private servers
#   make demo          the same up to the installation, then show a province scored and whitelisted
#   make report        the demo's report only, an HTML file: demo/report.html, or what REPORT= says
#   make bench         the same, then measure
#   make dependencies  only install what is missing; WITH="drivers report browser" also what tests use if it is there
#   make check-sanitize  every test under AddressSanitizer and UndefinedBehaviorSanitizer, some under valgrind
#   make fuzz          a million and more random inputs for the C code, under sanitizers; needs clang
#   make lint          compile with gcc and clang and -Werror, check the shell scripts
#   make indent        format the C sources as PostgreSQL does
#   make docs          write the outputs of the documentation's examples anew
#   make dist          the archive for PGXN

EXTENSION  = innovation_score
MODULE_big = innovation_score

PG_CONFIG ?= pg_config

# Where the sources are.  pgxs.mk sets srcdir, but only after the wildcards below have been expanded.
top := $(patsubst %/,%,$(dir $(firstword $(MAKEFILE_LIST))))

# The version stands in the control file and nowhere else.
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'.*/\1/p" $(top)/$(EXTENSION).control)

.DEFAULT_GOAL := all

# These targets must work before there is a PostgreSQL to build against, and start make again when there is one.
BARE_TARGETS = check check-sanitize demo report bench dependencies fuzz lint indent docs

.PHONY: $(BARE_TARGETS) dist

ifneq ($(filter $(BARE_TARGETS),$(MAKECMDGOALS)),)

check:
	@$(top)/tools/check.sh

check-sanitize:
	@$(top)/tools/check-sanitize.sh

REPORT ?= $(top)/demo/report.html
demo report: export REPORT := $(abspath $(REPORT))

# Without the charts' library, which need not be installable, tables stand in for charts.
demo:
	@cd $(top) && tools/prepare.sh && { tools/install-dependencies.sh report || true; } && tools/with-server.sh demo/run.sh

report:
	@cd $(top) && tools/prepare.sh report && tools/with-server.sh demo/run.sh report

# Memory for a million firms to stay cached, and workers for the parallel plans.
bench:
	@cd $(top) && tools/prepare.sh && tools/with-server.sh -c shared_buffers=1GB -c max_wal_size=4GB test/bench/run.sh

dependencies:
	@$(top)/tools/install-dependencies.sh test $(WITH)

fuzz:
	@$(top)/tools/fuzz.sh

lint:
	@$(top)/tools/lint.sh

indent:
	@$(top)/tools/indent.sh

docs:
	@cd $(top) && tools/prepare.sh && tools/update-docs.sh

OTHER_GOALS = $(filter-out $(BARE_TARGETS),$(MAKECMDGOALS))
ifneq ($(OTHER_GOALS),)
.PHONY: $(OTHER_GOALS)
$(OTHER_GOALS):
	@$(MAKE) --no-print-directory -f $(firstword $(MAKEFILE_LIST)) $@
endif

else

# For "make -f /path/to/Makefile" elsewhere; not every PGXS does this by itself.
ifneq ($(top),.)
VPATH = $(top)
ifneq ($(wildcard $(top)/.built-for),)
$(error Objects in $(top) would be taken for those built here: run "make clean" there first)
endif
endif

# ----- what is built and installed

# A folder per concept, in src and in sql.
INCLUDED   = $(sort $(wildcard $(top)/src/*/*.h))
OBJS       = $(patsubst $(top)/%.c,%.o,$(sort $(wildcard $(top)/src/*/*.c)))
OBJ_DIRS   = $(addprefix $(CURDIR)/,$(sort $(dir $(OBJS))))
DELTAS     = $(sort $(wildcard $(top)/sql/upgrade/*.sql))
UPGRADABLE = $(foreach delta,$(DELTAS),$(firstword $(subst --, ,$(notdir $(delta)))))
DATA_built = sql/$(EXTENSION)--$(EXTVERSION).sql \
             $(foreach version,$(UPGRADABLE),sql/$(EXTENSION)--$(version)--$(EXTVERSION).sql)
SCRIPTS_built = innovation-score-report
DOCS       = $(patsubst $(top)/%,%,$(sort $(wildcard $(top)/doc/*.md $(top)/README*.md)))

# A directory of its own: every extension has a README.md.
override docmoduledir = extension/$(EXTENSION)

# -isystem keeps -Wextra from judging PostgreSQL's headers; it takes precedence over the -I that PGXS adds.
PG_CPPFLAGS = -I$(top)/src -isystem $(shell $(PG_CONFIG) --includedir-server) \
              -DINNOVATION_SCORE_VERSION='"$(EXTVERSION)"'

# A fused multiply-add rounds once where the source says twice: a score would depend on the processor.
override PG_CFLAGS += -ffp-contract=off -Wall -Wextra

# What compiles with these would not load, or would go wrong.
override PG_CFLAGS += $(addprefix -Werror=,implicit-function-declaration implicit-int int-conversion \
                        incompatible-pointer-types return-type)

# PGXS hands clang the options that gcc was configured with.
ifneq ($(findstring clang,$(CC)),)
override PG_CFLAGS += -Wno-unknown-warning-option -Wno-unused-command-line-argument \
                      -Wno-ignored-optimization-argument
endif

# No bitcode: PGXS compiles it without PG_CFLAGS, so JIT inlining could fuse as above; and it needs the very clang
# that PostgreSQL was built with.
override with_llvm = no

EXTRA_CLEAN = .built-for META.json $(EXTENSION)-*.zip

# ----- tests

# := since pgxs.mk asks ifdef, which sees an unexpanded value as defined.
REGRESS     := $(patsubst $(top)/test/sql/%.sql,%,$(sort $(wildcard $(top)/test/sql/*.sql)))
REGRESS_OPTS = --inputdir=$(top)/test

# pg_regress finds expected/ where it writes; a build outside the source tree needs a link to it.
ifneq ($(top),.)
REGRESS_PREP = $(CURDIR)/expected
$(CURDIR)/expected:
	ln -s $(abspath $(top))/expected $@
EXTRA_CLEAN += expected
endif

ISOLATION   := $(patsubst $(top)/test/isolation/specs/%.spec,%,$(sort $(wildcard $(top)/test/isolation/specs/*.spec)))
ISOLATION_OPTS = --inputdir=$(top)/test/isolation

PROVE_TESTS := $(patsubst $(top)/%,%,$(sort $(wildcard $(top)/test/t/*.pl)))
# They start servers, which refuse to run as root; "make check" knows a way.
TAP_TESTS   := $(if $(and $(PROVE_TESTS),$(filter-out 0,$(shell id -u))),1)

# What is told to who makes a scoreboard by hand would stand in most of the expected outputs. (No default goal: that is PGXS's.)
installcheck: export PGOPTIONS := $(PGOPTIONS) -c innovation_score.next_steps=off

# ----- PostgreSQL's own rules

PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)
PG_HEADER := $(if $(PGXS),$(shell $(PG_CONFIG) --includedir-server)/postgres.h)

ifneq ($(and $(PGXS),$(wildcard $(PGXS)),$(wildcard $(PG_HEADER))),)
# Signatures are checked by the OpenSSL that the server was built with, if any.
SHLIB_LINK += $(filter -lcrypto,$(LIBS))

include $(PGXS)

# ----- our own rules

# Debian's PGXS tracks no dependencies.  The version is compiled in.
$(OBJS): $(INCLUDED) $(top)/$(EXTENSION).control .built-for | $(OBJ_DIRS)

# Loops over columns of numbers.
src/score/block_score.o: CFLAGS += $(CFLAGS_UNROLL_LOOPS) $(CFLAGS_VECTORIZE)

# Objects made for one PostgreSQL must not end up in another.
.built-for: FORCE
	@echo '$(VERSION) $(includedir_server)' | cmp -s - $@ || echo '$(VERSION) $(includedir_server)' >$@
.PHONY: FORCE
FORCE:

# Absolute paths, since VPATH would find the source directories for relative ones.
$(OBJ_DIRS):
	mkdir -p $@

# The command that writes reports is one file, put together from its parts.
innovation-score-report: $(wildcard $(top)/report/*) $(top)/$(EXTENSION).control
	awk -v dir=$(top)/report '/^@include /{ file = dir "/" $$2; while ((getline line <file) > 0) print line; next } \
		{ gsub(/@VERSION@/, "$(EXTVERSION)"); print }' $(top)/report/innovation-score-report.sh >$@.tmp
	chmod +x $@.tmp
	mv $@.tmp $@

# How released versions become this one: deltas written by hand, and functions created anew from the same parts.
sql/$(EXTENSION)--%--$(EXTVERSION).sql: $(top)/tools/upgrade-script.pl $(top)/$(EXTENSION).control $(top)/sql/ORDER $(PARTS) $(DELTAS)
	@mkdir -p $(@D)
	perl $(top)/tools/upgrade-script.pl $(top)/sql $* $(EXTVERSION) >$@.tmp
	mv $@.tmp $@

all: META.json

# PGXS installs X.md, but would remove doc/X.md.
uninstall: uninstall-docs
.PHONY: uninstall-docs
uninstall-docs:
	rm -f $(addprefix '$(DESTDIR)$(docdir)/$(docmoduledir)'/, $(notdir $(DOCS)))
	-rmdir '$(DESTDIR)$(docdir)/$(docmoduledir)' 2>/dev/null

else # no PostgreSQL to build against

.PHONY: all install installdirs installcheck uninstall clean
all install installdirs installcheck uninstall:
	@echo >&2 "$(PG_CONFIG) finds no PostgreSQL server headers."
	@echo >&2 "Run \"make dependencies\", install postgresql-server-dev-NN, or give PG_CONFIG=/path/to/pg_config."
	@exit 1

clean:
	rm -rf $(MODULE_big).so $(OBJS) $(DATA_built) $(EXTRA_CLEAN)

endif # PGXS

# The install script is put together from the parts in the order that sql/ORDER lists them.
PARTS = $(addprefix $(top)/sql/,$(shell cat $(top)/sql/ORDER))

sql/$(EXTENSION)--$(EXTVERSION).sql: $(top)/$(EXTENSION).control $(top)/sql/ORDER $(PARTS)
	@mkdir -p $(@D)
	{ printf '%s\n' '\echo Use "CREATE EXTENSION $(EXTENSION)" to load this file. \quit'; \
	  cat $(filter %.sql,$^); } >$@.tmp
	mv $@.tmp $@

META.json: $(top)/META.json.in $(top)/$(EXTENSION).control
	sed 's/@VERSION@/$(EXTVERSION)/g' $< >$@

# What META.json names as provided is made, and so not in the repository.
SCRIPT = sql/$(EXTENSION)--$(EXTVERSION).sql
dist: META.json $(SCRIPT)
	git archive --format=zip --prefix=$(EXTENSION)-$(EXTVERSION)/sql/ --add-file=$(SCRIPT) \
		--prefix=$(EXTENSION)-$(EXTVERSION)/ --add-file=META.json \
		-o $(EXTENSION)-$(EXTVERSION).zip HEAD

endif # BARE_TARGETS
