/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/bus/harness.h"

#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define POLL_USEC (5 * USEC_PER_MSEC)

const Target the_bus = { "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus" };
const Target the_authority = { "org.freedesktop.PolicyKit1", "/org/freedesktop/PolicyKit1/Authority",
                               "org.freedesktop.PolicyKit1.Authority" };

/* ---- users ------------------------------------------------------------------------------------------- */

static void become(const struct passwd *user)
{
        gid_t groups[64];
        int n = ELEMENTSOF(groups);

        assert_true(getgrouplist(user->pw_name, user->pw_gid, groups, &n) >= 0);
        assert_int_equal(setgroups(n, groups), 0);
        assert_int_equal(setegid(user->pw_gid), 0);
        assert_int_equal(seteuid(user->pw_uid), 0);
}

static void become_root(void)
{
        assert_int_equal(seteuid(0), 0);
        assert_int_equal(setegid(0), 0);
        assert_int_equal(setgroups(0, NULL), 0);
}

sd_bus *client_open(const char *user)
{
        const struct passwd *entry = getpwnam(user);
        sd_bus *bus = NULL;
        int r;

        assert_non_null(entry);
        become(entry);
        r = sd_bus_open_system(&bus);
        become_root();
        if (r < 0)
                fail_msg("%s cannot connect to the bus: %s", user, strerror(-r));
        assert_true(sd_bus_set_method_call_timeout(bus, DEADLINE_USEC) >= 0);
        return bus;
}

sd_bus *client_close(sd_bus *bus)
{
        return sd_bus_close_unref(bus);
}

/* ---- targets ----------------------------------------------------------------------------------------- */

static Target face_target(const char *prefix, const char *root, const char *interface, const char *path)
{
        g_autofree char *name = g_strconcat(prefix, ".", interface, NULL);

        return (Target) { prefix, path ?: root, g_intern_string(name) };
}

Target native(const char *interface, const char *path)
{
        return face_target("org.virtbus1", "/org/virtbus1/Test", interface, path);
}

Target libvirt(const char *interface, const char *path)
{
        return face_target("org.libvirt", "/org/libvirt/Test", interface, path);
}

Target on_interface(Target target, const char *interface)
{
        target.interface = interface;
        return target;
}

/* ---- calls ------------------------------------------------------------------------------------------- */

static int call_v(sd_bus *bus, Target target, const char *member, const char *types, va_list ap,
                  sd_bus_error *error, sd_bus_message **ret)
{
        _cleanup_message_ sd_bus_message *m = NULL;

        assert_true(sd_bus_message_new_method_call(bus, &m, target.destination, target.path, target.interface,
                                                   member) >= 0);
        if (types)
                assert_true(sd_bus_message_appendv(m, types, ap) >= 0);
        return sd_bus_call(bus, m, 0, error, ret);
}

static sd_bus_message *call_ok_v(sd_bus *bus, Target target, const char *member, const char *types, va_list ap)
{
        sd_bus_error error = SD_BUS_ERROR_NULL;
        sd_bus_message *reply = NULL;

        if (call_v(bus, target, member, types, ap, &error, &reply) < 0) {
                g_autofree char *text = g_strdup_printf("%s: %s", error.name, error.message);

                sd_bus_error_free(&error);
                fail_msg("%s.%s on %s failed: %s", target.interface, member, target.path, text);
        }
        return reply;
}

sd_bus_message *call(sd_bus *bus, Target target, const char *member, const char *types, ...)
{
        sd_bus_message *reply;
        va_list ap;

        va_start(ap, types);
        reply = call_ok_v(bus, target, member, types, ap);
        va_end(ap);
        return reply;
}

static char *call_error_v(sd_bus *bus, Target target, const char *expected, const char *member, const char *types,
                          va_list ap)
{
        sd_bus_error error = SD_BUS_ERROR_NULL;
        char *text;
        int r;

        r = call_v(bus, target, member, types, ap, &error, NULL);
        if (r >= 0)
                fail_msg("%s.%s on %s went well instead of %s", target.interface, member, target.path, expected);
        assert_string_equal(error.name, expected);
        text = g_strdup(error.message);
        sd_bus_error_free(&error);
        return text;
}

char *call_error(sd_bus *bus, Target target, const char *error, const char *member, const char *types, ...)
{
        va_list ap;
        char *text;

        va_start(ap, types);
        text = call_error_v(bus, target, error, member, types, ap);
        va_end(ap);
        return text;
}

