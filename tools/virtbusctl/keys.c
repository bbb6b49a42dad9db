/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/keys.h"

#include <linux/input-event-codes.h>

#define KEY(name_) { "KEY_" #name_, KEY_##name_ }

static const struct {
        const char *name;
        uint32_t code;
} keys[] = {
        KEY(ESC), KEY(1), KEY(2), KEY(3), KEY(4), KEY(5), KEY(6), KEY(7), KEY(8), KEY(9), KEY(0), KEY(MINUS),
        KEY(EQUAL), KEY(BACKSPACE), KEY(TAB), KEY(Q), KEY(W), KEY(E), KEY(R), KEY(T), KEY(Y), KEY(U), KEY(I),
        KEY(O), KEY(P), KEY(LEFTBRACE), KEY(RIGHTBRACE), KEY(ENTER), KEY(LEFTCTRL), KEY(A), KEY(S), KEY(D),
        KEY(F), KEY(G), KEY(H), KEY(J), KEY(K), KEY(L), KEY(SEMICOLON), KEY(APOSTROPHE), KEY(GRAVE),
        KEY(LEFTSHIFT), KEY(BACKSLASH), KEY(Z), KEY(X), KEY(C), KEY(V), KEY(B), KEY(N), KEY(M), KEY(COMMA),
        KEY(DOT), KEY(SLASH), KEY(RIGHTSHIFT), KEY(KPASTERISK), KEY(LEFTALT), KEY(SPACE), KEY(CAPSLOCK),
        KEY(F1), KEY(F2), KEY(F3), KEY(F4), KEY(F5), KEY(F6), KEY(F7), KEY(F8), KEY(F9), KEY(F10), KEY(F11),
        KEY(F12), KEY(NUMLOCK), KEY(SCROLLLOCK), KEY(KP0), KEY(KP1), KEY(KP2), KEY(KP3), KEY(KP4), KEY(KP5),
        KEY(KP6), KEY(KP7), KEY(KP8), KEY(KP9), KEY(KPMINUS), KEY(KPPLUS), KEY(KPDOT), KEY(KPENTER),
        KEY(KPSLASH), KEY(102ND), KEY(RIGHTCTRL), KEY(RIGHTALT), KEY(SYSRQ), KEY(HOME), KEY(UP), KEY(PAGEUP),
        KEY(LEFT), KEY(RIGHT), KEY(END), KEY(DOWN), KEY(PAGEDOWN), KEY(INSERT), KEY(DELETE), KEY(MUTE),
        KEY(VOLUMEDOWN), KEY(VOLUMEUP), KEY(POWER), KEY(PAUSE), KEY(LEFTMETA), KEY(RIGHTMETA), KEY(COMPOSE),
        KEY(SLEEP), KEY(WAKEUP),
};

int key_from_name(const char *name, uint32_t *ret)
{
        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                if (g_ascii_strcasecmp(name, keys[i].name) == 0) {
                        *ret = keys[i].code;
                        return 0;
                }
        return parse_u32(name, ret) < 0 ? -EINVAL : 0;
}
