/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/def_table.h"
#include "drivers/model/xml_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

/* The engine on a format of its own: every place and kind of row. */

typedef enum Shape {
        SHAPE_ROUND = 1,
        SHAPE_SQUARE,
        _SHAPE_MAX,
} Shape;

static const char *const shape_table[_SHAPE_MAX] = { [SHAPE_ROUND] = "round", [SHAPE_SQUARE] = "square" };

typedef struct Leaf {
        DefSet set;
        int32_t weight;
        const char *name;
} Leaf;

typedef struct Part {
        DefSet set;
        DefRaw *raw;
        uint32_t edge;
        const char *color;
        struct Part *inner;
} Part;

typedef struct Toy {
        DefSet set;
        DefRaw *raw;
        uint32_t size;
        uint64_t room; /* KiB */
        int64_t offset;
        uint32_t radius;
        uint32_t side;
        uint32_t magic;
        Shape shape;
        Tristate shiny;
        bool small;
        bool here;
        const char *title;
        const char *mac;
        const char *text;
        const char *secret;
        const char *live;
        const char *odd;
        const char *meta;
        Part part;
        Part *extra;
        DEF_LIST(Leaf) leaves;
} Toy;

static const DefNamespace toy_ns = { "toy", "urn:toy" };

static const DefRow leaf_rows[] = {
        ATTR(Leaf, "weight", weight, RANGE(-5, 5)),
        TEXT(Leaf, name),
};
static DEF_TYPE_PLAIN(leaf_type, Leaf, leaf_rows);

extern const DefType part_type;

static const DefRow part_rows[] = {
        ATTR(Part, "edge", edge, HEX(2)),
        RAW_ATTR("strange"),
        ELEMENT(Part, "color", color),
        RAW("unknown"),
        CHILD(Part, "inner", inner, part_type),
};
DEF_TYPE(part_type, Part, part_rows);

static bool odd_parse(Arena *arena, const char *text, void *field)
{
        if (!g_str_has_prefix(text, "odd:"))
                return false;
        *(const char **) field = arena_strdup(arena, text + 4);
        return true;
}

static bool odd_print(const void *p, const void *field, unsigned flags, GString *out)
{
        const char *odd = *(const char *const *) field;

        if (!odd)
                return false;
        g_string_append_printf(out, "odd:%s", odd);
        return true;
}

static const DefHatch odd_hatch = { odd_parse, odd_print };

static const DefRow title_rows[] = {
        TEXT(Toy, title),
        ATTR(Toy, "mac", mac, SYNTAX(def_syntax_mac)),
};
static DEF_TYPE(title_type, Toy, title_rows);

static const DefRow here_rows[] = {
        HERE(Toy, here),
        ATTR(Toy, "shiny", shiny, YES_NO),
};
static DEF_TYPE(here_type, Toy, here_rows);

static const DefRow toy_rows[] = {
        ATTR(Toy, "shape", shape, WORDS(shape), FLAGS(DEF_REQUIRED)),
        ATTR(Toy, "radius", radius, WHEN(Toy, shape, IS(SHAPE_ROUND))),
        ATTR(Toy, "side", side, WHEN(Toy, shape, IS(SHAPE_SQUARE))),
        ATTR(Toy, "magic", magic, FLAGS(DEF_ANY_BASE | DEF_HOST)),
        ATTR(Toy, "secret", secret, FLAGS(DEF_SECRET)),
        ATTR(Toy, "live", live, FLAGS(DEF_LIVE)),
        ATTR(Toy, "odd", odd, HATCH(odd_hatch)),
        ELEMENT(Toy, "size", size, RANGE(1, 100)),
        ELEMENT(Toy, "room", room, KIB),
        ELEMENT(Toy, "offset", offset),
        ELEMENT(Toy, "text", text, FLAGS(DEF_MULTILINE)),
        PRESENCE(Toy, "small", small),
        GROUP("title", title_type),
        GROUP("here", here_type),
        GROUP_IN(Toy, "part", part, part_type),
        CHILD(Toy, "extra", extra, part_type),
        LIST(Toy, "leaf", leaves, leaf_type, NS(toy_ns)),
        SLICE(Toy, "meta", meta, FLAGS(DEF_MULTILINE)),
        RAW("kept"),
        RAW("harmless", FLAGS(DEF_INERT)),
        FOREIGN(FLAGS(DEF_INERT)),
};

static void rule_no_red(const void *p, DefChecker *checker)
{
        const Toy *toy = p;

        if (streq_ptr(toy->part.color, "red"))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "part/color", "no red parts");
}

