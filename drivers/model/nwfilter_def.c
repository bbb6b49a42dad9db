/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/nwfilter_def.h"

#include "drivers/model/net_def.h"
#include "drivers/model/nwfilter_def_table.h"
#include "service/base/store.h"

#include <string.h>

#define PRIORITY_MAX 1000
#define RULE_PRIORITY 500 /* of a rule that says nothing or nonsense */

const char *const nwfilter_action_table[_NWFILTER_ACTION_MAX] = {
        [NWFILTER_ACTION_DROP] = "drop",
        [NWFILTER_ACTION_ACCEPT] = "accept",
        [NWFILTER_ACTION_REJECT] = "reject",
        [NWFILTER_ACTION_RETURN] = "return",
        [NWFILTER_ACTION_CONTINUE] = "continue",
};
DEFINE_STRING_TABLE(nwfilter_action, NwfilterAction)

const char *const nwfilter_direction_table[_NWFILTER_DIRECTION_MAX] = {
        [NWFILTER_DIRECTION_IN] = "in",
        [NWFILTER_DIRECTION_OUT] = "out",
        [NWFILTER_DIRECTION_INOUT] = "inout",
};
DEFINE_STRING_TABLE(nwfilter_direction, NwfilterDirection)

const char *const nwfilter_entry_table[_NWFILTER_ENTRY_MAX] = {
        [NWFILTER_ENTRY_RULE] = "rule",
        [NWFILTER_ENTRY_REF] = "filterref",
};
DEFINE_STRING_TABLE(nwfilter_entry, NwfilterEntryType)

/* <filterref> */

static const DefRow parameter_rows[] = {
        ATTR(NwfilterParameter, "name", name),
        ATTR(NwfilterParameter, "value", value),
};
static DEF_TYPE_PLAIN(parameter_type, NwfilterParameter, parameter_rows);

static const DefRow ref_rows[] = {
        ATTR(NwfilterRef, "filter", filter, FLAGS(DEF_REQUIRED)),
        LIST(NwfilterRef, "parameter", parameters, parameter_type),
};

static bool is_parameter(const NwfilterParameter *parameter)
{
        static const char characters[] = G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_";
        static const char more[] = G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_.:";

        return !isempty(parameter->name) && !isempty(parameter->value) &&
                !parameter->name[strspn(parameter->name, characters)] &&
                !parameter->value[strspn(parameter->value, more)];
}

/* By name, those of one name in their order: a merge sort keeps that. */
static int compare_parameters(const void *a, const void *b, void *userdata)
{
        return strcmp((*(NwfilterParameter *const *) a)->name, (*(NwfilterParameter *const *) b)->name);
}

/* libvirt sorts parameters and leaves out what cannot be one. */
static void ref_finish(void *p, Arena *arena, bool live)
{
        NwfilterRef *ref = p;
        uint32_t n = 0;

        for (uint32_t i = 0; i < ref->parameters.n; i++)
                if (is_parameter(ref->parameters.items[i]))
                        ref->parameters.items[n++] = ref->parameters.items[i];
        ref->parameters.n = n;
        if (n > 1)
                g_qsort_with_data(ref->parameters.items, (int) n, sizeof(void *), compare_parameters, NULL);
}

DEF_TYPE_PLAIN(nwfilter_ref_type, NwfilterRef, ref_rows, .finish = ref_finish);

/* <rule> */

static bool print_state_match(const void *p, const void *field, unsigned flags, GString *out)
{
        if (*(const Tristate *) field != TRISTATE_NO)
                return false;
        g_string_append(out, "false");
        return true;
}

static bool parse_state_match(Arena *arena, const char *text, void *field)
{
        if (g_ascii_strcasecmp(text, "false") == 0 || streq(text, "0"))
                *(Tristate *) field = TRISTATE_NO;
        return true;
}

static const DefHatch state_match_hatch = { .parse = parse_state_match, .print = print_state_match };

