#include <mos/package/tar.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::package {

namespace {

// ustar fields: offset and width, POSIX.1-2017 pax, "ustar Interchange Format".
struct Field {
    std::size_t offset;
    std::size_t width;
};
constexpr Field name_field{0, 100};
constexpr Field mode_field{100, 8};
constexpr Field owner_field{108, 8};
constexpr Field group_field{116, 8};
constexpr Field size_field{124, 12};
constexpr Field modified_field{136, 12};
constexpr Field checksum_field{148, 8};
constexpr Field type_field{156, 1};
constexpr Field link_field{157, 100};
constexpr Field magic_field{257, 8};
constexpr Field device_major_field{329, 8};
constexpr Field device_minor_field{337, 8};

constexpr std::uint64_t max_octal_owner = (1U << 21U) - 1;                 // seven octal digits
constexpr std::uint64_t max_octal_number = (std::uint64_t{1} << 33U) - 1;  // eleven
constexpr std::string_view copy_comment = "multiosupdate copy";

// What one header block says. Numbers that do not fit are written as 0 there and stand in the extended header.
struct Member {
    std::string name;
    char type = '0';
    std::uint32_t mode = 0;
    std::uint64_t owner = 0;
    std::uint64_t group = 0;
    std::uint64_t size = 0;
    std::int64_t modified = 0;
    std::string link;
};

class Block {
  public:
    Block() : m_bytes(tar_block_bytes) {}

    void text(Field field, std::string_view text) {
        const std::size_t count = std::min(text.size(), field.width);
        std::copy_n(base::as_bytes(text).begin(), count, m_bytes.begin() + static_cast<std::ptrdiff_t>(field.offset));
    }
    void octal(Field field, std::uint64_t value) { text(field, fmt::format("{:0{}o}", value, field.width - 1)); }

    [[nodiscard]] base::Bytes finish() {
        text(checksum_field, "        ");
        std::uint32_t sum = 0;
        for (const std::byte b : m_bytes)
            sum += std::to_integer<std::uint32_t>(b);
        text(checksum_field, fmt::format("{:06o}", sum));
        m_bytes[checksum_field.offset + 6] = std::byte{0};
        return std::move(m_bytes);
    }

  private:
    base::Bytes m_bytes;
};

bool fits(std::int64_t time) { return time >= 0 && static_cast<std::uint64_t>(time) <= max_octal_number; }

base::Bytes plain_header(const Member &member) {
    Block block;
    block.text(name_field, member.name);
    block.octal(mode_field, member.mode);
    block.octal(owner_field, member.owner <= max_octal_owner ? member.owner : 0);
    block.octal(group_field, member.group <= max_octal_owner ? member.group : 0);
    block.octal(size_field, member.size <= max_octal_number ? member.size : 0);
    block.octal(modified_field, fits(member.modified) ? static_cast<std::uint64_t>(member.modified) : 0);
    block.text(type_field, std::string_view{&member.type, 1});
    block.text(link_field, member.link);
    block.text(magic_field, std::string_view{"ustar\00000", 8});
    block.octal(device_major_field, 0);
    block.octal(device_minor_field, 0);
    return block.finish();
}

// "LENGTH keyword=value\n", where LENGTH counts itself.
void append_record(std::string &out, std::string_view keyword, std::string_view value) {
    const std::size_t rest = 1 + keyword.size() + 1 + value.size() + 1;
    std::size_t length = rest;
    while (length != rest + fmt::formatted_size("{}", length))
        length = rest + fmt::formatted_size("{}", length);
    out += fmt::format("{} {}=", length, keyword);
    out += value;
    out += '\n';
}

std::string extended_records(const Member &member, const Entry &entry) {
    const bool long_name = member.name.size() > name_field.width;
    const bool long_link = member.link.size() > link_field.width;
    std::string records;
    if ((long_name && !base::is_clean_text(member.name)) || (long_link && !base::is_clean_text(member.link)))
        append_record(records, "hdrcharset", "BINARY");
    if (!entry.copy_of.empty())
        append_record(records, "comment", copy_comment);
    if (member.owner > max_octal_owner)
        append_record(records, "uid", fmt::format("{}", member.owner));
    if (member.group > max_octal_owner)
        append_record(records, "gid", fmt::format("{}", member.group));
    if (member.size > max_octal_number)
        append_record(records, "size", fmt::format("{}", member.size));
    if (!fits(member.modified))
        append_record(records, "mtime", fmt::format("{}", member.modified));
    if (long_name)
        append_record(records, "path", member.name);
    if (long_link)
        append_record(records, "linkpath", member.link);
    if (entry.copy_of.empty()) {  // attributes belong to the inode, which a copy shares while it is in the tar
        for (const base::ExtendedAttribute &attribute : entry.attributes)
            append_record(records, "SCHILY.xattr." + attribute.name, base::as_text(attribute.value));
    }
    return records;
}

void append(base::Bytes &out, base::ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

Member member_of(const Entry &entry) {
    Member member{.name = entry.path,
                  .mode = entry.mode,
                  .owner = entry.owner,
                  .group = entry.group,
                  .modified = entry.modified_unix_s,
                  .link = entry.target};
    switch (entry.type) {
    case EntryType::regular:
        member.type = entry.copy_of.empty() ? '0' : '1';
        member.size = entry.copy_of.empty() ? entry.size : 0;
        member.link = entry.copy_of;
        break;
    case EntryType::directory:
        member.type = '5';
        member.name += '/';
        break;
    case EntryType::symlink:
        member.type = '2';
        break;
    case EntryType::hard_link:
        member.type = '1';
        break;
    }
    return member;
}

}  // namespace

std::uint64_t tar_padding(std::uint64_t size) noexcept {
    return (tar_block_bytes - size % tar_block_bytes) % tar_block_bytes;
}

bool has_tar_data(const Entry &entry) noexcept {
    return entry.type == EntryType::regular && entry.copy_of.empty() && entry.size > 0;
}

base::Bytes tar_header(const Entry &entry) {
    const Member member = member_of(entry);
    base::Bytes out;
    if (const std::string records = extended_records(member, entry); !records.empty()) {
        out = plain_header({.name = "PaxHeader", .type = 'x', .mode = 0644, .size = records.size(), .link = {}});
        append(out, base::as_bytes(records));
        out.resize(out.size() + static_cast<std::size_t>(tar_padding(records.size())));
    }
    append(out, plain_header(member));
    return out;
}

base::Bytes signature_file_header(std::uint64_t size) {
    return plain_header({.name = "metadata/signature.json", .mode = 0644, .size = size, .link = {}});
}

}  // namespace mos::package