static const DefRule toy_rules[] = {
        { "no red parts", rule_no_red },
        {},
};

static DEF_TYPE(toy_type, Toy, toy_rows, .rules = toy_rules);

typedef struct Read {
        Arena *arena;
        Toy *toy;
        Diagnostics diagnostics;
} Read;

static void read_clear(Read *read)
{
        arena_unref(read->arena);
        diagnostics_clear(&read->diagnostics);
}

#define _cleanup_read_ _cleanup_(read_clear)

static Read toy_read(const char *xml, DefDecodeFlags flags)
{
        _cleanup_(xml_tree_freep) XmlTree *tree = NULL;
        Read read = { .arena = arena_new() };

        assert_int_equal(xml_tree_parse(xml, strlen(xml), &xml_limits_default, "toy", &tree, NULL), 0);
        read.toy = arena_new0(read.arena, Toy);
        def_decode(&toy_type, tree, flags, read.arena, read.toy, &read.diagnostics);
        if (read.diagnostics.n_errors == 0)
                def_check(&toy_type, "toy", read.toy, tree, &read.diagnostics);
        return read;
}

static char *toy_print(const Toy *toy, DefFormatFlags flags)
{
        GString *out = g_string_new(NULL);

        def_format(&toy_type, "toy", toy, flags, out);
        return g_string_free(out, FALSE);
}

static const char full[] =
        "<toy shape='round' radius='3' magic='31' live='now' odd='odd:x&apos;' xmlns:toy='urn:toy'>\n"
        "  <size>7</size>\n"
        "  <room unit='KiB'>2048</room>\n"
        "  <offset>-12</offset>\n"
        "  <text>two\n\tlines &lt;</text>\n"
        "  <small/>\n"
        "  <title mac='52:54:00:00:00:01'>T</title>\n"
        "  <here/>\n"
        "  <part edge='0x0f' strange='1 &amp; 2'>\n"
        "    <color>blue</color>\n"
        "    <unknown  a = \"1\"><b/></unknown>\n"
        "    <inner>\n"
        "      <color>grey</color>\n"
        "    </inner>\n"
        "  </part>\n"
        "  <extra/>\n"
        "  <toy:leaf weight='-1'>one</toy:leaf>\n"
        "  <toy:leaf/>\n"
        "  <meta><any   thing='x'/></meta>\n"
        "  <kept/>\n"
        "  <kept>2</kept>\n"
        "  <f:foreign xmlns:f='urn:f'/>\n"
        "</toy>\n";

static void test_table(void **state)
{
        g_autofree char *text = NULL;

        if (!def_type_check(&toy_type, &text))
                fail_msg("%s", text);
}

/* A row that lies is found. */
static void test_bad_tables(void **state)
{
        static const DefRow words[] = { PRESENCE(Toy, "x", here, WORDS(shape)) };
        static const DefRow presence[] = { PRESENCE(Toy, "x", size) };
        static const DefRow child[] = { CHILD(Toy, "x", extra, leaf_type) };
        static const DefRow raw[] = { RAW("x") };
        static const DefRow group[] = { GROUP("x", leaf_type) };
        static const DefRow scale[] = { ATTR(Toy, "x", shape, WORDS(shape), KIB) };
        static DEF_TYPE(words_type, Toy, words);
        static DEF_TYPE(presence_type, Toy, presence);
        static DEF_TYPE(child_type, Toy, child);
        static DEF_TYPE_PLAIN(raw_type, Leaf, raw);
        static DEF_TYPE(group_type, Toy, group);
        static DEF_TYPE(scale_type, Toy, scale);
        const DefType *types[] = { &words_type, &presence_type, &child_type, &raw_type, &group_type,
                                   &scale_type };

        for (unsigned i = 0; i < ELEMENTSOF(types); i++) {
                g_autofree char *text = NULL;

                assert_false(def_type_check(types[i], &text));
                assert_non_null(strstr(text, "row 0"));
        }
}

static void test_round_trip(void **state)
{
        _cleanup_read_ Read read = toy_read(full, DEF_DECODE_LIVE | DEF_DECODE_STRICT), again = {};
        g_autofree char *text = NULL;

        assert_int_equal(read.diagnostics.n, 0);
        text = toy_print(read.toy, 0);
        assert_string_equal(text, full);
        again = toy_read(text, DEF_DECODE_LIVE);
        assert_true(def_equal(&toy_type, "toy", read.toy, again.toy, 0, NULL));
}

