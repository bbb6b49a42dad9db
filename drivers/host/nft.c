/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/host/nft.h"

#include "service/base/log.h"

#include <nftables/libnftables.h>
#include <string.h>

#define LOG_CATEGORY "host"

char *nft_table_name(const char *prefix, const char *interface)
{
        GString *s = g_string_new(prefix);

        for (const char *p = interface; *p; p++) {
                if (g_ascii_isalnum(*p) || *p == '_' || *p == '.' || *p == '-')
                        g_string_append_c(s, *p);
                else
                        g_string_append_printf(s, "_%02x", (unsigned char) *p);
        }
        return g_string_free(s, FALSE);
}

static struct nft_ctx *context_new(void)
{
        struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);

        if (!nft)
                return NULL;
        (void) nft_ctx_buffer_error(nft);
        (void) nft_ctx_buffer_output(nft);
        return nft;
}

int nft_run(const char *commands, const char *what, Error *error)
{
        struct nft_ctx *nft = context_new();
        int r = 0;

        if (!nft)
                return error_set(error, ERROR_OPERATION_FAILED, "nftables is out of reach");
        if (nft_run_cmd_from_buffer(nft, commands) != 0) {
                g_autofree char *said = g_strdup(strempty(nft_ctx_get_error_buffer(nft)));

                said[strcspn(said, "\n")] = '\0';
                r = error_set(error, ERROR_OPERATION_FAILED, "%s cannot be set: %s", what, said);
        }
        nft_ctx_free(nft);
        return r;
}

bool nft_would_run(const char *commands)
{
        struct nft_ctx *nft = context_new();
        bool would;

        if (!nft)
                return false;
        nft_ctx_set_dry_run(nft, true);
        would = nft_run_cmd_from_buffer(nft, commands) == 0;
        nft_ctx_free(nft);
        return would;
}

char *nft_ask(const char *commands, bool json)
{
        struct nft_ctx *nft = context_new();
        char *answer = NULL;

        if (!nft)
                return NULL;
        if (json)
                nft_ctx_output_set_flags(nft, NFT_CTX_OUTPUT_JSON);
        if (nft_run_cmd_from_buffer(nft, commands) == 0)
                answer = g_strdup(strempty(nft_ctx_get_output_buffer(nft)));
        nft_ctx_free(nft);
        return answer;
}

void nft_remove_table(const char *family, const char *table)
{
        /* the first of these makes it, so that there is one to delete */
        g_autofree char *commands =
                g_strdup_printf("add table %s %s\ndelete table %s %s\n", family, table, family, table);
        g_autofree char *what = g_strdup_printf("the end of the table '%s'", table);
        _cleanup_error_ Error error = ERROR_INIT;

        if (nft_run(commands, what, &error) < 0) {
                g_autofree char *text = error_message(&error);

                log_warning("%s", text);
        }
}
