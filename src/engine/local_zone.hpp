// The zone in which a root's people live.
#pragma once

#include <mos/base/filesystem.hpp>
#include <mos/schedule/time_zone.hpp>

namespace mos::engine {

// What etc/localtime leads to, else what etc/timezone names, else UTC.
[[nodiscard]] schedule::TimeZone local_zone(base::Directory &root);

}  // namespace mos::engine