static void test_values(void **state)
{
        _cleanup_read_ Read read = toy_read(full, 0);
        const Toy *toy = read.toy;

        assert_int_equal(toy->shape, SHAPE_ROUND);
        assert_true(def_is_set(toy, radius));
        assert_false(def_is_set(toy, side));
        assert_int_equal(def_get(toy, side, 9), 9);
        assert_int_equal(toy->magic, 31);
        assert_int_equal(toy->room, 2048);
        assert_int_equal(toy->offset, -12);
        assert_string_equal(toy->odd, "x'");
        assert_null(toy->live);
        assert_true(toy->here);
        assert_int_equal(toy->shiny, TRISTATE_ABSENT);
        assert_int_equal(toy->part.edge, 15);
        assert_string_equal(toy->part.inner->color, "grey");
        assert_int_equal(toy->leaves.n, 2);
        assert_int_equal(toy->leaves.items[0]->weight, -1);
        assert_false(def_is_set(toy->leaves.items[1], weight));
        assert_null(toy->leaves.items[1]->name);
        DEF_FOREACH(leaf, toy->leaves)
                assert_non_null(leaf);
}

static void test_units(void **state)
{
        static const struct {
                const char *xml;
                uint64_t kib;
        } cases[] = {
                { "<room>5</room>", 5 },
                { "<room unit='b'>1</room>", 1 },
                { "<room unit='bytes'>1025</room>", 2 },
                { "<room unit='KB'>1024</room>", 1000 },
                { "<room unit='k'>3</room>", 3 },
                { "<room unit='M'>3</room>", 3072 },
                { "<room unit='MiB'> 3\n</room>", 3072 },
                { "<room unit='GB'>1</room>", 976563 },
                { "<room unit='TiB'>1</room>", 1073741824 },
                { "<room unit='EiB'>1</room>", 1125899906842624 },
        };

        for (unsigned i = 0; i < ELEMENTSOF(cases); i++) {
                g_autofree char *xml = g_strdup_printf("<toy shape='round'>%s</toy>", cases[i].xml);
                _cleanup_read_ Read read = toy_read(xml, 0);

                assert_int_equal(read.diagnostics.n, 0);
                assert_int_equal(read.toy->room, cases[i].kib);
        }
}

static void assert_error(const char *inside, ErrorCode code, const char *path, const char *text)
{
        g_autofree char *xml = g_strdup_printf("<toy shape='round'>\n%s</toy>", inside);
        _cleanup_read_ Read read = toy_read(xml, 0);

        assert_int_equal(read.diagnostics.n_errors, 1);
        assert_int_equal(read.diagnostics.items[0].code, code);
        assert_string_equal(read.diagnostics.items[0].path, path);
        assert_int_equal(read.diagnostics.items[0].line, 2);
        assert_string_equal(read.diagnostics.items[0].text, text);
}

static void test_errors(void **state)
{
        assert_error("<size>x</size>", ERROR_XML_ERROR, "/toy/size",
                     "Invalid value for element 'size': 'x'.");
        assert_error("<size>-1</size>", ERROR_XML_ERROR, "/toy/size",
                     "Invalid value for element 'size': '-1'.");
        assert_error("<size>101</size>", ERROR_XML_ERROR, "/toy/size", "value 101 is not between 1 and 100");
        assert_error("<room unit='KiB'>99999999999999999999</room>", ERROR_OVERFLOW, "/toy/room",
                     "value too large: 99999999999999999999KiB");
        assert_error("<room unit='x'>1</room>", ERROR_XML_ERROR, "/toy/room",
                     "Invalid value for element 'room': '1'.");
        assert_error("<title mac='1'/>", ERROR_XML_ERROR, "/toy/title/@mac",
                     "Invalid value for attribute 'mac' in element 'title': '1'.");
        assert_error("<part edge='08x'/>", ERROR_XML_ERROR, "/toy/part/@edge",
                     "Invalid value for attribute 'edge' in element 'part': '08x'.");
        assert_error("<leaf xmlns='urn:toy'/><leaf xmlns='urn:toy' weight='6'/>", ERROR_XML_ERROR,
                     "/toy/toy:leaf[2]/@weight", "value 6 is not between -5 and 5");
        assert_error("<part><inner><color>a&#133;b</color></inner></part>", ERROR_XML_ERROR,
                     "/toy/part/inner/color", "control character in 'color'");
        assert_error("<part><color>red</color></part>", ERROR_CONFIG_UNSUPPORTED, "/toy/part/color",
                     "no red parts");
}

