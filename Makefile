# plateau: build, tests, benchmarks. `make help` lists the targets.
#
# Every room is a static library; a room may use only the rooms named in USES_<room> (checked by `make layers`).
# Files named <kind>_*.c in a room are plug-ins: the registries are generated from the names alone.

BUILD   ?= build
CC      ?= gcc
ifeq ($(origin CC),default)
CC      := gcc
endif
PREFIX  ?= /usr/local
VERSION := 0.1.0

PKGS    := gsl libpng cairo freetype2 yaml-0.1 json-c libxxhash zlib
OPT     ?= -O2
WARN    := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wno-unused-parameter -Werror
STRICT  := -std=c17 -D_POSIX_C_SOURCE=200809L -D_XOPEN_SOURCE=700 -ffp-contract=off -fno-fast-math -fno-strict-aliasing
SANITIZE ?=
CFLAGS  += $(STRICT) $(WARN) $(OPT) -g -I. -I$(BUILD)/gen -pthread $(SANITIZE) $(shell pkg-config --cflags $(PKGS))
LDLIBS  += $(shell pkg-config --libs $(PKGS)) -lm -pthread

ROOMS     := base core conf models train analysis plots io run cli
DIR_base  := sim/base
DIR_core  := sim/core
DIR_conf  := sim/conf
DIR_models := models
DIR_train := sim/train
DIR_analysis := sim/analysis
DIR_plots := plots
DIR_io    := sim/io
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
USES_run  := train models plots analysis io conf core base
USES_cli  := run train models plots analysis io conf core base

-include sim/packaging/registries.mk

# kind:room:header:type:file prefix:symbol prefix -- one generated registry each
REGISTRIES := reward:models:models/reward.h:reward_term:reward_ \
              baseline:models:models/algo.h:algo_baseline:algo_baseline_ \
              scale:models:models/algo.h:algo_scale:algo_scale_ \
              loss:models:models/algo.h:algo_loss:algo_loss_ \
              aggregation:models:models/algo.h:algo_aggregation:algo_aggregation_ \
              optimizer:models:models/algo.h:algo_optimizer:algo_optimizer_ \
              curriculum:models:models/curriculum.h:curriculum:curriculum_ \
              measure:models:models/measure.h:measure:measure_ \
              figure:plots:plots/figure.h:figure:fig_ \
              command:cli:sim/cli/command.h:command:cmd_

part = $(word $(2),$(subst :, ,$(1)))
# Kernels (*_kernel.c) are compiled once per vector level, see sim/core/simd.h.
KERNEL_LEVELS := scalar avx2 avx512
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
	$(AR) rcs $$@ $$^
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
$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/gen/%.o: $(BUILD)/gen/%.c
	$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<
define KERNEL
$(BUILD)/%_kernel.$(1).o: %_kernel.c
	@mkdir -p $$(@D)
	$(CC) $(CFLAGS) $(KFLAGS_$(1)) -MMD -MP -c -o $$@ $$<
endef
$(foreach l,$(KERNEL_LEVELS),$(eval $(call KERNEL,$(l))))

$(BUILD)/plateau: $(foreach r,cli $(USES_cli),$(BUILD)/lib$(r).a)
	$(CC) $(CFLAGS) -o $@ -Wl,--start-group $^ -Wl,--end-group $(LDLIBS)

# Unit tests: tests/unit/<room>/test_*.c link the room and what it uses; each is a cmocka program.
define UNIT
UNIT_$(1) := $$(patsubst tests/%.c,$(BUILD)/tests/%,$$(wildcard tests/unit/$(1)/test_*.c))
$$(UNIT_$(1)): $(BUILD)/tests/unit/$(1)/%: tests/unit/$(1)/%.c $$(foreach r,$(1) $$(USES_$(1)),$(BUILD)/lib$$(r).a)
	@mkdir -p $$(@D)
	$(CC) $(CFLAGS) -MMD -MP -o $$@ $$< -Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group -lcmocka $(LDLIBS)
unit-$(1): $$(UNIT_$(1))
	@for t in $$^; do $$$$t || exit 1; done
endef
$(foreach r,$(filter-out cli,$(ROOMS)),$(eval $(call UNIT,$(r))))

clean: ## remove the build folder
	rm -rf $(BUILD)
.PHONY: all clean FORCE
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
