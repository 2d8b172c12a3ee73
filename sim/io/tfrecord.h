/* TFRecord: the frames that a TensorBoard event file is made of.
 *
 *   uint64 length | uint32 masked CRC of these 8 bytes | `length` bytes of data | uint32 masked CRC of the data
 *
 * little endian, one record behind the other, no header. The CRC is CRC-32C (Castagnoli; reflected polynomial 0x82F63B78, initial
 * and final xor 0xFFFFFFFF), masked as ((crc >> 15) | (crc << 17)) + 0xA282EAD8, so that a CRC over data that hold CRCs stays a
 * good one.
 *
 * A live run's file ends anywhere: a last record that is not all there is normal. Damage in the middle is not, yet it costs no more
 * than it must: a length whose CRC holds leads to the next record even when the data between are bad; after a length
 * whose CRC does not hold, the next place where one does is looked for.
 */
#ifndef PL_IO_TFRECORD_H
#define PL_IO_TFRECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/str.h"

/* Eight tables, so that eight bytes cost eight independent look-ups. */
typedef struct crc32c_tables {
    uint32_t t[8][256];
} crc32c_tables;
void crc32c_init(crc32c_tables *tables);
uint32_t crc32c(const crc32c_tables *tables, const void *data, size_t length);
uint32_t crc32c_masked(const crc32c_tables *tables, const void *data, size_t length);

typedef struct tfrecord_reader {
    crc32c_tables crc;
    const unsigned char *p, *start, *end;
    size_t records;             /* handed out */
    size_t bad_data, first_bad; /* records with damaged data, left out; offset of the first record or gap that was damaged */
    size_t lost, gaps;          /* bytes that belong to no record, and in how many pieces */
    size_t cut_off;             /* bytes of a last record that is not all there */
    uint64_t cut_off_of;        /* how many its header promises; 0 when the header itself is cut off */
} tfrecord_reader;

void tfrecord_open(tfrecord_reader *r, const void *bytes, size_t length);
/* The data of the next good record; false at the end. */
bool tfrecord_next(tfrecord_reader *r, const unsigned char **data, size_t *length);
/* Does a record begin here, as far as its header tells? Needs 12 bytes. */
bool tfrecord_begins(const void *bytes, size_t length);

void tfrecord_write(const crc32c_tables *crc, const void *data, size_t length, pl_str *out);

#endif