void call_denied(sd_bus *bus, Target target, const char *member, const char *types, ...)
{
        bool is_native = g_str_has_prefix(target.destination, "org.virtbus1");
        g_autofree char *text = NULL;
        va_list ap;

        va_start(ap, types);
        text = call_error_v(bus, target, is_native ? "org.virtbus1.Error.AccessDenied" : "org.libvirt.Error", member,
                            types, ap);
        va_end(ap);
        if (!is_native && !g_str_has_prefix(text, "access denied"))
                fail_msg("%s.%s: '%s' does not speak of denied access", target.interface, member, text);
}

bool call_allowed(sd_bus *bus, Target target, const char *error_name, const char *member, const char *types, ...)
{
        sd_bus_error error = SD_BUS_ERROR_NULL;
        va_list ap;
        int r;

        va_start(ap, types);
        r = call_v(bus, target, member, types, ap, &error, NULL);
        va_end(ap);
        if (r < 0)
                assert_string_equal(error.name, error_name);
        sd_bus_error_free(&error);
        return r >= 0;
}

char *call_string(sd_bus *bus, Target target, const char *member, const char *types, ...)
{
        _cleanup_message_ sd_bus_message *reply = NULL;
        const char *text;
        va_list ap;
        char type;

        va_start(ap, types);
        reply = call_ok_v(bus, target, member, types, ap);
        va_end(ap);
        assert_true(sd_bus_message_peek_type(reply, &type, NULL) > 0);
        assert_true(sd_bus_message_read_basic(reply, type, &text) > 0);
        return g_strdup(text);
}

unsigned n_listed(sd_bus *bus, Target target, const char *member, uint32_t flags)
{
        _cleanup_message_ sd_bus_message *reply = call(bus, target, member, "u", flags);
        g_auto(GStrv) paths = NULL;

        assert_true(sd_bus_message_read_strv_extend(reply, &paths) >= 0);
        return paths ? g_strv_length(paths) : 0;
}

void assert_text(char *text, const char *expected)
{
        g_autofree char *own = text;

        assert_string_equal(own, expected);
}

void assert_part(char *text, const char *part)
{
        g_autofree char *own = text;

        if (!strstr(own, part))
                fail_msg("'%s' is not in '%s'", part, own);
}

void assert_lacks(char *text, const char *part)
{
        g_autofree char *own = text;

        if (strstr(own, part))
                fail_msg("'%s' is in '%s'", part, own);
}

uint32_t call_u32(sd_bus *bus, Target target, const char *member, const char *types, ...)
{
        _cleanup_message_ sd_bus_message *reply = NULL;
        uint32_t value;
        va_list ap;
        char type;

        va_start(ap, types);
        reply = call_ok_v(bus, target, member, types, ap);
        va_end(ap);
        assert_true(sd_bus_message_peek_type(reply, &type, NULL) > 0);
        assert_true(type == 'u' || type == 'b' || type == 'i');
        assert_true(sd_bus_message_read_basic(reply, type, &value) > 0);
        return value;
}

static sd_bus_message *property(sd_bus *bus, Target target, const char *name, const char *type)
{
        Target properties = on_interface(target, "org.freedesktop.DBus.Properties");
        sd_bus_message *reply = call(bus, properties, "Get", "ss", target.interface, name);

        assert_true(sd_bus_message_enter_container(reply, 'v', type) > 0);
        return reply;
}

char *property_string(sd_bus *bus, Target target, const char *name)
{
        _cleanup_message_ sd_bus_message *reply = property(bus, target, name, "s");
        const char *text;

        assert_true(sd_bus_message_read(reply, "s", &text) > 0);
        return g_strdup(text);
}

char *property_path(sd_bus *bus, Target target, const char *name)
{
        _cleanup_message_ sd_bus_message *reply = property(bus, target, name, "o");
        const char *path;

        assert_true(sd_bus_message_read(reply, "o", &path) > 0);
        return g_strdup(path);
}

bool property_bool(sd_bus *bus, Target target, const char *name)
{
        _cleanup_message_ sd_bus_message *reply = property(bus, target, name, "b");
        int value;

        assert_true(sd_bus_message_read(reply, "b", &value) > 0);
        return value;
}

/* ---- names ------------------------------------------------------------------------------------------- */

char *name_owner(sd_bus *bus, const char *name)
{
        if (!call_u32(bus, the_bus, "NameHasOwner", "s", name))
                return g_strdup("");
        return call_string(bus, the_bus, "GetNameOwner", "s", name);
}

void name_wait(sd_bus *bus, const char *name, bool owned)
{
        uint64_t end = now_usec() + DEADLINE_USEC;

        while ((call_u32(bus, the_bus, "NameHasOwner", "s", name) != 0) != owned) {
                if (now_usec() > end)
                        fail_msg("%s is %sowned after all this time", name, owned ? "not " : "");
                g_usleep(POLL_USEC);
        }
}

