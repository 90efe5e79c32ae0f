#pragma once
#include <mos/base/filesystem.hpp>
namespace mos::state {
class PortVfs {
  public:
    static Result<std::unique_ptr<PortVfs>> create(base::Directory &directory);
    const char *name() const noexcept;
    std::optional<Error> take_error();
};
}  // namespace mos::state
