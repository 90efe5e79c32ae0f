#include <mos/snapshot/points.hpp>

#include "content.hpp"
#include "ordered_walk.hpp"
#include "point_index.hpp"
#include "point_scope.hpp"
#include "point_store.hpp"

#include <mos/base/bytes.hpp>
#include <mos/crypto/file_digest.hpp>
#include <mos/snapshot/rollback.hpp>
#include <mos/transaction/stage.hpp>
#include <mos/transaction/volumes.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace mos::snapshot {

using base::Directory;
using base::FileStatus;
using base::FileType;
using Stage = PointStore::Folder::Stage;

namespace {

constexpr const char *arriving_content = "content";  // in the folder, until its digest is known
constexpr std::size_t max_open_paths = 100;
constexpr std::int64_t seconds_of_rest = 2;

// What is captured goes beneath `<number>.new`, which is dropped unless it is given to release().
class Capture {
  public:
    Capture(transaction::Site &site, const CaptureRequest &request, PointPaths paths, PointStore &store)
        : m_site(site), m_request(request), m_paths(std::move(paths)), m_store(store) {}
    Capture(const Capture &) = delete;
    Capture &operator=(const Capture &) = delete;
    ~Capture();

    [[nodiscard]] Result<void> run(std::uint64_t id);
    [[nodiscard]] Captured &captured() noexcept { return m_captured; }
    void release() noexcept { m_name.clear(); }

  private:
    struct Folder {
        std::unique_ptr<Directory> owned;
        Directory *directory = nullptr;
        FileStatus home;
    };
    struct Content {
        crypto::Sha256Digest digest{};
        std::uint64_t size = 0;
        std::uint64_t file = 0;
    };

    [[nodiscard]] Result<std::set<std::string>> names_in(const std::string &path, const Folder &folder) const;
    [[nodiscard]] Result<std::optional<Folder>> visit(const std::string &path, const Folder &in);
    [[nodiscard]] Result<bool> add_entry(const std::string &path, Directory &in, const FileStatus &status);
    [[nodiscard]] Result<bool> add_content(const std::string &path, Directory &in, const FileStatus &status,
                                           PastEntry &entry);
    [[nodiscard]] Result<std::optional<Content>> store_content(const std::string &path, Directory &in,
                                                               const FileStatus &status);
    [[nodiscard]] bool rests(const FileStatus &status) const;
    [[nodiscard]] Result<Filled> fill(const std::string &path, base::File &from);
    void note_if_open(const std::string &path, const FileStatus &status);