/* ---- signals ----------------------------------------------------------------------------------------- */

struct Signals {
        sd_bus *bus;
        sd_bus_slot *slot;
        GQueue messages;
        sd_bus_message *taken;
};

static int signals_on_message(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        Signals *signals = userdata;

        /* the library has looked into it for the match */
        assert_true(sd_bus_message_rewind(m, true) >= 0);
        g_queue_push_tail(&signals->messages, sd_bus_message_ref(m));
        return 0;
}

Signals *signals_new(sd_bus *bus, const char *sender, const char *match)
{
        /* among the matches of one connection the library tells senders apart by their unique names alone */
        g_autofree char *owner = name_owner(bus, sender);
        g_autofree char *rule = g_strdup_printf("type='signal',sender='%s'%s", owner, match);
        Signals *signals = g_new0(Signals, 1);

        signals->bus = bus;
        g_queue_init(&signals->messages);
        assert_true(sd_bus_add_match(bus, &signals->slot, rule, signals_on_message, signals) >= 0);
        return signals;
}

Signals *signals_free(Signals *signals)
{
        sd_bus_message *m;

        if (!signals)
                return NULL;
        sd_bus_slot_unref(signals->slot);
        while ((m = g_queue_pop_head(&signals->messages)))
                sd_bus_message_unref(m);
        sd_bus_message_unref(signals->taken);
        g_free(signals);
        return NULL;
}

static bool is_member(sd_bus_message *m, const char *member)
{
        return !member || streq(sd_bus_message_get_member(m), member);
}

sd_bus_message *signals_wait(Signals *signals, const char *member)
{
        uint64_t end = now_usec() + DEADLINE_USEC;
        int r;

        for (;;) {
                signals->taken = sd_bus_message_unref(signals->taken);
                while ((signals->taken = g_queue_pop_head(&signals->messages))) {
                        if (is_member(signals->taken, member))
                                return signals->taken;
                        signals->taken = sd_bus_message_unref(signals->taken);
                }
                r = sd_bus_process(signals->bus, NULL);
                if (r == 0 && now_usec() < end)
                        r = sd_bus_wait(signals->bus, end - now_usec());
                if (r < 0 || now_usec() > end)
                        fail_msg("no signal %s: %s", member ?: "of any kind", r < 0 ? strerror(-r) : "too late");
        }
}

/* What was sent to us before now has been read after this. */
static void drain(sd_bus *bus)
{
        int r;

        sd_bus_message_unref(call(bus, the_bus, "GetId", NULL));
        while ((r = sd_bus_process(bus, NULL)) > 0)
                ;
        assert_true(r >= 0);
}

unsigned signals_count(Signals *signals, const char *member)
{
        unsigned n = 0;

        drain(signals->bus);
        for (GList *l = signals->messages.head; l; l = l->next)
                n += is_member(l->data, member);
        return n;
}

void signals_expect_none(Signals *signals, const char *member)
{
        assert_int_equal(signals_count(signals, member), 0);
}

/* ---- polkit ------------------------------------------------------------------------------------------ */

/*
 * Whether polkitd knows the rules of that generation, by what it says about vtest1 to a question that only tests ask.
 */
static bool rules_are_active(sd_bus *bus, const char *generation)
{
        _cleanup_message_ sd_bus_message *m = NULL, *reply = NULL;
        int authorized;

        assert_true(sd_bus_message_new_method_call(bus, &m, the_authority.destination, the_authority.path,
                                                   the_authority.interface, "CheckAuthorization") >= 0);
        assert_true(sd_bus_message_append(m, "(sa{sv})sa{ss}us", "unix-process", 3, "pid", "u", (uint32_t) getpid(),
                                          "start-time", "t", (uint64_t) 0, "uid", "i",
                                          (int32_t) getpwnam(USER_ONE)->pw_uid, "org.freedesktop.policykit.exec", 1,
                                          "generation", generation, 0, "") >= 0);
        assert_true(sd_bus_call(bus, m, 0, NULL, &reply) >= 0);
        assert_true(sd_bus_message_enter_container(reply, 'r', "bba{ss}") > 0);
        assert_true(sd_bus_message_read(reply, "b", &authorized) > 0);
        return authorized;
}