static void test_required(void **state)
{
        _cleanup_read_ Read read = toy_read("<toy/>", 0);

        assert_int_equal(read.diagnostics.n_errors, 1);
        assert_string_equal(read.diagnostics.items[0].text,
                            "Missing required attribute 'shape' in element 'toy'");
}

static void test_left_out(void **state)
{
        static const char xml[] = "<toy shape='round' side='1' what='2'><size a='b'>1</size><size>2</size>"
                                  "<leaf/>stray</toy>";
        static const char *const paths[] = { "/toy/@side", "/toy/@what", "/toy", "/toy/size/@a", "/toy/size",
                                             "/toy/leaf" };
        _cleanup_read_ Read read = toy_read(xml, 0), strict = toy_read(xml, DEF_DECODE_STRICT);

        assert_int_equal(read.diagnostics.n_errors, 0);
        assert_int_equal(read.diagnostics.n, ELEMENTSOF(paths));
        for (unsigned i = 0; i < ELEMENTSOF(paths); i++) {
                assert_int_equal(read.diagnostics.items[i].level, DIAGNOSTIC_NOTE);
                assert_string_equal(read.diagnostics.items[i].path, paths[i]);
        }
        assert_int_equal(read.toy->size, 1);
        assert_int_equal(strict.diagnostics.n_errors, ELEMENTSOF(paths));
        assert_int_equal(strict.diagnostics.items[0].code, ERROR_XML_INVALID_SCHEMA);
}

static void test_flags(void **state)
{
        _cleanup_read_ Read read = toy_read("<toy shape='square' secret='s' live='l'/>", DEF_DECODE_LIVE);
        g_autofree char *plain = toy_print(read.toy, 0), *secure = toy_print(read.toy, DEF_FORMAT_SECURE);
        g_autofree char *inactive = toy_print(read.toy, DEF_FORMAT_INACTIVE);

        assert_string_equal(plain, "<toy shape='square' live='l'>\n</toy>\n");
        assert_string_equal(secure, "<toy shape='square' secret='s' live='l'>\n</toy>\n");
        assert_string_equal(inactive, "<toy shape='square'>\n</toy>\n");
}

static void assert_differ(const char *a, const char *b, DefCompareFlags flags, const char *expected)
{
        g_autofree char *xa = g_strdup_printf("<toy shape='round' %s</toy>", a);
        g_autofree char *xb = g_strdup_printf("<toy shape='round' %s</toy>", b), *path = NULL;
        _cleanup_read_ Read ra = toy_read(xa, DEF_DECODE_LIVE), rb = toy_read(xb, DEF_DECODE_LIVE);

        assert_int_equal(def_equal(&toy_type, "toy", ra.toy, rb.toy, flags, &path), !expected);
        assert_true(streq_ptr(path, expected));
}

static void test_compare(void **state)
{
        assert_differ(">", ">", 0, NULL);
        assert_differ("radius='0'>", ">", 0, "/toy/@radius");
        assert_differ("magic='1'>", "magic='2'>", 0, "/toy/@magic");
        assert_differ("magic='1'>", "magic='2'>", DEF_COMPARE_ABI, NULL);
        assert_differ("live='1'>", ">", DEF_COMPARE_ABI, NULL);
        assert_differ("><part><inner/></part>", ">", 0, "/toy/part/inner");
        assert_differ("><leaf xmlns='urn:toy'/>", ">", 0, "/toy/toy:leaf[1]");
        assert_differ("><leaf xmlns='urn:toy'>a</leaf>", "><leaf xmlns='urn:toy'>b</leaf>", 0,
                      "/toy/toy:leaf[1]");
        assert_differ("><kept>1</kept><harmless/>", "><harmless/><kept>1</kept>", 0, NULL);
        assert_differ("><kept>1</kept>", "><kept>1</kept><kept>2</kept>", 0, "/toy/kept");
        assert_differ("><harmless/>", ">", 0, "/toy/harmless");
        assert_differ("><harmless/>", ">", DEF_COMPARE_ABI, NULL);
        assert_differ("><part strange='1'/>", "><part strange='2'/>", 0, "/toy/part/@strange");
}