    transaction::Site &m_site;
    const CaptureRequest &m_request;
    const PointPaths m_paths;
    PointStore &m_store;
    std::string m_name;
    std::unique_ptr<Directory> m_folder;
    std::optional<IndexWriter> m_index;
    DigestSet m_known;  // contents of other points, durable
    std::set<crypto::Sha256Digest> m_added;
    std::map<std::pair<std::uint64_t, std::uint64_t>, Content> m_linked;  // by device and inode
    FileIds m_open;
    base::Progress m_progress;
    Captured m_captured;
};

Capture::~Capture() {
    if (m_name.empty())
        return;
    try {
        m_index.reset();
        m_folder.reset();
        // What stays for want of memory or room is cleared away by the next recovery.
        if (const auto swept = m_store.sweep({&m_name, 1}); swept)
            static_cast<void>(base::remove_tree(m_store.directory(), m_name));
    } catch (const std::bad_alloc &) {
        return;
    }
}

void Capture::note_if_open(const std::string &path, const FileStatus &status) {
    if (!m_open.contains({status.device, status.inode}))
        return;
    ++m_captured.open_count;
    if (m_captured.open_for_writing.size() < max_open_paths)
        m_captured.open_for_writing.push_back(path);
}

// Whether another write to the file would give it another time: times are as fine as the kernel's tick, and one that
// lies in the future says nothing.
bool Capture::rests(const FileStatus &status) const {
    return !m_open.contains({status.device, status.inode}) &&
           status.modified.seconds + seconds_of_rest <= m_site.clock.now_unix_s();
}

Result<Filled> Capture::fill(const std::string &path, base::File &from) {
    constexpr int attempts = 3;
    for (int attempt = 1;; ++attempt) {
        MOS_TRY(const FileStatus before, from.status());
        MOS_TRY(const auto to, m_folder->open_file(arriving_content, base::OpenMode::create_new));
        const Digest digest = rests(before) ? Digest::of_the_old_file : Digest::needed;
        MOS_TRY(Filled filled, fill_from(*to, from, digest, m_site.observer));
        MOS_TRY(const FileStatus after, from.status());
        if (transaction::witness_of(before) == transaction::witness_of(after))
            return filled;
        if (filled.shared) {  // at one moment: what is in the point now counts
            MOS_TRY(filled.digest, crypto::sha256_of(*to, m_site.observer));
            return filled;
        }
        if (attempt == attempts) {
            m_site.observer.notice(fmt::format("{} was written to while it was captured, and may be half written in "
                                               "the recovery point",
                                               base::in_quotes(path)));
            return filled;
        }
        MOS_CHECK(m_folder->remove_file(arriving_content));
    }
}

// Nothing where it is gone by now.
Result<std::optional<Capture::Content>> Capture::store_content(const std::string &path, Directory &in,
                                                               const FileStatus &status) {
    auto opened = in.open_file(base::split_path(path).name, base::OpenMode::read);
    if (!opened && base::is_gone(opened.error()))
        return std::optional<Content>{};
    MOS_TRY(const auto from, std::move(opened));
    if (status.size == 0)
        return std::optional{Content{.digest = crypto::sha256({}), .size = 0, .file = 0}};
    MOS_TRY(const Filled filled, fill(path, *from));
    m_progress.done_bytes += filled.bytes;
    const Content content{.digest = *filled.digest, .size = filled.bytes, .file = 0};
    // One that no point knows may lie there torn: a cut may have come while it was captured.
    if (contains(m_known, content.digest) || m_added.contains(content.digest)) {
        m_captured.known_bytes += filled.bytes;
        MOS_CHECK(m_folder->remove_file(arriving_content));
        return std::optional{content};
    }
    (filled.shared ? m_captured.shared_bytes : m_captured.copied_bytes) += filled.bytes;
    MOS_CHECK(m_store.take_content(*m_folder, arriving_content, content.digest));
    m_added.insert(content.digest);
    return std::optional{content};
}

Result<bool> Capture::add_content(const std::string &path, Directory &in, const FileStatus &status, PastEntry &entry) {
    note_if_open(path, status);
    const std::pair<std::uint64_t, std::uint64_t> id{status.device, status.inode};
    auto linked = status.links > 1 ? m_linked.find(id) : m_linked.end();
    std::optional<Content> content;
    if (linked != m_linked.end()) {
        content = linked->second;
    } else {
        MOS_TRY(content, store_content(path, in, status));
        if (!content)
            return false;
        if (status.links > 1) {
            content->file = m_linked.size() + 1;
            m_linked.emplace(id, *content);
        }
    }
    entry.digest = content->digest;
    entry.size = content->size;
    entry.file = content->file;
    entry.unchanged = transaction::witness_of(status);
    m_captured.point.content_bytes += entry.size;
    return true;
}

// False where it is gone by now.
Result<bool> Capture::add_entry(const std::string &path, Directory &in, const FileStatus &status) {
    const std::string_view name = base::split_path(path).name;
    PastEntry entry;
    entry.type = status.type;
    auto attributes = transaction::read_attributes(in, name, status, transaction::AccessLists::told);
    if (!attributes && base::is_gone(attributes.error()))
        return false;
    MOS_TRY(entry.attributes, std::move(attributes));
    if (status.type == FileType::symlink) {
        auto target = in.read_symlink(name);
        if (!target && base::is_gone(target.error()))
            return false;
        MOS_TRY(entry.link_target, std::move(target));
    }
    if (status.type == FileType::regular) {
        MOS_TRY(const bool there, add_content(path, in, status, entry));
        if (!there)
            return false;
    }
    ++m_progress.done_entries;
    m_site.observer.report(m_progress);
    MOS_CHECK(m_index->append(path, entry));
    return true;
}

Result<std::set<std::string>> Capture::names_in(const std::string &path, const Folder &folder) const {
    std::set<std::string> names = m_paths.names_towards(path);
    if (!m_paths.in_tree(path))
        return names;
    MOS_TRY(const auto entries, folder.directory->list());
    for (const base::DirectoryEntry &entry : entries)
        names.insert(entry.name);
    return names;
}

Result<std::optional<Capture::Folder>> Capture::visit(const std::string &path, const Folder &in) {
    MOS_CHECK(m_site.observer.checkpoint());
    const std::string_view name = base::split_path(path).name;
    if (m_paths.is_excluded(path))
        return std::optional<Folder>{};
    MOS_TRY(const auto status, in.directory->find(name));
    if (!status)
        return std::optional<Folder>{};
    const bool is_wanted = m_paths.in_tree(path) || m_paths.singles.contains(path);
    if (transaction::is_mount_point(in.home, *status)) {
        m_captured.left_out += is_wanted ? 1U : 0U;
        const bool is_named = m_request.scope == state::PointScope::paths && is_wanted;
        if (is_named)
            m_site.observer.notice(
                fmt::format("{} is left out of the recovery point: something is mounted there", base::in_quotes(path)));
        return std::optional<Folder>{};
    }
    if (is_wanted) {
        MOS_TRY(const bool there, add_entry(path, *in.directory, *status));
        if (!there)
            return std::optional<Folder>{};
    }
    if (status->type != FileType::directory)
        return std::optional<Folder>{};
    auto opened = in.directory->open_directory(name, base::Symlinks::refuse);
    if (!opened && base::is_gone(opened.error()))
        return std::optional<Folder>{};
    Folder folder;
    MOS_TRY(folder.owned, std::move(opened));
    folder.directory = folder.owned.get();
    folder.home = *status;
    return std::optional{std::move(folder)};
}

Result<void> Capture::run(std::uint64_t id) {
    m_progress.phase = base::Phase::staging;
    MOS_TRY(const auto others, m_store.folders());
    std::vector<std::string> names;
    for (const PointStore::Folder &folder : others) {
        if (folder.stage == Stage::whole)
            names.push_back(folder.name);
    }
    // Where an index can't be read nothing is known of the contents that lie there, and they are made anew.
    if (auto known = m_store.referenced(names); known)
        m_known = std::move(known).value();
    m_name = PointStore::name_of(id, Stage::arriving);
    MOS_CHECK(m_store.directory().make_directory(m_name, 0700));
    MOS_TRY(m_folder, m_store.open(m_name));
    MOS_TRY(m_index,
            IndexWriter::create(
                *m_folder, {.point = id, .trees = m_paths.trees, .excluded = m_paths.excluded, .access_lists = true}));
    if (m_request.open_files) {
        MOS_TRY(m_open, m_request.open_files());
    }
    Folder root;
    root.directory = &m_site.root;
    MOS_TRY(root.home, m_site.root.own_status());
    MOS_CHECK(walk_in_order(
        std::string{}, root, [this](const std::string &path, const Folder &in) { return names_in(path, in); },
        [this](const std::string &path, const Folder &in) { return visit(path, in); }));
    m_captured.point.entries = m_index->count();
    MOS_TRY(m_captured.point.index_digest, m_index->finish());
    return {};
}

Error unusable(std::string message) { return Error{Code::INVALID_ARGUMENT, std::move(message)}; }

Result<void> check_request(const CaptureRequest &request) {
    if (request.description.size() > max_description_bytes)
        return unusable(fmt::format("a description has {} bytes at most", max_description_bytes));
    if (!request.description.empty() && !base::is_clean_text(request.description))
        return unusable("a description is one line of text");
    if (request.tags.size() > max_tags)
        return unusable(fmt::format("a recovery point has {} tags at most", max_tags));
    for (const std::string &tag : request.tags) {
        if (tag.empty() || tag.size() > max_tag_bytes || !base::is_clean_text(tag) ||
            tag.find(',') != std::string::npos)
            return unusable(fmt::format("{} is no tag: a tag is a text of at most {} bytes without commas",
                                        base::in_quotes(tag), max_tag_bytes));
    }
    if (request.names.size() > max_scope_names)
        return unusable(fmt::format("a scope names {} paths or packages at most", max_scope_names));
    const bool takes_names = request.scope == state::PointScope::packages || request.scope == state::PointScope::paths;
    if (!takes_names && !request.names.empty())
        return unusable(fmt::format("the scope {} takes no names", state::scope_name(request.scope)));
    if (request.scope == state::PointScope::paths && request.names.empty())
        return unusable("the scope paths needs at least one path");
    return {};
}

// A number that neither a transaction nor a stage has.
Result<std::uint64_t> free_number(transaction::Site &site, PointStore &store) {
    MOS_TRY(std::uint64_t id, state::Transactions{site.database}.next_id());
    MOS_TRY(const auto folders, store.folders());
    for (const PointStore::Folder &folder : folders)
        id = std::max(id, folder.id + 1);
    return id;
}

}  // namespace

