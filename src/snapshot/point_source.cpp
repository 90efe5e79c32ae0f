#include <mos/snapshot/points.hpp>

#include "content.hpp"
#include "ordered_walk.hpp"
#include "point_index.hpp"
#include "point_scope.hpp"
#include "point_store.hpp"

#include <mos/snapshot/rollback.hpp>
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

class PointSource final : public RestorationSource {
  public:
    PointSource(transaction::Site &site, state::Point point, std::unique_ptr<PointStore> store,
                std::unique_ptr<Directory> folder)
        : m_site(site), m_point(std::move(point)), m_store(std::move(store)), m_folder(std::move(folder)),
          m_packages(site.database) {}

    [[nodiscard]] std::string name() const override { return recovery_point_name(m_point.id); }
    [[nodiscard]] Result<void> for_each(const Take &take) override;
    [[nodiscard]] Result<std::unique_ptr<base::File>> open_content(const PastPath &past) override;
    [[nodiscard]] Result<std::vector<PackageStep>> packages() override;

  private:
    struct Folder {
        std::unique_ptr<Directory> owned;
        Directory *directory = nullptr;
        FileStatus home;
    };

    [[nodiscard]] bool has_packages() const noexcept {
        return m_point.scope == state::PointScope::full_system || m_point.scope == state::PointScope::packages;
    }
    [[nodiscard]] Result<void> advance();
    [[nodiscard]] Result<void> tell_entry(const Take &take);
    [[nodiscard]] Result<void> tell_before(const std::string &path, const Take &take);
    [[nodiscard]] Result<void> tell_new(const std::string &path, const Take &take);
    [[nodiscard]] Result<std::set<std::string>> names_in(const std::string &path, const Folder &folder) const;
    [[nodiscard]] Result<std::optional<Folder>> visit(const std::string &path, const Folder &in, const Take &take);

    transaction::Site &m_site;
    state::Point m_point;
    std::unique_ptr<PointStore> m_store;
    std::unique_ptr<Directory> m_folder;
    state::Packages m_packages;
    std::optional<IndexReader> m_index;
    PointPaths m_paths;
    std::optional<IndexReader::Entry> m_entry;  // the next one to be told
};

Result<void> PointSource::advance() {
    MOS_TRY(m_entry, m_index->next());
    return {};
}

Result<void> PointSource::tell_entry(const Take &take) {
    PastEntry &entry = m_entry->past;
    if (entry.type == FileType::regular && entry.size > 0) {
        MOS_TRY(const auto content, m_store->find_content(*entry.digest));
        if (!content)
            entry.content = PastEntry::Content::lost;
        else if (content->size != entry.size)
            entry.content = PastEntry::Content::altered;
    }
    const PastPath past{.path = std::move(m_entry->path),
                        .entry = std::move(entry),
                        .with_all_below = false,
                        .left = {.kind = LeftBehind::Kind::anything, .witness = {}},
                        .left_attributes = std::nullopt};
    MOS_CHECK(take(past));
    return advance();
}

// What the point has and is not there any more.
Result<void> PointSource::tell_before(const std::string &path, const Take &take) {
    while (m_entry && m_entry->path < path)
        MOS_CHECK(tell_entry(take));
    return {};
}

// What came since. Where packages stay as they are, what belongs to one stays too.
Result<void> PointSource::tell_new(const std::string &path, const Take &take) {
    if (!has_packages()) {
        MOS_TRY(const auto owners, m_packages.owners(path));
        if (!owners.empty())
            return {};
    }
    return take({.path = path,
                 .entry = std::nullopt,
                 .with_all_below = true,
                 .left = {.kind = LeftBehind::Kind::installed, .witness = {}},
                 .left_attributes = std::nullopt});
}

Result<std::set<std::string>> PointSource::names_in(const std::string &path, const Folder &folder) const {
    std::set<std::string> names = m_paths.names_towards(path);
    if (!m_paths.in_tree(path))
        return names;
    MOS_TRY(const auto entries, folder.directory->list());
    for (const base::DirectoryEntry &entry : entries)
        names.insert(entry.name);
    return names;
}

