/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Questions to a person: a polkit agent of our own that says yes, says no, or thinks for long. */
#include <pwd.h>
#include <string.h>

#include "tests/bus/harness.h"

#define DENIED "org.virtbus1.Error.AccessDenied"
#define AGENT_PATH "/org/virtbus/test/Agent"
#define AGENT_INTERFACE "org.freedesktop.PolicyKit1.AuthenticationAgent"
#define CANCELLED "org.freedesktop.PolicyKit1.Error.Cancelled"

/* root proves itself for vtest1, each time anew. */
#define ASK_A_PERSON                                                                                                   \
        "polkit.addAdminRule(function(action, subject) { return [\"unix-user:0\"]; });\n"                            \
        "polkit.addRule(function(action, subject) {\n"                                                               \
        "    if (subject.user == \"vtest1\" && action.id == \"org.libvirt.api.domain.suspend\") {\n"                 \
        "        return polkit.Result.AUTH_ADMIN;\n"                                                                 \
        "    }\n"                                                                                                    \
        "    return polkit.Result.NOT_HANDLED;\n"                                                                    \
        "});\n"

typedef enum Mood {
        SAYS_YES,
        SAYS_NO,
        THINKS,
} Mood;

typedef struct Agent {
        sd_bus *bus; /* root's */
        Mood mood;
        unsigned n_asked, n_cancelled;
        char *action_id;
        sd_bus_message *question; /* that the person thinks about */
} Agent;

static int on_proved(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        _cleanup_message_ sd_bus_message *question = userdata;

        assert_false(sd_bus_message_is_method_error(m, NULL));
        assert_true(sd_bus_reply_method_return(question, NULL) >= 0);
        return 0;
}

/* What an agent's helper says that runs as root: this person is who he says he is. */
static void prove(Agent *agent, sd_bus_message *question, const char *cookie)
{
        assert_true(sd_bus_call_method_async(agent->bus, NULL, the_authority.destination, the_authority.path,
                                             the_authority.interface, "AuthenticationAgentResponse2", on_proved,
                                             sd_bus_message_ref(question), "us(sa{sv})", 0, cookie, "unix-user", 1,
                                             "uid", "u", 0) >= 0);
}

static int on_begin(sd_bus_message *m, Agent *agent)
{
        const char *action_id, *message, *icon, *cookie;

        assert_true(sd_bus_message_read(m, "sss", &action_id, &message, &icon) > 0);
        assert_true(sd_bus_message_skip(m, "a{ss}") > 0);
        assert_true(sd_bus_message_read(m, "s", &cookie) > 0);
        agent->n_asked++;
        g_free(agent->action_id);
        agent->action_id = g_strdup(action_id);
        assert_true(g_str_has_prefix(message, "Authentication is required to "));
        switch (agent->mood) {
        case SAYS_YES:
                prove(agent, m, cookie);
                break;
        case SAYS_NO:
                assert_true(sd_bus_reply_method_errorf(m, CANCELLED, "no") >= 0);
                break;
        case THINKS:
                agent->question = sd_bus_message_ref(m);
                break;
        }
        return 1;
}

static int on_message(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        Agent *agent = userdata;

        if (sd_bus_message_is_method_call(m, AGENT_INTERFACE, "BeginAuthentication"))
                return on_begin(m, agent);
        if (!sd_bus_message_is_method_call(m, AGENT_INTERFACE, "CancelAuthentication"))
                return 0;
        agent->n_cancelled++;
        if (agent->question)
                assert_true(sd_bus_reply_method_errorf(agent->question, CANCELLED, "cancelled") >= 0);
        agent->question = sd_bus_message_unref(agent->question);
        assert_true(sd_bus_reply_method_return(m, NULL) >= 0);
        return 1;
}

