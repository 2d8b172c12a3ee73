/* Plain driver of a fuzz target: runs it once on every file given, so that `make test` replays the kept corpora with any
 * compiler. A finding is a crash or a sanitizer's report. */
#include <stdint.h>
#include <stdio.h>

#include "sim/base/fs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
    enum { LIMIT = 1 << 26 };
    for (int i = 1; i < argc; i++) {
        char *text;
        size_t length;
        if (pl_read_file(argv[i], LIMIT, &text, &length, NULL)) {
            printf("not ok %d - cannot read %s\n", i, argv[i]);
            return 1;
        }
        LLVMFuzzerTestOneInput((const uint8_t *)text, length);
        pl_free(text);
        printf("ok %d - %s\n", i, argv[i]);
        fflush(stdout);
    }
    return 0;
}
