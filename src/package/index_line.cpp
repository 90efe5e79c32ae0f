#include <mos/package/index_line.hpp>

#include <mos/base/path.hpp>
#include <mos/package/metadata.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace mos::package {

namespace {

constexpr std::string_view content_context{"multiosupdate package content 1\0", 32};

std::string escaped(std::string_view text) {
    std::string out;
    out.reserve(text.size() + 2);
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out += '\\';
        out += c;
    }
    return out;
}

// Reads a canonical line front to back. After the first surprise it stays failed and every read gives nothing, so that
// a parser reads straight down and asks once.
class Scanner {
  public:
    explicit Scanner(std::string_view line) : m_rest(line) {}

    [[nodiscard]] bool failed() const { return m_failed; }
    [[nodiscard]] bool complete() const { return !m_failed && m_rest.empty(); }
    void fail() { m_failed = true; }

    bool take(std::string_view literal) {
        if (m_failed || !m_rest.starts_with(literal))
            return false;
        m_rest.remove_prefix(literal.size());
        return true;
    }
    void expect(std::string_view literal) {
        if (!take(literal))
            fail();
    }

    template <class T>
    T number() {
        T value = 0;
        const char *end = m_rest.data() + m_rest.size();
        const auto result = std::from_chars(m_rest.data(), end, value);
        const auto length = static_cast<std::size_t>(result.ptr - m_rest.data());
        // One spelling: no leading zeros, no "-0".
        const std::string_view digits = m_rest.substr(m_rest.starts_with('-') ? 1 : 0);
        if (m_failed || result.ec != std::errc{} || (digits.starts_with('0') && length != 1)) {
            fail();
            return 0;
        }
        m_rest.remove_prefix(length);
        return value;
    }

    // Up to the closing quote, which is taken too.
    std::string text() {
        std::string out;
        while (!m_failed && !take("\"")) {
            const auto is_special = [](char c) { return c == '"' || c == '\\'; };
            const auto plain =
                static_cast<std::size_t>(std::find_if(m_rest.begin(), m_rest.end(), is_special) - m_rest.begin());
            out += m_rest.substr(0, plain);
            m_rest.remove_prefix(plain);
            if (take("\\\\"))
                out += '\\';
            else if (take("\\\""))
                out += '"';
            else if (!m_rest.starts_with('"'))
                fail();
        }
        if (!base::is_clean_text(out))
            fail();
        return out;
    }

    std::string base64() {
        const std::size_t end = std::min(m_rest.find('"'), m_rest.size());
        auto bytes = base::from_base64(m_rest.substr(0, end));
        m_rest.remove_prefix(end);
        expect("\"");
        if (m_failed || !bytes) {
            fail();
            return {};
        }
        return std::string{base::as_text(*bytes)};
    }

    crypto::Sha256Digest digest() {
        crypto::Sha256Digest digest{};
        if (m_rest.size() < 2 * digest.size())
            fail();
        for (std::size_t i = 0; !m_failed && i < digest.size(); ++i)
            digest[i] = static_cast<std::byte>(hex_digit(m_rest[2 * i]) << 4U | hex_digit(m_rest[2 * i + 1]));
        if (m_failed)
            return {};
        m_rest.remove_prefix(2 * digest.size());
        expect("\"");
        return digest;
    }

    std::uint32_t octal_mode() {
        constexpr std::size_t digits = 4;
        std::uint32_t mode = 0;
        const std::string_view text = m_rest.substr(0, digits);
        const bool octal = text.size() == digits && text.find_first_not_of("01234567") == std::string_view::npos;
        if (m_failed || !octal) {
            fail();
            return 0;
        }
        for (const char c : text)
            mode = mode * 8 + static_cast<std::uint32_t>(c - '0');
        m_rest.remove_prefix(digits);
        expect("\"");
        return mode;
    }

    // The inverse of write_bytes_member, its name already known.
    std::string bytes_member(std::string_view name) {
        expect("\"");
        expect(name);
        if (take("\":\""))
            return text();
        expect("_base64\":\"");
        std::string bytes = base64();
        if (base::is_clean_text(bytes))  // would have been written as text
            fail();
        return bytes;
    }

  private:
    // One spelling: small letters.
    unsigned hex_digit(char c) {
        if (c >= '0' && c <= '9')
            return static_cast<unsigned>(c - '0');
        if (c >= 'a' && c <= 'f')
            return static_cast<unsigned>(c - 'a' + 10);
        fail();
        return 0;
    }