static bool parse_rule_priority(Arena *arena, const char *text, void *field)
{
        int64_t v;

        if (parse_i64(text, &v) >= 0 && v >= -PRIORITY_MAX && v <= PRIORITY_MAX)
                *(int32_t *) field = (int32_t) v;
        else
                *(int32_t *) field = RULE_PRIORITY;
        return true;
}

static const DefHatch rule_priority_hatch = { .parse = parse_rule_priority };

static const DefRow rule_rows[] = {
        ATTR(NwfilterRule, "action", action, WORDS(nwfilter_action), FLAGS(DEF_REQUIRED)),
        ATTR(NwfilterRule, "direction", direction, WORDS(nwfilter_direction), FLAGS(DEF_REQUIRED)),
        ATTR(NwfilterRule, "priority", priority, HATCH(rule_priority_hatch)),
        ATTR(NwfilterRule, "statematch", state_match, HATCH(state_match_hatch), YES_NO),
        LIST_TAGGED(NwfilterRule, "*", matches, nwfilter_match_type, NwfilterMatch, protocol, nwfilter_protocol),
};

/* A field is negated when its own element is, but these follow another one, given or not. */
/* Its number plus one, since 0 is one. */
static const uint8_t negated_with[_NWFILTER_FIELD_MAX] = {
        [NWFILTER_SRC_MAC_MASK] = NWFILTER_SRC_MAC + 1,
        [NWFILTER_DST_MAC_MASK] = NWFILTER_DST_MAC + 1,
        [NWFILTER_ROOT_ADDRESS_MASK] = NWFILTER_ROOT_ADDRESS + 1,
        [NWFILTER_SENDER_ADDRESS_MASK] = NWFILTER_SENDER_ADDRESS + 1,
        [NWFILTER_ARP_SRC_IP_MASK] = NWFILTER_ARP_SRC_IP + 1,
        [NWFILTER_ARP_DST_IP_MASK] = NWFILTER_ARP_DST_IP + 1,
        [NWFILTER_SRC_IP_MASK] = NWFILTER_SRC_IP + 1,
        [NWFILTER_DST_IP_MASK] = NWFILTER_DST_IP + 1,
        [NWFILTER_SRC_PORT_END] = NWFILTER_SRC_PORT_START + 1,
        [NWFILTER_DST_PORT_START] = NWFILTER_SRC_PORT_START + 1,
        [NWFILTER_DST_PORT_END] = NWFILTER_SRC_PORT_START + 1,
};

typedef struct Merged {
        const char *values[_NWFILTER_FIELD_MAX];
        bool negated[_NWFILTER_FIELD_MAX];
} Merged;

/* All elements of the first one's protocol are one match; others are left out, as in libvirt. */
static void merge_matches(const NwfilterRule *rule, Merged *ret)
{
        *ret = (Merged) {};
        DEF_FOREACH(match, rule->matches)
                for (unsigned i = 0; i < _NWFILTER_FIELD_MAX; i++)
                        if (match->values[i] && match->protocol == rule->matches.items[0]->protocol) {
                                ret->values[i] = match->values[i];
                                ret->negated[i] = match->match == TRISTATE_NO;
                        }
        for (unsigned i = 0; i < _NWFILTER_FIELD_MAX; i++)
                if (negated_with[i] != 0)
                        ret->negated[i] = ret->negated[negated_with[i] - 1];
}

static void rule_finish(void *p, Arena *arena, bool live)
{
        NwfilterRule *rule = p;
        NwfilterMatch *match = NULL;
        NwfilterProtocol protocol;
        Merged merged;

        if (!def_is_set(rule, priority))
                def_put(rule, priority, RULE_PRIORITY);
        if (rule->matches.n == 0)
                return;
        protocol = rule->matches.items[0]->protocol;
        merge_matches(rule, &merged);
        rule->matches.n = 0;
        for (unsigned i = 0; i < _NWFILTER_FIELD_MAX; i++) {
                if (!merged.values[i])
                        continue;
                if (!match || merged.negated[i] != (match->match == TRISTATE_NO)) {
                        match = arena_new0(arena, NwfilterMatch);
                        match->protocol = protocol;
                        match->match = merged.negated[i] ? TRISTATE_NO : TRISTATE_ABSENT;
                        def_append(arena, &rule->matches, match);
                }
                match->values[i] = merged.values[i];
        }
        if (!match) {
                match = arena_new0(arena, NwfilterMatch);
                match->protocol = protocol;
                def_append(arena, &rule->matches, match);
        }
}

