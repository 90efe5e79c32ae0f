/* libmultiosupdate: an embeddable OS-update engine. This header includes all others; types.h has the rules that hold
 * for every function.
 *
 * Every change is a plan. Every plan runs as a job. Every job ends in one outcome. */
#ifndef MULTIOSUPDATE_H
#define MULTIOSUPDATE_H

#include <multiosupdate/context.h>
#include <multiosupdate/delta.h>
#include <multiosupdate/digest.h>
#include <multiosupdate/duplicates.h>
#include <multiosupdate/engine.h>
#include <multiosupdate/error.h>
#include <multiosupdate/error_codes.h>
#include <multiosupdate/events.h>
#include <multiosupdate/job.h>
#include <multiosupdate/key.h>
#include <multiosupdate/log.h>
#include <multiosupdate/package.h>
#include <multiosupdate/plan.h>
#include <multiosupdate/protection.h>
#include <multiosupdate/recovery.h>
#include <multiosupdate/report.h>
#include <multiosupdate/schedule.h>
#include <multiosupdate/settings.h>
#include <multiosupdate/trust.h>
#include <multiosupdate/types.h>
#include <multiosupdate/way.h>

#endif
