/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_script.h"

struct QemuScript {
        QemuGuest *guest; /* not owned; valid while the monitor is open */
        Qmp *qmp;         /* NULL: there is none */
        uint64_t number;  /* of the command that has no reply yet, or 0 */
        PlugCommands todo, undo;
        QemuScriptDone done;
        void *userdata;
};

QemuScript *qemu_script_new(QemuGuest *guest)
{
        QemuScript *script = g_new0(QemuScript, 1);

        script->guest = guest;
        script->qmp = guest && guest->qmp ? qmp_ref(guest->qmp) : NULL;
        return script;
}

QemuScript *qemu_script_free(QemuScript *script)
{
        if (!script)
                return NULL;
        if (script->number != 0)
                qmp_forget(script->qmp, script->number);
        plug_commands_clear(&script->todo);
        plug_commands_clear(&script->undo);
        qmp_unref(script->qmp);
        g_free(script);
        return NULL;
}

PlugCommand *qemu_script_add(QemuScript *script, const char *name, JsonObject *arguments)
{
        PlugCommand *command = plug_command_new(name, arguments);

        g_queue_push_tail(&script->todo, command);
        return command;
}

void qemu_script_add_careless(QemuScript *script, const char *name, JsonObject *arguments)
{
        qemu_script_add(script, name, arguments)->careless = true;
}

void qemu_script_add_fd(QemuScript *script, uint64_t set, const char *opaque, int fd, bool undo)
{
        PlugCommand *command =
                        qemu_script_add(script, "add-fd", qmp_object("U:fdset-id", set, "s:opaque", opaque, NULL));

        command->fd = fd;
        if (!undo)
                return;
        command->undo = "remove-fd";
        command->undo_arguments = qmp_object("U:fdset-id", set, NULL);
}

static void send(QemuScript *script, PlugCommand *command, QmpReply reply)
{
        JsonObject *arguments = g_steal_pointer(&command->arguments);
        uint64_t timeout = script->guest->driver->settings.monitor_timeout_usec;

        script->number = command->fd >= 0
                                 ? qmp_execute_fd(script->qmp, command->name, arguments, TAKE_FD(command->fd), timeout,
                                                  reply, script)
                                 : qmp_execute(script->qmp, command->name, arguments, timeout, reply, script);
        if (!reply)
                script->number = 0;
}

static void finish(QemuScript *script, Error *error)
{
        QemuScriptDone done = script->done;
        void *userdata = script->userdata;

        while (error_is_set(error) && script->undo.length > 0) {
                PlugCommand *command = g_queue_pop_tail(&script->undo);

                if (!qmp_is_closed(script->qmp))
                        send(script, command, NULL);
                plug_command_free(command);
        }
        done(userdata, error);
}

static void next(QemuScript *script);

static void on_reply(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        QemuScript *script = userdata;
        PlugCommand *command = g_queue_pop_head(&script->todo);

        script->number = 0;
        if (error_is_set(error) && !command->careless) {
                plug_command_free(command);
                finish(script, error);
                return;
        }
        if (command->undo && !error_is_set(error))
                g_queue_push_tail(&script->undo,
                                  plug_command_new(command->undo, g_steal_pointer(&command->undo_arguments)));
        plug_command_free(command);
        next(script);
}

static void next(QemuScript *script)
{
        PlugCommand *command = g_queue_peek_head(&script->todo);
        _cleanup_error_ Error none = ERROR_INIT;

        if (command)
                send(script, command, on_reply);
        else
                finish(script, &none);
}

int qemu_script_run(QemuScript *script, QemuScriptDone done, void *userdata, Error *error)
{
        int r = script->qmp ? monitor_check(script->guest, error)
                            : error_set(error, ERROR_OPERATION_INVALID, "domain is not running");

        if (r < 0)
                return r;
        if (g_queue_is_empty(&script->todo))
                qemu_script_add_careless(script, "query-status", NULL);
        script->done = done;
        script->userdata = userdata;
        next(script);
        return 0;
}

void qemu_script_send(QemuScript *script)
{
        for (PlugCommand *command; (command = g_queue_pop_head(&script->todo)); plug_command_free(command))
                if (script->qmp && !qmp_is_closed(script->qmp))
                        send(script, command, NULL);
}