/* When this process was started, as polkit tells it from another of the same number: field 22 of proc(5)'s stat. */
static uint64_t start_time(void)
{
        g_autofree char *text = NULL;
        g_auto(GStrv) fields = NULL;

        assert_true(g_file_get_contents("/proc/self/stat", &text, NULL, NULL));
        fields = g_strsplit(strrchr(text, ')') + 2, " ", -1);
        return g_ascii_strtoull(fields[22 - 3], NULL, 10);
}

/* This process, as the user that the bus takes its connections for. */
static int append_subject(sd_bus_message *m)
{
        const struct passwd *user = getpwnam(USER_ONE);
        int r;

        assert_non_null(user);
        r = sd_bus_message_append(m, "(sa{sv})", "unix-process", 3, "pid", "u", (uint32_t) getpid(), "start-time", "t",
                                  start_time(), "uid", "i", (int32_t) user->pw_uid);
        return r < 0 ? r : sd_bus_message_append(m, "ss", "C.UTF-8", AGENT_PATH);
}

static void agent_open(Agent *agent)
{
        _cleanup_message_ sd_bus_message *m = NULL;
        sd_bus_error error = SD_BUS_ERROR_NULL;

        agent->bus = client_open(USER_ROOT);
        assert_true(sd_bus_add_filter(agent->bus, NULL, on_message, agent) >= 0);
        assert_true(sd_bus_message_new_method_call(agent->bus, &m, the_authority.destination, the_authority.path,
                                                   the_authority.interface, "RegisterAuthenticationAgent") >= 0);
        assert_true(append_subject(m) >= 0);
        if (sd_bus_call(agent->bus, m, 0, &error, NULL) < 0)
                fail_msg("there is no agent: %s", error.message);
}

static void agent_close(Agent *agent)
{
        sd_bus_message_unref(agent->question);
        client_close(agent->bus);
        g_free(agent->action_id);
        *agent = (Agent) {};
}

/* A call on its way, with leave to ask a person or without. */
typedef struct Attempt {
        sd_bus *bus;
        bool answered;
        char *error; /* "" for none */
} Attempt;

static int on_reply(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        Attempt *attempt = userdata;

        attempt->answered = true;
        attempt->error = g_strdup(sd_bus_message_is_method_error(m, NULL) ? sd_bus_message_get_error(m)->name : "");
        return 0;
}

static void attempt_begin(Attempt *attempt, sd_bus *bus, const char *path, bool interactive)
{
        _cleanup_message_ sd_bus_message *m = NULL;

        *attempt = (Attempt) { .bus = bus };
        assert_true(sd_bus_message_new_method_call(bus, &m, "org.virtbus1", path, "org.virtbus1.Domain",
                                                   "Suspend") >= 0);
        assert_true(sd_bus_message_set_allow_interactive_authorization(m, interactive) >= 0);
        assert_true(sd_bus_call_async(bus, NULL, m, on_reply, attempt, 0) >= 0);
        assert_true(sd_bus_flush(bus) >= 0);
}

/* Lets agent and client do what they have to, until *done. */
static void turn_until(Agent *agent, sd_bus *client, bool (*done)(const Agent *agent, const Attempt *attempt),
                       const Attempt *attempt)
{
        uint64_t end = now_usec() + DEADLINE_USEC;

        while (!done(agent, attempt)) {
                int r = agent->bus ? sd_bus_process(agent->bus, NULL) : 0;

                assert_true(r >= 0 && now_usec() < end);
                if (client)
                        r += sd_bus_process(client, NULL);
                if (r == 0)
                        g_usleep(2000);
        }
}

static bool is_answered(const Agent *agent, const Attempt *attempt)
{
        return attempt->answered;
}

static bool is_asked(const Agent *agent, const Attempt *attempt)
{
        return agent->n_asked > 0;
}

static bool is_cancelled(const Agent *agent, const Attempt *attempt)
{
        return agent->n_cancelled > 0;
}

static void check(Agent *agent, sd_bus *client, const char *path, bool interactive, const char *error)
{
        Attempt attempt;

        attempt_begin(&attempt, client, path, interactive);
        turn_until(agent, client, is_answered, &attempt);
        assert_string_equal(attempt.error, error);
        g_free(attempt.error);
}