    std::string_view m_rest;
    bool m_failed = false;
};

EntryType parse_type(Scanner &scanner) {
    for (const EntryType type : {EntryType::regular, EntryType::directory, EntryType::symlink, EntryType::hard_link}) {
        if (scanner.take(fmt::format("{}\"", entry_type_name(type))))
            return type;
    }
    scanner.fail();
    return EntryType::regular;
}

void parse_attributes(Scanner &scanner, Entry &entry) {
    do {
        base::ExtendedAttribute attribute;
        scanner.expect("\"");
        attribute.name = scanner.text();
        scanner.expect(":\"");
        attribute.value = base::to_bytes(base::as_bytes(scanner.base64()));
        entry.attributes.push_back(std::move(attribute));
    } while (scanner.take(","));
    scanner.expect("}");
}

void parse_extent(Scanner &scanner, Entry &entry) {
    entry.extent.first_frame = scanner.number<std::uint32_t>();
    scanner.expect(",\"frames\":");
    entry.extent.frame_count = scanner.number<std::uint32_t>();
    scanner.expect(",\"offset\":");
    entry.extent.offset = scanner.number<std::uint64_t>();
}

void parse_placement(Scanner &scanner, Entry &entry) {
    if (scanner.take(",\"frame\":")) {
        parse_extent(scanner, entry);
    } else if (scanner.take(",\"patch\":")) {
        entry.origin = Origin::patched;
        entry.patched.patch = scanner.number<std::uint32_t>();
        scanner.expect(",\"at\":");
        entry.patched.at = scanner.number<std::uint64_t>();
    } else {
        entry.origin = entry.path == checksums_path ? Origin::derived : Origin::unchanged;
        return;
    }
    if (scanner.take(",\"copies\":")) {
        entry.copies = scanner.number<std::uint32_t>();
        if (entry.copies == 0)
            scanner.fail();
    } else if (scanner.take(",")) {
        entry.copy_of = scanner.bytes_member("copy_of");
        if (entry.copy_of.empty())
            scanner.fail();
    }
}

void parse_regular(Scanner &scanner, Entry &entry) {
    scanner.expect(",\"size\":");
    entry.size = scanner.number<std::uint64_t>();
    scanner.expect(",\"sha256\":\"");
    entry.sha256 = scanner.digest();
    if (!scanner.take(",\"links\":"))
        return;
    entry.links = scanner.number<std::uint32_t>();
    if (entry.links < 2)
        scanner.fail();
}

// All but the closing brace.
std::string write_content_members(const Entry &entry) {
    std::string line = "{" + write_bytes_member("path", entry.path);
    line += fmt::format(",\"type\":\"{}\",\"mode\":\"{:04o}\",\"owner\":{},\"group\":{},\"modified\":{}",
                        entry_type_name(entry.type), entry.mode, entry.owner, entry.group, entry.modified_unix_s);
    if (entry.type == EntryType::regular) {
        line += fmt::format(",\"size\":{},\"sha256\":\"{}\"", entry.size, base::to_hex(entry.sha256));
        if (entry.links != 1)
            line += fmt::format(",\"links\":{}", entry.links);
    }
    if (entry.type == EntryType::symlink || entry.type == EntryType::hard_link)
        line += "," + write_bytes_member("target", entry.target);
    for (std::size_t i = 0; i < entry.attributes.size(); ++i) {
        line += i == 0 ? ",\"attributes\":{" : ",";
        line +=
            fmt::format("\"{}\":\"{}\"", escaped(entry.attributes[i].name), base::to_base64(entry.attributes[i].value));
    }
    if (!entry.attributes.empty())
        line += "}";
    return line;
}

}  // namespace

std::string write_bytes_member(std::string_view name, std::string_view bytes) {
    if (base::is_clean_text(bytes))
        return fmt::format("\"{}\":\"{}\"", name, escaped(bytes));
    return fmt::format("\"{}_base64\":\"{}\"", name, base::to_base64(base::as_bytes(bytes)));
}

std::string write_frame_line(const FrameLine &frame) {
    return fmt::format(R"({{"frame":{},"stored":{},"plain":{},"stored_sha256":"{}","plain_sha256":"{}"}})",
                       frame.number, frame.stored_bytes, frame.plain_bytes, base::to_hex(frame.stored_sha256),
                       base::to_hex(frame.plain_sha256));
}

