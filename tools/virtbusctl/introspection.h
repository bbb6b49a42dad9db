/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What an object's introspection says of its children. */

#include "service/base/util.h"

/* The names of the child nodes, numbers in the order of their values. Never NULL; free with g_strfreev(). */
GStrv introspection_children(const char *xml);
