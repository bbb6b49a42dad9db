/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The driver of QEMU machines: each is one QEMU process of its own user, spoken to over its monitor. Files:
 *
 *   <config>/qemu/NAME.xml            persistent definitions; the file name is the truth for the name
 *   <config>/qemu/autostart/NAME.xml  links to those that start with the host; NAME.xml.once: the next time alone
 *   <run>/qemu/UUID/                  a running machine: "status", the sockets of monitor and channels
 *   <cache>/qemu/                     what emulators can do
 *   <log>/qemu/NAME.log               the command line and what QEMU says
 *
 * Settings of the section "qemu", all optional: user (name or number: one user for all machines), uid-range
 * ("FIRST-LAST": a user per machine out of these), emulator (shell patterns of programs that may be run,
 * blank-separated), image-dirs (directories, blank-separated: backing files in them may be found through an
 * image alone), monitor-timeout (seconds), autostart-parallel, vnc-listen, vnc-ports ("FIRST-LAST"), tls-dir
 * (certificates of the host), tls-secret (UUID of the secret that their keys are locked with), vnc-tls-dir and
 * spice-tls-dir (certificates of displays, which are encrypted when there is such a directory), vnc-tls-verify ("yes":
 * clients of VNC need a certificate, too).
 */

#include "drivers/driver.h"

extern const DriverInfo qemu_driver_info;
