/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Field tables: one row per field of a definition, next to its struct. Every walk over a definition is
 * driven by them: decode, format, compare, copy, check, document. To teach a definition a new element, add a
 * field and a row.
 *
 * The order of the rows is the order of the output (attributes first). What kind of value a field holds is
 * deduced from its C type. Rows that are not decoded (RAW) keep the text of an element that the format
 * knows.
 */

#include "drivers/model/def.h"

typedef struct XmlTree XmlTree; /* xml_reader.h */

typedef enum DefKind {
        DEF_KIND_NONE,
        DEF_KIND_STRING, /* const char * */
        DEF_KIND_U32,    /* with words: an enum */
        DEF_KIND_I32,
        DEF_KIND_U64,
        DEF_KIND_I64,
        DEF_KIND_BOOL,
        _DEF_KIND_MAX,
} DefKind;

#define DEF_KIND_OF(x)                                                                              \
        _Generic((x), const char *: DEF_KIND_STRING, uint32_t: DEF_KIND_U32, int32_t: DEF_KIND_I32, \
                 uint64_t: DEF_KIND_U64, int64_t: DEF_KIND_I64, bool: DEF_KIND_BOOL)

typedef enum DefPlace {
        DEF_PLACE_ATTRIBUTE, /* a value in an attribute of the element that the rows describe */
        DEF_PLACE_TEXT,      /* a value between its tags */
        DEF_PLACE_HERE,      /* a bool: the element is there, even when it says nothing else */
        DEF_PLACE_ELEMENT,   /* a value between the tags of a child element */
        DEF_PLACE_PRESENCE,  /* a bool: the child element is there */
        DEF_PLACE_GROUP,     /* a child element whose fields are in this struct, or in one embedded in it */
        DEF_PLACE_EMBED,     /* rows of an embedded struct that belong to this element */
        DEF_PLACE_PART,      /* likewise of a struct that is pointed to, NULL as long as none is given */
        DEF_PLACE_CHILD,     /* a child element with a struct of its own */
        DEF_PLACE_LIST,      /* any number of them */
        DEF_PLACE_SLICE,     /* a string: the child element with its tags, byte for byte */
        DEF_PLACE_RAW,       /* child elements that are kept as text */
        DEF_PLACE_RAW_ATTRIBUTE,
        DEF_PLACE_FOREIGN,   /* child elements of namespaces that no row names, kept as text */
        _DEF_PLACE_MAX,
} DefPlace;

typedef enum DefRowFlags {
        DEF_REQUIRED = 1 << 0,  /* in a group: when the group has anything, or is required itself */
        DEF_LIVE = 1 << 1,      /* a fact of a running machine: read and printed for those only */
        DEF_SECRET = 1 << 2,    /* printed only with DEF_FORMAT_SECURE */
        DEF_HOST = 1 << 3,      /* the guest does not see it: left out of the ABI comparison */
        DEF_MULTILINE = 1 << 4, /* a string that may have line breaks and tabs */
        DEF_INERT = 1 << 5,     /* kept text that a driver may ignore */
        DEF_ALWAYS = 1 << 6,    /* a group that is printed when it is empty */
        DEF_ANY_BASE = 1 << 7,  /* a number that may be written in octal or hexadecimal */
        DEF_UNION = 1 << 8,     /* a pointer in a union: there only when the row counts */
        DEF_END_TAG = 1 << 10,  /* an element that has an end tag of its own when it is empty */
        DEF_UNIT_LETTER = 1 << 11, /* a size: the unit is printed as "B", "K" or "M", not as "bytes", … */
        DEF_SINGLE = 1 << 12,  /* given twice is an error; of others the first one counts */
        DEF_BRIEF = 1 << 9,     /* a child that is not printed when it is empty */
} DefRowFlags;

typedef struct DefRow DefRow;
typedef struct DefType DefType;
typedef struct DefChecker DefChecker;

/* What a string must look like. */
typedef struct DefSyntax {
        const char *name; /* for people and for the documentation: "MAC address" */
        bool (*check)(const char *s);
        /*
         * Writes the one form of several that mean the same; returns false when there is none. May be NULL.
         */
        bool (*canonicalize)(const char *s, char *buffer, size_t size);
} DefSyntax;

