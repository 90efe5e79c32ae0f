// The lines of the index: canonical JSON, one object a line, so that a thing has one spelling and a parser needs no
// tree.
#pragma once

#include <mos/package/entry.hpp>

#include <string>
#include <string_view>

namespace mos::package {

// One frame of the payload, as its index line says; its place follows from the ones before it.
struct FrameLine {
    std::uint64_t number = 0;
    std::uint64_t stored_bytes = 0;
    std::uint64_t plain_bytes = 0;
    crypto::Sha256Digest stored_sha256{};
    crypto::Sha256Digest plain_sha256{};
    friend bool operator==(const FrameLine &, const FrameLine &) = default;
};

// A file of the base that a patch needs, as a line of the patch's list says; the order is that in which they are
// joined. What it holds is known where the base is.
struct BaseLine {
    std::string path;  // of the base package's entry: "content/files/usr/bin/x"
    std::uint64_t size = 0;
    friend bool operator==(const BaseLine &, const BaseLine &) = default;
};

// The same, and what it holds.
struct BaseFile {
    std::string path;  // of the base package's entry: "content/files/usr/bin/x"
    std::uint64_t size = 0;
    crypto::Sha256Digest sha256{};
    friend bool operator==(const BaseFile &, const BaseFile &) = default;
};

[[nodiscard]] inline BaseLine line_of(const BaseFile &file) { return {file.path, file.size}; }
// What the base must have where the entry is unchanged.
[[nodiscard]] inline BaseFile unchanged_file(const Entry &entry) { return {entry.path, entry.size, entry.sha256}; }

// Lines without their newline. Any entry can be written; only what check_entry() accepts is read back by Package.
[[nodiscard]] std::string write_frame_line(const FrameLine &frame);
[[nodiscard]] std::string write_entry_line(const Entry &entry);
// The entry's line without where its content stands: what the content digest is over.
[[nodiscard]] std::string write_content_line(const Entry &entry);
[[nodiscard]] std::string write_base_line(const BaseLine &line);

// FORMAT for anything that the writers above would not have written for some frame or entry. Rules that go beyond the
// spelling are check_entry()'s.
[[nodiscard]] Result<FrameLine> parse_frame_line(std::string_view line);
[[nodiscard]] Result<Entry> parse_entry_line(std::string_view line);
// PATH_REFUSED and LIMIT as well: such a line has no further rules.
[[nodiscard]] Result<BaseLine> parse_base_line(std::string_view line, const Limits &limits);

// "name":"text", or "name_base64":"…" when the bytes are not clean text.
[[nodiscard]] std::string write_bytes_member(std::string_view name, std::string_view bytes);

// SHA-256 over all content lines in the order of the index: a package's identity, whatever the compressor, and whether
// it holds its content or what makes it out of another release. So the files of patches do not count.
class ContentDigest {
  public:
    ContentDigest();
    void add(const Entry &entry);
    [[nodiscard]] crypto::Sha256Digest finish() { return m_hasher.finish(); }

  private:
    crypto::Sha256 m_hasher;
};

}  // namespace mos::package
