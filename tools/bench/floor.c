/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The floor that virtbusd is measured against: a service that knows nothing, decides nothing and answers
 * with constants, through sd-bus's own vtables and its event loop. Setup() says which constants, so that the
 * answers have the bytes of the service that is measured.
 *
 *   virtbus-bench-floor NAME
 */

#include "service/base/util.h"

#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#define ROOT "/org/virtbus1/Test"
#define DOMAINS ROOT "/domain"

/* A constant: basic ones as sd-bus reads them from memory, others as a message to copy from. */
typedef struct Constant {
        char *name;
        char *signature;
        union {
                uint8_t bytes[8];
                char *string;
                uint64_t t;
        } value;
        sd_bus_message *complex;
} Constant;

typedef struct Floor {
        sd_event *event;
        sd_bus *bus;
        GStrv names;
        GPtrArray *paths;
        GHashTable *by_path; /* path */
        Constant *properties;
        size_t n_properties;
        Constant *stats;
        size_t n_stats;
        sd_bus_vtable *domain_vtable;
        sd_bus_vtable *connect_vtable;
} Floor;

static bool is_string(const char *signature)
{
        return (signature[0] == 's' || signature[0] == 'o') && !signature[1];
}

static bool is_basic(const char *signature)
{
        return signature[0] && strchr("bniuxtdso", signature[0]) && !signature[1];
}

