#include <mos/state/packages.hpp>

#include "sqlite.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mos::state {

namespace {

// A row of `packages p` is in force when what brought it is in effect and what took it away is not.
constexpr std::string_view in_force =
    "EXISTS (SELECT 1 FROM transactions t WHERE t.id = p.installed_by AND t.in_effect) AND "
    "NOT EXISTS (SELECT 1 FROM transactions t WHERE t.id = p.removed_by AND t.in_effect)";

// The same before a transaction, whose number is asked for twice.
constexpr std::string_view was_in_force =
    "EXISTS (SELECT 1 FROM transactions t WHERE t.id = p.installed_by AND t.in_effect AND t.id < ?) AND "
    "NOT EXISTS (SELECT 1 FROM transactions t WHERE t.id = p.removed_by AND t.in_effect AND t.id < ?)";

constexpr std::string_view package_columns =
    "p.id, p.name, p.version, p.release, p.architecture, p.type, p.content_digest, p.signer, p.manifest, "
    "p.prefix, p.template_values, p.automatic";

constexpr std::string_view file_columns =
    "f.package, f.path, f.type, f.attributes, f.size, f.digest, f.link_target, f.link_group, f.role";

void copy_digest(std::array<std::byte, 32> &digest, const std::string &stored) {
    const base::ByteView bytes = base::as_bytes(stored);
    std::copy_n(bytes.begin(), std::min(bytes.size(), digest.size()), digest.begin());
}

InstalledPackage read_package(const Statement &row) {
    InstalledPackage package{.id = row.unsigned_at(0),
                             .name = row.text_at(1),
                             .version = row.text_at(2),
                             .release = row.text_at(3),
                             .architecture = row.text_at(4),
                             .type = row.text_at(5),
                             .content_digest = {},
                             .signer = row.text_at(7),
                             .manifest = row.text_at(8),
                             .prefix = row.text_at(9),
                             .template_values = row.text_at(10),
                             .automatic = row.integer_at(11) != 0};
    copy_digest(package.content_digest, row.text_at(6));
    return package;
}

Result<InstalledFile> read_file(const Statement &row) {
    InstalledFile file;
    file.package = row.unsigned_at(0);
    file.path = row.text_at(1);
    file.type = static_cast<base::FileType>(row.integer_at(2));
    MOS_TRY(file.attributes, attributes_from_text(row.text_at(3)));
    file.size = row.unsigned_at(4);
    copy_digest(file.digest, row.text_at(5));
    file.link_target = row.text_at(6);
    file.link_group = row.text_at(7);
    file.role = static_cast<FileRole>(row.integer_at(8));
    return file;
}

Result<std::vector<InstalledPackage>> read_packages(Statement &rows) {
    std::vector<InstalledPackage> found;
    for (;;) {
        MOS_TRY(const bool row, rows.step());
        if (!row)
            return found;
        found.push_back(read_package(rows));
    }
}

Result<std::vector<Packages::Owner>> read_owners(Statement &rows) {
    std::vector<Packages::Owner> found;
    for (;;) {
        MOS_TRY(const bool row, rows.step());
        if (!row)
            return found;
        MOS_TRY(InstalledFile file, read_file(rows));
        found.push_back({rows.text_at(9), std::move(file)});
    }
}

}  // namespace

bool stands_as_installed(const InstalledFile &file, const base::FileStatus &status) noexcept {
    if (file.type != status.type)
        return false;
    return file.type == base::FileType::directory ||
           (file.attributes.modified == status.modified &&
            (file.type != base::FileType::regular || file.size == status.size));
}

Result<std::optional<InstalledPackage>> Packages::find(std::string_view name) {
    MOS_TRY(Statement row, m_database.connection().prepare_once(fmt::format(
                               "SELECT {} FROM packages p WHERE p.name = ? AND {}", package_columns, in_force)));
    row.text(name);
    MOS_TRY(const bool found, row.step());
    if (!found)
        return std::optional<InstalledPackage>{};
    return std::optional<InstalledPackage>{read_package(row)};
}

Result<std::optional<InstalledPackage>> Packages::row(std::uint64_t id) {
    MOS_TRY(Statement rows, m_database.connection().prepare_once(
                                fmt::format("SELECT {} FROM packages p WHERE p.id = {}", package_columns, id)));
    MOS_TRY(std::vector<InstalledPackage> found, read_packages(rows));
    if (found.empty())
        return std::optional<InstalledPackage>{};
    return std::optional{std::move(found.front())};
}

namespace {

Result<std::vector<InstalledPackage>> select_packages(Database &database, std::string_view condition) {
    MOS_TRY(Statement rows, database.connection().prepare_once(fmt::format(
                                "SELECT {} FROM packages p WHERE {} ORDER BY p.name", package_columns, condition)));
    return read_packages(rows);
}

}  // namespace

Result<std::vector<InstalledPackage>> Packages::list() { return select_packages(m_database, in_force); }

