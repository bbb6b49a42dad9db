/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * nftables, by libnftables, which is not made for threads. So all of this is for the one worker of
 * DriverHost.net_workers, and blocks.
 */

#include "service/base/error.h"

/*
 * The prefix and the name of an interface, which may have characters that names of tables cannot. Free with g_free().
 */
char *nft_table_name(const char *prefix, const char *interface);

/* Commands as nft(8) reads them: all of them, or none. what, "the rules of the bridge 'virbr0'", is for the error. */
int nft_run(const char *commands, const char *what, Error *error);
/* Whether the kernel would take them. */
bool nft_would_run(const char *commands);
/* What the commands print, in JSON when asked for. NULL when they fail. Free with g_free(). */
char *nft_ask(const char *commands, bool json);
/* The table goes, if there is one: "bridge", "virtbus_virbr0". What fails is logged. */
void nft_remove_table(const char *family, const char *table);