/* For what no row can say: a value with a form of its own. field points to the value, p to its struct. */
typedef struct DefHatch {
        /* Returns false when the text means nothing; NULL: read as usual. */
        bool (*parse)(Arena *arena, const char *text, void *field);
        /*
         * Appends the value, not escaped, or returns false when it is not printed; NULL: printed as usual.
         */
        bool (*print)(const void *p, const void *field, unsigned flags, GString *out);
} DefHatch;

/* Elements of a namespace. The prefix is the one that is printed; it is declared on the root element. */
typedef struct DefNamespace {
        const char *prefix;
        const char *uri;
} DefNamespace;

struct DefRow {
        const char *name; /* of the attribute or element */
        uint8_t place;    /* DefPlace */
        uint8_t kind;     /* DefKind */
        uint8_t hex;      /* a number is printed as 0x with so many digits; read in any base */
        uint8_t n_words;
        uint16_t offset; /* of the field in the struct */
        uint16_t size;   /* of the field, or of what it points to */
        uint32_t flags;  /* DefRowFlags */
        uint32_t scale;  /* a size: bytes per unit, with an attribute "unit" beside it; 0: none */
        /* The row counts only when bit v of "when" is set, v being the enum at when_offset. 0: always. */
        uint32_t when;
        uint16_t when_offset;
        uint16_t tag_offset; /* of the enum in an item that says its name, for a list with words */
        const DefType *type;
        const char *const *words; /* word 0 is NULL: not given; of a string: what it may be */
        const DefSyntax *syntax;
        const DefHatch *hatch;
        const DefNamespace *ns; /* of the element; NULL: none */
        int64_t min, max; /* of a number, in its unit; 0, 0: any */
};

/* A rule over several fields. name is what documentation calls it. */
typedef struct DefRule {
        const char *name;
        void (*check)(const void *p, DefChecker *checker);
} DefRule;

struct DefType {
        const char *name; /* of the struct */
        const DefRow *rows;
        const DefRule *rules; /* ends with a row without a name; may be NULL */
        /* Called behind the attributes: gives defaults to fields that other rows depend on. May be NULL. */
        void (*begin)(void *p);
        /*
         * Called when all is decoded: puts fields in order. live: facts of a running machine are kept. May
         * be NULL.
         */
        void (*finish)(void *p, Arena *arena, bool live);
        uint16_t n_rows;
        uint16_t size;       /* of the struct */
        uint16_t raw_offset; /* of its "DefRaw *raw"; 0: it keeps nothing */
};

/* Types: DEF_TYPE(disk_type, DomainDisk, disk_rows, .rules = …). The plain one has no member "raw". */
#define DEF_TYPE_PLAIN(symbol, struct_, rows_, ...)                                                 \
        const DefType symbol = {                                                                    \
                .name = #struct_,                                                                   \
                .rows = rows_,                                                                      \
                .n_rows = ELEMENTSOF(rows_),                                                        \
                .size = sizeof(struct_),                                                            \
                ##__VA_ARGS__                                                                       \
        }