Result<std::vector<InstalledPackage>> Packages::list_before(std::uint64_t transaction) {
    MOS_TRY(Statement rows, m_database.connection().prepare_once(fmt::format(
                                "SELECT {} FROM packages p WHERE {} ORDER BY p.name", package_columns, was_in_force)));
    rows.unsigned_integer(transaction).unsigned_integer(transaction);
    return read_packages(rows);
}

Result<std::vector<InstalledPackage>> Packages::taken_away_by(std::uint64_t transaction) {
    return select_packages(
        m_database, fmt::format("p.removed_by = {} AND "
                                "EXISTS (SELECT 1 FROM transactions t WHERE t.id = p.installed_by AND t.in_effect)",
                                static_cast<std::int64_t>(transaction)));
}

Result<std::vector<InstalledPackage>> Packages::brought_by(std::uint64_t transaction) {
    return select_packages(m_database, fmt::format("p.installed_by = {}", static_cast<std::int64_t>(transaction)));
}

Result<void> Packages::each_content(const TakeContent &take) {
    MOS_TRY(Statement rows,
            m_database.connection().prepare_once(
                fmt::format("SELECT f.path, f.size, f.digest FROM packages p JOIN files f ON f.package = p.id "
                            "WHERE f.type = {} AND f.role != {} AND {}",
                            static_cast<int>(base::FileType::regular), static_cast<int>(FileRole::output), in_force)));
    for (;;) {
        MOS_TRY(const bool row, rows.step());
        if (!row)
            return {};
        std::array<std::byte, 32> digest{};
        copy_digest(digest, rows.text_at(2));
        take(rows.text_at(0), rows.unsigned_at(1), digest);
    }
}

Result<std::string> Packages::credentials(std::uint64_t package) {
    MOS_TRY(Statement row, m_database.connection().prepare("SELECT credentials FROM packages WHERE id = ?"));
    row.unsigned_integer(package);
    MOS_TRY(const bool found, row.step());
    return found ? row.text_at(0) : std::string{};
}

Result<std::string> Packages::version_floor(std::string_view name) {
    MOS_TRY(Statement row, m_database.connection().prepare("SELECT version FROM version_floors WHERE package = ?"));
    row.text(name);
    MOS_TRY(const bool found, row.step());
    return found ? row.text_at(0) : std::string{};
}

Result<void> Packages::set_version_floor(std::string_view name, std::string_view version, std::uint64_t transaction) {
    MOS_TRY(Statement row, m_database.connection().prepare("INSERT OR REPLACE INTO version_floors VALUES (?, ?, ?)"));
    return row.text(name).text(version).unsigned_integer(transaction).run();
}

Result<std::vector<Packages::Owner>> Packages::owners(std::string_view path) {
    static const std::string sql = fmt::format("SELECT {}, p.name FROM files f JOIN packages p ON p.id = f.package "
                                               "WHERE f.path = ? AND {} ORDER BY p.name",
                                               file_columns, in_force);
    MOS_TRY(Statement rows, m_database.connection().prepare(sql.c_str()));
    rows.blob(path);
    return read_owners(rows);
}

Result<std::vector<Packages::Owner>> Packages::owners_before(std::string_view path, std::uint64_t transaction) {
    static const std::string sql = fmt::format("SELECT {}, p.name FROM files f JOIN packages p ON p.id = f.package "
                                               "WHERE f.path = ? AND {} ORDER BY p.name",
                                               file_columns, was_in_force);
    MOS_TRY(Statement rows, m_database.connection().prepare(sql.c_str()));
    rows.blob(path).unsigned_integer(transaction).unsigned_integer(transaction);
    return read_owners(rows);
}

Result<std::optional<InstalledFile>> Packages::find_file(std::uint64_t package, std::string_view path) {
    static const std::string sql =
        fmt::format("SELECT {} FROM files f WHERE f.package = ? AND f.path = ?", file_columns);
    MOS_TRY(Statement row, m_database.connection().prepare(sql.c_str()));
    row.unsigned_integer(package).blob(path);
    MOS_TRY(const bool found, row.step());
    if (!found)
        return std::optional<InstalledFile>{};
    MOS_TRY(InstalledFile file, read_file(row));
    return std::optional<InstalledFile>{std::move(file)};
}

