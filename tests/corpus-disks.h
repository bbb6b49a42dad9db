/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Stand-ins for the images, servers, secrets and certificates that foreign definitions name. */

#include "drivers/model/domain_def.h"

typedef struct CorpusDisks CorpusDisks;

/* Makes files in the directory, and starts servers as they are needed. Accept NULL, return NULL. */
CorpusDisks *corpus_disks_new(const char *dir);
CorpusDisks *corpus_disks_free(CorpusDisks *disks);

/* servers: layers on servers are put on one that is there; else they stay what they are, which a check can read. */
void corpus_disks_stand_in(CorpusDisks *disks, DomainDef *def, bool servers);

/* All secrets that the definition names, as qemu_secrets_collect() gives them. */
GPtrArray *corpus_disks_secrets(const DomainDef *def);

/* Where the certificates are. */
const char *corpus_disks_tls_dir(const CorpusDisks *disks);
