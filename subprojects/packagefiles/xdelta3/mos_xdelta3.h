/* xdelta3 behind a few functions: its own header defines one-letter macros and shows every field.
 *
 * All memory, that of its LZMA coder included, is asked of the hooks. One coder is used by one thread at a time. */
#ifndef MOS_XDELTA3_H
#define MOS_XDELTA3_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mos_xd3 mos_xd3;

typedef struct mos_xd3_hooks {
    void *user;
    void *(*allocate)(void *user, size_t bytes); /* NULL refuses; never asked for nothing */
    void (*release)(void *user, void *address);  /* accepts NULL */
    /* Block `number` of the base: its address, which lives until the next call, and how many bytes it has. Negative
     * fails. */
    int (*read_block)(void *user, uint64_t number, const uint8_t **bytes, size_t *count);
} mos_xd3_hooks;

/* What a step has come to. */
enum {
    MOS_XD3_WANTS_INPUT = 0,
    MOS_XD3_HAS_OUTPUT = 1, /* mos_xd3_output */
    MOS_XD3_AT_WINDOW = 2,  /* decoder: mos_xd3_window_of_decoder; nothing was allocated for this window yet */
    MOS_XD3_WINDOW_DONE = 3,
    MOS_XD3_REFUSED_MEMORY = -1,
    MOS_XD3_BLOCK_FAILED = -2,
    MOS_XD3_UNSUPPORTED = -3, /* mos_xd3_message */
    MOS_XD3_INVALID = -4      /* mos_xd3_message */
};

typedef struct mos_xd3_window {
    uint64_t base_offset;
    uint64_t base_bytes; /* 0: none of the base is used */
    uint64_t result_bytes;
    uint64_t delta_bytes; /* of its sections; saturated */
} mos_xd3_window;

/* `block_bytes` is a power of two. NULL when memory was refused. */
mos_xd3 *mos_xd3_create_decoder(const mos_xd3_hooks *hooks, uint64_t base_bytes, size_t block_bytes);

/* `base` is borrowed until the coder is freed. `dictionary_bytes` bounds LZMA's memory in the decoder. */
mos_xd3 *mos_xd3_create_encoder(const mos_xd3_hooks *hooks, const uint8_t *base, size_t base_bytes, size_t window_bytes,
                                uint32_t dictionary_bytes);

/* Gives input, which is borrowed until MOS_XD3_WANTS_INPUT is returned; an encoder takes at most its window at once.
 * `last`: nothing follows. */
void mos_xd3_input(mos_xd3 *coder, const uint8_t *bytes, size_t count, int last);

int mos_xd3_step(mos_xd3 *coder);

/* After MOS_XD3_HAS_OUTPUT; lives until the next step. */
void mos_xd3_output(mos_xd3 *coder, const uint8_t **bytes, size_t *count);

mos_xd3_window mos_xd3_window_of_decoder(const mos_xd3 *coder);

/* Whether the input may end here. */
int mos_xd3_may_end(mos_xd3 *coder);

const char *mos_xd3_message(const mos_xd3 *coder); /* never NULL */

void mos_xd3_free(mos_xd3 *coder); /* accepts NULL */

#ifdef __cplusplus
}
#endif

#endif
