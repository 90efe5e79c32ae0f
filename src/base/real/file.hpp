// A real, regular, open file.
#pragma once

#include "descriptor.hpp"

#include <mos/base/filesystem.hpp>

namespace mos::base::real {

class RealFile final : public File {
  public:
    RealFile(Descriptor descriptor, std::string shown)
        : m_descriptor(std::move(descriptor)), m_shown(std::move(shown)) {}

    [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) override;
    [[nodiscard]] Result<void> write_at(std::uint64_t offset, ByteView bytes) override;
    [[nodiscard]] Result<void> resize(std::uint64_t size) override;
    [[nodiscard]] Result<bool> share_content_of(File &source) override;
    [[nodiscard]] Result<FileStatus> status() override;
    [[nodiscard]] Result<void> set_owner(std::uint32_t owner, std::uint32_t group) override;
    [[nodiscard]] Result<void> set_mode(std::uint32_t mode) override;
    [[nodiscard]] Result<void> set_modified(FileTime time) override;
    [[nodiscard]] Result<void> set_extended_attribute(const ExtendedAttribute &attribute) override;
    [[nodiscard]] Result<ExtendedAttributes> extended_attributes() override;
    [[nodiscard]] Result<void> flush() override;
    [[nodiscard]] Result<void> lock(LockMode mode) override;

  private:
    [[nodiscard]] Result<void> outcome(int answer, std::string_view what) const;

    Descriptor m_descriptor;
    std::string m_shown;
};

}  // namespace mos::base::real
