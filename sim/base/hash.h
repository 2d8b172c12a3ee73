/* Content hashes (XXH3, 128 bits) as 32 hexadecimal digits: identity of scenarios and tables, not security. */
#ifndef PL_BASE_HASH_H
#define PL_BASE_HASH_H
#include <stddef.h>
typedef struct pl_hash { char hex[33]; } pl_hash;
pl_hash pl_hash_bytes(const void *data, size_t length);
#endif
