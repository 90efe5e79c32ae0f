// What we say about one case of somebody else's tests. It is made before the file's own answer is read: the types that
// decide() functions take have no place for that.
#pragma once

#include <mos/base/error.hpp>

#include <cstdint>
#include <string>

namespace mos::vectors {

enum class Outcome : std::uint8_t { accepted, refused, skipped };

struct Decision {
    Outcome outcome = Outcome::skipped;
    std::string reason;  // why it was refused or skipped
};

inline Decision accept() { return {Outcome::accepted, {}}; }
inline Decision refuse(std::string reason) { return {Outcome::refused, std::move(reason)}; }
inline Decision refuse(const Error &error) { return refuse(error.full_message()); }
inline Decision skip(std::string reason) { return {Outcome::skipped, std::move(reason)}; }

// What the file says.
enum class Expected : std::uint8_t { accepted, refused, either };

}  // namespace mos::vectors
