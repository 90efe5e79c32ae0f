#include "mos_xdelta3.h"

#include <assert.h>
#include <lzma.h>

struct mos_xd3_lzma_memory; /* below: needs xdelta3's types */
typedef struct _xd3_stream mos_xd3_stream_t;

static lzma_ret mos_xd3_start_lzma_decoder(mos_xd3_stream_t *owner, lzma_stream *lzma, uint32_t flags);
static lzma_ret mos_xd3_start_lzma_encoder(mos_xd3_stream_t *owner, lzma_stream *lzma, const lzma_filter *filters,
                                           lzma_check check);
static lzma_bool mos_xd3_choose_lzma(mos_xd3_stream_t *owner, lzma_options_lzma *options, uint32_t preset);

/* xdelta3 gives its LZMA coder no allocator, no limit, and 64 MiB of dictionary at its highest level. In the one
 * function that starts the coders, `stream` names the stream they belong to. */
#define lzma_stream_decoder(lzma, limit, flags) mos_xd3_start_lzma_decoder(stream, lzma, flags)
#define lzma_stream_encoder(lzma, filters, check) mos_xd3_start_lzma_encoder(stream, lzma, filters, check)
#define lzma_lzma_preset(options, preset) mos_xd3_choose_lzma(stream, options, preset)
#include "xdelta3.c"
#undef lzma_stream_decoder
#undef lzma_stream_encoder
#undef lzma_lzma_preset

struct mos_xd3 {
    mos_xd3_hooks hooks;
    lzma_allocator lzma;
    uint32_t dictionary_bytes;
    int is_encoder;
    int started;
    int block_failed;
    int memory_refused;
    uint64_t base_bytes;
    xd3_stream stream;
    xd3_source base;
};

/* xdelta3 3.1.1 rounds sizes up to whole blocks without looking for overflow: what overflows is 0. */
static void *allocate(mos_xd3 *coder, size_t items, size_t size) {
    void *address = NULL;
    size_t bytes;
    if (!__builtin_mul_overflow(items, size, &bytes) && bytes != 0)
        address = coder->hooks.allocate(coder->hooks.user, bytes);
    if (address == NULL)
        coder->memory_refused = 1;
    return address;
}

static void *allocate_for_stream(void *opaque, size_t items, usize_t size) { return allocate(opaque, items, size); }

static void *allocate_for_lzma(void *opaque, size_t items, size_t size) { return allocate(opaque, items, size); }

static void release(void *opaque, void *address) {
    mos_xd3 *coder = opaque;
    if (address != NULL)
        coder->hooks.release(coder->hooks.user, address);
}

static lzma_ret mos_xd3_start_lzma_decoder(mos_xd3_stream_t *owner, lzma_stream *lzma, uint32_t flags) {
    lzma->allocator = &((mos_xd3 *)owner->opaque)->lzma;
    return lzma_stream_decoder(lzma, UINT64_MAX, flags); /* the allocator is the limit */
}

static lzma_ret mos_xd3_start_lzma_encoder(mos_xd3_stream_t *owner, lzma_stream *lzma, const lzma_filter *filters,
                                           lzma_check check) {
    lzma->allocator = &((mos_xd3 *)owner->opaque)->lzma;
    return lzma_stream_encoder(lzma, filters, check);
}

static lzma_bool mos_xd3_choose_lzma(mos_xd3_stream_t *owner, lzma_options_lzma *options, uint32_t preset) {
    if (lzma_lzma_preset(options, preset))
        return 1;
    options->dict_size = ((mos_xd3 *)owner->opaque)->dictionary_bytes;
    return 0;
}

static int get_block(xd3_stream *stream, xd3_source *base, xoff_t number) {
    mos_xd3 *coder = stream->opaque;
    const uint8_t *bytes;
    size_t count;
    if (coder->hooks.read_block(coder->hooks.user, number, &bytes, &count) < 0) {
        coder->block_failed = 1;
        return XD3_INTERNAL;
    }
    base->curblk = bytes;
    base->curblkno = number;
    base->onblk = count;
    return 0;
}

static mos_xd3 *create(const mos_xd3_hooks *hooks, const xd3_config *wanted, uint64_t base_bytes, size_t block_bytes) {
    xd3_config config = *wanted;
    mos_xd3 *coder = hooks->allocate(hooks->user, sizeof *coder);
    if (coder == NULL)
        return NULL;
    memset(coder, 0, sizeof *coder);
    coder->hooks = *hooks;
    coder->lzma.alloc = allocate_for_lzma;
    coder->lzma.free = release;
    coder->lzma.opaque = coder;
    coder->base_bytes = base_bytes;
    config.alloc = allocate_for_stream;
    config.freef = release;
    config.opaque = coder;
    if (xd3_config_stream(&coder->stream, &config) != 0) {
        mos_xd3_free(coder);
        return NULL;
    }
    coder->base.blksize = block_bytes;
    coder->base.max_winsize = base_bytes;
    return coder;
}

