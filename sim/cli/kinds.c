#include "sim/cli/kinds.h"

#include "models/algo.h"
#include "models/curriculum.h"
#include "models/filter.h"
#include "models/measure.h"
#include "models/reward.h"
#include "models/selection.h"
#include "plots/figure.h"
#include "sim/check/shape.h"
#include "sim/io/exporter.h"
#include "sim/io/importer.h"
#include "sim/train/mode.h"

const pl_registry *const kinds[] = {
    &reward_registry,   &baseline_registry, &scale_registry,    &credit_registry,    &loss_registry,     &aggregation_registry,
    &kl_registry,       &filter_registry,   &selection_registry, &optimizer_registry, &schedule_registry, &curriculum_registry,
    &mode_registry,     &measure_registry,  &figure_registry,   &shape_registry,     &importer_registry, &exporter_registry,
    &command_registry,  NULL};

const file_kind file_kinds[] = {
    {"algorithm", "base/algorithms", "named algorithms: presets of baseline, scale, loss and aggregation"},
    {"cluster", "base/clusters", "machines and their speeds"},
    {"base", "base", "parts of scenarios to extend"},
    {"finding", "findings", "scenarios of published findings"},
    {"tutorial", "tutorial", "first steps, each building on the one before"},
    {NULL, NULL, NULL},
};

const pl_entry *kind_entry(const pl_registry *kind, const char *name, invocation *call)
{
    const pl_entry *entry = pl_registry_find(kind, name);
    if (entry) return entry;
    size_t n = pl_registry_count(kind);
    const char **names = pl_arena_array(call->arena, n, sizeof *names);
    for (size_t i = 0; names && i < n; i++) names[i] = kind->entries[i]->name;
    const char *nearest = names ? pl_nearest(name, names, n) : NULL;
    const char *remedy = nearest ? pl_arena_printf(call->arena, "did you mean '%s'?", nearest)
                                 : pl_arena_printf(call->arena, "`plateau list %s` tells which there are", kind->kind);
    pl_diag_add(call->diag, PL_ERROR, (pl_place){0}, remedy, "unknown %s '%s'", kind->kind, name);
    return NULL;
}
