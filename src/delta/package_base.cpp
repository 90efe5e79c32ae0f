#include "package_base.hpp"

#include <mos/package/bundled.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace mos::delta {

namespace {

constexpr std::size_t most_open_files = 16;
constexpr std::size_t read_bytes = 64U << 10U;

Error differs(const std::string &path, std::string_view what) {
    return Error{Code::BASE_DIFFERS, fmt::format("{} {}", base::in_quotes(path), what)}.about(path);
}

class NoBase final : public BaseFiles {
  public:
    [[nodiscard]] Result<std::unique_ptr<base::Source>> open(const package::BaseLine &line) override {
        return differs(line.path, "is a file of the base, which is not at hand");
    }
};

class BasePackage final : public BaseFiles {
  public:
    explicit BasePackage(std::shared_ptr<package::Package> package) : m_package(std::move(package)) {}

    [[nodiscard]] Result<void> load() {
        MOS_TRY(package::EntryCursor cursor, m_package->entries());
        for (;;) {
            MOS_TRY(std::optional<package::Entry> entry, cursor.next());
            if (!entry)
                return {};
            if (entry->type == package::EntryType::regular && entry->size > 0 && package::installed_path(*entry))
                m_entries.emplace(entry->path, std::move(*entry));
        }
    }

    [[nodiscard]] Result<std::unique_ptr<base::Source>> open(const package::BaseLine &line) override {
        const auto found = m_entries.find(line.path);
        if (found == m_entries.end() || found->second.size != line.size)
            return differs(line.path, "is not in the base package as the delta needs it");
        return package::open_bundled(m_package, found->second);
    }

  private:
    std::shared_ptr<package::Package> m_package;
    std::map<std::string, package::Entry, std::less<>> m_entries;
};

}  // namespace

Result<std::unique_ptr<BaseFiles>> open_base_package(std::shared_ptr<package::Package> base) {
    if (base->statement().kind != package::PackageKind::full)
        return Error{Code::INVALID_ARGUMENT,
                     fmt::format("the base {} is a delta package itself", base::in_quotes(base->name()))}
            .about(base->name());
    auto files = std::make_unique<BasePackage>(std::move(base));
    MOS_CHECK(files->load());
    return std::unique_ptr<BaseFiles>{std::move(files)};
}

BaseFiles &no_base() noexcept {
    static NoBase none;
    return none;
}

JoinedBase::JoinedBase(BaseFiles &base, std::span<const package::BaseLine> files) : m_base(base), m_files(files) {
    m_ends.reserve(files.size());
    for (const package::BaseLine &file : files)
        m_ends.push_back(m_size += file.size);
}

Result<base::Source *> JoinedBase::source_of(std::size_t number) {
    const auto found = std::ranges::find(m_open, number, &Open::number);
    if (found != m_open.end()) {
        std::rotate(m_open.begin(), found, found + 1);
        return m_open.front().source.get();
    }
    if (m_open.size() == most_open_files)
        m_open.pop_back();
    MOS_TRY(auto source, m_base.open(m_files[number]));
    m_open.push_front({number, std::move(source)});
    return m_open.front().source.get();
}

Result<std::size_t> JoinedBase::read_at(std::uint64_t offset, base::MutableByteView out) {
    std::size_t done = 0;
    while (done < out.size() && offset < m_size) {
        const auto at = static_cast<std::size_t>(std::ranges::upper_bound(m_ends, offset) - m_ends.begin());
        const std::uint64_t left = m_ends[at] - offset;
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, out.size() - done));
        MOS_TRY(base::Source *const source, source_of(at));
        const auto read = base::read_exactly(*source, m_files[at].size - left, out.subspan(done, count));
        if (!read && read.error().code() == Code::TRUNCATED)
            return differs(m_files[at].path, "is shorter than the file of the base that the delta needs");
        MOS_CHECK(Result<void>{read});
        done += count;
        offset += count;
    }
    return done;
}

Result<void> copy_base_file(BaseFiles &base, const package::BaseFile &file, const base::ByteSink &sink) {
    MOS_TRY(const auto source, base.open(package::line_of(file)));
    crypto::Sha256 hasher;
    base::Bytes buffer(static_cast<std::size_t>(std::min<std::uint64_t>(file.size, read_bytes)));
    for (std::uint64_t done = 0; done < file.size;) {
        const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), file.size - done));
        MOS_TRY(const std::size_t count, source->read_at(done, base::MutableByteView{buffer}.first(most)));
        if (count == 0)
            break;
        const auto part = base::ByteView{buffer}.first(count);
        hasher.update(part);
        MOS_CHECK(sink(part));
        done += count;
    }
    return hasher.finish() == file.sha256 ? Result<void>{}
                                          : differs(file.path, "is not the file of the base that the delta needs");
}

}  // namespace mos::delta
