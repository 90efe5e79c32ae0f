// A file on the disk with one byte that is another.
#pragma once

#include "expect.hpp"

#include <mos/base/source.hpp>

#include <memory>
#include <string>

namespace mos::test {

class AlteredSource final : public base::Source {
  public:
    // The byte at `place` is altered; none where the file ends before it.
    AlteredSource(const std::string &path, std::uint64_t place)
        : m_file(must(base::open_file_source(path))), m_place(place) {}

    [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, base::MutableByteView out) override {
        MOS_TRY(const std::size_t count, m_file->read_at(offset, out));
        if (m_place >= offset && m_place - offset < count)
            out[static_cast<std::size_t>(m_place - offset)] ^= std::byte{1};
        return count;
    }
    [[nodiscard]] Result<std::uint64_t> size() override { return m_file->size(); }
    [[nodiscard]] const std::string &name() const noexcept override { return m_file->name(); }

  private:
    std::unique_ptr<base::Source> m_file;
    std::uint64_t m_place;
};

}  // namespace mos::test
