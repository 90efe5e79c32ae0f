// The earliest time that it can be: a board without a clock that runs believes nobody but those who sign.
//
// A clock that was set back would make certificates good again that have expired, and let a list of revoked ones pass
// for fresh. So the time of the newest package that was let in is kept, and no judgement is made at an earlier one.
#pragma once

#include <mos/base/clock.hpp>
#include <mos/base/filesystem.hpp>
#include <mos/package/package.hpp>

#include <cstdint>

namespace mos::engine {

// The clock's time, or the floor where that is later. A floor that can't be read is none: whoever can write it can
// write the trust folder as well.
[[nodiscard]] std::int64_t effective_time(base::Directory &root, const base::Clock &clock);

// Raises the floor to the time at which the package says it was made, if accepted signers have certificates: not beyond
// the end of any of those, and not more than a day beyond a clock that runs, so that a signer with a wrong clock does
// not lock everybody else out. Written only when it moves by a day or more, and not flushed: the next change's flush
// takes it along.
[[nodiscard]] Result<void> raise_time_floor(base::Directory &root, const package::Package &package,
                                            const base::Clock &clock);

}  // namespace mos::engine