Result<std::uint64_t> Packages::insert(const InstalledPackage &package, std::uint64_t transaction) {
    Connection &connection = m_database.connection();
    MOS_TRY(Statement row,
            connection.prepare("INSERT INTO packages (name, version, release, architecture, type, content_digest, "
                               "signer, manifest, prefix, template_values, automatic, credentials, installed_by) "
                               "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    MOS_CHECK(row.text(package.name)
                  .text(package.version)
                  .text(package.release)
                  .text(package.architecture)
                  .text(package.type)
                  .blob(base::ByteView{package.content_digest})
                  .text(package.signer)
                  .text(package.manifest)
                  .blob(package.prefix)
                  .text(package.template_values)
                  .integer(package.automatic ? 1 : 0)
                  .blob(package.credentials)
                  .unsigned_integer(transaction)
                  .run());
    return static_cast<std::uint64_t>(connection.last_row());
}

Result<std::uint64_t> Packages::bring_back(std::uint64_t package, std::uint64_t transaction) {
    Connection &connection = m_database.connection();
    MOS_TRY(Statement row,
            connection.prepare("INSERT INTO packages (name, version, release, architecture, type, content_digest, "
                               "signer, manifest, prefix, template_values, automatic, credentials, installed_by) "
                               "SELECT name, version, release, architecture, type, content_digest, signer, manifest, "
                               "prefix, template_values, automatic, credentials, ? FROM packages WHERE id = ?"));
    MOS_CHECK(row.unsigned_integer(transaction).unsigned_integer(package).run());
    const auto copy = static_cast<std::uint64_t>(connection.last_row());
    MOS_TRY(Statement files,
            connection.prepare("INSERT INTO files (package, path, type, attributes, size, digest, link_target, "
                               "link_group, role) SELECT ?, path, type, attributes, size, digest, link_target, "
                               "link_group, role FROM files WHERE package = ?"));
    MOS_CHECK(files.unsigned_integer(copy).unsigned_integer(package).run());
    return copy;
}

Result<void> Packages::insert_file(const InstalledFile &file) {
    const std::string attributes = attributes_to_text(file.attributes);
    const base::ByteView digest{file.digest};
    MOS_TRY(Statement row, m_database.connection().prepare(
                               "INSERT INTO files (package, path, type, attributes, size, digest, link_target, "
                               "link_group, role) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    return row.unsigned_integer(file.package)
        .blob(file.path)
        .integer(static_cast<std::int64_t>(file.type))
        .text(attributes)
        .unsigned_integer(file.size)
        .blob(file.type == base::FileType::regular ? digest : base::ByteView{})
        .blob(file.link_target)
        .blob(file.link_group)
        .integer(static_cast<std::int64_t>(file.role))
        .run();
}

Result<void> Packages::mark_removed(std::uint64_t package, std::uint64_t transaction) {
    MOS_TRY(Statement row, m_database.connection().prepare("UPDATE packages SET removed_by = ? WHERE id = ?"));
    return row.unsigned_integer(transaction).unsigned_integer(package).run();
}

Result<void> Packages::forget(std::uint64_t transaction, bool in_effect) {
    // In effect: what it took away can't come back. Not in effect: what it brought can't.
    Connection &connection = m_database.connection();
    // What a captured point has is kept for it.
    const std::string gone = fmt::format("{} = ? AND id NOT IN (SELECT package FROM point_packages)",
                                         in_effect ? "removed_by" : "installed_by");
    MOS_TRY(Statement files, connection.prepare_once(fmt::format(
                                 "DELETE FROM files WHERE package IN (SELECT id FROM packages WHERE {})", gone)));
    MOS_CHECK(files.unsigned_integer(transaction).run());
    MOS_TRY(Statement packages, connection.prepare_once(fmt::format("DELETE FROM packages WHERE {}", gone)));
    return packages.unsigned_integer(transaction).run();
}

// One ordered range a package, merged here: SQLite would unite them in a sorter that holds every row.
struct InstalledFileCursor::State {
    struct Range {
        Statement rows;
        std::optional<InstalledFile> next;
    };
    std::vector<Range> ranges;
};

namespace {

Result<std::optional<InstalledFile>> next_file(Statement &rows) {
    MOS_TRY(const bool row, rows.step());
    if (!row)
        return std::optional<InstalledFile>{};
    MOS_TRY(InstalledFile file, read_file(rows));
    return std::optional<InstalledFile>{std::move(file)};
}

}  // namespace

InstalledFileCursor::InstalledFileCursor(std::unique_ptr<State> state) : m_state(std::move(state)) {}
InstalledFileCursor::InstalledFileCursor(InstalledFileCursor &&) noexcept = default;
InstalledFileCursor &InstalledFileCursor::operator=(InstalledFileCursor &&) noexcept = default;
InstalledFileCursor::~InstalledFileCursor() = default;

Result<InstalledFileCursor> InstalledFileCursor::open(Database &database, const std::vector<std::uint64_t> &packages) {
    auto state = std::make_unique<State>();
    for (const std::uint64_t id : packages) {
        MOS_TRY(Statement rows, database.connection().prepare_once(fmt::format(
                                    "SELECT {} FROM files f WHERE f.package = {} ORDER BY f.path", file_columns, id)));
        MOS_TRY(std::optional<InstalledFile> first, next_file(rows));
        state->ranges.push_back({std::move(rows), std::move(first)});
    }
    return InstalledFileCursor{std::move(state)};
}

Result<std::optional<InstalledFile>> InstalledFileCursor::next() {
    State::Range *lowest = nullptr;
    for (State::Range &range : m_state->ranges) {
        if (range.next && (lowest == nullptr || range.next->path < lowest->next->path))
            lowest = &range;
    }
    if (lowest == nullptr)
        return std::optional<InstalledFile>{};
    std::optional<InstalledFile> file = std::move(lowest->next);
    MOS_TRY(lowest->next, next_file(lowest->rows));
    return file;
}

}  // namespace mos::state
