/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_build.h"

/* Both ends show certificates that the host's authority has signed. */
const char *build_tls(Build *b, bool server)
{
        const char *id = server ? "tls-server" : "tls-client";
        bool *made = server ? &b->tls_server : &b->tls_client;
        bool locked = b->files && qemu_files_find(b->files, QEMU_TLS_KEY);

        if (!*made) {
                g_autofree char *dir = build_file(b, id);

                if (locked && !b->tls_server && !b->tls_client) {
                        g_autofree char *key = build_file(b, QEMU_TLS_KEY);

                        build_json(b, "-object",
                                   qmp_object("s:qom-type", "secret", "s:id", QEMU_TLS_KEY, "s:file", key, NULL));
                }
                build_json(b, "-object",
                           qmp_object("s:qom-type", "tls-creds-x509", "s:id", id, "s:dir", dir, "s:endpoint",
                                      server ? "server" : "client", "b:verify-peer", true, "s:passwordid",
                                      locked ? QEMU_TLS_KEY : NULL, NULL));
                *made = true;
        }
        return id;
}
