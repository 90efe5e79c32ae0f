// What libzstd answers.
#pragma once

#include <zstd_errors.h>

#include <cstddef>
#include <new>

namespace mos::package {

// Its lack of memory is ours, and says nothing of what it works on; any other answer is the caller's to judge.
inline std::size_t unless_out_of_memory(std::size_t status) {
    if (ZSTD_getErrorCode(status) == ZSTD_error_memory_allocation)
        throw std::bad_alloc{};
    return status;
}

}  // namespace mos::package
