#include <mos/snapshot/archive.hpp>

#include "archive_walk.hpp"
#include "tar_stream.hpp"

#include <fmt/format.h>

#include <array>

namespace mos::snapshot {

namespace {

struct CompressionText {
    std::string_view name;
    std::string_view ending;
};
constexpr std::array<CompressionText, 4> compressions{
    {{"none", ".tar"}, {"gzip", ".tar.gz"}, {"zstd", ".tar.zst"}, {"lz4", ".tar.lz4"}}};

class PlainSink final : public MemberSink {
  public:
    explicit PlainSink(TarStream &stream) : m_stream(stream) {}
    Result<void> begin(const Member &member) override { return m_stream.begin(member); }
    Result<void> write(base::ByteView bytes) override { return m_stream.write(bytes); }
    Result<void> end() override { return {}; }

  private:
    TarStream &m_stream;
};

}  // namespace

std::string_view compression_name(Compression compression) noexcept {
    return compressions.at(static_cast<std::size_t>(compression)).name;
}

std::string_view archive_ending(Compression compression) noexcept {
    return compressions.at(static_cast<std::size_t>(compression)).ending;
}

Result<Compression> compression_named(std::string_view name) {
    for (std::size_t i = 0; i < compressions.size(); ++i) {
        if (compressions.at(i).name == name)
            return static_cast<Compression>(i);
    }
    return Error{Code::INVALID_ARGUMENT,
                 fmt::format("{} is no compression; there are none, gzip, zstd and lz4", base::in_quotes(name))};
}

Result<ArchiveReport> write_archive(base::Directory &root, const std::vector<std::string> &paths, base::File &out,
                                    base::Observer &observer) {
    MOS_TRY(const base::FileStatus out_status, out.status());
    std::uint64_t offset = 0;
    const auto append = [&](base::ByteView bytes) -> Result<void> {
        MOS_CHECK(out.write_at(offset, bytes));
        offset += bytes.size();
        return {};
    };
    MOS_TRY(TarStream stream, TarStream::create(append, Compression::zstd));
    PlainSink sink{stream};
    MOS_TRY(ArchiveReport report, walk_members(root, paths, {.out = out_status}, sink, observer));
    MOS_TRY(report.archive_bytes, stream.finish());
    return report;
}

}  // namespace mos::snapshot
