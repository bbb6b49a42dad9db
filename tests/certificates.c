/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/certificates.h"

#include <glib.h>

static bool write_template(const char *dir, const char *name, const char *text)
{
        g_autofree char *path = g_build_filename(dir, name, NULL);

        return g_file_set_contents(path, text, -1, NULL);
}

static bool run(const char *dir, const char *format, ...) G_GNUC_PRINTF(2, 3);

static bool run(const char *dir, const char *format, ...)
{
        g_autofree char *line = NULL;
        g_auto(GStrv) argv = NULL;
        va_list ap;
        int status = -1;

        va_start(ap, format);
        line = g_strdup_vprintf(format, ap);
        va_end(ap);
        return g_shell_parse_argv(line, NULL, &argv, NULL) &&
               g_spawn_sync(dir, argv, NULL,
                            G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL,
                            NULL, NULL, &status, NULL) &&
               status == 0;
}

static bool sign(const char *dir, const char *end)
{
        return run(dir, "certtool --generate-privkey --key-type=ecdsa --outfile %s-key.pem", end) &&
               run(dir,
                   "certtool --generate-certificate --load-privkey %s-key.pem --load-ca-certificate ca-cert.pem "
                   "--load-ca-privkey ca-key.pem --template %s.info --outfile %s-cert.pem",
                   end, end, end);
}

bool certificates_make(const char *dir)
{
        return write_template(dir, "ca.info", "cn = test\nca\ncert_signing_key\n") &&
               write_template(dir, "server.info",
                              "cn = s\ndns_name = " CERTIFICATES_SERVER "\ntls_www_server\nsigning_key\n") &&
               write_template(dir, "client.info", "cn = c\ntls_www_client\nsigning_key\n") &&
               run(dir, "certtool --generate-privkey --key-type=ecdsa --outfile ca-key.pem") &&
               run(dir, "certtool --generate-self-signed --load-privkey ca-key.pem --template ca.info --outfile "
                        "ca-cert.pem") &&
               sign(dir, "server") && sign(dir, "client");
}
