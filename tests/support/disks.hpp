// Every implementation of the filesystem port, for tests whose body must hold on all of them.
#pragma once

#include "directory.hpp"
#include "temporary_root.hpp"
#include "twin.hpp"

#include <fcntl.h>

namespace mos::test {

class KernelDisk {
  public:
    [[nodiscard]] std::unique_ptr<base::Directory> root() const { return m_root.root(); }

  private:
    TemporaryRoot m_root;
};

// The same kernel, with paths resolved by our own walk, as on kernels without openat2.
class WalkDisk {
  public:
    [[nodiscard]] std::unique_ptr<base::Directory> root() const {
        const base::real::Descriptor opened{::open(m_root.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
        return must(base::real::open_root_resolving(opened.number(), base::real::Resolver::walk));
    }

  private:
    TemporaryRoot m_root;
};

class TwinDisk {
  public:
    [[nodiscard]] std::unique_ptr<base::Directory> root() const { return m_twin.root(); }

  private:
    Twin m_twin;
};

#define MOS_DISKS mos::test::KernelDisk, mos::test::WalkDisk, mos::test::TwinDisk

}  // namespace mos::test