static void check_ports(const void *p, DefChecker *checker)
{
        static const char *const with_ports[] = { "tcp", "udp", "33", "0x21", "sctp" };
        const NwfilterRule *rule = p;
        const char *protocol = NULL;
        bool ports = false;

        DEF_FOREACH(match, rule->matches) {
                if (match->protocol != NWFILTER_PROTOCOL_IP && match->protocol != NWFILTER_PROTOCOL_IPV6)
                        return;
                for (unsigned i = NWFILTER_SRC_PORT_START; i <= NWFILTER_DST_PORT_END; i++)
                        ports |= match->values[i] != NULL;
                if (match->values[NWFILTER_IP_PROTOCOL])
                        protocol = match->values[NWFILTER_IP_PROTOCOL];
        }
        for (unsigned i = 0; protocol && i < ELEMENTSOF(with_ports); i++)
                if (streq(protocol, with_ports[i]))
                        return;
        if (ports)
                checker_fail(checker, ERROR_INTERNAL, NULL,
                             "%s rule with port specification requires protocol specification with protocol to be "
                             "either one of tcp(6), udp(17), dccp(33), or sctp(132)",
                             rule->matches.items[0]->protocol == NWFILTER_PROTOCOL_IP ? "IP" : "IPv6");
}

static const DefRule rule_rules[] = { { "ports are those of a protocol that has them", check_ports }, {} };

static DEF_TYPE_PLAIN(rule_type, NwfilterRule, rule_rows, .finish = rule_finish, .rules = rule_rules);

static const DefRow entry_rows[] = {
        EMBED(NwfilterEntry, rule, rule_type, WHEN(NwfilterEntry, type, IS(NWFILTER_ENTRY_RULE))),
        EMBED(NwfilterEntry, ref, nwfilter_ref_type, WHEN(NwfilterEntry, type, IS(NWFILTER_ENTRY_REF))),
};
static DEF_TYPE_PLAIN(entry_type, NwfilterEntry, entry_rows);

/* <filter> */

/* Chains and those whose names begin with theirs are gone through in this order. */
static const struct {
        const char *name;
        int32_t priority;
} chains[] = {
        { "root", 0 }, { "mac", -800 }, { "vlan", -750 }, { "stp", -810 }, { "arp", -500 }, { "rarp", -400 },
        { "ipv4", -700 }, { "ipv6", -600 },
};

static int find_chain(const char *name)
{
        if (streq(name, chains[0].name))
                return 0;
        for (unsigned i = 1; i < ELEMENTSOF(chains); i++)
                if (g_str_has_prefix(name, chains[i].name))
                        return (int) i;
        return -EINVAL;
}

/* The root chain comes first whatever its priority, so libvirt does not tell it. */
static bool print_priority(const void *p, const void *field, unsigned flags, GString *out)
{
        const NwfilterDef *def = p;

        if (!def_is_set(def, priority) || streq(def->chain, chains[0].name))
                return false;
        g_string_append_printf(out, "%" PRId32, def->priority);
        return true;
}

static const DefHatch priority_hatch = { .print = print_priority };

static const DefRow filter_rows[] = {
        ATTR(NwfilterDef, "name", name, FLAGS(DEF_REQUIRED)),
        ATTR(NwfilterDef, "chain", chain),
        ATTR(NwfilterDef, "priority", priority, RANGE(-PRIORITY_MAX, PRIORITY_MAX), HATCH(priority_hatch)),
        ELEMENT(NwfilterDef, "uuid", uuid, SYNTAX(def_syntax_uuid)),
        LIST_TAGGED(NwfilterDef, "*", entries, entry_type, NwfilterEntry, type, nwfilter_entry),
};