static void test_copy(void **state)
{
        g_autofree char *text = NULL;
        Arena *arena = arena_new();
        Toy *toy = arena_new0(arena, Toy);
        Read read = toy_read(full, DEF_DECODE_LIVE);

        def_copy(&toy_type, read.toy, toy, arena);
        assert_true(def_equal(&toy_type, "toy", read.toy, toy, 0, NULL));
        /* nothing of the original is needed any more */
        read_clear(&read);
        text = toy_print(toy, 0);
        assert_string_equal(text, full);
        arena_unref(arena);
}

static void assert_raw(const char *inside, const char *expected)
{
        g_autofree char *xml = g_strdup_printf("<toy shape='round'>%s</toy>", inside), *path = NULL;
        _cleanup_read_ Read read = toy_read(xml, 0);

        assert_int_equal(def_first_raw(&toy_type, "toy", read.toy, &path), expected != NULL);
        assert_true(streq_ptr(path, expected));
}

static void test_first_raw(void **state)
{
        assert_raw("", NULL);
        assert_raw("<harmless/><f:x xmlns:f='urn:f'/>", NULL);
        assert_raw("<kept/>", "/toy/kept");
        assert_raw("<kept/><kept/>", "/toy/kept[1]");
        assert_raw("<kept/><extra><inner><unknown/></inner></extra>", "/toy/extra/inner/unknown");
        assert_raw("<part strange=''/>", "/toy/part/@strange");
}

static void test_lists(void **state)
{
        _cleanup_(arena_unrefp) Arena *arena = arena_new();
        DEF_LIST(Leaf) list = {};

        for (int32_t i = 0; i < 20; i++) {
                Leaf *leaf = arena_new0(arena, Leaf);

                def_put(leaf, weight, i);
                def_append(arena, &list, leaf);
        }
        def_remove(&list, 19);
        def_remove(&list, 0);
        assert_int_equal(list.n, 18);
        for (uint32_t i = 0; i < list.n; i++)
                assert_int_equal(list.items[i]->weight, i + 1);
        def_drop(list.items[0], weight);
        assert_false(def_is_set(list.items[0], weight));
}

static void test_syntax(void **state)
{
        static const struct {
                const DefSyntax *syntax;
                const char *s;
                bool valid;
        } cases[] = {
                { &def_syntax_cpuset, "0", true },
                { &def_syntax_cpuset, "0-3,^2,8", true },
                { &def_syntax_cpuset, " 1 , 2 ", true },
                { &def_syntax_cpuset, "", false },
                { &def_syntax_cpuset, "3-1", false },
                { &def_syntax_cpuset, "^1-2", false },
                { &def_syntax_cpuset, "1,", false },
                { &def_syntax_cpuset, "70000", false },
                { &def_syntax_absolute_path, "/a", true },
                { &def_syntax_absolute_path, "a", false },
                { &def_syntax_line, "a", true },
                { &def_syntax_line, "a\nb", false },
                { &def_syntax_mac, "52:54:00:ab:cd:ef", true },
                { &def_syntax_mac, "52:54:00:AB:CD:EF", false },
                { &def_syntax_mac, "52:54:00:ab:cd", false },
                { &def_syntax_mac, "52:54:00:ab:cd:ef:00", false },
                { &def_syntax_mac, "152:54:00:ab:cd:ef", false },
        };
        char buffer[64];

        for (unsigned i = 0; i < ELEMENTSOF(cases); i++)
                if (cases[i].syntax->check(cases[i].s) != cases[i].valid)
                        fail_msg("%s: '%s'", cases[i].syntax->name, cases[i].s);
        assert_true(def_syntax_mac.canonicalize("5:54:0:AB:CD:ef", buffer, sizeof(buffer)));
        assert_string_equal(buffer, "05:54:00:ab:cd:ef");
        assert_true(def_syntax_uuid.canonicalize("4DEA22B31D5241d8b8b4-b8ab5a2cb2f8", buffer,
                                                 sizeof(buffer)));
        assert_string_equal(buffer, "4dea22b3-1d52-41d8-b8b4-b8ab5a2cb2f8");
        assert_false(def_syntax_uuid.canonicalize("4dea22b3-1d52-41d8-b8b4-b8ab5a2cb2f", buffer,
                                                  sizeof(buffer)));
}

static void test_document(void **state)
{
        GString *out = g_string_new(NULL);

        def_document(&toy_type, "toy", out);
        assert_non_null(strstr(out->str, "| `/toy/@shape` | `round` `square` | required |\n"));
        assert_non_null(strstr(out->str, "| `/toy/size` | number, 1 to 100 |  |\n"));
        assert_non_null(strstr(out->str, "| `/toy/room` | size with `unit` |  |\n"));
        assert_non_null(strstr(out->str, "| `/toy/toy:leaf` |  | any number |\n"));
        assert_non_null(strstr(out->str, "| `/toy/part/inner` | as above |  |\n"));
        assert_non_null(strstr(out->str, "| `/toy/kept` | kept, not understood |  |\n"));
        g_string_free(out, TRUE);
}

