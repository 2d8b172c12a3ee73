# plateau: build, tests, benchmarks. `make help` lists the targets.
#
# `make demo` and `make test` install what a fresh Debian lacks (sim/packaging/setup.sh) and build in parallel.
# Every room is a static library; a room may use only the rooms named in USES_<room> (checked by `make layers`).
# Files named <kind>_*.c in a room are plug-ins: the registries are generated from the names alone.

BUILD   ?= build
ifeq ($(origin CC),default)
CC      := gcc
endif
PREFIX  ?= /usr/local
VERSION := 0.1.0

PKGS    := gsl libpng cairo freetype2 yaml-0.1 json-c libxxhash zlib
CMOCKA  := cmocka
JOBS    ?= $(shell nproc 2>/dev/null || echo 2)
# The scenario of `make demo`, and how long each reader is fuzzed.
DEMO          ?= scenarios/demo.yaml
FUZZ_SECONDS ?= 60
OPT     ?= -O2
WARN    := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wno-unused-parameter -Werror
STRICT  := -std=c17 -D_POSIX_C_SOURCE=200809L -D_XOPEN_SOURCE=700 -ffp-contract=off -fno-fast-math -fno-strict-aliasing
SANITIZE ?=
# pkg-config is asked once, and only when something is compiled: before `make setup` it may not be there.
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $$(PKGS)))$(PKG_CFLAGS)
PKG_LIBS   = $(eval PKG_LIBS := $$(shell pkg-config --libs $$(PKGS)))$(PKG_LIBS)
CFLAGS  += $(STRICT) $(WARN) $(OPT) -g -I. -I$(BUILD)/gen -pthread $(SANITIZE) $(PKG_CFLAGS)
LDLIBS  += $(PKG_LIBS) -lm -pthread

ROOMS     := base core conf models train analysis plots io check run cli
DIR_base  := sim/base
DIR_core  := sim/core
DIR_conf  := sim/conf
DIR_models := models
DIR_train := sim/train
DIR_analysis := sim/analysis
DIR_plots := plots
DIR_io    := sim/io
DIR_check := sim/check
DIR_run   := sim/run
DIR_cli   := sim/cli
# What a room may use, itself and everything below it included.
USES_base :=
USES_core := base
USES_conf := base
USES_models := core base
USES_io   := core base
USES_analysis := core base
USES_plots := core base
USES_train := models io core base
USES_check := analysis io core base
USES_run  := train models plots analysis io conf core base
USES_cli  := run check train models plots analysis io conf core base

-include sim/packaging/registries.mk

# kind:room:header:type:file prefix:symbol prefix -- one generated registry each
REGISTRIES := reward:models:models/reward.h:reward_term:reward_ \
              baseline:models:models/algo.h:algo_baseline:algo_baseline_ \
              scale:models:models/algo.h:algo_scale:algo_scale_ \
              credit:models:models/algo.h:algo_credit:algo_credit_ \
              loss:models:models/algo.h:algo_loss:algo_loss_ \
              aggregation:models:models/algo.h:algo_aggregation:algo_aggregation_ \
              kl:models:models/algo.h:algo_kl:algo_kl_ \
              optimizer:models:models/algo.h:algo_optimizer:algo_optimizer_ \
              schedule:models:models/algo.h:algo_schedule:algo_schedule_ \
              filter:models:models/filter.h:filter:filter_ \
              selection:models:models/selection.h:selection:selection_ \
              curriculum:models:models/curriculum.h:curriculum:curriculum_ \
              mode:train:sim/train/run.h:run_mode:mode_ \
              measure:models:models/measure.h:measure:measure_ \
              shape:check:sim/check/shape.h:shape:shape_ \
              figure:plots:plots/figure.h:figure:fig_ \
              importer:io:sim/io/importer.h:importer:import_:import_ \
              exporter:io:sim/io/exporter.h:exporter:export_ \
              command:cli:sim/cli/command.h:command:cmd_

# One short line per file; V=1 shows the commands themselves.
V       ?=
Q       := $(if $(V),,@)
told     = $(if $(V),@:,@printf '  %-4s %s\n' $(1) $(2))

