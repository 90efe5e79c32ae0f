// A backup. The first byte says whether it is read as it is, or with lists that fit whatever entries it has.
#include "target.hpp"

#include "backup_listing.hpp"
#include "tar_reader.hpp"
#include "tar_stream.hpp"

#include <mos/base/path.hpp>
#include <mos/snapshot/backup.hpp>

#include <algorithm>
#include <optional>
#include <set>
#include <string>

namespace {

using namespace mos;
using namespace mos::snapshot;

constexpr std::uint64_t most_content = 1U << 20U;
constexpr BackupLimits narrow{.entries = 10'000, .content_bytes = 1U << 24U};

// Writes what it is given, and lists it.
class Remake {
  public:
    explicit Remake(std::string about)
        : m_about(std::move(about)), m_listing(m_about),
          m_stream(fuzz::must(TarStream::create(
                                  [this](base::ByteView bytes) -> Result<void> {
                                      m_bytes.insert(m_bytes.end(), bytes.begin(), bytes.end());
                                      return {};
                                  },
                                  Compression::none),
                              "a tar is begun")) {
        own(about_path, m_about);
    }

    // False where libarchive writes no such entry.
    bool entry(const Member &member, base::ByteView content) {
        if (member.path.empty() || !m_stream.begin(member) || (!content.empty() && !m_stream.write(content)))
            return false;
        m_listing.add(member, crypto::sha256(content));
        m_content_bytes += content.size();
        if (m_listing.is_full())
            list();
        return true;
    }

    base::Bytes finish() {
        if (!m_listing.is_empty())
            list();
        own(end_path, m_listing.end(m_content_bytes));
        static_cast<void>(m_stream.finish());
        return std::move(m_bytes);
    }

  private:
    void list() {
        const BackupListing::List due = m_listing.take();
        own(due.path, due.text);
    }
    void own(std::string_view path, std::string_view text) {
        Member member;
        member.path = path;
        member.status.size = text.size();
        fuzz::must(m_stream.begin(member), "a list is begun");
        fuzz::must(m_stream.write(base::as_bytes(text)), "a list is written");
    }

    base::Bytes m_bytes;
    std::string m_about;
    BackupListing m_listing;
    TarStream m_stream;
    std::uint64_t m_content_bytes = 0;
};

// The content of the present member; nullopt where it ends too early or has more than a target should read.
std::optional<base::Bytes> content_of(TarReader &tar, const Member &member) {
    if (!member.has_content())
        return base::Bytes{};
    if (member.status.size > most_content)
        return std::nullopt;
    base::Bytes content(static_cast<std::size_t>(member.status.size));
    for (std::size_t done = 0; done < content.size();) {
        const auto count = tar.read(base::MutableByteView{content}.subspan(done));
        if (!count || *count == 0)
            return std::nullopt;
        done += *count;
    }
    return content;
}

base::Bytes made_right(base::ByteView input) {
    const auto source = base::make_memory_source(base::to_bytes(input), "backup");
    auto tar = TarReader::open(*source);
    if (!tar)
        return {};
    std::optional<Remake> remake;
    for (;;) {
        const auto found = tar->next();
        if (!found || *found == nullptr)
            break;
        const Member member = **found;
        const std::optional<base::Bytes> content = content_of(*tar, member);
        if (!content)
            break;
        if (!remake) {
            remake.emplace(member.path == about_path ? std::string{base::as_text(*content)}
                                                     : about_to_text({.created_unix_s = 0, .paths = {"d"}}));
            if (member.path == about_path)
                continue;
        }
        if (!base::is_below(member.path, listing_folder) && !remake->entry(member, *content))
            break;
    }
    return remake ? remake->finish() : base::Bytes{};
}

// What was read, as text; nullopt where it is refused.
std::optional<std::string> read_all(base::Bytes bytes) {
    const auto source = base::make_memory_source(std::move(bytes), "backup");
    auto reader = BackupReader::open(*source, narrow);
    if (!reader)
        return std::nullopt;
    std::set<std::string> folders;
    const std::set<std::string> tops{reader->about().paths.begin(), reader->about().paths.end()};
    std::string text;
    std::string last;
    for (;;) {
        const auto entry = reader->next();
        if (!entry)
            return std::nullopt;
        if (*entry == nullptr)
            return text;
        const BackupEntry &found = **entry;
        fuzz::hold(base::check_entry_path(found.path).ok(), "an entry has a path that is sound");
        fuzz::hold(tops.contains(found.path) || folders.contains(std::string{base::split_path(found.path).parent}),
                   "an entry is at a path of the backup, or in a folder that the backup has");
        fuzz::hold(text.empty() || WalkOrder{}(last, found.path), "entries stand in their order, each once");
        fuzz::hold(found.hard_link_to.empty() || base::check_entry_path(found.hard_link_to).ok(),
                   "a link leads to a path that is sound");
        last = found.path;
        if (found.hard_link_to.empty() && found.type == base::FileType::directory)
            folders.insert(found.path);
        text += found.path + '\n';
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    if (size == 0)
        return 0;
    base::ByteView input = fuzz::input(data, size);
    const bool as_it_is = input.front() == std::byte{0};
    input = input.subspan(1);
    const base::Bytes backup = as_it_is ? base::to_bytes(input) : made_right(input);
    const std::optional<std::string> first = read_all(backup);
    fuzz::hold(first == read_all(backup), "a backup reads the same again");
    return 0;
}
