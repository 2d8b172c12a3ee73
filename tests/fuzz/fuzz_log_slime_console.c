#include "log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) { return fuzz_log("slime_console", data, size); }
