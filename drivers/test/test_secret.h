/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Secrets in memory. */

#include "drivers/ops_secret.h"

int test_secret_define(Secret *secret, SecretDef *def, Job *job, Error *error);
int test_secret_undefine(Secret *secret, Job *job, Error *error);
int test_secret_set_value(Secret *secret, GBytes *value, Job *job, Error *error);

int test_secret_add(Driver *driver, const char *xml, size_t size, Error *error);
