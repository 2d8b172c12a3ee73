#include "sim/io/tfrecord.h"

enum { HEADER = 12, FOOTER = 4 };

void crc32c_init(crc32c_tables *tables)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (crc & 1 ? 0x82F63B78u : 0);
        tables->t[0][byte] = crc;
    }
    for (uint32_t byte = 0; byte < 256; byte++)
        for (int k = 1; k < 8; k++) {
            uint32_t before = tables->t[k - 1][byte];
            tables->t[k][byte] = (before >> 8) ^ tables->t[0][before & 255];
        }
}

static uint32_t read_u32(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t read_u64(const unsigned char *p) { return read_u32(p) | (uint64_t)read_u32(p + 4) << 32; }

uint32_t crc32c(const crc32c_tables *tables, const void *data, size_t length)
{
    const uint32_t(*t)[256] = tables->t;
    const unsigned char *p = data;
    uint32_t crc = 0xFFFFFFFFu;
    for (; length >= 8; p += 8, length -= 8) {
        uint32_t a = crc ^ read_u32(p), b = read_u32(p + 4);
        crc = t[7][a & 255] ^ t[6][a >> 8 & 255] ^ t[5][a >> 16 & 255] ^ t[4][a >> 24] ^ t[3][b & 255] ^ t[2][b >> 8 & 255] ^
              t[1][b >> 16 & 255] ^ t[0][b >> 24];
    }
    for (; length; p++, length--) crc = (crc >> 8) ^ t[0][(crc ^ *p) & 255];
    return crc ^ 0xFFFFFFFFu;
}

static uint32_t mask(uint32_t crc) { return (crc >> 15 | crc << 17) + 0xA282EAD8u; }

uint32_t crc32c_masked(const crc32c_tables *tables, const void *data, size_t length) { return mask(crc32c(tables, data, length)); }

void tfrecord_open(tfrecord_reader *r, const void *bytes, size_t length)
{
    *r = (tfrecord_reader){.p = bytes, .start = bytes, .end = (const unsigned char *)bytes + length};
    crc32c_init(&r->crc);
}

static bool good_header(const crc32c_tables *crc, const unsigned char *p) { return crc32c_masked(crc, p, 8) == read_u32(p + 8); }

bool tfrecord_begins(const void *bytes, size_t length)
{
    crc32c_tables crc;
    crc32c_init(&crc);
    return length >= HEADER && good_header(&crc, bytes);
}

static size_t left(const tfrecord_reader *r) { return (size_t)(r->end - r->p); }

/* The length is not known before it is checked against what is there: a promise of 2^63 bytes must not wrap. */
static bool fits(const tfrecord_reader *r) { return left(r) >= HEADER + FOOTER && read_u64(r->p) <= left(r) - HEADER - FOOTER; }

static void note_damage(tfrecord_reader *r)
{
    if (!r->bad_data && !r->gaps) r->first_bad = (size_t)(r->p - r->start);
}

/* At something that is not a whole record: goes to the next place where one begins, or to the end of the file. */
static void resume(tfrecord_reader *r)
{
    const unsigned char *from = r->p;
    bool header = left(r) >= HEADER && good_header(&r->crc, from);
    for (const unsigned char *q = from + 1; r->end - q >= HEADER; q++) {
        if (!good_header(&r->crc, q)) continue;
        note_damage(r);
        r->gaps++;
        r->lost += (size_t)(q - from);
        r->p = q;
        return;
    }
    r->p = r->end;
    if (header || r->end - from < HEADER) {
        r->cut_off = (size_t)(r->end - from);
        r->cut_off_of = header ? read_u64(from) : 0;
        return;
    }
    r->p = from;
    note_damage(r);
    r->p = r->end;
    r->gaps++;
    r->lost += (size_t)(r->end - from);
}

bool tfrecord_next(tfrecord_reader *r, const unsigned char **data, size_t *length)
{
    while (r->p < r->end) {
        if (left(r) < HEADER || !good_header(&r->crc, r->p) || !fits(r)) {
            resume(r);
            continue;
        }
        size_t n = (size_t)read_u64(r->p);
        const unsigned char *bytes = r->p + HEADER;
        bool good = crc32c_masked(&r->crc, bytes, n) == read_u32(bytes + n);
        if (!good) {
            note_damage(r);
            r->bad_data++;
        }
        r->p = bytes + n + FOOTER;
        if (!good) continue;
        *data = bytes;
        *length = n;
        r->records++;
        return true;
    }
    return false;
}

static void put_u32(unsigned char *p, uint32_t v)
{
    for (int i = 0; i < 4; i++) p[i] = (unsigned char)(v >> 8 * i);
}

void tfrecord_write(const crc32c_tables *crc, const void *data, size_t length, pl_str *out)
{
    unsigned char frame[HEADER], footer[FOOTER];
    put_u32(frame, (uint32_t)length);
    put_u32(frame + 4, (uint32_t)((uint64_t)length >> 32));
    put_u32(frame + 8, crc32c_masked(crc, frame, 8));
    put_u32(footer, crc32c_masked(crc, data, length));
    pl_str_addn(out, (const char *)frame, sizeof frame);
    pl_str_addn(out, data, length);
    pl_str_addn(out, (const char *)footer, sizeof footer);
}
