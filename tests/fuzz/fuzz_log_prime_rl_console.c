#include "log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) { return fuzz_log("prime_rl_console", data, size); }