// Everything is written, then flushed once, then the row is committed; the name follows, which recovery can give too.
Result<Captured> capture_point(transaction::Site &site, const CaptureRequest &request) {
    MOS_CHECK(check_request(request));
    MOS_CHECK(transaction::check_none_unfinished(site.database));
    Directory *const folder = site.database.directory();
    if (folder == nullptr)
        return Error{Code::INTERNAL, "a database in memory keeps no recovery points"};
    MOS_TRY(PointPaths paths, paths_of(site, request));
    MOS_TRY(const auto packages, packages_of(site, request));
    MOS_TRY(const auto sync_point, folder->open_sync_point());
    MOS_TRY(const auto store, PointStore::make(*folder));
    MOS_TRY(const std::uint64_t id, free_number(site, *store));
    Capture capture{site, request, std::move(paths), *store};
    MOS_CHECK(capture.run(id));
    site.observer.report({.phase = base::Phase::settling});
    if (auto flushed = sync_point->flush(); !flushed)
        return in_context(std::move(flushed).error(), "can't flush what was captured");
    Captured captured = capture.captured();
    state::Point &point = captured.point;
    point.id = id;
    point.time_unix_s = site.clock.now_unix_s();
    point.description = request.description;
    point.scope = request.scope;
    point.names = request.names;
    point.tags = request.tags;
    std::vector<std::uint64_t> rows;
    rows.reserve(packages.size());
    for (const state::InstalledPackage &package : packages)
        rows.push_back(package.id);
    auto committed = site.database.commit(state::Durability::durable,
                                          [&] { return state::Points{site.database}.insert(point, rows); });
    if (committed || site.database.failed())
        capture.release();  // its fate is the row's
    MOS_CHECK(committed);
    MOS_CHECK(store->directory().rename(PointStore::name_of(id, Stage::arriving), store->directory(),
                                        PointStore::name_of(id, Stage::whole), base::RenameMode::keep_existing));
    return captured;
}

}  // namespace mos::snapshot
