/* Content hashes by libxxhash, printed in its canonical (big-endian) order. */
#include "sim/base/hash.h"

#include <string.h>
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

void pl_hasher_init(pl_hasher *h)
{
    h->used = 0;
}

/* A full block is replaced by its hash, which begins the next one. */
void pl_hasher_add(pl_hasher *h, const void *data, size_t length)
{
    const char *p = data;
    while (length > 0) {
        if (h->used == sizeof h->block) {
            pl_hash link = pl_hash_bytes(h->block, sizeof h->block);
            h->used = sizeof link.hex;
            memcpy(h->block, link.hex, sizeof link.hex);
        }
        size_t room = sizeof h->block - h->used, n = length < room ? length : room;
        memcpy(h->block + h->used, p, n);
        h->used += n;
        p += n;
        length -= n;
    }
}

pl_hash pl_hasher_end(pl_hasher *h)
{
    return pl_hash_bytes(h->block, h->used);
}