void rules_set(const char *name, const char *text)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        const char *dir = g_getenv("VIRTBUS_RULES_DIR");
        g_autofree char *generation = g_uuid_string_random();
        g_autofree char *path = g_strdup_printf("%s/%s.rules", dir, name);
        g_autofree char *probe_path = g_strdup_printf("%s/00-generation.rules", dir);
        g_autofree char *probe = g_strdup_printf(
                "polkit.addRule(function(action, subject) {\n"
                "    if (action.lookup(\"generation\") == \"%s\") { return polkit.Result.YES; }\n"
                "});\n", generation);
        uint64_t end = now_usec() + DEADLINE_USEC;

        if (text)
                assert_true(g_file_set_contents(path, text, -1, NULL));
        else
                assert_true(unlink(path) == 0 || errno == ENOENT);
        /* written last: whoever knows it has read the other one too */
        assert_true(g_file_set_contents(probe_path, probe, -1, NULL));
        while (!rules_are_active(bus, generation)) {
                if (now_usec() > end)
                        fail_msg("polkitd does not take notice of new rules");
                g_usleep(POLL_USEC);
        }
}

/* ---- services ---------------------------------------------------------------------------------------- */

void service_do(const char *action, const char *service)
{
        char *argv[] = { (char *) g_getenv("VIRTBUS_HOST_SERVICE"), (char *) action, (char *) service, NULL };
        int status;
        pid_t pid;

        assert_int_equal(posix_spawn(&pid, argv[0], NULL, NULL, argv, environ), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
                fail_msg("cannot %s %s", action, service);
}

pid_t service_pid(const char *service)
{
        g_autofree char *path = g_strdup_printf("%s/%s.pid", g_getenv("VIRTBUS_HOST_DIR"), service);
        g_autofree char *text = NULL;
        uint32_t pid;

        assert_true(g_file_get_contents(path, &text, NULL, NULL));
        assert_int_equal(parse_u32(g_strchomp(text), &pid), 0);
        return (pid_t) pid;
}

void service_signal(const char *service, int signal)
{
        assert_int_equal(kill(service_pid(service), signal), 0);
}

bool wait_until(bool (*condition)(void *userdata), void *userdata)
{
        uint64_t end = now_usec() + DEADLINE_USEC;

        while (!condition(userdata)) {
                if (now_usec() > end)
                        return false;
                g_usleep(POLL_USEC);
        }
        return true;
}

/* ---- domains ----------------------------------------------------------------------------------------- */

char *domain_xml(const char *name)
{
        return g_strdup_printf("<domain type='test'>\n"
                               "  <name>%s</name>\n"
                               "  <memory unit='MiB'>8</memory>\n"
                               "  <os><type>hvm</type></os>\n"
                               "</domain>\n", name);
}

char *domain_define(sd_bus *bus, const char *name)
{
        g_autofree char *xml = domain_xml(name);

        return call_string(bus, native("Connect", NULL), "DomainDefineXML", "s", xml);
}

char *domain_path(sd_bus *bus, const char *name)
{
        return call_string(bus, native("Connect", NULL), "DomainLookupByName", "s", name);
}

void domain_assert_state(sd_bus *bus, const char *path, const char *state, const char *reason)
{
        g_autofree char *got = property_string(bus, native("Domain", path), "State");
        g_autofree char *why = property_string(bus, native("Domain", path), "StateReason");

        assert_string_equal(got, state);
        assert_string_equal(why, reason);
}

char *libvirt_path(const char *native_path)
{
        assert_true(g_str_has_prefix(native_path, "/org/virtbus1/"));
        return g_strconcat("/org/libvirt/", native_path + strlen("/org/virtbus1/"), NULL);
}

/* ---- secrets ----------------------------------------------------------------------------------------- */

void secret_set_value(sd_bus *bus, const char *path, const char *value)
{
        _cleanup_message_ sd_bus_message *m = NULL, *reply = NULL;
        Target secret = native("Secret", path);

        assert_true(sd_bus_message_new_method_call(bus, &m, secret.destination, secret.path, secret.interface,
                                                   "SetValue") >= 0);
        assert_true(sd_bus_message_append_array(m, 'y', value, strlen(value)) >= 0);
        assert_true(sd_bus_message_append(m, "u", 0) >= 0);
        assert_true(sd_bus_call(bus, m, DEADLINE_USEC, NULL, &reply) >= 0);
}

void secret_assert_value(sd_bus *bus, const char *path, const char *expected)
{
        _cleanup_message_ sd_bus_message *reply = call(bus, native("Secret", path), "GetValue", "u", 0);
        const void *data;
        size_t size;

        assert_true(sd_bus_message_read_array(reply, 'y', &data, &size) > 0);
        assert_int_equal(size, strlen(expected));
        assert_memory_equal(data, expected, size);
}

static bool shell_succeeds(void *line)
{
        return system(line) == 0;
}

void shell_expect(const char *line)
{
        if (system(line) != 0)
                fail_msg("%s", line);
}

void shell_expect_soon(const char *line)
{
        if (!wait_until(shell_succeeds, (void *) line))
                fail_msg("in vain: %s", line);
}
