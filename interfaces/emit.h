/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The signals of the model's objects in terms of the contract, for the service to send. */

#include "service/manager.h"

extern const SignalEmitters signal_emitters;
