/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/document.h"

#include "service/base/store.h"

#include <string.h>

/* The service takes 1 MiB at most; what is much more is not even read. */
#define DEFINITION_MAX (16u * 1024 * 1024)

static int read_stdin(char **ret)
{
        g_autoptr(GString) text = g_string_new(NULL);

        for (;;) {
                char buffer[65536];
                ssize_t n = read(STDIN_FILENO, buffer, sizeof(buffer));

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        break;
                if (text->len + (size_t) n > DEFINITION_MAX)
                        return -EFBIG;
                g_string_append_len(text, buffer, n);
        }
        *ret = g_strdup(text->str);
        return 0;
}

int document_read(const char *file, char **ret, Failure *failure)
{
        g_autofree char *text = NULL;
        int r = streq(file, "-") ? read_stdin(&text) :
                                   read_file_at(AT_FDCWD, file, DEFINITION_MAX, &text, NULL);

        if (r < 0)
                return failure_set(failure, r == -ENOENT ? EXIT_STATUS_USAGE : EXIT_STATUS_FAILED,
                                   "cannot read '%s': %s", file, g_strerror(-r));
        /* A message with such a string would end the connection. */
        if (!g_utf8_validate(text, -1, NULL))
                return failure_set(failure, EXIT_STATUS_FAILED, "'%s' is not UTF-8", file);
        *ret = g_steal_pointer(&text);
        return 0;
}

int document_edit(const char *file, Failure *failure)
{
        const char *editor = g_getenv("VISUAL") ?: g_getenv("EDITOR") ?: "vi";
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
        g_auto(GStrv) words = NULL;
        int status;

        if (!g_shell_parse_argv(editor, NULL, &words, &error))
                return failure_set(failure, EXIT_STATUS_USAGE, "'%s' is no editor: %s", editor, error->message);
        for (char **word = words; *word; word++)
                g_ptr_array_add(argv, g_strdup(*word));
        g_ptr_array_add(argv, g_strdup(file));
        g_ptr_array_add(argv, NULL);
        if (!g_spawn_sync(NULL, (char **) argv->pdata, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_CHILD_INHERITS_STDIN, NULL,
                          NULL, NULL, NULL, &status, &error))
                return failure_set(failure, EXIT_STATUS_FAILED, "cannot start the editor '%s': %s", editor,
                                   error->message);
        if (!g_spawn_check_wait_status(status, &error))
                return failure_set(failure, EXIT_STATUS_FAILED, "the editor '%s' failed: %s", editor, error->message);
        return 0;
}
