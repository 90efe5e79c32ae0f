// A database as the oldest library left it.
#pragma once

#include <mos/base/filesystem.hpp>

namespace mos::test {

// Makes one beneath `root` that says that "system" is installed in version "old".
[[nodiscard]] Result<void> make_old_database(base::Directory &root);

}  // namespace mos::test
