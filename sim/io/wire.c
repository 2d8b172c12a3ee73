#include "sim/io/wire.h"

#include <string.h>

wire_reader wire_open(const void *bytes, size_t length)
{
    return (wire_reader){.p = bytes, .end = length ? (const unsigned char *)bytes + length : bytes}; /* NULL + 0 is no pointer */
}

static bool give_up(wire_reader *r)
{
    r->bad = true;
    r->p = r->end;
    return false;
}

/* Seven bits a byte, least first; ten bytes hold 64 bits, of which the last byte has one. */
bool wire_varint(wire_reader *r, uint64_t *value)
{
    *value = 0;
    for (int shift = 0; shift < 70 && r->p < r->end; shift += 7) {
        unsigned char byte = *r->p++;
        if (shift == 63 && byte > 1) return give_up(r);
        *value |= (uint64_t)(byte & 127) << shift;
        if (byte < 128) return true;
    }
    return give_up(r);
}

uint32_t wire_load32(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

uint64_t wire_load64(const unsigned char *p) { return wire_load32(p) | (uint64_t)wire_load32(p + 4) << 32; }

bool wire_next(wire_reader *r, wire_field *f)
{
    uint64_t key;
    if (r->p == r->end || !wire_varint(r, &key)) return false;
    if (key >> 3 == 0 || key >> 3 > 0x1FFFFFFF) return give_up(r);
    *f = (wire_field){.number = (uint32_t)(key >> 3), .type = (wire_type)(key & 7)};
    size_t left = (size_t)(r->end - r->p);
    switch (key & 7) {
    case WIRE_VARINT:
        return wire_varint(r, &f->value);
    case WIRE_FIXED64:
        if (left < 8) return give_up(r);
        f->value = wire_load64(r->p);
        r->p += 8;
        return true;
    case WIRE_FIXED32:
        if (left < 4) return give_up(r);
        f->value = wire_load32(r->p);
        r->p += 4;
        return true;
    case WIRE_BYTES:
        if (!wire_varint(r, &f->value)) return false;
        if (f->value > (size_t)(r->end - r->p)) return give_up(r);
        f->bytes = r->p;
        f->length = (size_t)f->value;
        r->p += f->length;
        return true;
    default:
        return give_up(r);
    }
}

bool wire_is(const wire_field *f, uint32_t number, wire_type type) { return f->number == number && f->type == type; }

double wire_double(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

float wire_float(uint64_t bits)
{
    uint32_t low = (uint32_t)bits;
    float x;
    memcpy(&x, &low, sizeof x);
    return x;
}

static void put_varint(pl_str *out, uint64_t value)
{
    for (; value > 127; value >>= 7) pl_str_addc(out, (char)(unsigned char)(value | 128));
    pl_str_addc(out, (char)value);
}

static void put_key(pl_str *out, uint32_t number, wire_type type) { put_varint(out, (uint64_t)number << 3 | type); }

void wire_put_varint(pl_str *out, uint32_t number, uint64_t value)
{
    put_key(out, number, WIRE_VARINT);
    put_varint(out, value);
}

static void put_fixed(pl_str *out, uint64_t bits, int bytes)
{
    for (int i = 0; i < bytes; i++) pl_str_addc(out, (char)(unsigned char)(bits >> 8 * i));
}

void wire_put_double(pl_str *out, uint32_t number, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_key(out, number, WIRE_FIXED64);
    put_fixed(out, bits, 8);
}

void wire_put_float(pl_str *out, uint32_t number, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_key(out, number, WIRE_FIXED32);
    put_fixed(out, bits, 4);
}

void wire_put_bytes(pl_str *out, uint32_t number, const void *bytes, size_t length)
{
    put_key(out, number, WIRE_BYTES);
    put_varint(out, length);
    pl_str_addn(out, bytes, length);
}
