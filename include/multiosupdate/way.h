/* Ways to a release: which packages of a folder lead there from what is installed, and which of them are taken. */
#ifndef MULTIOSUPDATE_WAY_H
#define MULTIOSUPDATE_WAY_H

#include <multiosupdate/plan.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t mos_way_kind;
enum {
    MOS_WAY_FULL = 0,
    MOS_WAY_DELTA = 1,
    MOS_WAY_CHAIN = 2 /* delta packages, one after the other, each a plan of its own */
};

typedef struct mos_way_options {
    uint32_t struct_size;
    bool force_delta;           /* delta packages alone will do, whatever the root's settings say */
    const char *folder_path;    /* where packages (.mos, .multos) lie; needed */
    const char *name;           /* of the package; needed */
    const char *version;        /* that is to be reached, "1.2.0" or "1.2.0-3"; NULL: the newest in the folder */
    const char *content_digest; /* of the one release that will do, 64 hexadecimal digits; NULL: any of the version */
    const char *from_version;   /* where ways begin: the version that is installed, or one that the folder has a package
                                   of; NULL: at what is installed */
} mos_way_options;

#define MOS_WAY_OPTIONS_INIT                                                                                           \
    { sizeof(mos_way_options), 0, 0, 0, 0, 0, 0 }

typedef struct mos_way {
    uint32_t struct_size;
    mos_way_kind kind;
    uint64_t package_bytes;          /* of its packages together */
    size_t package_count;            /* more than one in a chain */
    const char *base_content_digest; /* of the release that its first package leads from; "" for a full one */
    const mos_error *obstacle; /* why it can't be taken in the root as it is; NULL: nothing is known against it. Of a
                                  chain it names the link. Not the caller's to free */
    bool is_chosen;
} mos_way;

#define MOS_WAY_INIT                                                                                                   \
    { sizeof(mos_way), 0, 0, 0, 0, 0, 0 }

/* Looks at all packages of the folder. Each delta package that leads to the release is tried out as a plan with the
 * options `install` (NULL: the defaults), which reads what it needs of the root and changes nothing; so is the first
 * link of a chain. Of its further links, and of full packages, the signatures are checked, and of those links the
 * memory that their patches ask for. Of what can be installed the fewest bytes are chosen; the root's settings
 * `delta_updates` say whether and when deltas count. Each link of a chain leads nearer to the release, in the order of
 * versions. Of packages for several architectures those count that are made for that of the installed package, or else
 * for this machine; the others only where there is none. Files that are called like packages and are none are told in
 * the log.
 *
 * MOS_E_NOT_FOUND where nothing tells what release `from_version` is; MOS_E_INVALID_ARGUMENT where the options' full
 * package is of another release than the one that is asked for. Since 0.1. */
MOS_API int mos_ways_find(mos_engine *engine, const mos_way_options *options, const mos_install_options *install,
                          mos_ways **ways, mos_error **error);

MOS_API void mos_ways_free(mos_ways *ways);

/* The version that they lead to; "" where the folder has none that was asked for. Since 0.1. */
MOS_API const char *mos_ways_version(const mos_ways *ways);

/* Why that way was chosen, or why none, in a sentence. Since 0.1. */
MOS_API const char *mos_ways_reason(const mos_ways *ways);

/* How many there are: deltas by their size, then a chain that takes fewer bytes than any way of one package, then full
 * packages by their size. Since 0.1. */
MOS_API size_t mos_ways_count(const mos_ways *ways);

/* Way `index`; set `way->struct_size` first. Its strings live as long as `ways`. Since 0.1. */
MOS_API int mos_ways_at(const mos_ways *ways, size_t index, mos_way *way, mos_error **error);

/* The path of package `number` of way `index`, in the order in which they are installed; "" past the end. Since 0.1. */
MOS_API const char *mos_ways_package_at(const mos_ways *ways, size_t index, size_t number);

/* Adds the step "install the first package of the chosen way" to the plan, with the options that the ways were found
 * with (their full package is for the last package of a chain); the reason is a notice of the plan. `further`, if not
 * NULL, becomes how many packages come after it: when the plan has run, find the ways anew and go on. A change that
 * fails on the way leaves the release of the change before. MOS_E_NOT_FOUND, with the reason, where none was chosen; or
 * why what comes nearest can't be taken. What would stop any package of the release is an error of its own. Since 0.1.
 */
MOS_API int mos_plan_install_way(mos_plan *plan, const mos_ways *ways, size_t *further, mos_error **error);

#ifdef __cplusplus
}
#endif

#endif
