// Bytes that are wiped before their memory is given back.
#pragma once

#include <mos/base/bytes.hpp>

#include <cstddef>
#include <memory>
#include <vector>

namespace mos::crypto {

// Overwrites `size` bytes at `data`; the compiler does not optimise it away.
void wipe(void *data, std::size_t size) noexcept;

template <class T>
struct WipingAllocator {
    using value_type = T;

    WipingAllocator() = default;
    template <class U>
    explicit WipingAllocator(const WipingAllocator<U> & /*other*/) noexcept {}

    [[nodiscard]] T *allocate(std::size_t count) { return std::allocator<T>{}.allocate(count); }
    void deallocate(T *data, std::size_t count) noexcept {
        wipe(data, count * sizeof(T));
        std::allocator<T>{}.deallocate(data, count);
    }
    template <class U>
    [[nodiscard]] bool operator==(const WipingAllocator<U> & /*other*/) const noexcept {
        return true;
    }
};

// A vector that wipes whatever memory it lets go of, when it grows too.
using SecretBytes = std::vector<std::byte, WipingAllocator<std::byte>>;

}  // namespace mos::crypto