static void filter_finish(void *p, Arena *arena, bool live)
{
        NwfilterDef *def = p;
        int chain;

        if (isempty(def->chain))
                def->chain = arena_strdup(arena, chains[0].name);
        chain = find_chain(def->chain);
        if (!def_is_set(def, priority) && chain >= 0)
                def_put(def, priority, chains[chain].priority);
}

static void check_name(const void *p, DefChecker *checker)
{
        const NwfilterDef *def = p;

        if (!store_name_is_valid(def->name))
                checker_fail(checker, ERROR_XML_ERROR, "@name", "name '%.80s' is not valid", def->name);
}

static void check_chain(const void *p, DefChecker *checker)
{
        const NwfilterDef *def = p;

        if (def->chain[strspn(def->chain, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_-.")])
                checker_fail(checker, ERROR_INVALID_ARG, "@chain", "Chain name contains invalid characters");
        else if (find_chain(def->chain) < 0)
                checker_fail(checker, ERROR_INVALID_ARG, "@chain",
                             "Invalid chain name '%s'. Please use a chain name called 'root' or any of the following "
                             "prefixes: mac, vlan, stp, arp, rarp, ipv4, ipv6",
                             def->chain);
}

static const DefRule filter_rules[] = {
        { "the name can stand for a file", check_name },
        { "the chain is a known one", check_chain },
        {},
};

DEF_TYPE(nwfilter_def_type, NwfilterDef, filter_rows, .finish = filter_finish, .rules = filter_rules);

DEFINE_DEFINITION(nwfilter_def, NwfilterDef, nwfilter_def_type, "filter", "nwfilter")

int nwfilter_def_normalize(const NwfilterDef *def, NwfilterDef **ret, Error *error)
{
        _cleanup_(nwfilter_def_unrefp) NwfilterDef *copy = nwfilter_def_copy(def);
        int r;

        if (!copy->uuid)
                copy->uuid = definition_new_uuid(copy->arena);
        r = nwfilter_def_seal(copy, NULL, error);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&copy);
        return 0;
}

/* <filterbinding> */

static const DefRow owner_rows[] = {
        ELEMENT(NwfilterBindingDef, "name", owner_name, FLAGS(DEF_REQUIRED)),
        ELEMENT(NwfilterBindingDef, "uuid", owner_uuid, SYNTAX(def_syntax_uuid), FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE(owner_type, NwfilterBindingDef, owner_rows);

static const DefRow port_dev_rows[] = {
        ATTR(NwfilterBindingDef, "name", port_dev, FLAGS(DEF_REQUIRED), SYNTAX(net_syntax_device)),
};
static DEF_TYPE(port_dev_type, NwfilterBindingDef, port_dev_rows);

static const DefRow link_dev_rows[] = {
        ATTR(NwfilterBindingDef, "name", link_dev, FLAGS(DEF_REQUIRED), SYNTAX(net_syntax_device)),
};
static DEF_TYPE(link_dev_type, NwfilterBindingDef, link_dev_rows);

static const DefRow mac_rows[] = {
        ATTR(NwfilterBindingDef, "address", mac, FLAGS(DEF_REQUIRED), SYNTAX(def_syntax_mac)),
};
static DEF_TYPE(mac_type, NwfilterBindingDef, mac_rows);

static const DefRow binding_rows[] = {
        GROUP("owner", owner_type, FLAGS(DEF_REQUIRED)),
        GROUP("portdev", port_dev_type, FLAGS(DEF_REQUIRED)),
        GROUP("linkdev", link_dev_type),
        GROUP("mac", mac_type, FLAGS(DEF_REQUIRED)),
        GROUP_IN(NwfilterBindingDef, "filterref", ref, nwfilter_ref_type, FLAGS(DEF_REQUIRED)),
};
DEF_TYPE(nwfilter_binding_def_type, NwfilterBindingDef, binding_rows);

DEFINE_DEFINITION(nwfilter_binding_def, NwfilterBindingDef, nwfilter_binding_def_type, "filterbinding",
                  "nwfilterbinding")
