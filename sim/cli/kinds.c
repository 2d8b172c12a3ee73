#include "sim/cli/kinds.h"

#include "models/algo.h"
#include "models/curriculum.h"
#include "models/filter.h"
#include "models/measure.h"
#include "models/reward.h"
#include "plots/figure.h"
#include "sim/cli/command.h"
#include "sim/io/importer.h"

const pl_registry *const kinds[] = {&reward_registry, &baseline_registry, &scale_registry, &loss_registry, &aggregation_registry,
                                    &kl_registry, &filter_registry, &optimizer_registry, &curriculum_registry, &measure_registry,
                                    &figure_registry, &importer_registry, &command_registry, NULL};

const file_kind file_kinds[] = {
    {"algorithm", "base/algorithms", "named algorithms: presets of baseline, scale, loss and aggregation"},
    {"base", "base", "parts of scenarios to extend"},
    {"finding", "findings", "scenarios of published findings"},
    {"tutorial", "tutorial", "first steps, each building on the one before"},
    {NULL, NULL, NULL},
};
