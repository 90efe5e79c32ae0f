#include <mos/state/points.hpp>

#include "sqlite.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mos::state {

namespace {

constexpr std::array<std::string_view, 4> scope_names = {"full-system", "packages", "configuration", "paths"};

constexpr std::string_view columns =
    "id, time_unix_s, description, scope, names, tags, entries, content_bytes, index_digest";

// Neither a path nor a name has this byte.
constexpr char between = '\0';

std::string joined(const std::vector<std::string> &texts) {
    return fmt::format("{}", fmt::join(texts, std::string_view{&between, 1}));
}

std::vector<std::string> taken_apart(const std::string &text) {
    std::vector<std::string> texts;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(between, at), text.size());
        texts.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return texts;
}

Result<Point> read_point(const Statement &row) {
    Point point{.id = row.unsigned_at(0),
                .time_unix_s = row.integer_at(1),
                .description = row.text_at(2),
                .scope = static_cast<PointScope>(row.integer_at(3)),
                .names = taken_apart(row.text_at(4)),
                .tags = taken_apart(row.text_at(5)),
                .entries = row.unsigned_at(6),
                .content_bytes = row.unsigned_at(7),
                .index_digest = {}};
    if (point.scope < PointScope::full_system || point.scope > PointScope::paths)
        return Error{Code::DATABASE_DAMAGED, fmt::format("the database holds an unknown scope {}", row.integer_at(3))};
    const std::string digest = row.text_at(8);
    const base::ByteView bytes = base::as_bytes(digest);
    std::copy_n(bytes.begin(), std::min(bytes.size(), point.index_digest.size()), point.index_digest.begin());
    return point;
}

// The rows of packages that no rollback can bring back any more and that no other point keeps.
constexpr const char *forgotten =
    "SELECT p.id FROM packages p JOIN point_packages k ON k.package = p.id WHERE k.point = ?1 AND "
    "NOT EXISTS (SELECT 1 FROM point_packages o WHERE o.package = p.id AND o.point != ?1) AND "
    "(EXISTS (SELECT 1 FROM transactions t WHERE t.id = p.removed_by AND t.in_effect AND t.state = 5) OR "
    "EXISTS (SELECT 1 FROM transactions t WHERE t.id = p.installed_by AND NOT t.in_effect AND t.state = 5))";

}  // namespace

std::string_view scope_name(PointScope scope) noexcept {
    return scope_names[(static_cast<std::size_t>(scope) - 1) % scope_names.size()];
}

std::optional<PointScope> scope_named(std::string_view name) noexcept {
    const auto *const found = std::ranges::find(scope_names, name);
    if (found == scope_names.end())
        return std::nullopt;
    return static_cast<PointScope>(found - scope_names.begin() + 1);
}

Result<std::optional<Point>> Points::find(std::uint64_t id) {
    MOS_TRY(Statement row, m_database.connection().prepare_once(fmt::format("SELECT {} FROM points WHERE id = {}",
                                                                            columns, static_cast<std::int64_t>(id))));
    MOS_TRY(const bool found, row.step());
    if (!found)
        return std::optional<Point>{};
    MOS_TRY(Point point, read_point(row));
    return std::optional{std::move(point)};
}

Result<std::vector<Point>> Points::list() {
    MOS_TRY(Statement rows,
            m_database.connection().prepare_once(fmt::format("SELECT {} FROM points ORDER BY id", columns)));
    std::vector<Point> found;
    for (;;) {
        MOS_TRY(const bool row, rows.step());
        if (!row)
            return found;
        MOS_TRY(Point point, read_point(rows));
        found.push_back(std::move(point));
    }
}

Result<std::vector<std::uint64_t>> Points::packages(std::uint64_t id) {
    MOS_TRY(Statement rows,
            m_database.connection().prepare("SELECT package FROM point_packages WHERE point = ? ORDER BY package"));
    rows.unsigned_integer(id);
    std::vector<std::uint64_t> found;
    for (;;) {
        MOS_TRY(const bool row, rows.step());
        if (!row)
            return found;
        found.push_back(rows.unsigned_at(0));
    }
}

Result<void> Points::insert(const Point &point, const std::vector<std::uint64_t> &packages) {
    Connection &connection = m_database.connection();
    const std::string names = joined(point.names);
    const std::string tags = joined(point.tags);
    MOS_TRY(Statement row, connection.prepare("INSERT INTO points (id, time_unix_s, description, scope, names, tags, "
                                              "entries, content_bytes, index_digest) "
                                              "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    MOS_CHECK(row.unsigned_integer(point.id)
                  .integer(point.time_unix_s)
                  .text(point.description)
                  .integer(static_cast<std::int64_t>(point.scope))
                  .blob(names)
                  .blob(tags)
                  .unsigned_integer(point.entries)
                  .unsigned_integer(point.content_bytes)
                  .blob(base::ByteView{point.index_digest})
                  .run());
    for (const std::uint64_t package : packages) {
        MOS_TRY(Statement kept, connection.prepare("INSERT INTO point_packages (point, package) VALUES (?, ?)"));
        MOS_CHECK(kept.unsigned_integer(point.id).unsigned_integer(package).run());
    }
    MOS_TRY(Statement last,
            connection.prepare("UPDATE properties SET value = max(value, ?) WHERE name = 'last_transaction'"));
    return last.unsigned_integer(point.id).run();
}

Result<void> Points::remove(std::uint64_t id) {
    Connection &connection = m_database.connection();
    const auto run = [&](const std::string &sql) -> Result<void> {
        MOS_TRY(Statement statement, connection.prepare_once(sql));
        return statement.unsigned_integer(id).run();
    };
    MOS_CHECK(run(fmt::format("DELETE FROM files WHERE package IN ({})", forgotten)));
    MOS_CHECK(run(fmt::format("DELETE FROM packages WHERE id IN ({})", forgotten)));
    MOS_CHECK(run("DELETE FROM point_packages WHERE point = ?"));
    return run("DELETE FROM points WHERE id = ?");
}

}  // namespace mos::state
