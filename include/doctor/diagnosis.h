/* diagnosis: all that is wrong with a machine, and in which order it is mended
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef DOCTOR_DIAGNOSIS_H
#define DOCTOR_DIAGNOSIS_H

#include "doctor/finding.h"
#include "doctor/machine.h"

/* Adds all findings, in order of harm. */
void diagnosis_make(struct finding_list *list, const struct machine *machine);

/*
 * The finding to mend after BEFORE (NULL: the first), of those with commands that may be run; NULL:
 * there is no more. The daemon and its sockets come first; of Postfix's settings that of the milter
 * comes last, so that no message is given a list that is not heeded.
 */
const struct finding *diagnosis_next(const struct finding_list *list, const struct finding *before);

/*
 * True if it is not to be mended yet: Postfix would be set to use sockets that it does not reach, and
 * nothing that is mended before changes that.
 */
bool diagnosis_is_held(const struct finding_list *list, const struct machine *machine,
	const struct finding *finding);

/* True if it changes settings of Postfix, which it reads anew on a reload. */
bool diagnosis_is_of_postfix(const struct finding *finding);

#endif