mos_xd3 *mos_xd3_create_decoder(const mos_xd3_hooks *hooks, uint64_t base_bytes, size_t block_bytes) {
    xd3_config config;
    memset(&config, 0, sizeof config);
    config.getblk = get_block;
    mos_xd3 *coder = create(hooks, &config, base_bytes, block_bytes);
    if (coder != NULL)
        xd3_set_source_and_size(&coder->stream, &coder->base, base_bytes);
    return coder;
}

mos_xd3 *mos_xd3_create_encoder(const mos_xd3_hooks *hooks, const uint8_t *base, size_t base_bytes, size_t window_bytes,
                                uint32_t dictionary_bytes) {
    xd3_config config;
    memset(&config, 0, sizeof config);
    config.winsize = window_bytes;
    config.flags = XD3_ADLER32 | XD3_SEC_LZMA | XD3_COMPLEVEL_9;
    mos_xd3 *coder = create(hooks, &config, base_bytes, xd3_pow2_roundup(base_bytes != 0 ? base_bytes : 1));
    if (coder == NULL)
        return NULL;
    coder->is_encoder = 1;
    coder->dictionary_bytes = dictionary_bytes;
    if (base_bytes != 0) {
        coder->base.curblk = base;
        coder->base.curblkno = 0;
        coder->base.onblk = base_bytes;
        xd3_set_source_and_size(&coder->stream, &coder->base, base_bytes);
    }
    return coder;
}

void mos_xd3_input(mos_xd3 *coder, const uint8_t *bytes, size_t count, int last) {
    if (last)
        xd3_set_flags(&coder->stream, coder->stream.flags | XD3_FLUSH);
    xd3_avail_input(&coder->stream, count != 0 ? bytes : (const uint8_t *)"", count);
}

int mos_xd3_step(mos_xd3 *coder) {
    if (coder->stream.avail_out != 0 && coder->started == MOS_XD3_HAS_OUTPUT)
        xd3_consume_output(&coder->stream);
    coder->started = 0;
    const int status = coder->is_encoder ? xd3_encode_input(&coder->stream) : xd3_decode_input(&coder->stream);
    switch (status) {
    case XD3_INPUT:
        return MOS_XD3_WANTS_INPUT;
    case XD3_OUTPUT:
        coder->started = MOS_XD3_HAS_OUTPUT;
        return MOS_XD3_HAS_OUTPUT;
    case XD3_GOTHEADER:
    case XD3_WINSTART:
        return MOS_XD3_AT_WINDOW;
    case XD3_WINFINISH:
        return MOS_XD3_WINDOW_DONE;
    default:
        if (coder->block_failed)
            return MOS_XD3_BLOCK_FAILED;
        if (coder->memory_refused)
            return MOS_XD3_REFUSED_MEMORY;
        if (status == XD3_UNIMPLEMENTED || strncmp(mos_xd3_message(coder), "unavailable", 11) == 0)
            return MOS_XD3_UNSUPPORTED;
        return MOS_XD3_INVALID;
    }
}

void mos_xd3_output(mos_xd3 *coder, const uint8_t **bytes, size_t *count) {
    *bytes = coder->stream.next_out;
    *count = coder->stream.avail_out;
}

static uint64_t add(uint64_t a, uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }

mos_xd3_window mos_xd3_window_of_decoder(const mos_xd3 *coder) {
    const xd3_stream *stream = &coder->stream;
    mos_xd3_window window;
    window.base_offset = stream->dec_cpyoff;
    window.base_bytes = (stream->dec_win_ind & VCD_SOURCE) != 0 ? stream->dec_cpylen : 0;
    window.result_bytes = stream->dec_tgtlen;
    window.delta_bytes = add(add(stream->data_sect.size, stream->inst_sect.size), stream->addr_sect.size);
    return window;
}

int mos_xd3_may_end(mos_xd3 *coder) { return xd3_close_stream(&coder->stream) == 0; }

const char *mos_xd3_message(const mos_xd3 *coder) {
    return coder->stream.msg != NULL ? coder->stream.msg : "it is malformed";
}

void mos_xd3_free(mos_xd3 *coder) {
    if (coder == NULL)
        return;
    mos_xd3_hooks hooks = coder->hooks;
    xd3_free_stream(&coder->stream);
    hooks.release(hooks.user, coder);
}