static int read_constant(Floor *floor, sd_bus_message *m, Constant *c)
{
        const char *name, *contents;
        char type;
        int r;

        r = sd_bus_message_read(m, "s", &name);
        if (r >= 0)
                r = sd_bus_message_peek_type(m, &type, &contents);
        if (r >= 0)
                r = sd_bus_message_enter_container(m, 'v', contents);
        if (r < 0)
                return r;
        c->name = g_strdup(name);
        c->signature = g_strdup(contents);
        if (is_string(c->signature)) {
                const char *s;

                r = sd_bus_message_read_basic(m, c->signature[0], &s);
                if (r >= 0)
                        c->value.string = g_strdup(s);
        } else if (is_basic(c->signature))
                r = sd_bus_message_read_basic(m, c->signature[0], &c->value);
        else {
                r = sd_bus_message_new_signal(floor->bus, &c->complex, "/", "a.b", "C");
                if (r >= 0)
                        r = sd_bus_message_copy(c->complex, m, false);
                if (r >= 0)
                        r = sd_bus_message_seal(c->complex, 1, 0);
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int read_constants(Floor *floor, sd_bus_message *m, Constant **ret, size_t *ret_n)
{
        g_autoptr(GArray) all = g_array_new(FALSE, TRUE, sizeof(Constant));
        int r = sd_bus_message_enter_container(m, 'a', "{sv}");

        while (r >= 0 && (r = sd_bus_message_at_end(m, false)) == 0) {
                Constant c = {};

                r = sd_bus_message_enter_container(m, 'e', "sv");
                if (r >= 0)
                        r = read_constant(floor, m, &c);
                g_array_append_val(all, c);
                if (r >= 0)
                        r = sd_bus_message_exit_container(m);
        }
        if (r < 0)
                return r;
        *ret_n = all->len;
        *ret = (Constant *) g_array_steal(all, NULL);
        return sd_bus_message_exit_container(m);
}

static int append_constant(sd_bus_message *m, const Constant *c)
{
        int r;

        if (is_string(c->signature))
                return sd_bus_message_append_basic(m, c->signature[0], c->value.string);
        if (is_basic(c->signature))
                return sd_bus_message_append_basic(m, c->signature[0], &c->value);
        r = sd_bus_message_rewind(c->complex, true);
        return r < 0 ? r : sd_bus_message_copy(m, c->complex, true);
}

static int on_get_state(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        uint32_t flags;
        int r = sd_bus_message_read(m, "u", &flags);

        return r < 0 ? r : sd_bus_reply_method_return(m, "(ii)", 1, 1);
}

static int on_list(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        Floor *floor = userdata;
        int r;

        r = sd_bus_message_new_method_return(m, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "o");
        for (size_t i = 0; r >= 0 && i < floor->paths->len; i++)
                r = sd_bus_message_append_basic(reply, 'o', floor->paths->pdata[i]);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int append_record(const Floor *floor, sd_bus_message *reply, const char *name)
{
        int r = sd_bus_message_open_container(reply, 'r', "sa{sv}");

        if (r >= 0)
                r = sd_bus_message_append_basic(reply, 's', name);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "{sv}");
        for (size_t i = 0; r >= 0 && i < floor->n_stats; i++) {
                const Constant *c = floor->stats + i;

                r = sd_bus_message_open_container(reply, 'e', "sv");
                if (r >= 0)
                        r = sd_bus_message_append_basic(reply, 's', c->name);
                if (r >= 0)
                        r = sd_bus_message_open_container(reply, 'v', c->signature);
                if (r >= 0)
                        r = append_constant(reply, c);
                if (r >= 0)
                        r = sd_bus_message_close_container(reply);
                if (r >= 0)
                        r = sd_bus_message_close_container(reply);
        }
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int on_stats(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const Floor *floor = userdata;
        int r;

        r = sd_bus_message_new_method_return(m, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "(sa{sv})");
        for (size_t i = 0; r >= 0 && floor->names[i]; i++)
                r = append_record(floor, reply, floor->names[i]);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int find_domain(sd_bus *bus, const char *path, const char *interface, void *userdata, void **found,
                       sd_bus_error *error)
{
        Floor *floor = userdata;

        if (!g_hash_table_contains(floor->by_path, path))
                return 0;
        *found = floor->properties;
        return 1;
}

static int enumerate(sd_bus *bus, const char *prefix, void *userdata, char ***ret_nodes, sd_bus_error *error)
{
        Floor *floor = userdata;

        /* sd-bus frees it with free(), which is what g_free() is. */
        *ret_nodes = g_new0(char *, floor->paths->len + 1);
        for (size_t i = 0; i < floor->paths->len; i++)
                (*ret_nodes)[i] = g_strdup(floor->paths->pdata[i]);
        return 0;
}

static int get_complex(sd_bus *bus, const char *path, const char *interface, const char *property,
                       sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
        return append_constant(reply, userdata);
}

/* The rows that SD_BUS_PROPERTY would have made, for names that are known only now. */
static sd_bus_vtable *make_domain_vtable(const Floor *floor)
{
        sd_bus_vtable *v = g_new0(sd_bus_vtable, floor->n_properties + 3);
        size_t n = 0;

        v[n++] = (sd_bus_vtable) SD_BUS_VTABLE_START(0);
        v[n++] = (sd_bus_vtable) SD_BUS_METHOD("GetState", "u", "(ii)", on_get_state,
                                               SD_BUS_VTABLE_UNPRIVILEGED);
        for (size_t i = 0; i < floor->n_properties; i++) {
                const Constant *c = floor->properties + i;
                size_t offset = i * sizeof(Constant);

                if (is_basic(c->signature))
                        offset += offsetof(Constant, value);
                v[n++] = (sd_bus_vtable) SD_BUS_PROPERTY(c->name, c->signature,
                                                         is_basic(c->signature) ? NULL : get_complex, offset,
                                                         0);
        }
        v[n] = (sd_bus_vtable) SD_BUS_VTABLE_END;
        return v;
}

static sd_bus_vtable *make_connect_vtable(void)
{
        const sd_bus_vtable rows[] = {
                SD_BUS_VTABLE_START(0),
                SD_BUS_METHOD("ListDomains", "u", "ao", on_list, SD_BUS_VTABLE_UNPRIVILEGED),
                SD_BUS_METHOD("GetAllDomainStats", "uu", "a(sa{sv})", on_stats, SD_BUS_VTABLE_UNPRIVILEGED),
                SD_BUS_VTABLE_END,
        };

        return g_memdup2(rows, sizeof(rows));
}

static int publish(Floor *floor)
{
        int r;

        floor->domain_vtable = make_domain_vtable(floor);
        floor->connect_vtable = make_connect_vtable();
        r = sd_bus_add_object_vtable(floor->bus, NULL, ROOT, "org.virtbus1.Connect", floor->connect_vtable,
                                     floor);
        if (r >= 0)
                r = sd_bus_add_fallback_vtable(floor->bus, NULL, DOMAINS, "org.virtbus1.Domain",
                                               floor->domain_vtable, find_domain, floor);
        if (r >= 0)
                r = sd_bus_add_object_manager(floor->bus, NULL, ROOT);
        if (r >= 0)
                r = sd_bus_add_node_enumerator(floor->bus, NULL, DOMAINS, enumerate, floor);
        return r;
}

/* Setup(as names, as paths, a{sv} properties, a{sv} stats): the last two count at the first call. */
static int on_setup(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        Floor *floor = userdata;
        char **paths = NULL;
        int r;

        g_strfreev(floor->names);
        floor->names = NULL;
        r = sd_bus_message_read_strv(m, &floor->names);
        if (r >= 0)
                r = sd_bus_message_read_strv(m, &paths);
        if (r < 0)
                return r;
        g_ptr_array_set_size(floor->paths, 0);
        g_hash_table_remove_all(floor->by_path);
        for (size_t i = 0; paths && paths[i]; i++) {
                g_ptr_array_add(floor->paths, paths[i]);
                g_hash_table_add(floor->by_path, paths[i]);
        }
        g_free(paths);
        if (!floor->domain_vtable) {
                r = read_constants(floor, m, &floor->properties, &floor->n_properties);
                if (r >= 0)
                        r = read_constants(floor, m, &floor->stats, &floor->n_stats);
                if (r >= 0)
                        r = publish(floor);
        }
        return r < 0 ? r : sd_bus_reply_method_return(m, NULL);
}

static const sd_bus_vtable setup_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("Setup", "asasa{sv}a{sv}", NULL, on_setup, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

static int run(const char *name)
{
        Floor floor = {
                .paths = g_ptr_array_new_with_free_func(g_free),
                .by_path = g_hash_table_new(g_str_hash, g_str_equal),
        };
        int r;

        r = sd_event_default(&floor.event);
        if (r >= 0)
                r = sd_bus_open_system(&floor.bus);
        if (r >= 0)
                r = sd_bus_add_object_vtable(floor.bus, NULL, ROOT, "org.virtbus1.Floor", setup_vtable,
                                             &floor);
        if (r >= 0)
                r = sd_bus_request_name(floor.bus, name, 0);
        if (r >= 0)
                r = sd_bus_attach_event(floor.bus, floor.event, 0);
        if (r >= 0)
                r = sd_event_loop(floor.event);
        return r;
}

int main(int argc, char **argv)
{
        int r = argc == 2 ? run(argv[1]) : -EINVAL;

        if (r < 0)
                fprintf(stderr, "virtbus-bench-floor: %s\n", g_strerror(-r));
        return r < 0;
}
