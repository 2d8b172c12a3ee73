/* The wire format of protocol buffers, as much of it as event files need.
 *
 * A message is a sequence of fields: a varint key (number << 3 | type), then by type a varint (0), 8 bytes (1), a varint length and
 * as many bytes (2: strings, messages, packed lists) or 4 bytes (5); types 3 and 4, groups, are long out of use. Order is free, a
 * field may be absent (it then has its default, zero) or come again (the last counts), and unknown ones are passed over.
 */
#ifndef PL_IO_WIRE_H
#define PL_IO_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/str.h"

typedef enum wire_type { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 } wire_type;

typedef struct wire_reader {
    const unsigned char *p, *end;
    bool bad; /* the bytes are no message */
} wire_reader;

typedef struct wire_field {
    uint32_t number;
    wire_type type;
    uint64_t value;             /* varint; the bits of a fixed */
    const unsigned char *bytes; /* WIRE_BYTES: inside the message */
    size_t length;
} wire_field;

wire_reader wire_open(const void *bytes, size_t length);
/* The next field; false at the end, or when the rest is no message: then `bad`. */
bool wire_next(wire_reader *r, wire_field *f);
/* Is it that field, of that type? Another type under a known number is as good as an unknown field. */
bool wire_is(const wire_field *f, uint32_t number, wire_type type);
/* A varint of its own, as in packed lists. */
bool wire_varint(wire_reader *r, uint64_t *value);

double wire_double(uint64_t bits);
float wire_float(uint64_t bits);
uint64_t wire_load64(const unsigned char *p); /* little endian */
uint32_t wire_load32(const unsigned char *p);

void wire_put_varint(pl_str *out, uint32_t number, uint64_t value);
void wire_put_double(pl_str *out, uint32_t number, double value);
void wire_put_float(pl_str *out, uint32_t number, float value);
void wire_put_bytes(pl_str *out, uint32_t number, const void *bytes, size_t length);

#endif
