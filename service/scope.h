/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Scopes of systemd (org.freedesktop.systemd1(5), StartTransientUnit): what DriverHost lends of it to drivers. */

#include "drivers/driver.h"

/* userdata is the Manager. */
int scope_start(void *userdata, const DriverScopeSpec *spec, DriverScopeDone done, void *done_userdata,
                DriverScope **ret, Error *error);
DriverScope *scope_cancel(DriverScope *scope);
