/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A client in C with the code that gdbus-codegen makes of virtbus's interface files:
 *
 *      gdbus-codegen --interface-prefix org.virtbus1. --c-namespace Virtbus --c-generate-object-manager \
 *              --generate-c-code virtbus-client /usr/share/dbus-1/interfaces/org.virtbus1.Domain.xml
 *
 *      watch-domains DRIVER [NAME]
 *
 * Prints the state of each domain and every change of it; suspends the domain NAME, if given. It asks the daemon once,
 * in the beginning: properties are cached, and the cache follows the daemon's signals.
 */

#include <stdio.h>
#include <stdlib.h>

#include <glib-unix.h>

#include "virtbus-client.h"

static void print_state(VirtbusDomain *domain)
{
        g_print("%s\t%s\n", virtbus_domain_get_name(domain), virtbus_domain_get_state(domain));
}

static void on_state(VirtbusDomain *domain, GParamSpec *property, gpointer userdata)
{
        print_state(domain);
}

static void on_suspended(GObject *source, GAsyncResult *result, gpointer userdata)
{
        g_autoptr(GError) error = NULL;

        if (!virtbus_domain_call_suspend_finish(VIRTBUS_DOMAIN(source), result, &error)) {
                g_dbus_error_strip_remote_error(error);
                g_printerr("cannot suspend %s: %s\n", virtbus_domain_get_name(VIRTBUS_DOMAIN(source)), error->message);
        }
}

static void on_added(GDBusObjectManager *manager, GDBusObject *object, gpointer name)
{
        /* jobs and the other kinds of objects have no such interface */
        VirtbusDomain *domain = virtbus_object_peek_domain(VIRTBUS_OBJECT(object));

        if (!domain)
                return;
        print_state(domain);
        g_signal_connect(domain, "notify::state", G_CALLBACK(on_state), NULL);
        if (name && g_str_equal(virtbus_domain_get_name(domain), name))
                virtbus_domain_call_suspend(domain, NULL, on_suspended, NULL);
}

static void on_removed(GDBusObjectManager *manager, GDBusObject *object, gpointer userdata)
{
        VirtbusDomain *domain = virtbus_object_peek_domain(VIRTBUS_OBJECT(object));

        if (domain)
                g_print("%s\tgone\n", virtbus_domain_get_name(domain));
}

static gboolean on_terminate(gpointer loop)
{
        g_main_loop_quit(loop);
        return G_SOURCE_CONTINUE;
}

int main(int argc, char **argv)
{
        g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
        g_autoptr(GDBusObjectManager) manager = NULL;
        g_autoptr(GError) error = NULL;
        g_autofree char *path = NULL;
        g_autolist(GDBusObject) objects = NULL;

        if (argc < 2 || argc > 3) {
                g_printerr("usage: watch-domains DRIVER [NAME]\n");
                return EXIT_FAILURE;
        }
        setvbuf(stdout, NULL, _IOLBF, 0);
        path = g_strdup_printf("/org/virtbus1/%s", argv[1]);
        manager = virtbus_object_manager_client_new_for_bus_sync(
                G_BUS_TYPE_SYSTEM, G_DBUS_OBJECT_MANAGER_CLIENT_FLAGS_NONE, "org.virtbus1", path, NULL, &error);
        if (!manager) {
                g_printerr("%s: %s\n", path, error->message);
                return EXIT_FAILURE;
        }
        g_signal_connect(manager, "object-added", G_CALLBACK(on_added), NULL);
        g_signal_connect(manager, "object-removed", G_CALLBACK(on_removed), NULL);
        objects = g_dbus_object_manager_get_objects(manager);
        for (GList *item = objects; item; item = item->next)
                on_added(manager, item->data, argv[2]);
        g_unix_signal_add(SIGTERM, on_terminate, loop);
        g_main_loop_run(loop);
        return EXIT_SUCCESS;
}