/* A struct of a pointer, words that are passed on, a size in an attribute, and what hangs on another attribute. */

typedef struct Rarity {
        DefSet set;
        uint32_t depth;
        const char *note;
} Rarity;

typedef struct Box {
        DefSet set;
        uint64_t room; /* KiB */
        Shape shape;
        uint32_t radius;
        const char *color;
        Rarity *rarity;
        Leaf *lid;
} Box;

static const DefRow rarity_rows[] = {
        ATTR(Rarity, "depth", depth),
        ELEMENT(Rarity, "note", note),
};
static DEF_TYPE_PLAIN(rarity_type, Rarity, rarity_rows);

static const DefRow box_rows[] = {
        ATTR(Box, "radius", radius, WHEN(Box, shape, IS(SHAPE_ROUND))),
        ATTR(Box, "shape", shape, WORDS(shape)),
        ATTR(Box, "room", room, KIB),
        ATTR(Box, "color", color, ONE_OF("red", "blue")),
        PART_OF(Box, rarity, rarity_type),
        CHILD(Box, "lid", lid, leaf_type, FLAGS(DEF_BRIEF)),
};
static DEF_TYPE_PLAIN(box_type, Box, box_rows);

static Box *box_read(Arena *arena, const char *xml, Diagnostics *diagnostics)
{
        _cleanup_(xml_tree_freep) XmlTree *tree = NULL;
        Box *box = arena_new0(arena, Box);

        assert_int_equal(xml_tree_parse(xml, strlen(xml), &xml_limits_default, "box", &tree, NULL), 0);
        def_decode(&box_type, tree, 0, arena, box, diagnostics);
        return box;
}

static char *box_print(const Box *box)
{
        GString *out = g_string_new(NULL);

        def_format(&box_type, "box", box, 0, out);
        return g_string_free(out, FALSE);
}

static void test_parts(void **state)
{
        _cleanup_diagnostics_ Diagnostics diagnostics = DIAGNOSTICS_INIT;
        Arena *arena = arena_new();
        Box *box = box_read(arena, "<box room='2' unit='MiB' radius='3' shape='round' color='blue' depth='7'>"
                                   "<note>n</note><lid/></box>", &diagnostics);
        Box *plain = box_read(arena, "<box/>", &diagnostics), copy = {};
        g_autofree char *text = box_print(box), *nothing = box_print(plain);

        assert_int_equal(diagnostics.n, 0);
        assert_int_equal(box->radius, 3);
        assert_int_equal(box->rarity->depth, 7);
        assert_null(plain->rarity);
        assert_string_equal(text, "<box radius='3' shape='round' room='2048' unit='KiB' color='blue' depth='7'>\n"
                                  "  <note>n</note>\n</box>\n");
        assert_string_equal(nothing, "<box>\n</box>\n");
        def_copy(&box_type, box, &copy, arena);
        assert_ptr_not_equal(copy.rarity, box->rarity);
        assert_true(def_equal(&box_type, "box", box, &copy, 0, NULL));
        assert_false(def_equal(&box_type, "box", box, plain, 0, NULL));
        /* one that is there and empty is none */
        plain->rarity = arena_new0(arena, Rarity);
        assert_true(def_equal(&box_type, "box", plain, box_read(arena, "<box/>", &diagnostics), 0, NULL));
        box_read(arena, "<box color='green'/>", &diagnostics);
        assert_int_equal(diagnostics.n_errors, 1);
        arena_unref(arena);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_table),
                cmocka_unit_test(test_bad_tables),
                cmocka_unit_test(test_round_trip),
                cmocka_unit_test(test_values),
                cmocka_unit_test(test_units),
                cmocka_unit_test(test_errors),
                cmocka_unit_test(test_required),
                cmocka_unit_test(test_left_out),
                cmocka_unit_test(test_flags),
                cmocka_unit_test(test_compare),
                cmocka_unit_test(test_copy),
                cmocka_unit_test(test_first_raw),
                cmocka_unit_test(test_parts),
                cmocka_unit_test(test_lists),
                cmocka_unit_test(test_syntax),
                cmocka_unit_test(test_document),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
