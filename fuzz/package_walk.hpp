// What the two targets that open packages do with one.
#pragma once

#include <mos/base/bytes.hpp>

namespace mos::fuzz {

// Opens the package, reads all that a reader can ask for, twice, and then checks everything: what is accepted once is
// accepted again and is the same.
void walk_package(base::Bytes bytes);

}  // namespace mos::fuzz
