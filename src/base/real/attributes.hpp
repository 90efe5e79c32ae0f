// Status and extended attributes of real files, by descriptor or by a name in an open directory.
#pragma once

#include "descriptor.hpp"

#include <mos/base/filesystem.hpp>

#include <string>

namespace mos::base::real {

inline constexpr std::size_t max_attribute_list_bytes = 64U * 1024;   // the kernel's XATTR_LIST_MAX
inline constexpr std::size_t max_attribute_value_bytes = 64U * 1024;  // the kernel's XATTR_SIZE_MAX
inline constexpr std::size_t max_attribute_total_bytes = 1024U * 1024;

[[nodiscard]] FileType type_of_mode(std::uint32_t mode) noexcept;

// Status of `name` in `directory`, of the link itself where it is one; of `directory` itself when `name` is "".
// nullopt when there is no such name.
[[nodiscard]] Result<std::optional<FileStatus>> read_status(int directory, const char *name, std::string_view shown);

// What the xattr calls act on. A symbolic link, a device or a file whose mode forbids opening can't be reached through
// a descriptor of its own: those go through /proc/self/fd/<directory>/<name>, whose last component is not followed.
class AttributeTarget {
  public:
    [[nodiscard]] static AttributeTarget of_descriptor(int descriptor);
    [[nodiscard]] static Result<AttributeTarget> of_name(int directory, const std::string &name,
                                                         std::string_view shown);

    [[nodiscard]] Result<ExtendedAttributes> all(std::string_view shown) const;  // UNSUPPORTED filesystems have none
    [[nodiscard]] Result<void> set(const ExtendedAttribute &attribute, std::string_view shown) const;
    [[nodiscard]] Result<void> remove(const std::string &name, std::string_view shown) const;

  private:
    [[nodiscard]] ssize_t list_into(char *out, std::size_t size) const;
    [[nodiscard]] ssize_t value_into(const char *name, std::byte *out, std::size_t size) const;
    [[nodiscard]] Result<std::string> names(std::string_view shown) const;
    [[nodiscard]] Result<std::optional<Bytes>> value(const char *name, std::string_view shown) const;

    std::string m_path;  // used when there is no descriptor
    int m_borrowed = -1;
    Descriptor m_own;
};

}  // namespace mos::base::real
