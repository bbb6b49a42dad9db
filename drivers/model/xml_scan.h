/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One pass over the bytes of a document, before any parser sees them: counts what parsing would cost and
 * notes where each element begins and ends. It does not check whether the document is well-formed; where it
 * loses track it stops, and the parser, which reads the same bytes, finds the error at or before that point.
 */

#include "drivers/model/xml_reader.h"

typedef struct XmlSpan {
        uint32_t start; /* of '<' */
        uint32_t end;   /* behind '>' */
} XmlSpan;

/*
 * *ret has the XmlSpan of each element in the order of the document. ERROR_LIMITS_EXCEEDED,
 * ERROR_XML_DETAIL.
 */
int xml_scan(const char *text, size_t size, const XmlLimits *limits, const char *what, GArray **ret,
             Error *error);
