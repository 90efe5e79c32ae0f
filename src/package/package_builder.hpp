// A package out of entries that are given one by one: what all ways to make one have in common.
#pragma once

#include "payload_writer.hpp"

#include <mos/package/writer.hpp>

namespace mos::package {

// INVALID_ARGUMENT for options out of range.
[[nodiscard]] Result<void> check_options(const CreateOptions &options);

class PackageBuilder {
  public:
    // `statement` says what is known before: name, version, kind, time. The options outlive the builder.
    [[nodiscard]] static Result<std::unique_ptr<PackageBuilder>>
    begin(const CreateOptions &options, Statement statement, base::Directory &output, std::string_view name);

    [[nodiscard]] Statement &statement() noexcept { return m_statement; }

    // One of the three metadata files, with all that its entry says; they come first, in their order.
    [[nodiscard]] Result<Entry> store_metadata(std::string_view path, const ContentReader &content);
    // The next member of the tar; where its content stands.
    [[nodiscard]] Result<Extent> store(const Entry &entry, const ContentReader &content) {
        return m_payload.add(entry, content);
    }
    // What was stored stands in other frames than what comes.
    [[nodiscard]] Result<void> cut() { return m_payload.cut(); }
    // The next line of the index.
    [[nodiscard]] Result<void> add_line(const Entry &entry);

    // Head and payload, put together and read as its readers will: nobody has seen it yet. Nothing is added after it.
    [[nodiscard]] Result<base::ScratchFile> finish(base::Directory &output, std::string_view name);
    [[nodiscard]] CreateReport report() const;

  private:
    PackageBuilder(const CreateOptions &options, Statement statement, base::ScratchFile payload,
                   base::ScratchFile lines);
    [[nodiscard]] Result<void> write_index(base::ScratchFile &package);
    [[nodiscard]] Result<void> assemble(base::ScratchFile &package);

    const CreateOptions *m_options;
    Statement m_statement;
    PayloadWriter m_payload;
    base::ScratchFile m_lines;  // the entries' lines of the index
    ContentDigest m_content_digest;
    CreateReport m_report;
};

}  // namespace mos::package
