// Where a package's bytes come from: a path, a descriptor, the embedder's callback.
#pragma once

#include <multiosupdate/types.h>

#include <mos/base/source.hpp>

#include <memory>

namespace mos::capi {

// Owns `user_data` from here on, also when it fails.
[[nodiscard]] Result<std::unique_ptr<base::Source>> open_callback_source(uint64_t size, const char *name,
                                                                         mos_read_at_callback read_at, void *user_data,
                                                                         mos_destroy_callback destroy);

// One more reader of the same open source.
[[nodiscard]] std::unique_ptr<base::Source> share(std::shared_ptr<base::Source> source);

}  // namespace mos::capi