#define DEF_TYPE(symbol, struct_, rows_, ...)                                                       \
        DEF_TYPE_PLAIN(symbol, struct_, rows_, .raw_offset = offsetof(struct_, raw), ##__VA_ARGS__)

/* Rows. */
#define DEF_VALUE_ROW(place_, name_, struct_, field, ...)                                           \
        {                                                                                           \
                .place = place_, .name = name_, .offset = offsetof(struct_, field),                 \
                .kind = DEF_KIND_OF(((struct_ *) 0)->field),                                        \
                .size = sizeof(((struct_ *) 0)->field), ##__VA_ARGS__                               \
        }
#define ATTR(struct_, name_, field, ...)                                                            \
        DEF_VALUE_ROW(DEF_PLACE_ATTRIBUTE, name_, struct_, field, ##__VA_ARGS__)
#define TEXT(struct_, field, ...) DEF_VALUE_ROW(DEF_PLACE_TEXT, NULL, struct_, field, ##__VA_ARGS__)
#define HERE(struct_, field, ...) DEF_VALUE_ROW(DEF_PLACE_HERE, NULL, struct_, field, ##__VA_ARGS__)
#define ELEMENT(struct_, name_, field, ...)                                                         \
        DEF_VALUE_ROW(DEF_PLACE_ELEMENT, name_, struct_, field, ##__VA_ARGS__)
#define PRESENCE(struct_, name_, field, ...)                                                        \
        DEF_VALUE_ROW(DEF_PLACE_PRESENCE, name_, struct_, field, ##__VA_ARGS__)
#define SLICE(struct_, name_, field, ...)                                                           \
        DEF_VALUE_ROW(DEF_PLACE_SLICE, name_, struct_, field, ##__VA_ARGS__)

/* The fields of the child element are this struct's. */
#define GROUP(name_, type_, ...) { .place = DEF_PLACE_GROUP, .name = name_, .type = &type_, ##__VA_ARGS__ }
/* They are in the embedded struct "field". */
#define GROUP_IN(struct_, name_, field, type_, ...)                                                 \
        {                                                                                           \
                .place = DEF_PLACE_GROUP, .name = name_, .type = &type_,                            \
                .offset = offsetof(struct_, field), .size = sizeof(((struct_ *) 0)->field),         \
                ##__VA_ARGS__                                                                       \
        }
#define EMBED(struct_, field, type_, ...)                                                           \
        {                                                                                           \
                .place = DEF_PLACE_EMBED, .type = &type_, .offset = offsetof(struct_, field),       \
                .size = sizeof(((struct_ *) 0)->field), ##__VA_ARGS__                               \
        }
/* What few of these elements have: costs a pointer where it is not given. */
#define PART_OF(struct_, field, type_, ...)                                                            \
        {                                                                                           \
                .place = DEF_PLACE_PART, .type = &type_, .offset = offsetof(struct_, field),        \
                .size = sizeof(*((struct_ *) 0)->field), ##__VA_ARGS__                              \
        }
/* Rows that several types of the same struct share. */
#define EMBED_SELF(type_, ...) { .place = DEF_PLACE_EMBED, .type = &type_, ##__VA_ARGS__ }
#define CHILD(struct_, name_, field, type_, ...)                                                    \
        {                                                                                           \
                .place = DEF_PLACE_CHILD, .name = name_, .type = &type_,                            \
                .offset = offsetof(struct_, field), .size = sizeof(*((struct_ *) 0)->field),        \
                ##__VA_ARGS__                                                                       \
        }
#define LIST(struct_, name_, field, type_, ...)                                                     \
        {                                                                                           \
                .place = DEF_PLACE_LIST, .name = name_, .type = &type_,                             \
                .offset = offsetof(struct_, field), .size = sizeof(**((struct_ *) 0)->field.items), \
                ##__VA_ARGS__                                                                       \
        }
/*
 * Elements of several names in one list, in the order of the document. The words of the enum "tag", the item's, are
 * the names; name_ stands for them where they are described.
 */
#define LIST_TAGGED(struct_, name_, field, type_, item_, tag, words_, ...)                          \
        {                                                                                           \
                .place = DEF_PLACE_LIST, .name = name_, .type = &type_,                             \
                .offset = offsetof(struct_, field), .size = sizeof(**((struct_ *) 0)->field.items), \
                .tag_offset = offsetof(item_, tag), .words = words_##_table,                        \
                .n_words = ELEMENTSOF(words_##_table), ##__VA_ARGS__                                \
        }
#define RAW(name_, ...) { .place = DEF_PLACE_RAW, .name = name_, ##__VA_ARGS__ }
#define RAW_ATTR(name_, ...) { .place = DEF_PLACE_RAW_ATTRIBUTE, .name = name_, ##__VA_ARGS__ }
#define FOREIGN(...) { .place = DEF_PLACE_FOREIGN, .name = "*", ##__VA_ARGS__ }

/* Columns. */
#define WORDS(name) .words = name##_table, .n_words = ELEMENTSOF(name##_table)
/* Of a string that is one of a few words and passed on as it is. */
#define ONE_OF(...)                                                                                 \
        .words = (const char *const[]) { NULL, __VA_ARGS__ },                                       \
        .n_words = sizeof((const char *const[]) { NULL, __VA_ARGS__ }) / sizeof(const char *)
#define ON_OFF WORDS(on_off)
#define YES_NO WORDS(yes_no)
#define RANGE(min_, max_) .min = min_, .max = max_
#define FLAGS(x) .flags = x
#define HEX(digits) .hex = digits
#define BYTES .scale = 1
#define KIB .scale = 1024
#define SYNTAX(x) .syntax = &x
#define HATCH(x) .hatch = &x
#define NS(x) .ns = &x
#define WHEN(struct_, field, mask) .when = mask, .when_offset = offsetof(struct_, field)
#define IS(value) (UINT32_C(1) << (value))

extern const DefSyntax def_syntax_uuid;
extern const DefSyntax def_syntax_mac;
extern const DefSyntax def_syntax_absolute_path;
extern const DefSyntax def_syntax_cpuset; /* "0-3,^2,8" */
extern const DefSyntax def_syntax_line;   /* not empty, no line break */

/*
 * Walks. "type" is the type of the root element, "name" its name; p is the root struct. A place in the
 * document is a chain of these on the stack.
 */
typedef struct DefPath {
        const struct DefPath *parent;
        const DefNamespace *ns;
        const char *name;
        uint32_t index; /* from 1; 0: there is only one */
        bool attribute;
} DefPath;

/* "/domain/devices/disk[2]/target/@dev". Free with g_free(). */
char *def_path_to_string(const DefPath *path);

typedef enum DefDecodeFlags {
        DEF_DECODE_STRICT = 1 << 0, /* what no row knows is an error, not a note */
        DEF_DECODE_LIVE = 1 << 1,
        DEF_DECODE_STORED = 1 << 2, /* for def_parse(): our own text, see DEFINITION_PARSE_STORED */
        DEF_DECODE_PARTIAL = 1 << 3, /* for def_parse(): what describes something, and need not be whole */
} DefDecodeFlags;

/* Fills p, zeroed and of the type, from the tree's root. What is wrong goes into the diagnostics. */
void def_decode(const DefType *type, const XmlTree *tree, DefDecodeFlags flags, Arena *arena, void *p,
                Diagnostics *diagnostics);

/*
 * The whole way of size bytes of text: parse, expect the root element, decode into p, check. what stands for a file
 * name in errors. diagnostics may be NULL. Errors are those of domain_def_parse().
 */
int def_parse(const DefType *type, const char *root, const char *what, const char *xml, size_t size,
              DefDecodeFlags flags, Arena *arena, void *p, Diagnostics *diagnostics, Error *error);

typedef enum DefFormatFlags { /* the values of DomainDefFormatFlags, the same for all definitions */
        DEF_FORMAT_SECURE = 1 << 0,
        DEF_FORMAT_INACTIVE = 1 << 1,
        DEF_FORMAT_MIGRATABLE = 1 << 3,
        DEF_FORMAT_STATUS = 1 << 16,
} DefFormatFlags;

/* Returns whether a secret was printed: without DEF_FORMAT_SECURE none is, and the text another one. */
bool def_format(const DefType *type, const char *name, const void *p, DefFormatFlags flags, GString *out);
/* The same for an element within another one, so many levels deep. */
bool def_format_nested(const DefType *type, const char *name, const void *p, DefFormatFlags flags,
                       unsigned indent, GString *out);

/* A copy whose strings and structs are all in the arena. to is of the type; what it held is forgotten. */
void def_copy(const DefType *type, const void *from, void *to, Arena *arena);

typedef enum DefCompareFlags {
        DEF_COMPARE_ABI = 1 << 0, /* only what the guest sees */
} DefCompareFlags;

/* *ret_path, which may be NULL, names the first difference and is the caller's. */
bool def_equal(const DefType *type, const char *name, const void *a, const void *b, DefCompareFlags flags,
               char **ret_path);

/*
 * Whether p says everything that the pattern says: what is not given in the pattern may be anything. Lists
 * that the pattern has are equal in length and item by item.
 */
bool def_matches(const DefType *type, const void *pattern, const void *p);

/* Ranges and syntax, then rules. tree may be NULL; with it diagnostics have lines. */
void def_check(const DefType *type, const char *name, const void *p, const XmlTree *tree,
               Diagnostics *diagnostics);
/* The same without the rules. */
void def_check_rows(const DefType *type, const char *name, const void *p, const XmlTree *tree,
                    Diagnostics *diagnostics);

/*
 * For rules. checker_root() is the whole definition. checker_fail() takes the place below the struct that is
 * checked, "target/@bus" or NULL, and libvirt's sentence.
 */
const void *checker_root(const DefChecker *checker);
void checker_fail(DefChecker *checker, ErrorCode code, const char *where, const char *format, ...)
        _printf_(4, 5);

/* The first kept text that is not DEF_INERT. *ret_path, which may be NULL, is the caller's. */
bool def_first_raw(const DefType *type, const char *name, const void *p, char **ret_path);

/*
 * The first thing given whose place matches one of the patterns, which end with NULL: "/domain/os/acpi",
 * "*driver?@queues"; places have no numbers there. *ret_path, which may be NULL, is the caller's.
 */
bool def_first_of(const DefType *type, const char *name, const void *p, const char *const *patterns,
                  char **ret_path);

/* A table in Markdown of all that the rows describe. */
void def_document(const DefType *type, const char *name, GString *out);

/*
 * For tests: whether the rows of the type and of all below it make sense; *ret_text, the caller's, says what
 * does not.
 */
bool def_type_check(const DefType *type, char **ret_text);

/* Whether nothing is given in p. */
bool def_is_empty(const DefType *type, const void *p);

/* For the walks. */

#define DEF_PART_MAX 1024
extern const uint64_t def_nothing[DEF_PART_MAX / 8]; /* a struct in which nothing is given */

static inline bool def_row_counts(const DefRow *row, const void *p)
{
        uint32_t v;

        if (row->when == 0)
                return true;
        v = *(const uint32_t *) ((const char *) p + row->when_offset);
        return v < 32 && (row->when & (UINT32_C(1) << v));
}

/* The index of the name in the words of a list, or 0. */
static inline uint32_t def_tag(const DefRow *row, const char *name)
{
        int r = row->place == DEF_PLACE_LIST && row->words ? string_table_find(row->words, row->n_words, name) : 0;

        return r > 0 ? (uint32_t) r : 0;
}

static inline uint32_t *def_item_tag(const DefRow *row, const void *item)
{
        return (uint32_t *) (void *) ((char *) (uintptr_t) item + row->tag_offset);
}

/* The name of an element of a list. */
static inline const char *def_item_name(const DefRow *row, const void *item)
{
        return row->words ? row->words[*def_item_tag(row, item)] : row->name;
}

static inline void *def_field(const DefRow *row, const void *p)
{
        return (char *) (uintptr_t) p + row->offset;
}

/* The struct that the rows of an EMBED or a PART describe; a PART that is not there reads as an empty one. */
static inline const void *def_inner(const DefRow *row, const void *p)
{
        const void *field = def_field(row, p);

        return row->place == DEF_PLACE_PART ? *(const void *const *) field ?: def_nothing : field;
}

static inline DefRaw **def_raws(const DefType *type, const void *p)
{
        return type->raw_offset ? (DefRaw **) (void *) ((char *) (uintptr_t) p + type->raw_offset) : NULL;
}

static inline bool def_row_has_value(const DefRow *row)
{
        return row->kind != DEF_KIND_NONE;
}

/* Whether the row's value was given in p. */
bool def_value_is_given(const DefRow *row, const void *p);
/* Appends it as text, not escaped. */
void def_value_print(const DefRow *row, const void *p, GString *out);
/*
 * Reads it; unit is the attribute beside a size or NULL. Returns 0, -EINVAL (no such value) or -ERANGE (does
 * not fit).
 */
int def_value_parse(const DefRow *row, void *p, Arena *arena, const char *text, const char *unit);
