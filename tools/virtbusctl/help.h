/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tools/virtbusctl/command.h"

/* To stdout: all commands; one command. */
void help_print(void);
void help_print_command(const Command *command);
void help_print_noun(const Noun *noun);
