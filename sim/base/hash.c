/* Content hashes by libxxhash, printed in its canonical (big-endian) order. */
#include "sim/base/hash.h"

#include <xxhash.h>

pl_hash pl_hash_bytes(const void *data, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(length ? data : "", length));
    pl_hash hash;
    for (size_t i = 0; i < sizeof canonical.digest; i++) {
        hash.hex[2 * i] = digits[canonical.digest[i] >> 4];
        hash.hex[2 * i + 1] = digits[canonical.digest[i] & 15];
    }
    hash.hex[32] = '\0';
    return hash;
}