part = $(word $(2),$(subst :, ,$(1)))
# Kernels (*_kernel.c) are compiled once per vector level, see sim/core/simd.h.
KERNEL_LEVELS := scalar $(if $(filter x86_64 amd64,$(shell uname -m)),avx2 avx512)
KFLAGS_scalar := -O3 -DKERNEL_LEVEL=scalar
KFLAGS_avx2   := -O3 -mavx2 -DKERNEL_LEVEL=avx2
KFLAGS_avx512 := -O3 -mavx512f -mavx512dq -mavx512vl -mavx512bw -mprefer-vector-width=512 -DKERNEL_LEVEL=avx512

.DEFAULT_GOAL := all
all: $(BUILD)/plateau ## build the program

define ROOM
SRC_$(1) := $$(filter-out %_kernel.c,$$(wildcard $$(DIR_$(1))/*.c))
KSRC_$(1) := $$(wildcard $$(DIR_$(1))/*_kernel.c)
OBJ_$(1) := $$(SRC_$(1):%.c=$(BUILD)/%.o) $$(foreach l,$$(KERNEL_LEVELS),$$(KSRC_$(1):%.c=$(BUILD)/%.$$(l).o))
$(BUILD)/lib$(1).a:
	@rm -f $$@
	$(Q)$(AR) rcs $$@ $$^
endef
$(foreach r,$(ROOMS),$(eval $(call ROOM,$(r))))

# Registries: gen/registry_<kind>.c lists the plug-ins of a kind in byte order of their names.
define REGISTRY
PLUGINS_$(call part,$(1),1) := $$(sort $$(patsubst $$(DIR_$(call part,$(1),2))/%.c,%,$$(wildcard $$(DIR_$(call part,$(1),2))/$(call part,$(1),5)*.c)))
$(BUILD)/gen/registry_$(call part,$(1),1).c: $(BUILD)/gen/registry_$(call part,$(1),1).list Makefile
	@{ echo '#include "$(call part,$(1),3)"'; \
	for p in $$(PLUGINS_$(call part,$(1),1)); do echo "extern const $(call part,$(1),4) $$$$p;"; done; \
	echo 'static const pl_entry *const entries[] = {'; \
	for p in $$(PLUGINS_$(call part,$(1),1)); do echo "    &$$$$p.entry,"; done; \
	echo '    0};'; \
	echo 'const pl_registry $(call part,$(1),1)_registry = {"$(call part,$(1),1)", 0, entries};'; } > $$@
$(BUILD)/gen/registry_$(call part,$(1),1).list: FORCE
	@mkdir -p $$(@D); echo '$$(PLUGINS_$(call part,$(1),1))' | cmp -s - $$@ || echo '$$(PLUGINS_$(call part,$(1),1))' > $$@
OBJ_$(call part,$(1),2) += $(BUILD)/gen/registry_$(call part,$(1),1).o
endef
$(foreach r,$(REGISTRIES),$(eval $(call REGISTRY,$(r))))
$(foreach r,$(ROOMS),$(eval $(BUILD)/lib$(r).a: $(OBJ_$(r))))

FORCE:
# What the program knows of its build; and the flags, so that other flags mean other objects.
$(BUILD)/gen/build.h: FORCE
	@mkdir -p $(@D); printf '%s\n' '#define PLATEAU_VERSION "$(VERSION)"' '#define PLATEAU_PREFIX "$(PREFIX)"' \
	  '#define PLATEAU_SOURCE "$(CURDIR)"' > $@.new; cmp -s $@.new $@ && rm $@.new || mv $@.new $@
$(BUILD)/gen/flags: FORCE
	@mkdir -p $(@D); echo '$(CC) $(CFLAGS)' > $@.new; cmp -s $@.new $@ && rm $@.new || mv $@.new $@
$(BUILD)/%.o: %.c $(BUILD)/gen/flags | $(BUILD)/gen/build.h
	@mkdir -p $(@D)
	$(call told,CC,$<)
	$(Q)$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/gen/%.o: $(BUILD)/gen/%.c $(BUILD)/gen/flags
	$(call told,CC,$<)
	$(Q)$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<
define KERNEL
$(BUILD)/%_kernel.$(1).o: %_kernel.c $(BUILD)/gen/flags
	@mkdir -p $$(@D)
	$$(call told,CC,'$$< ($(1))')
	$(Q)$(CC) $(CFLAGS) $(KFLAGS_$(1)) -MMD -MP -c -o $$@ $$<
endef
$(foreach l,$(KERNEL_LEVELS),$(eval $(call KERNEL,$(l))))

LIBS := $(foreach r,cli $(USES_cli),$(BUILD)/lib$(r).a)
$(BUILD)/plateau: $(LIBS)
	$(call told,LD,$@)
	$(Q)$(CC) $(CFLAGS) -o $@ -Wl,--start-group $^ -Wl,--end-group $(LDLIBS)
# The same program with the fault hooks of sim/cli/hooks.h, for the tests of the command line.
$(BUILD)/sim/cli/main.test.o: sim/cli/main.c $(BUILD)/gen/flags | $(BUILD)/gen/build.h
	@mkdir -p $(@D)
	$(call told,CC,$<)
	$(Q)$(CC) $(CFLAGS) -DPLATEAU_TEST_HOOKS -MMD -MP -c -o $@ $<
$(BUILD)/plateau-test: $(BUILD)/sim/cli/main.test.o $(LIBS)
	$(call told,LD,$@)
	$(Q)$(CC) $(CFLAGS) -o $@ $< -Wl,--start-group $(LIBS) -Wl,--end-group $(LDLIBS)

# Unit tests: tests/unit/<room>/test_*.c link the room and what it uses; each is a cmocka program.
define UNIT
UNIT_$(1) := $$(patsubst tests/%.c,$(BUILD)/tests/%,$$(wildcard tests/unit/$(1)/test_*.c))
$$(UNIT_$(1)): $(BUILD)/tests/unit/$(1)/%: tests/unit/$(1)/%.c $$(foreach r,$(1) $$(USES_$(1)),$(BUILD)/lib$$(r).a) $(BUILD)/gen/flags
	@mkdir -p $$(@D)
	$$(call told,LD,$$@)
	$(Q)$(CC) $(CFLAGS) -MMD -MP -o $$@ $$< -Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group -l$(CMOCKA) $(LDLIBS)
unit-$(1): $$(UNIT_$(1))
	@for t in $$^; do $$$$t || exit 1; done
.PHONY: unit-$(1)
endef
UNIT_ROOMS := $(filter-out cli,$(ROOMS))
$(foreach r,$(UNIT_ROOMS),$(eval $(call UNIT,$(r))))
UNITS := $(foreach r,$(UNIT_ROOMS),$(UNIT_$(r)))

# Fuzz targets: tests/fuzz/fuzz_<reader>.c, corpus in tests/fuzz/corpus/<reader>/. `make test` replays the corpora with a
# plain driver; `make fuzz` builds them with libFuzzer (clang).
READERS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
REPLAYS := $(READERS:%=$(BUILD)/tests/fuzz/replay_%)
$(REPLAYS): $(BUILD)/tests/fuzz/replay_%: tests/fuzz/fuzz_%.c tests/fuzz/replay.c $(LIBS) $(BUILD)/gen/flags
	@mkdir -p $(@D)
	$(call told,LD,$@)
	$(Q)$(CC) $(CFLAGS) -MMD -MP -MF $@.d -o $@ $< tests/fuzz/replay.c -Wl,--start-group $(LIBS) -Wl,--end-group $(LDLIBS)
FUZZERS := $(READERS:%=$(BUILD)/tests/fuzz/fuzz_%)
$(FUZZERS): $(BUILD)/tests/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(LIBS) $(BUILD)/gen/flags
	@mkdir -p $(@D)
	$(call told,LD,$@)
	$(Q)$(CC) $(CFLAGS) -fsanitize=fuzzer -o $@ $< -Wl,--start-group $(LIBS) -Wl,--end-group $(LDLIBS)

# Benchmarks: tests/bench/bench_*.c.
BENCHES := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/bench/bench_*.c))
$(BUILD)/tests/bench/bench_workunit: $(foreach l,$(KERNEL_LEVELS),$(BUILD)/tests/bench/ceiling_kernel.$(l).o)
$(BENCHES): $(BUILD)/tests/bench/%: tests/bench/%.c $(LIBS) $(BUILD)/gen/flags
	@mkdir -p $(@D)
	$(call told,LD,$@)
	$(Q)$(CC) $(CFLAGS) -MMD -MP -o $@ $< -Wl,--start-group $(filter %.o %.a,$^) -Wl,--end-group $(LDLIBS)

# Targets for people. Those that may meet a fresh machine set it up first and hand on to a second make, which then finds the tools.
setup: ## install the packages that are missing (apt-get), or say which
	@sim/packaging/setup.sh
demo: setup ## the flagship scenario: progress, summary, figures
	@$(MAKE) --no-print-directory -j$(JOBS) all
	$(Q)$(BUILD)/plateau run $(DEMO) -o runs/demo --force
TESTED := $(BUILD)/plateau $(BUILD)/plateau-test $(UNITS) $(REPLAYS)
test-programs: $(TESTED)
test: setup ## every test; ends with the line "N passed, N failed"
	@$(MAKE) --no-print-directory -j$(JOBS) test-programs
	@BUILD=$(BUILD) tests/run
asan: setup ## every test under the address and undefined-behaviour sanitizers
	@$(MAKE) --no-print-directory -j$(JOBS) BUILD=$(BUILD)-asan OPT=-O1 SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer" test-programs
	@BUILD=$(BUILD)-asan SANITIZED=address tests/run
tsan: setup ## the tests with threads under the thread sanitizer
	@$(MAKE) --no-print-directory -j$(JOBS) BUILD=$(BUILD)-tsan OPT=-O1 SANITIZE=-fsanitize=thread test-programs
	@BUILD=$(BUILD)-tsan SANITIZED=thread tests/run
bench: setup ## the benchmarks, beside their baselines in Python where those are present
	@$(MAKE) --no-print-directory -j$(JOBS) all bench-programs
	@BUILD=$(BUILD) tests/bench/run.sh
bench-programs: $(BENCHES)
fuzz: ## fuzz each reader for FUZZ_SECONDS (60)
	@sim/packaging/setup.sh clang
	@$(MAKE) --no-print-directory -j$(JOBS) BUILD=$(BUILD)-fuzz CC=clang OPT=-O1 SANITIZE="-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all" fuzz-programs
	@BUILD=$(BUILD)-fuzz SECONDS_EACH=$(FUZZ_SECONDS) tests/fuzz/run.sh $(READERS)
fuzz-programs: $(FUZZERS)
validate: setup ## every finding's scenario, and the long statistical tests; prints the table of findings
	@$(MAKE) --no-print-directory -j$(JOBS) test-programs
	@BUILD=$(BUILD) VALIDATE=1 tests/run; code=$$?; \
	  $(BUILD)/plateau reference findings $(BUILD)/findings/*/ | sed '1,/^$$/d'; exit $$code
findings: all ## docs/findings/README.md from the runs of the last `make validate`
	@sim/packaging/findings.sh $(BUILD)/plateau $(BUILD)/findings docs/findings/README.md
docs: all ## regenerate docs/reference from the program
	@sim/packaging/reference.sh $(BUILD)/plateau docs/reference
install: all ## install under PREFIX (default /usr/local)
	@PREFIX='$(DESTDIR)$(PREFIX)' sim/packaging/install.sh $(BUILD)/plateau
uninstall: ## remove what install put there
	@PREFIX='$(DESTDIR)$(PREFIX)' sim/packaging/install.sh --remove
layers: ## check the includes against the table of rooms
	@sim/packaging/layers.sh $(foreach r,$(ROOMS),'$(r):$(DIR_$(r)):$(USES_$(r))')
format: ## lay out the sources with clang-format
	clang-format -i $(wildcard $(foreach r,$(ROOMS),$(DIR_$(r))/*.[ch]))
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' Makefile
	@echo '  variables: BUILD CC OPT PREFIX DESTDIR JOBS DEMO FUZZ_SECONDS V (1: show the commands)'
clean: ## remove the build folders
	rm -rf $(BUILD) $(BUILD)-asan $(BUILD)-tsan $(BUILD)-fuzz
.PHONY: all setup demo test test-programs asan tsan bench bench-programs fuzz fuzz-programs validate findings docs install uninstall layers \
        format help clean FORCE
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