static int with_rule(void **state)
{
        rules_set("10-test", ASK_A_PERSON);
        return 0;
}

static int without_rule(void **state)
{
        rules_set("10-test", NULL);
        return 0;
}

/* The example that asks an administrator; nobody of a test sits at the machine. */
static int with_example(void **state)
{
        g_autofree char *file = g_build_filename(g_getenv("VIRTBUS_SOURCE_DIR"),
                                                 "polkit/examples/50-ask-an-administrator.rules", NULL);
        g_autofree char *text = NULL;
        g_autoptr(GString) rules = g_string_new("polkit.addAdminRule(function(action, subject) "
                                                "{ return [\"unix-user:0\"]; });\n");

        assert_true(g_file_get_contents(file, &text, NULL, NULL));
        g_string_append(rules, text);
        assert_int_equal(g_string_replace(rules, "!subject.local || !subject.active", "subject.user != 'vtest1'",
                                          0), 1);
        rules_set("10-test", rules->str);
        return 0;
}

/* Who was asked once is believed for a while; what everybody may is not asked about. */
static void test_example(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *one = client_open(USER_ONE);
        g_autofree char *path = domain_path(root, "test");
        Agent agent = {};

        agent_open(&agent);
        sd_bus_message_unref(call(one, native("Domain", path), "GetState", "u", 0));
        assert_int_equal(agent.n_asked, 0);
        for (unsigned i = 0; i < 2; i++) {
                check(&agent, one, path, true, "");
                assert_int_equal(agent.n_asked, 1);
                sd_bus_message_unref(call(root, native("Domain", path), "Resume", NULL));
        }
        agent_close(&agent);
}

static void test_yes_and_no(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *one = client_open(USER_ONE);
        g_autofree char *path = domain_path(root, "test");
        Agent agent = {};

        /* nobody to ask */
        check(&agent, one, path, true, DENIED);

        agent_open(&agent);
        check(&agent, one, path, false, DENIED);
        assert_int_equal(agent.n_asked, 0);
        for (unsigned i = 1; i <= 2; i++) {
                check(&agent, one, path, true, "");
                assert_int_equal(agent.n_asked, i);
                assert_string_equal(agent.action_id, "org.libvirt.api.domain.suspend");
                sd_bus_message_unref(call(root, native("Domain", path), "Resume", NULL));
        }
        agent.mood = SAYS_NO;
        check(&agent, one, path, true, DENIED);
        assert_int_equal(agent.n_asked, 3);
        agent_close(&agent);
}

/* While a person thinks nobody else waits; and when the caller leaves, the question is taken back. */
static void test_thinks(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *one = client_open(USER_ONE),
                                *again = client_open(USER_ONE), *group = client_open(USER_GROUP);
        g_autofree char *path = domain_path(root, "test"), *running = NULL;
        Agent agent = { .mood = THINKS };
        Attempt attempt;

        agent_open(&agent);
        attempt_begin(&attempt, one, path, true);
        turn_until(&agent, one, is_asked, &attempt);
        sd_bus_message_unref(call(group, native("Domain", path), "Suspend", NULL));
        sd_bus_message_unref(call(group, native("Domain", path), "Resume", NULL));
        call_denied(again, native("Domain", path), "Resume", NULL);
        assert_false(attempt.answered);

        one = client_close(one);
        turn_until(&agent, NULL, is_cancelled, &attempt);
        running = property_string(root, native("Domain", path), "State");
        assert_string_equal(running, "running");
        assert_false(attempt.answered);
        agent_close(&agent);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_yes_and_no, with_rule, without_rule),
                cmocka_unit_test_setup_teardown(test_thinks, with_rule, without_rule),
                /* the last: what the administrator has said counts for a while */
                cmocka_unit_test_setup_teardown(test_example, with_example, without_rule),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
