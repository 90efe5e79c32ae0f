// The files of a base, joined to the one that a patch is applied to.
#pragma once

#include <mos/delta/package_content.hpp>

#include <deque>

namespace mos::delta {

// Read at random, with few files open at a time. Base files and list outlive it.
class JoinedBase final : public base::Source {
  public:
    JoinedBase(BaseFiles &base, std::span<const package::BaseLine> files);

    [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, base::MutableByteView out) override;
    [[nodiscard]] Result<std::uint64_t> size() override { return m_size; }
    [[nodiscard]] const std::string &name() const noexcept override { return m_name; }

  private:
    struct Open {
        std::size_t number = 0;
        std::unique_ptr<base::Source> source;
    };
    [[nodiscard]] Result<base::Source *> source_of(std::size_t number);

    BaseFiles &m_base;
    std::span<const package::BaseLine> m_files;
    std::vector<std::uint64_t> m_ends;
    std::uint64_t m_size = 0;
    std::deque<Open> m_open;  // the one used last in front
    std::string m_name = "the files of the base";
};

}  // namespace mos::delta
