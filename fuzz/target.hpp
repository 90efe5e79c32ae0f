// What all fuzz targets share: their one function, and how they state a property.
//
// A target takes any bytes at all. It fails when the sanitizers find something, when it takes too long or too much
// memory, and when a property that it states with hold() is broken.
#pragma once

#include <mos/base/bytes.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer gives the name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);

namespace mos::fuzz {

[[nodiscard]] inline base::ByteView input(const std::uint8_t *data, std::size_t size) {
    return std::as_bytes(std::span{data, size});
}

// Ends the program unless `fact` is true, in release builds as well. `property` is the sentence that was broken.
inline void hold(bool fact, const char *property) {
    if (fact)
        return;
    static_cast<void>(std::fprintf(stderr, "property broken: %s\n", property));
    std::abort();
}

// The value of what can't fail here, whatever the input was.
template <class T>
T must(Result<T> result, const char *property) {
    if (!result)
        static_cast<void>(std::fprintf(stderr, "%s\n", result.error().full_message().c_str()));
    hold(result.ok(), property);
    return std::move(result).value();
}

inline void must(const Result<void> &result, const char *property) {
    if (!result)
        static_cast<void>(std::fprintf(stderr, "%s\n", result.error().full_message().c_str()));
    hold(result.ok(), property);
}

}  // namespace mos::fuzz
