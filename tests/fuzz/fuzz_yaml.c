/* Fuzzing the scenario reader: any bytes are parsed, the tree is merged with itself, bound to a struct with every type of
 * field, and what binds is written and must bind again. Findings are crashes, leaks, undefined behaviour and
 * broken promises (abort).
 *
 *   clang -fsanitize=fuzzer,address,undefined ...   fuzzes
 *   cc -DFUZZ_MAIN ...                              replays the files given as arguments
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/fs.h"
#include "tests/unit/conf/sample.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void promise(bool kept, const char *what)
{
    if (kept) return;
    fprintf(stderr, "broken promise: %s\n", what);
    abort();
}

static void bind_and_write(const pl_node *root, pl_arena *arena, pl_diag *diag)
{
    sample s = {0}, again = {0};
    pl_str out;
    size_t before = diag->errors;
    pl_status st = pl_conf_bind(root, &sample_struct, &s, arena, diag);
    promise(st == PL_OK || diag->errors > before || before > 0, "a refusal has a reason");
    if (st) return;
    pl_str_init(&out);
    promise(pl_conf_emit(&out, &sample_struct, &s, root) == PL_OK, "what binds can be written");
    pl_node *tree = NULL;
    const char *text = pl_str_end(&out);
    /* Writing may pass the limits on size where aliases had been short for much; nothing else may go wrong. */
    pl_diag own;
    pl_diag_init(&own);
    st = pl_yaml_parse(text, strlen(text), "emitted", arena, &own, &tree);
    if (!st) st = pl_conf_bind(tree, &sample_struct, &again, arena, &own);
    if (st) {
        fprintf(stderr, "%s\n", text);
        pl_diag_print(&own, stderr);
    }
    promise(st == PL_OK, "what was written binds");
    pl_diag_free(&own);
    pl_str_free(&out);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    pl_arena arena;
    pl_diag diag;
    pl_arena_init(&arena);
    pl_diag_init(&diag);
    pl_node *root = NULL;
    pl_status st = pl_yaml_parse((const char *)data, size, "fuzz.yaml", &arena, &diag, &root);
    promise((st == PL_OK) == (root != NULL) && (st == PL_OK || diag.errors), "a tree or an error");
    if (root) {
        pl_node *merged = NULL, *copy = pl_node_clone(root, &arena), *difference = NULL;
        promise(copy && pl_node_equal(copy, root), "a clone is equal");
        bind_and_write(root, &arena, &diag);
        st = pl_node_merge(&merged, root, "fuzz", &arena, &diag);
        if (!st) st = pl_node_merge(&merged, root, NULL, &arena, &diag);
        if (!st && merged->kind == PL_NODE_MAP) {
            promise(pl_node_diff(merged, merged, &arena, &difference) == PL_OK && difference->n == 0, "nothing differs from itself");
            bind_and_write(merged, &arena, &diag);
        }
        promise(pl_node_equal(copy, root), "merging leaves the upper layer alone");
    }
    pl_diag_free(&diag);
    pl_arena_free(&arena);
    return 0;
}

#ifdef FUZZ_MAIN
int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        char *text = NULL;
        size_t length = 0;
        if (pl_read_file(argv[i], (size_t)64 << 20, &text, &length, NULL)) {
            fprintf(stderr, "cannot read '%s'\n", argv[i]);
            return 3;
        }
        LLVMFuzzerTestOneInput((const unsigned char *)text, length);
        pl_free(text);
    }
    printf("%d corpus files replayed\n", argc - 1);
    return 0;
}
#endif