std::string write_entry_line(const Entry &entry) {
    std::string line = write_content_members(entry);
    const bool has_place = entry.origin == Origin::stored || entry.origin == Origin::patched;
    if (entry.type == EntryType::regular && entry.size > 0 && has_place) {
        line += entry.origin == Origin::patched
                    ? fmt::format(",\"patch\":{},\"at\":{}", entry.patched.patch, entry.patched.at)
                    : fmt::format(",\"frame\":{},\"frames\":{},\"offset\":{}", entry.extent.first_frame,
                                  entry.extent.frame_count, entry.extent.offset);
        if (entry.copies != 0)
            line += fmt::format(",\"copies\":{}", entry.copies);
        if (!entry.copy_of.empty())
            line += "," + write_bytes_member("copy_of", entry.copy_of);
    }
    return line + "}";
}

std::string write_content_line(const Entry &entry) { return write_content_members(entry) + "}"; }

std::string write_base_line(const BaseLine &line) {
    return fmt::format(R"({{{},"size":{}}})", write_bytes_member("path", line.path), line.size);
}

Result<FrameLine> parse_frame_line(std::string_view line) {
    Scanner scanner{line};
    FrameLine frame;
    scanner.expect("{\"frame\":");
    frame.number = scanner.number<std::uint64_t>();
    scanner.expect(",\"stored\":");
    frame.stored_bytes = scanner.number<std::uint64_t>();
    scanner.expect(",\"plain\":");
    frame.plain_bytes = scanner.number<std::uint64_t>();
    scanner.expect(",\"stored_sha256\":\"");
    frame.stored_sha256 = scanner.digest();
    scanner.expect(",\"plain_sha256\":\"");
    frame.plain_sha256 = scanner.digest();
    scanner.expect("}");
    if (!scanner.complete())
        return Error{Code::FORMAT, "it is no canonical frame line"};
    return frame;
}

Result<Entry> parse_entry_line(std::string_view line) {
    Scanner scanner{line};
    Entry entry;
    scanner.expect("{");
    entry.path = scanner.bytes_member("path");
    scanner.expect(",\"type\":\"");
    entry.type = parse_type(scanner);
    scanner.expect(",\"mode\":\"");
    entry.mode = scanner.octal_mode();
    scanner.expect(",\"owner\":");
    entry.owner = scanner.number<std::uint32_t>();
    scanner.expect(",\"group\":");
    entry.group = scanner.number<std::uint32_t>();
    scanner.expect(",\"modified\":");
    entry.modified_unix_s = scanner.number<std::int64_t>();
    if (entry.type == EntryType::regular)
        parse_regular(scanner, entry);
    if (entry.type == EntryType::symlink || entry.type == EntryType::hard_link) {
        scanner.expect(",");
        entry.target = scanner.bytes_member("target");
    }
    if (scanner.take(",\"attributes\":{"))
        parse_attributes(scanner, entry);
    if (entry.type == EntryType::regular && entry.size > 0)
        parse_placement(scanner, entry);
    scanner.expect("}");
    if (!scanner.complete())
        return Error{Code::FORMAT, "it is no canonical entry line"};
    return entry;
}

Result<BaseLine> parse_base_line(std::string_view line, const Limits &limits) {
    Scanner scanner{line};
    BaseLine file;
    scanner.expect("{");
    file.path = scanner.bytes_member("path");
    scanner.expect(",\"size\":");
    file.size = scanner.number<std::uint64_t>();
    scanner.expect("}");
    if (!scanner.complete())
        return Error{Code::FORMAT, "it is no canonical line of a base file"};
    MOS_CHECK(base::check_entry_path(file.path));
    if (section_of(file.path) != Section::files)
        return Error{Code::PATH_REFUSED, fmt::format("{} is no file of the root", base::in_quotes(file.path))};
    if (file.size == 0 || file.size > limits.payload_bytes)
        return Error{Code::LIMIT, fmt::format("base file {} has {} bytes, 1 to {} are allowed",
                                              base::in_quotes(file.path), file.size, limits.payload_bytes)};
    return file;
}

ContentDigest::ContentDigest() { m_hasher.update(base::as_bytes(content_context)); }

void ContentDigest::add(const Entry &entry) {
    if (!is_content(entry))
        return;
    m_hasher.update(base::as_bytes(write_content_line(entry)));
    m_hasher.update(base::as_bytes("\n"));
}

}  // namespace mos::package