Result<std::optional<PointSource::Folder>> PointSource::visit(const std::string &path, const Folder &in,
                                                              const Take &take) {
    MOS_CHECK(tell_before(path, take));
    const std::string_view name = base::split_path(path).name;
    if (m_paths.is_excluded(path))
        return std::optional<Folder>{};
    MOS_TRY(const auto status, in.directory->find(name));
    if (!status || transaction::is_mount_point(in.home, *status))
        return std::optional<Folder>{};
    if (m_paths.in_tree(path)) {
        const bool was_there = m_entry && m_entry->path == path;
        const bool was_directory = was_there && m_entry->past.type == FileType::directory;
        MOS_CHECK(was_there ? tell_entry(take) : tell_new(path, take));
        if (!was_directory)
            return std::optional<Folder>{};
    }
    if (status->type != FileType::directory)
        return std::optional<Folder>{};
    Folder folder;
    MOS_TRY(folder.owned, in.directory->open_directory(name, base::Symlinks::refuse));
    folder.directory = folder.owned.get();
    folder.home = *status;
    return std::optional{std::move(folder)};
}

// The index beside what is there now in the trees that were captured, both in byte order.
Result<void> PointSource::for_each(const Take &take) {
    MOS_TRY(m_index, IndexReader::open(*m_folder));
    m_paths = {.trees = m_index->head().trees, .excluded = m_index->head().excluded, .singles = {}};
    MOS_CHECK(advance());
    Folder root;
    root.directory = &m_site.root;
    MOS_TRY(root.home, m_site.root.own_status());
    MOS_CHECK(walk_in_order(
        std::string{}, root, [this](const std::string &path, const Folder &in) { return names_in(path, in); },
        [&](const std::string &path, const Folder &in) { return visit(path, in, take); }));
    while (m_entry)
        MOS_CHECK(tell_entry(take));
    return {};
}

Result<std::unique_ptr<base::File>> PointSource::open_content(const PastPath &past) {
    MOS_TRY(auto content, m_store->open_content(*past.entry->digest));
    if (content == nullptr)
        return Error{Code::POINT_DAMAGED,
                     fmt::format("what {} has kept of {} is lost", name(), base::in_quotes(past.path))}
            .about(past.path);
    return content;
}

Result<std::vector<PackageStep>> PointSource::packages() {
    std::map<std::string, PackageStep> steps;
    if (has_packages()) {
        const auto is_named = [this](const std::string &package) {
            return m_point.names.empty() || std::ranges::find(m_point.names, package) != m_point.names.end();
        };
        MOS_TRY(const auto now, m_packages.list());
        for (const state::InstalledPackage &package : now) {
            if (is_named(package.name))
                steps[package.name].now = package;
        }
        MOS_TRY(const auto rows, state::Points{m_site.database}.packages(m_point.id));
        for (const std::uint64_t row : rows) {
            MOS_TRY(const auto package, m_packages.row(row));
            if (!package)
                return Error{Code::POINT_DAMAGED,
                             fmt::format("the database has forgotten a package that was installed at {}", name())};
            steps[package->name].before = package;
        }
    }
    return changed_steps(std::move(steps));
}

struct OpenedPoint {
    state::Point point;
    std::unique_ptr<PointStore> store;
    std::unique_ptr<Directory> folder;
};

Result<OpenedPoint> open_point(transaction::Site &site, std::uint64_t id) {
    MOS_TRY(auto point, state::Points{site.database}.find(id));
    if (!point)
        return no_recovery_point(id);
    OpenedPoint opened{.point = std::move(*point), .store = nullptr, .folder = nullptr};
    MOS_TRY(opened.store, PointStore::find(*site.database.directory()));
    const auto is_lost = [&](Error cause) {
        const std::string name = recovery_point_name(id);
        return Error{Code::POINT_DAMAGED, fmt::format("what {} has kept is lost", name)}.about(name).caused_by(
            std::move(cause));
    };
    if (opened.store == nullptr)
        return is_lost(Error{Code::NOT_FOUND, fmt::format("there is no '{}/{}'", state_folder, points_name)});
    auto folder = opened.store->open(PointStore::name_of(id, Stage::whole));
    if (!folder && folder.error().code() == Code::NOT_FOUND)
        return is_lost(std::move(folder).error());
    MOS_TRY(opened.folder, std::move(folder));
    MOS_CHECK(check_index(*opened.folder, opened.point));
    return opened;
}

}  // namespace

Result<std::unique_ptr<RestorationSource>> open_point_source(transaction::Site &site, std::uint64_t id) {
    MOS_TRY(OpenedPoint opened, open_point(site, id));
    return std::unique_ptr<RestorationSource>{std::make_unique<PointSource>(
        site, std::move(opened.point), std::move(opened.store), std::move(opened.folder))};
}

}  // namespace mos::snapshot
