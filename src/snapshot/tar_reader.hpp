// A tar that anybody may have made, compressed or not, read member by member through libarchive.
#pragma once

#include "member.hpp"

#include <mos/base/source.hpp>

#include <memory>

namespace mos::snapshot {

// One thread. After an error nothing but destruction is of use. BACKUP_DAMAGED for what is no tar, or no sound one;
// what the source says.
class TarReader {
  public:
    // `source` must outlive it.
    [[nodiscard]] static Result<TarReader> open(base::Source &source);
    TarReader(TarReader &&) noexcept;
    TarReader &operator=(TarReader &&) noexcept;
    ~TarReader();

    // nullptr at the end. Only files, folders, symbolic and hard links; attributes sorted by name. Valid until the next
    // call.
    [[nodiscard]] Result<const Member *> next();
    [[nodiscard]] Result<std::size_t> read(base::MutableByteView out);  // of the present member; 0 at its end

  private:
    struct State;
    explicit TarReader(std::unique_ptr<State> state);
    std::unique_ptr<State> m_state;
};

}  // namespace mos::snapshot
