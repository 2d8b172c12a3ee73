/* Content hashes (XXH3, 128 bits) as 32 hexadecimal digits: identity of scenarios and tables, not security. */
#ifndef PL_BASE_HASH_H
#define PL_BASE_HASH_H
#include <stddef.h>

typedef struct pl_hash { char hex[33]; } pl_hash;
pl_hash pl_hash_bytes(const void *data, size_t length);

/* Piecewise, for data that are nowhere in one piece: independent of how they are cut, needs no memory, cannot fail.
 * It chains the hashes of blocks, so its value is not pl_hash_bytes of the whole. */
typedef struct pl_hasher {
    unsigned char block[4096];
    size_t used;
} pl_hasher;

void pl_hasher_init(pl_hasher *h);
void pl_hasher_add(pl_hasher *h, const void *data, size_t length);
pl_hash pl_hasher_end(pl_hasher *h);
#endif
