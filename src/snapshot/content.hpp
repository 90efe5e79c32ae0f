// Content that is shared between two files, or copied where it can't be.
#pragma once

#include <mos/base/filesystem.hpp>
#include <mos/base/observer.hpp>
#include <mos/crypto/digest.hpp>

#include <optional>

namespace mos::snapshot {

enum class Digest : std::uint8_t {
    not_needed,
    needed,
    // Of shared content whatever `from` holds is hashed: it lies in memory more often than the new file, whose pages
    // nobody has read. The caller knows that nobody writes to it meanwhile, or finds out and asks again.
    of_the_old_file,
};

struct Filled {
    std::uint64_t bytes = 0;
    bool shared = false;
    std::optional<crypto::Sha256Digest> digest;  // where it was needed: of what is in `to` now, but for of_the_old_file
};
// Gives the new file `to` the content of `from`.
[[nodiscard]] Result<Filled> fill_from(base::File &to, base::File &from, Digest digest, base::Observer &observer);

}  // namespace mos::snapshot
