/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/secret_def.h"

const char *const secret_usage_table[_SECRET_USAGE_MAX] = {
        [SECRET_USAGE_VOLUME] = "volume", [SECRET_USAGE_CEPH] = "ceph", [SECRET_USAGE_ISCSI] = "iscsi",
        [SECRET_USAGE_TLS] = "tls",       [SECRET_USAGE_VTPM] = "vtpm",
};
DEFINE_STRING_TABLE(secret_usage, SecretUsage)

#define NAMED (IS(SECRET_USAGE_CEPH) | IS(SECRET_USAGE_TLS) | IS(SECRET_USAGE_VTPM))

static const DefRow usage_rows[] = {
        ATTR(SecretDef, "type", usage, WORDS(secret_usage), FLAGS(DEF_REQUIRED)),
        ELEMENT(SecretDef, "volume", usage_id, WHEN(SecretDef, usage, IS(SECRET_USAGE_VOLUME))),
        ELEMENT(SecretDef, "name", usage_id, WHEN(SecretDef, usage, NAMED)),
        ELEMENT(SecretDef, "target", usage_id, WHEN(SecretDef, usage, IS(SECRET_USAGE_ISCSI))),
};
static DEF_TYPE(usage_type, SecretDef, usage_rows);

static const DefRow secret_rows[] = {
        ATTR(SecretDef, "ephemeral", ephemeral, YES_NO),
        ATTR(SecretDef, "private", private, YES_NO),
        ELEMENT(SecretDef, "uuid", uuid, SYNTAX(def_syntax_uuid)),
        ELEMENT(SecretDef, "description", description, FLAGS(DEF_MULTILINE)),
        GROUP("usage", usage_type),
};

static void check_usage(const void *p, DefChecker *checker)
{
        static const char *const missing[_SECRET_USAGE_MAX] = {
                [SECRET_USAGE_VOLUME] = "volume usage specified, but volume path is missing",
                [SECRET_USAGE_CEPH] = "Ceph usage specified, but name is missing",
                [SECRET_USAGE_ISCSI] = "iSCSI usage specified, but target is missing",
                [SECRET_USAGE_TLS] = "TLS usage specified, but name is missing",
                [SECRET_USAGE_VTPM] = "vTPM usage specified, but name is missing",
        };
        const SecretDef *def = p;

        if (def->usage != SECRET_USAGE_NONE && isempty(def->usage_id))
                checker_fail(checker, ERROR_XML_ERROR, "usage", "%s", missing[def->usage]);
}

static const DefRule secret_rules[] = { { "usage", check_usage }, {} };

static void secret_finish(void *p, Arena *arena, bool live)
{
        SecretDef *def = p;

        if (def->ephemeral == TRISTATE_ABSENT)
                def->ephemeral = TRISTATE_NO;
        if (def->private == TRISTATE_ABSENT)
                def->private = TRISTATE_NO;
}

DEF_TYPE(secret_def_type, SecretDef, secret_rows, .rules = secret_rules, .finish = secret_finish);

DEFINE_DEFINITION(secret_def, SecretDef, secret_def_type, "secret", "secret")

SecretDef *secret_def_with_uuid(const SecretDef *def, const char *uuid)
{
        SecretDef *copy = secret_def_copy(def);

        copy->uuid = arena_strdup(copy->arena, uuid);
        arena_seal(copy->arena);
        return copy;
}

void secret_def_describe(const SecretDef *def, Details *details)
{
        static const char *const keys[_SECRET_USAGE_MAX] = {
                [SECRET_USAGE_VOLUME] = "secret_usage_volume", [SECRET_USAGE_CEPH] = "secret_usage_ceph",
                [SECRET_USAGE_ISCSI] = "secret_usage_target",  [SECRET_USAGE_TLS] = "secret_usage_name",
                [SECRET_USAGE_VTPM] = "secret_usage_name",
        };

        details_add(details, "secret_uuid", strempty(def->uuid));
        if (keys[def->usage])
                details_add(details, keys[def->usage], strempty(def->usage_id));
}
