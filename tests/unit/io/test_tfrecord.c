/* TFRecord frames and the wire format: known values, a bit-by-bit twin of the CRC, every way a file may be cut or damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "sim/base/field.h"
#include "sim/io/tfrecord.h"
#include "sim/io/wire.h"

static uint32_t crc_bit_by_bit(const unsigned char *p, size_t n)
{
    uint32_t crc = 0xFFFFFFFFu;
    while (n--) {
        crc ^= *p++;
        for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0x82F63B78u : crc >> 1;
    }
    return ~crc;
}

static void test_crc_known_values(void **state)
{
    static crc32c_tables t;
    crc32c_init(&t);
    unsigned char zeros[32] = {0}, rising[32], length[8] = {0x48};
    for (unsigned i = 0; i < 32; i++) rising[i] = (unsigned char)i;
    /* RFC 3720, B.4 */
    assert_int_equal(crc32c(&t, "123456789", 9), 0xE3069283u);
    assert_int_equal(crc32c(&t, zeros, 32), 0x8A9136AAu);
    assert_int_equal(crc32c(&t, rising, 32), 0x46DD794Eu);
    assert_int_equal(crc32c(&t, "", 0), 0);
    /* The header of a real event file. */
    assert_int_equal(crc32c_masked(&t, length, 8), 0x9d4892feu);
}

static void test_crc_is_its_twin(void **state)
{
    static crc32c_tables t;
    unsigned char bytes[300];
    uint64_t x = 88172645463325252u;
    crc32c_init(&t);
    for (size_t i = 0; i < sizeof bytes; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        bytes[i] = (unsigned char)(x >> 32);
    }
    for (size_t from = 0; from < 9; from++)
        for (size_t n = 0; n + from <= sizeof bytes; n++)
            assert_int_equal(crc32c(&t, bytes + from, n), crc_bit_by_bit(bytes + from, n));
}

/* Three records: "alpha", "", and 300 bytes. */
enum { FRAME = 16, FIRST = FRAME + 5, SECOND = FRAME, THIRD = FRAME + 300, ALL = FIRST + SECOND + THIRD };
static pl_str three(void)
{
    static crc32c_tables t;
    char long_one[300];
    pl_str s;
    crc32c_init(&t);
    memset(long_one, 'z', sizeof long_one);
    pl_str_init(&s);
    tfrecord_write(&t, "alpha", 5, &s);
    tfrecord_write(&t, "", 0, &s);
    tfrecord_write(&t, long_one, sizeof long_one, &s);
    assert_int_equal(s.length, ALL);
    return s;
}

static tfrecord_reader read_all(const char *bytes, size_t n, size_t *sum)
{
    tfrecord_reader r;
    const unsigned char *data;
    size_t length;
    *sum = 0;
    tfrecord_open(&r, bytes, n);
    while (tfrecord_next(&r, &data, &length)) *sum += length;
    return r;
}

static void test_whole_file(void **state)
{
    pl_str s = three();
    size_t sum;
    tfrecord_reader r = read_all(s.text, s.length, &sum);
    assert_int_equal(r.records, 3);
    assert_int_equal(sum, 305);
    assert_int_equal(r.bad_data + r.gaps + r.lost + r.cut_off, 0);
    assert_true(tfrecord_begins(s.text, s.length));
    assert_false(tfrecord_begins(s.text + 1, s.length - 1));
    assert_false(tfrecord_begins(s.text, 11));
    pl_str_free(&s);
}

/* Cut at every byte: whole records stay, the rest is told by its size; nothing is taken for damage. */
static void test_cut_anywhere(void **state)
{
    pl_str s = three();
    const size_t ends[] = {0, FIRST, FIRST + SECOND, ALL};
    for (size_t n = 0; n < ALL; n++) {
        size_t sum, whole = 0;
        while (whole < 3 && ends[whole + 1] <= n) whole++;
        tfrecord_reader r = read_all(s.text, n, &sum);
        assert_int_equal(r.records, whole);
        assert_int_equal(r.bad_data + r.gaps + r.lost, 0);
        assert_int_equal(r.cut_off, n - ends[whole]);
        bool header = n - ends[whole] >= 12;
        assert_int_equal(r.cut_off_of, header ? ends[whole + 1] - ends[whole] - FRAME : 0);
    }
    pl_str_free(&s);
}

/* Every bit turned: at most the record that holds it is lost, and its loss is told with the place. */
static void test_every_bit(void **state)
{
    pl_str s = three();
    const size_t ends[] = {0, FIRST, FIRST + SECOND, ALL};
    for (size_t bit = 0; bit < 8 * ALL; bit++) {
        size_t sum, hit = 0, at = bit / 8;
        while (ends[hit + 1] <= at) hit++;
        s.text[at] ^= (char)(1 << bit % 8);
        tfrecord_reader r = read_all(s.text, s.length, &sum);
        s.text[at] ^= (char)(1 << bit % 8);
        assert_int_equal(r.records, 2);
        assert_int_equal(r.first_bad, ends[hit]);
        if (at - ends[hit] < 12) { /* in the length or its CRC */
            assert_int_equal(r.gaps, 1);
            assert_int_equal(r.lost, ends[hit + 1] - ends[hit]);
            assert_int_equal(r.bad_data + r.cut_off, 0);
        } else {
            assert_int_equal(r.bad_data, 1);
            assert_int_equal(r.gaps + r.lost + r.cut_off, 0);
        }
    }
    pl_str_free(&s);
}

/* A length that cannot be, with a good CRC: in the middle what follows is found again, at the end it is a record cut off. */
static void test_absurd_length(void **state)
{
    static crc32c_tables t;
    unsigned char header[12];
    pl_str s = three();
    size_t sum;
    crc32c_init(&t);
    memset(header, 0xFF, 8);
    uint32_t crc = crc32c_masked(&t, header, 8);
    for (int i = 0; i < 4; i++) header[8 + i] = (unsigned char)(crc >> 8 * i);
    pl_str_addn(&s, (const char *)header, sizeof header);
    tfrecord_reader r = read_all(s.text, s.length, &sum);
    assert_int_equal(r.records, 3);
    assert_int_equal(r.cut_off, 12);
    assert_true(r.cut_off_of == UINT64_MAX);
    pl_str more = three();
    pl_str_addn(&s, more.text, more.length);
    r = read_all(s.text, s.length, &sum);
    assert_int_equal(r.records, 6);
    assert_int_equal(r.gaps, 1);
    assert_int_equal(r.lost, 12);
    assert_int_equal(r.first_bad, ALL);
    assert_int_equal(r.cut_off, 0);
    pl_str_free(&more);
    pl_str_free(&s);
}

static void test_wire_round_trip(void **state)
{
    static const uint64_t values[] = {0, 1, 127, 128, 300, 16384, 1u << 31, UINT64_MAX >> 1, UINT64_MAX, (uint64_t)-7};
    pl_str s;
    wire_field f;
    for (size_t i = 0; i < PL_COUNT(values); i++) {
        pl_str_init(&s);
        wire_put_varint(&s, 2, values[i]);
        wire_put_double(&s, 1, -2.385);
        wire_put_float(&s, 536870911, 1.625f);
        wire_put_bytes(&s, 5, "ab\0c", 4);
        wire_reader r = wire_open(s.text, s.length);
        assert_true(wire_next(&r, &f) && wire_is(&f, 2, WIRE_VARINT) && f.value == values[i]);
        assert_true(wire_next(&r, &f) && wire_is(&f, 1, WIRE_FIXED64) && wire_double(f.value) == -2.385);
        assert_true(wire_next(&r, &f) && wire_is(&f, 536870911, WIRE_FIXED32) && wire_float(f.value) == 1.625f);
        assert_true(wire_next(&r, &f) && wire_is(&f, 5, WIRE_BYTES) && f.length == 4 && !memcmp(f.bytes, "ab\0c", 4));
        assert_false(wire_next(&r, &f));
        assert_false(r.bad);
        pl_str_free(&s);
    }
}

static bool is_message(const char *bytes, size_t n)
{
    wire_reader r = wire_open(bytes, n);
    wire_field f;
    while (wire_next(&r, &f)) continue;
    return !r.bad;
}

static void test_wire_refuses(void **state)
{
    pl_str s;
    assert_true(is_message("", 0));
    assert_true(is_message("\x08\x96\x01", 3));
    assert_false(is_message("\x08", 1));                                          /* key without value */
    assert_false(is_message("\x00\x01", 2));                                      /* field number 0 */
    assert_false(is_message("\x0b\x0c", 2));                                      /* a group */
    assert_false(is_message("\x0f\x01", 2));                                      /* type 7 */
    assert_false(is_message("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11)); /* 65 bits */
    assert_true(is_message("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11));
    assert_false(is_message("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12));
    assert_false(is_message("\x2a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11)); /* a string of 2^64-1 bytes */
    pl_str_init(&s);
    wire_put_double(&s, 1, .3);
    wire_put_float(&s, 2, .3f);
    wire_put_bytes(&s, 3, "xyz", 3);
    for (size_t n = 0; n <= s.length; n++) assert_int_equal(is_message(s.text, n), n == 0 || n == 9 || n == 14 || n == s.length);
    pl_str_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crc_known_values), cmocka_unit_test(test_crc_is_its_twin), cmocka_unit_test(test_whole_file),
        cmocka_unit_test(test_cut_anywhere),     cmocka_unit_test(test_every_bit),       cmocka_unit_test(test_absurd_length),
        cmocka_unit_test(test_wire_round_trip),  cmocka_unit_test(test_wire_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
